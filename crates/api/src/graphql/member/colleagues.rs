//! Finding colleagues who are open to contact (rule 7, **L**).

use std::sync::Arc;

use async_graphql::{
    Context, ID, InputObject, Object,
    connection::{Connection, EmptyFields},
};
use domain::{
    Aggregate as _, intervention::Intervention as InterventionAggregate, member::Member as MemberAggregate,
    region::Region as RegionAggregate, theme::Theme as ThemeAggregate,
};
use readmodel::{
    ColleagueFilter as Filter,
    models::{member::MemberRow, project::ProjectRow},
};

use super::Member;
use crate::graphql::{
    context::Viewing as _,
    error::Failed,
    id::{filter, global},
    limits,
    paging::{Cursor, Page},
    project::Project,
    question::Phase,
    register::OrganisationKind,
};

/// The most characters that are looked for.
const LONGEST: usize = 160;

/// Whom one looks for; what is left out does not matter.
#[derive(Clone, Debug, Default, InputObject)]
pub(crate) struct ColleagueFilter {
    /// A part of their name or of that of their organisation.
    text: Option<String>,
    /// They take part in a project that implements it.
    intervention_id: Option<ID>,
    /// They take part in a project in this phase; with an intervention, in the same one.
    phase: Option<Phase>,
    /// They work at an organisation of this kind.
    organisation_kind: Option<OrganisationKind>,
    /// They work at an organisation there.
    region_id: Option<ID>,
    /// They know this theme well.
    expertise_id: Option<ID>,
}

/// Somebody who is open to contact, and what they work on.
#[derive(Clone, Debug)]
pub(crate) struct Colleague {
    row: MemberRow,
    projects: Arc<[ProjectRow]>,
}

/// Somebody who is open to contact, and what they work on.
#[Object]
impl Colleague {
    /// That of the member.
    async fn id(&self) -> ID {
        global(MemberAggregate::KIND, self.row.id)
    }

    async fn member(&self) -> Member {
        Member(self.row.clone())
    }

    /// The projects in which they take part, newest first.
    async fn projects(&self) -> Vec<Project> {
        let theirs = self.projects.iter().filter(|project| project.participants.contains(&self.row.id));
        theirs.cloned().map(Project).collect()
    }
}

/// Questions about colleagues.
#[derive(Debug, Default)]
pub(crate) struct ColleagueQueries;

#[Object]
impl ColleagueQueries {
    /// Colleagues who take part and are open to contact, in the order in which they came. Without the viewer.
    #[graphql(complexity = "first.min(limits::PAGE) * child_complexity")]
    async fn colleagues(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20)] first: usize,
        after: Option<String>,
        #[graphql(name = "filter")] asked: Option<ColleagueFilter>,
    ) -> Result<Connection<Cursor, Colleague, EmptyFields, EmptyFields>, Failed> {
        let viewer = ctx.somebody()?;
        ctx.pace()?.search(viewer, ctx.caller()?.address)?;
        let page = Page::new(first, after.as_deref())?;
        let asked = asked.unwrap_or_default();
        if asked.text.as_ref().is_some_and(|text| text.chars().count() > LONGEST) {
            return Err(Failed::BadInput(format!("`text` has at most {LONGEST} characters")));
        }
        let narrowed = Filter {
            text: asked.text,
            intervention: filter(InterventionAggregate::KIND, asked.intervention_id.as_ref())?,
            phase: asked.phase.map(Into::into),
            kind: asked.organisation_kind.map(Into::into),
            region: filter(RegionAggregate::KIND, asked.region_id.as_ref())?,
            expertise: filter(ThemeAggregate::KIND, asked.expertise_id.as_ref())?,
        };
        let crate::Platform { app, models, as_of, .. } = ctx.platform()?;
        let at = as_of.map_or_else(|| app.source().now(), |as_of| as_of.at);
        let rows = models.colleagues(&narrowed, viewer, at, page.after.unwrap_or_default(), page.limit()).await?;
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let projects: Arc<[ProjectRow]> = models.projects_of(&ids).await?.into();
        Ok(page.of(rows, |row| row.since, |row| Colleague { row, projects: projects.clone() }))
    }
}
