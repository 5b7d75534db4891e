//! Who takes part, and who asked to.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{
    Aggregate as _, Event, Scope, Sealed, Timestamp,
    basis::GrantNumber,
    id::{BasisId, InterventionId, MemberId, OrganisationId, RegionId, ThemeId},
    member::{AccessEnd, Contributions, ErasureGround, MemberEvent, Profession, RequestedBasis, Role},
    scope::Consortium,
    text::Prose,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    ReadModels,
    error::ReadModelError,
    model::{Model, Origin, Rows, Seen, Shown},
    models::catalogue::BasisFacts,
    tables,
};

/// Members; the key of a row is the member's id.
pub struct Members;

/// A member as others see them, or somebody who asked to become one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberRow {
    /// Which.
    pub id: MemberId,
    /// Their name.
    pub name: Shown,
    /// The e-mail address they were invited at.
    pub email: Shown,
    /// How they stand to the platform.
    pub standing: Standing,
    /// What they asked for, when they came by asking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// They were invited on no basis: their access ends when somebody ends it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unbound: bool,
    /// The bases on which they were let in; any that holds is enough.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accesses: Vec<AccessHeld>,
    /// What they do.
    pub profession: Option<Profession>,
    /// Where they work; nothing before they take part.
    pub organisation: Option<OrganisationId>,
    /// Themes they know well.
    pub expertise: Vec<ThemeId>,
    /// Whether colleagues may ask for contact.
    pub open_to_contact: bool,
    /// Every role they were ever given, in the order in which they were.
    pub roles: Vec<RoleHeld>,
    /// When they came, as a position.
    pub since: i64,
    /// When somebody ended their access; that a basis ended is computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// How they were erased, when they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased: Option<Erased>,
}

/// How somebody stands to the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// They asked for access.
    Requested,
    /// They were refused.
    Refused,
    /// They take part, as long as what their access rests on holds.
    Admitted,
    /// Their access was ended.
    Ended,
    /// What was known of them is gone.
    Erased,
}

/// What somebody asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// When.
    pub at: Timestamp,
    /// Where they say they work.
    pub organisation: Shown,
    /// The number of a grant, or the name of a project of their own.
    pub basis: Shown,
    /// Whether it is the number of a grant.
    pub is_grant: bool,
    /// What they say they implement.
    pub interventions: Vec<InterventionId>,
    /// Why they ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub motivation: Option<Shown>,
    /// What was decided first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

/// What was decided on a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Whether it was granted.
    pub granted: bool,
    /// When.
    pub at: Timestamp,
    /// By whom; the platform when nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<MemberId>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Shown>,
}

/// Access that was granted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessHeld {
    /// On what it rests.
    pub basis: BasisId,
    /// The last day, when it ends before its basis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
}

/// How somebody was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// What became of their texts.
    pub contributions: Contributions,
    /// Whether they did it themselves.
    pub by_oneself: bool,
    /// On what ground.
    pub ground: ErasureGround,
}

/// A role that was given, and how long it holds or held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoleHeld {
    /// Which.
    pub role: Role,
    /// Where.
    pub scope: Scope,
    /// From when.
    pub from: Timestamp,
    /// Until when, exclusive: its own end, or when it was taken or given anew, whichever was first. No end when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Who gave it; the platform when nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<MemberId>,
}

impl MemberRow {
    /// Whether they take part or did: others see them.
    pub fn came(&self) -> bool {
        match self.standing {
            Standing::Admitted | Standing::Ended => true,
            // Who was let in, not who only asked.
            Standing::Erased => self.organisation.is_some(),
            Standing::Requested | Standing::Refused => false,
        }
    }
}

impl MemberRow {
    /// The last day on which any basis gives them access; nothing for those who were invited on none.
    pub fn last_day(&self, bases: &HashMap<BasisId, BasisFacts>) -> Option<NaiveDate> {
        let held = self.accesses.iter().filter_map(|held| {
            let last = bases.get(&held.basis)?.last_day();
            Some(held.until.map_or(last, |until| until.min(last)))
        });
        held.max().filter(|_| !self.unbound)
    }
}

impl RoleHeld {
    /// Whether it holds at a moment.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }

    /// Whether it reaches a region, which belongs to this consortium.
    pub fn reaches(&self, region: RegionId, consortium: Consortium) -> bool {
        match self.scope {
            Scope::National => true,
            Scope::Consortium { consortium: other } => other == consortium,
            Scope::Region { region: other } => other == region,
        }
    }
}

