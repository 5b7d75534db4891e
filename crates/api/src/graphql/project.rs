//! Projects: where they stand, what stands in their way, who takes part. What can be done with them is in
//! `project/mutations.rs`.

mod mutations;

use async_graphql::{
    Context, Enum, ID, InputObject, Object, SimpleObject, Value,
    connection::{Connection, EmptyFields},
};
use chrono::{DateTime, Utc};
use domain::{
    Aggregate as _, Command as _,
    id::ProjectId,
    intervention::Intervention as InterventionAggregate,
    pdsa::PlanCycle,
    project::{
        AdvancePhase, JoinProject, LeaveProject, PostUpdate, Project as ProjectAggregate, RaiseBottleneck,
        RedactProjectText, ResolveBottleneck, ReturnPhase, ReuseSolution,
    },
    region::Region as RegionAggregate,
};
use readmodel::{
    Ask,
    models::{
        experience::Experiences,
        project::{
            BottleneckRow, PhaseStay as StayRow, ProjectFilter as Filter, ProjectRow, Projects, ResolutionRow,
            UpdateRow,
        },
    },
};
use serde::Serialize;

pub(crate) use mutations::ProjectMutations;

use super::{
    catalogue::{self, Intervention},
    context::Viewing as _,
    cycle::Cycle,
    error::Failed,
    event::TimelineEntry,
    experience::{Experience, Reuse},
    id::{filter, global, local},
    limits,
    member::{self, Member, maybe_member},
    paging::{Cursor, Page},
    past::{self, AsOf},
    question::Phase,
    register::{self, Organisation, Region},
    text::{Date, Position, Text},
};

/// What kind of thing stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
#[graphql(remote = "domain::project::BottleneckKind")]
pub(crate) enum BottleneckKind {
    /// Too little time or too few people.
    Capacity,
    /// Money.
    Funding,
    /// Colleagues or management do not (yet) come along.
    Support,
    /// Knowledge or skills.
    Skills,
    /// Working together across organisations.
    Collaboration,
    /// IT and records.
    Technology,
    /// Something else.
    Other,
}

/// An implementation project.
#[derive(Clone, Debug)]
pub(crate) struct Project(pub(crate) ProjectRow);

/// What can be done with a project.
const ACTIONS: &[&str] = &[
    AdvancePhase::NAME,
    ReturnPhase::NAME,
    RaiseBottleneck::NAME,
    ResolveBottleneck::NAME,
    ReuseSolution::NAME,
    PostUpdate::NAME,
    JoinProject::NAME,
    LeaveProject::NAME,
    PlanCycle::NAME,
    RedactProjectText::NAME,
];

/// An implementation project.
#[Object]
impl Project {
    pub(crate) async fn id(&self) -> ID {
        global(ProjectAggregate::KIND, self.0.id)
    }

