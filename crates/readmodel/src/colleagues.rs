//! Colleagues who are open to contact, by what they do and where (rule 7, **L**): with whom to talk about an intervention.

use domain::{
    Aggregate as _, Timestamp,
    id::{InterventionId, MemberId, RegionId, ThemeId},
    organisation::{Organisation, OrganisationKind},
    period,
    phase::Phase,
};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::{
    ReadModels,
    error::ReadModelError,
    models::{
        catalogue::About,
        member::{MemberRow, Members},
        project::{ProjectRow, Projects},
        question::name,
    },
    tables,
};

/// Whom one looks for; what is left out does not matter.
#[derive(Clone, Debug, Default)]
pub struct ColleagueFilter {
    /// A part of their name or of that of their organisation; case and diacritics make no difference.
    pub text: Option<String>,
    /// They take part in a project that implements it.
    pub intervention: Option<InterventionId>,
    /// They take part in a project in this phase; with an intervention, in the same one.
    pub phase: Option<Phase>,
    /// They work at an organisation of this kind.
    pub kind: Option<OrganisationKind>,
    /// They work at an organisation there.
    pub region: Option<RegionId>,
    /// They know it well.
    pub expertise: Option<ThemeId>,
}

/// A text as it is compared: lower case, without diacritics.
fn folded(text: &str) -> String {
    text.trim().nfd().filter(|c| !is_combining_mark(*c)).collect::<String>().to_lowercase()
}

impl ReadModels {
    /// Members who take part at a moment and are open to contact, other than one, in the order in which they came, after a
    /// position.
    pub async fn colleagues(
        &self,
        filter: &ColleagueFilter,
        but: MemberId,
        at: Timestamp,
        after: i64,
        limit: i64,
    ) -> Result<Vec<MemberRow>, ReadModelError> {
        let text = filter.text.as_deref().map(folded).filter(|text| !text.is_empty());
        let (mut there, mut named) = (Vec::new(), Vec::new());
        for entry in self.catalogue(Organisation::KIND).await? {
            let About::Organisation { name, organisation_kind, region, .. } = &entry.about else { continue };
            if filter.kind.is_none_or(|kind| kind == *organisation_kind) && filter.region.is_none_or(|id| id == *region)
            {
                there.push(entry.id.to_string());
            }
            if text.as_ref().is_some_and(|text| folded(name).contains(text)) {
                named.push(entry.id.to_string());
            }
        }
        let bases = self.bases().await?;
        let holding = bases.iter().filter(|(_, facts)| facts.holds(at)).map(|(id, _)| id.to_string());
        let docs = sqlx::query_scalar!(
            r#"SELECT doc::text AS "doc!" FROM member
               WHERE (doc ->> 'since')::bigint > $1 AND key <> $2
                 AND doc ->> 'standing' = 'admitted' AND (doc ->> 'open_to_contact')::boolean
                 AND (COALESCE((doc ->> 'unbound')::boolean, false) OR EXISTS (
                     SELECT FROM jsonb_array_elements(doc -> 'accesses') AS held
                     WHERE held ->> 'basis' = ANY ($3) AND COALESCE((held ->> 'until')::date >= $4, true)))
                 AND doc ->> 'organisation' = ANY ($5)
                 AND ($6::text IS NULL OR doc ->> 'organisation' = ANY ($7) OR position($6 IN lower(
                     regexp_replace(normalize(doc ->> 'name', NFD), '[\u0300-\u036f]', '', 'g'))) > 0)
                 AND ($8::text IS NULL OR doc -> 'expertise' ? $8)
                 AND ($9::text IS NULL AND $10::text IS NULL OR EXISTS (
                     SELECT FROM project WHERE project.doc -> 'participants' ? member.key
                       AND ($9 IS NULL OR project.doc -> 'interventions' ? $9)
                       AND ($10 IS NULL OR project.doc ->> 'phase' = $10)))
               ORDER BY (doc ->> 'since')::bigint LIMIT $11"#,
            after,
            but.to_string(),
            &holding.collect::<Vec<_>>(),
            period::day_of(at),
            &there,
            text,
            &named,
            filter.expertise.map(|id| id.to_string()),
            filter.intervention.map(|id| id.to_string()),
            filter.phase.and_then(name),
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        docs.iter().map(|doc| tables::read::<Members>(doc)).collect()
    }

    /// The projects in which any of some members takes part, newest first.
    pub async fn projects_of(&self, members: &[MemberId]) -> Result<Vec<ProjectRow>, ReadModelError> {
        let members: Vec<String> = members.iter().map(ToString::to_string).collect();
        let docs = sqlx::query_scalar!(
            r#"SELECT doc::text AS "doc!" FROM project WHERE doc -> 'participants' ?| $1
               ORDER BY (doc ->> 'registered_position')::bigint DESC"#,
            &members
        )
        .fetch_all(&self.pool)
        .await?;
        docs.iter().map(|doc| tables::read::<Projects>(doc)).collect()
    }
}