impl Model for Members {
    const NAME: &'static str = "member";
    const KINDS: &'static [&'static str] = &[domain::member::Member::KIND];
    const VERSION: u32 = 1;
    const DEFINITION: &'static str = include_str!("member.rs");
    const ORIGIN: Origin = Origin::Stream;
    const INDEXES: &'static [&'static str] =
        &["CREATE INDEX ON {table} (((doc ->> 'since')::bigint))", "CREATE INDEX ON {table} (lower(doc ->> 'email'))"];
    const BRINGS: &'static [(&'static str, &'static str)] = &[("doc ->> 'organisation'", "catalogue")];
    type Row = MemberRow;

    fn touches(event: &Seen) -> Vec<String> {
        match &event.event {
            Event::Member(_) => vec![event.stream.id.to_string()],
            _ => Vec::new(),
        }
    }

    fn fold(rows: &mut Rows<MemberRow>, event: &Seen) {
        let Event::Member(happened) = &event.event else { return };
        let key = event.stream.id.to_string();
        match happened {
            MemberEvent::MemberInvited { name, email, organisation } => rows.put(
                key,
                MemberRow {
                    id: event.stream.id.into(),
                    name: name.into(),
                    email: email.into(),
                    unbound: true,
                    organisation: Some(*organisation),
                    ..nobody(event, Standing::Admitted)
                },
            ),
            MemberEvent::AccessRequested { name, email, organisation, basis, interventions, motivation } => {
                let (is_grant, basis) = match basis {
                    RequestedBasis::Grant { number } => (true, Shown::of(number, GrantNumber::as_str)),
                    RequestedBasis::OwnFunding { project } => (false, project.into()),
                };
                let request = Request {
                    at: event.at,
                    organisation: organisation.into(),
                    basis,
                    is_grant,
                    interventions: interventions.clone(),
                    motivation: motivation.as_ref().map(Shown::from),
                    decision: None,
                };
                let row = nobody(event, Standing::Requested);
                rows.put(key, MemberRow { name: name.into(), email: email.into(), request: Some(request), ..row });
            }
            MemberEvent::AccessGranted { basis, organisation, until, reason } => rows.change(&key, |row| {
                row.standing = Standing::Admitted;
                row.ended_at = None;
                row.unbound &= reason.is_some();
                row.organisation = Some(*organisation);
                row.accesses.retain(|held| held.basis != *basis);
                row.accesses.push(AccessHeld { basis: *basis, until: *until });
                decide(row, event, true, reason.as_ref());
            }),
            MemberEvent::AccessRefused { reason } => rows.change(&key, |row| {
                row.standing = Standing::Refused;
                decide(row, event, false, Some(reason));
            }),
            // That a basis ended is computed from the basis.
            MemberEvent::AccessEnded { cause: AccessEnd::BasisEnded, .. } => {}
            MemberEvent::AccessEnded { cause: AccessEnd::Withdrawn, .. } => rows.change(&key, |row| {
                row.standing = Standing::Ended;
                row.ended_at = Some(event.at);
                leave(row, event.at);
            }),
            MemberEvent::MemberErased { contributions, ground } => rows.change(&key, |row| {
                let by_oneself = event.actor.member() == Some(row.id);
                row.standing = Standing::Erased;
                row.erased = Some(Erased { contributions: *contributions, by_oneself, ground: *ground });
                row.open_to_contact = false;
                row.profession = None;
                row.expertise.clear();
                row.request = None;
                leave(row, event.at);
            }),
            MemberEvent::ProfileRevised { name, profession, expertise, open_to_contact } => rows.change(&key, |row| {
                row.name = name.into();
                row.profession = Some(*profession);
                row.expertise.clone_from(expertise);
                row.open_to_contact = *open_to_contact;
            }),
            MemberEvent::RoleGiven { role, scope, until } => rows.change(&key, |row| {
                end(row, *role, scope, event.at);
                row.roles.push(RoleHeld {
                    role: *role,
                    scope: scope.clone(),
                    from: event.at,
                    until: *until,
                    by: event.actor.member(),
                });
            }),
            MemberEvent::RoleTaken { role, scope } => rows.change(&key, |row| end(row, *role, scope, event.at)),
        }
    }
}

/// What they had here ends.
fn leave(row: &mut MemberRow, at: Timestamp) {
    row.unbound = false;
    row.accesses.clear();
    row.roles.iter_mut().filter(|held| held.holds(at)).for_each(|held| held.until = Some(at));
}

/// Somebody of whom nothing is known but that they are there.
fn nobody(event: &Seen, standing: Standing) -> MemberRow {
    MemberRow {
        id: event.stream.id.into(),
        name: Shown::Text(String::new()),
        email: Shown::Text(String::new()),
        standing,
        request: None,
        unbound: false,
        accesses: Vec::new(),
        profession: None,
        organisation: None,
        expertise: Vec::new(),
        open_to_contact: false,
        roles: Vec::new(),
        since: event.position,
        ended_at: None,
        erased: None,
    }
}