    /// Rises with everything that happens to it; for `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    async fn name(&self) -> Text {
        (&self.0.name).into()
    }

    /// What it wants to reach.
    async fn aim(&self) -> Text {
        (&self.0.aim).into()
    }

    async fn interventions(&self, ctx: &Context<'_>) -> Result<Vec<Intervention>, Failed> {
        catalogue::interventions(ctx, &self.0.interventions).await
    }

    async fn organisations(&self, ctx: &Context<'_>) -> Result<Vec<Organisation>, Failed> {
        register::organisations(ctx, &self.0.organisations).await
    }

    async fn region(&self, ctx: &Context<'_>) -> Result<Region, Failed> {
        register::region(ctx, self.0.region).await
    }

    async fn lead(&self, ctx: &Context<'_>) -> Result<Member, Failed> {
        member::member(ctx, self.0.lead).await
    }

    /// Who takes part, the lead first.
    async fn participants(&self, ctx: &Context<'_>) -> Result<Vec<Member>, Failed> {
        member::members(ctx, &self.0.participants).await
    }

    /// First day.
    async fn starts_on(&self) -> Date {
        Date(self.0.starts_on)
    }

    async fn phase(&self) -> Phase {
        self.0.phase.into()
    }

    /// Every stay in a phase, oldest first; the last one has no end.
    async fn phases(&self) -> Vec<PhaseStay> {
        self.0.phases.iter().map(stay).collect()
    }

    /// In the order in which they were raised.
    async fn bottlenecks(&self) -> Vec<Bottleneck> {
        self.0.bottlenecks.iter().cloned().map(Bottleneck).collect()
    }

    async fn open_bottleneck_count(&self) -> usize {
        self.0.bottlenecks.iter().filter(|bottleneck| bottleneck.resolution.is_none()).count()
    }

    /// News, newest first.
    async fn updates(&self) -> Vec<Update> {
        self.0.updates.iter().rev().cloned().map(Update).collect()
    }

    /// What it took over from others, oldest first.
    async fn reuses(&self) -> Vec<Reuse> {
        self.0.reuses.iter().cloned().map(Reuse).collect()
    }

    /// PDSA cycles, in the order in which they were planned.
    async fn cycles(&self, ctx: &Context<'_>) -> Result<Vec<Cycle>, Failed> {
        let rows = match ctx.moment() {
            Some(position) => ctx.platform()?.models.cycles_at(self.0.id, position).await?,
            None => ctx
                .read(&[Ask::Cycles(self.0.id)])
                .await?
                .into_values()
                .flat_map(|read| read.cycles().to_vec())
                .collect(),
        };
        Ok(rows.into_iter().map(Cycle).collect())
    }

    /// Every event that concerns the project.
    #[graphql(complexity = "first.min(limits::PAGE) * child_complexity")]
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "TIMELINE")] first: usize,
        after: Option<String>,
        #[graphql(default = true)] newest_first: bool,
    ) -> Result<Connection<Cursor, TimelineEntry, EmptyFields, EmptyFields>, Failed> {
        let page = Page::new(first, after.as_deref())?;
        let mut ask = entries(self.0.id, &page, newest_first);
        if let (Ask::Timeline { before, .. }, Some(position)) = (&mut ask, ctx.moment()) {
            *before = (position + 1).min(*before);
        }
        let rows = ctx.read(&[ask]).await?.into_values().flat_map(|read| read.timeline().to_vec()).collect();
        Ok(page.of(rows, |entry| entry.position, TimelineEntry))
    }

    /// Everything up to here is shown; pass it as `after` to `projectChanged` to hear of what comes.
    async fn position(&self, ctx: &Context<'_>) -> Result<Position, Failed> {
        Ok(Position(match ctx.moment() {
            Some(position) => position,
            None => ctx.caller()?.position.max(self.0.position),
        }))
    }

    /// What the viewer may do with it as it stands: names of commands, e.g. `advance_phase`.
    #[graphql(complexity = 5)]
    async fn actions(&self, ctx: &Context<'_>) -> Result<Vec<&'static str>, Failed> {
        let phase = self.0.phase;
        let open = self.0.bottlenecks.iter().any(|bottleneck| bottleneck.resolution.is_none());
        let makes_sense = |action: &&str| match *action {
            AdvancePhase::NAME => phase.next().is_some(),
            ReturnPhase::NAME => phase.previous().is_some(),
            ResolveBottleneck::NAME => open,
            _ => true,
        };
        let allowed = ctx.actions::<ProjectAggregate>(self.0.id.0, Some(self.0.id.0), ACTIONS).await?;
        Ok(allowed.into_iter().filter(makes_sense).collect())
    }
}

/// A stay in a phase.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct PhaseStay {
    phase: Phase,
    from: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
    /// What was said on coming there.
    note: Option<Text>,
}

fn stay(row: &StayRow) -> PhaseStay {
    PhaseStay { phase: row.phase.into(), from: row.from, until: row.until, note: row.note.as_ref().map(Text::from) }
}

/// Something that stands in the way, or did.
#[derive(Clone, Debug)]
pub(crate) struct Bottleneck(BottleneckRow);

/// Something that stands in the way, or did.
#[Object]
impl Bottleneck {
    async fn id(&self) -> ID {
        global("bottleneck", self.0.id)
    }

    async fn text(&self) -> Text {
        (&self.0.text).into()
    }

    async fn kind(&self) -> BottleneckKind {
        self.0.kind.into()
    }

    async fn raised_at(&self) -> DateTime<Utc> {
        self.0.raised_at
    }

    async fn raised_by(&self, ctx: &Context<'_>) -> Result<Option<Member>, Failed> {
        maybe_member(ctx, self.0.raised_by).await
    }

    /// How it was solved; null while it is open.
    async fn resolution(&self) -> Option<Resolution> {
        self.0.resolution.clone().map(Resolution)
    }
}

/// How a bottleneck was solved.
#[derive(Clone, Debug)]
pub(crate) struct Resolution(ResolutionRow);

/// How a bottleneck was solved.
#[Object]
impl Resolution {
    async fn solution(&self) -> Text {
        (&self.0.solution).into()
    }

    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    async fn by(&self, ctx: &Context<'_>) -> Result<Option<Member>, Failed> {
        maybe_member(ctx, self.0.by).await
    }

