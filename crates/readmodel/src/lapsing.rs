//! Who takes part no longer or never did, and since when: what is known of them is not kept for good.

use domain::{Timestamp, id::MemberId, member::ErasureGround, period};
use uuid::Uuid;

use crate::{
    ReadModels,
    error::ReadModelError,
    models::member::{MemberRow, Members},
    tables,
};

/// Somebody who does not take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lapsing {
    /// Who.
    pub member: MemberId,
    /// Since when they do not: when their request was refused or, where nobody decided, made; or when their access ended.
    pub since: Timestamp,
}

impl ReadModels {
    /// Those whose request for access led to none before a moment, the longest ago first.
    pub async fn lapsed_requests(&self, before: Timestamp) -> Result<Vec<Lapsing>, ReadModelError> {
        let lapsed = sqlx::query!(
            r#"SELECT key::uuid AS "member!", since AS "since!"
               FROM member, LATERAL (SELECT COALESCE(doc #>> '{request,decision,at}', doc #>> '{request,at}')::timestamptz)
                   AS led_nowhere (since)
               WHERE doc ->> 'standing' IN ('requested', 'refused') AND since < $1 ORDER BY since, key"#,
            before
        );
        let lapsed = lapsed.fetch_all(&self.pool).await?.into_iter();
        Ok(lapsed.map(|row| Lapsing { member: row.member.into(), since: row.since }).collect())
    }

    /// Those whose access ended before a moment and who have none now, the longest ago first. It was ended by somebody, or
    /// the last basis on which it rested ended then.
    pub async fn lapsed_members(&self, before: Timestamp) -> Result<Vec<Lapsing>, ReadModelError> {
        let docs = sqlx::query_scalar!(
            r#"SELECT doc::text AS "doc!" FROM member
               WHERE doc ->> 'standing' = 'ended' AND (doc ->> 'ended_at')::timestamptz < $1"#,
            before
        );
        let docs = docs.fetch_all(&self.pool).await?;
        let mut lapsed = Vec::new();
        for doc in &docs {
            let MemberRow { id: member, ended_at, .. } = tables::read::<Members>(doc)?;
            lapsed.extend(ended_at.map(|since| Lapsing { member, since }));
        }
        let bases = self.bases().await?;
        let over = bases.iter().filter(|(_, basis)| period::end_of(basis.last_day()) < before);
        // (Access may end before its basis does.)
        let early = self.bases_left_early(before).await?;
        let ids: Vec<Uuid> = over.map(|(basis, _)| basis.0).chain(early).collect();
        for row in self.members_resting_on(&ids).await? {
            let since = row.last_day(&bases).map(period::end_of).filter(|since| *since < before);
            lapsed.extend(since.map(|since| Lapsing { member: row.id, since }));
        }
        lapsed.sort_unstable_by_key(|lapsing| (lapsing.since, lapsing.member.0));
        Ok(lapsed)
    }

    /// Bases on which somebody's access rested until a day before a moment, by its own end.
    async fn bases_left_early(&self, before: Timestamp) -> Result<Vec<Uuid>, ReadModelError> {
        let bases = sqlx::query_scalar!(
            r#"SELECT DISTINCT (held ->> 'basis')::uuid AS "basis!"
               FROM member, jsonb_array_elements(doc -> 'accesses') AS held
               WHERE doc ->> 'standing' = 'admitted' AND doc ? 'accesses' AND (held ->> 'until')::date <= $1"#,
            period::day_of(before)
        );
        Ok(bases.fetch_all(&self.pool).await?)
    }

    /// How many were erased on a ground.
    pub async fn erased_on(&self, ground: ErasureGround) -> Result<i64, ReadModelError> {
        let erased = sqlx::query_scalar!(
            r#"SELECT count(*) AS "erased!" FROM member WHERE doc #>> '{erased,ground}' = $1"#,
            ground.as_str()
        );
        Ok(erased.fetch_one(&self.pool).await?)
    }
}