/// The first decision on a request; a refusal can be followed by another.
fn decide(row: &mut MemberRow, event: &Seen, granted: bool, reason: Option<&Sealed<Prose>>) {
    let Some(request) = &mut row.request else { return };
    if request.decision.as_ref().is_none_or(|decision| !decision.granted) {
        let (by, reason) = (event.actor.member(), reason.map(Shown::from));
        request.decision = Some(Decision { granted, at: event.at, by, reason });
    }
}

/// A role holds no longer from here on, if it did.
fn end(row: &mut MemberRow, role: Role, scope: &Scope, at: Timestamp) {
    let held = row.roles.iter_mut().filter(|held| held.role == role && held.scope == *scope && held.holds(at));
    held.for_each(|held| held.until = Some(at));
}

impl ReadModels {
    /// Members, those of before too, in the order in which they came, after a position.
    pub async fn members(&self, after: i64, limit: i64) -> Result<Vec<MemberRow>, ReadModelError> {
        let docs = sqlx::query_scalar!(
            r#"SELECT doc::text AS "doc!" FROM member
               WHERE (doc ->> 'since')::bigint > $1 AND doc ->> 'standing' IN ('admitted', 'ended')
               ORDER BY (doc ->> 'since')::bigint LIMIT $2"#,
            after,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        docs.iter().map(|doc| tables::read::<Members>(doc)).collect()
    }

    /// Members who ever held a role beyond taking part, in the order in which they came.
    pub async fn members_with_roles(&self) -> Result<Vec<MemberRow>, ReadModelError> {
        let docs = sqlx::query_scalar!(
            r#"SELECT doc::text AS "doc!" FROM member WHERE doc -> 'roles' <> '[]' ORDER BY (doc ->> 'since')::bigint"#
        )
        .fetch_all(&self.pool)
        .await?;
        docs.iter().map(|doc| tables::read::<Members>(doc)).collect()
    }

    /// Who asked for access: those on whom nothing was decided yet, the first first, then the others, the latest first.
    pub async fn access_requests(&self, limit: i64) -> Result<Vec<MemberRow>, ReadModelError> {
        let docs = sqlx::query_scalar!(
            r#"SELECT doc::text AS "doc!" FROM member WHERE doc ? 'request' AND doc ->> 'standing' <> 'erased'
               ORDER BY doc -> 'request' ? 'decision',
                        CASE WHEN doc -> 'request' ? 'decision' THEN -(doc ->> 'since')::bigint
                             ELSE (doc ->> 'since')::bigint END
               LIMIT $1"#,
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        docs.iter().map(|doc| tables::read::<Members>(doc)).collect()
    }

    /// Those who were erased, and what became of their texts.
    pub async fn erased_members(&self) -> Result<Vec<(MemberId, Erased)>, ReadModelError> {
        let docs = sqlx::query_scalar!(r#"SELECT doc::text AS "doc!" FROM member WHERE doc ? 'erased' ORDER BY key"#);
        let docs = docs.fetch_all(&self.pool).await?;
        let rows = docs.iter().map(|doc| tables::read::<Members>(doc));
        rows.filter_map(|row| row.map(|row| row.erased.map(|erased| (row.id, erased))).transpose()).collect()
    }

    /// Members whose access rests on any of some bases.
    pub async fn members_resting_on(&self, bases: &[Uuid]) -> Result<Vec<MemberRow>, ReadModelError> {
        let bases: Vec<String> = bases.iter().map(Uuid::to_string).collect();
        let docs = sqlx::query_scalar!(
            r#"SELECT doc::text AS "doc!" FROM member WHERE doc ->> 'standing' = 'admitted' AND EXISTS (
                   SELECT FROM jsonb_array_elements(doc -> 'accesses') AS held WHERE held ->> 'basis' = ANY ($1))
               ORDER BY (doc ->> 'since')::bigint"#,
            &bases
        )
        .fetch_all(&self.pool)
        .await?;
        docs.iter().map(|doc| tables::read::<Members>(doc)).collect()
    }

    /// Those who take part, did, or were invited, and have an address, whatever its case; no more than two are told of.
    pub async fn members_with_email(&self, email: &str) -> Result<Vec<MemberId>, ReadModelError> {
        let ids = sqlx::query_scalar!(
            r#"SELECT key::uuid AS "id!" FROM member 
               WHERE lower(doc ->> 'email') = lower($1) AND doc ->> 'standing' IN ('admitted', 'ended')
               ORDER BY key LIMIT 2"#,
            email.trim()
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(ids.into_iter().map(MemberId::from).collect())
    }
}