    /// The experience that tells more.
    async fn experience(&self, ctx: &Context<'_>) -> Result<Option<Experience>, Failed> {
        match self.0.experience {
            Some(experience) => Ok(ctx.row::<Experiences>(experience).await?.map(Experience)),
            None => Ok(None),
        }
    }
}

/// News of a project.
#[derive(Clone, Debug)]
pub(crate) struct Update(UpdateRow);

/// News of a project.
#[Object]
impl Update {
    async fn id(&self) -> ID {
        global("update", self.0.id)
    }

    async fn text(&self) -> Text {
        (&self.0.text).into()
    }

    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    async fn by(&self, ctx: &Context<'_>) -> Result<Option<Member>, Failed> {
        maybe_member(ctx, self.0.by).await
    }
}

/// What the list is narrowed down to; all of it holds.
#[derive(Clone, Debug, Default, InputObject)]
pub(crate) struct ProjectFilter {
    intervention_id: Option<ID>,
    phase: Option<Phase>,
    region_id: Option<ID>,
    /// The viewer takes part.
    #[graphql(default)]
    mine: bool,
}

/// What a query of a project will read: its row, and its cycles and the first page of its timeline if they are asked for.
fn asked_of(ctx: &Context<'_>, id: ProjectId) -> Vec<Ask> {
    let mut asks = vec![Ask::row::<Projects>(id)];
    if ctx.look_ahead().field("cycles").exists() {
        asks.push(Ask::Cycles(id));
    }
    for field in ctx.look_ahead().field("timeline").selection_fields() {
        // Arguments that do not read are told of by the field itself.
        let Ok(arguments) = field.arguments() else { continue };
        let argument = |name: &str| arguments.iter().find(|(known, _)| known == name).map(|(_, value)| value);
        let first = argument("first").and_then(|value| match value {
            Value::Number(number) => usize::try_from(number.as_u64()?).ok(),
            _ => None,
        });
        let newest_first = argument("newestFirst") != Some(&Value::Boolean(false));
        if let Ok(page) = Page::new(first.unwrap_or(TIMELINE), None)
            && !matches!(argument("after"), Some(Value::String(_)))
        {
            asks.push(entries(id, &page, newest_first));
        }
    }
    asks
}

/// A page of a project's timeline as it is now.
fn entries(project: ProjectId, page: &Page, newest_first: bool) -> Ask {
    let (after, before) = if newest_first { (0, page.before()) } else { (page.after.unwrap_or(0), i64::MAX) };
    Ask::Timeline { project, after, before, newest_first, limit: page.limit() }
}

/// Entries of a timeline when nobody says how many.
const TIMELINE: usize = 50;

/// Questions about projects.
#[derive(Debug, Default)]
pub(crate) struct ProjectQueries;

#[Object]
impl ProjectQueries {
    /// A project, now or as it was; null before it was registered.
    async fn project(&self, ctx: &Context<'_>, id: ID, as_of: Option<AsOf>) -> Result<Option<Project>, Failed> {
        past::stand_at(ctx, as_of, &id).await?;
        let Some(id) = local::<ProjectId>(ProjectAggregate::KIND, &id) else { return Ok(None) };
        if ctx.moment().is_none() {
            // All that is asked of it in one statement; the fields below find it read.
            ctx.read(&asked_of(ctx, id)).await?;
        }
        Ok(ctx.row::<Projects>(id).await?.map(Project))
    }

    /// Projects, newest first.
    #[graphql(complexity = "first.min(limits::PAGE) * child_complexity")]
    async fn projects(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20)] first: usize,
        after: Option<String>,
        filter: Option<ProjectFilter>,
    ) -> Result<Connection<Cursor, Project, EmptyFields, EmptyFields>, Failed> {
        let viewer = ctx.viewer()?;
        let page = Page::new(first, after.as_deref())?;
        let asked = filter.unwrap_or_default();
        let narrowed = Filter {
            intervention: self::filter(InterventionAggregate::KIND, asked.intervention_id.as_ref())?,
            phase: asked.phase.map(Into::into),
            region: self::filter(RegionAggregate::KIND, asked.region_id.as_ref())?,
            participant: asked.mine.then_some(viewer),
        };
        let rows = ctx.platform()?.models.projects(&narrowed, page.before(), page.limit()).await?;
        Ok(page.of(rows, |row| row.registered_position, Project))
    }
}
