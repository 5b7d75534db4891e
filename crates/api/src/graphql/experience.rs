//! Experiences: sharing what one went through, finding them helpful.

use async_graphql::{
    Context, Enum, ID, InputObject, Object, SimpleObject, Union,
    connection::{Connection, EmptyFields},
};
use chrono::{DateTime, Utc};
use domain::{
    Actor, Aggregate as _, Command as _, Sealed,
    experience::{
        Experience as ExperienceAggregate, MarkExperienceHelpful, RedactExperience, ShareExperience,
        UnmarkExperienceHelpful,
    },
    id::ExperienceId,
    intervention::Intervention as InterventionAggregate,
    project::Project as ProjectAggregate,
    sealed::KeyScope,
    theme::Theme as ThemeAggregate,
};
use readmodel::models::{
    experience::{ExperienceFilter as Filter, ExperienceRow, Experiences, ReuseRow},
    project::Projects,
};
use serde::Serialize;

use super::{
    catalogue::{self, Dangling, Intervention, Theme},
    context::Viewing as _,
    error::Failed,
    id::{filter, global, local},
    limits,
    member::{Member, maybe_member},
    mutation::{
        self, Change, Creation, RedactionGround, Refusal, Wrong, line, maybe, maybe_prose, prose, thing, things,
    },
    paging::{Cursor, Page},
    past::{self, AsOf},
    project::Project,
    question::Phase,
    text::{Position, Text},
};

/// What an experience is an account of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
#[graphql(remote = "domain::experience::ExperienceKind")]
pub(crate) enum ExperienceKind {
    /// A training.
    Training,
    /// An intervention.
    Intervention,
    /// A bottleneck and how it was solved.
    Bottleneck,
    /// An approach.
    Approach,
    /// A meeting.
    Meeting,
}

/// A shared account.
#[derive(Clone, Debug)]
pub(crate) struct Experience(pub(crate) ExperienceRow);

/// What can be done with an experience.
const ACTIONS: &[&str] = &[MarkExperienceHelpful::NAME, UnmarkExperienceHelpful::NAME, RedactExperience::NAME];

/// A shared account.
#[Object]
impl Experience {
    pub(crate) async fn id(&self) -> ID {
        global(ExperienceAggregate::KIND, self.0.id)
    }

    /// Rises with everything that happens to it; for `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    async fn kind(&self) -> ExperienceKind {
        self.0.kind.into()
    }

    /// In one line.
    async fn title(&self) -> Text {
        (&self.0.title).into()
    }

    /// What happened.
    async fn body(&self) -> Text {
        (&self.0.body).into()
    }

    /// What solved it, or what came of it.
    async fn outcome(&self) -> Option<Text> {
        self.0.outcome.as_ref().map(Text::from)
    }

    /// Who shared it; null when the platform did.
    async fn author(&self, ctx: &Context<'_>) -> Result<Option<Member>, Failed> {
        maybe_member(ctx, self.0.author).await
    }

    async fn by_viewer(&self, ctx: &Context<'_>) -> Result<bool, Failed> {
        Ok(self.0.author == Some(ctx.viewer()?))
    }

    async fn shared_at(&self) -> DateTime<Utc> {
        self.0.shared_at
    }

    async fn themes(&self, ctx: &Context<'_>) -> Result<Vec<Theme>, Failed> {
        catalogue::themes(ctx, &self.0.themes).await
    }

    async fn intervention(&self, ctx: &Context<'_>) -> Result<Option<Intervention>, Failed> {
        catalogue::maybe_intervention(ctx, self.0.intervention).await
    }

    /// The phase in which it happened.
    async fn phase(&self) -> Option<Phase> {
        self.0.phase.map(Phase::from)
    }

    /// The project in which it happened.
    async fn project(&self, ctx: &Context<'_>) -> Result<Option<Project>, Failed> {
        match self.0.project {
            Some(project) => Ok(ctx.row::<Projects>(project).await?.map(Project)),
            None => Ok(None),
        }
    }

    /// How many it helped.
    async fn helpful_count(&self) -> usize {
        self.0.helpful_to.len()
    }

    async fn helpful_to_viewer(&self, ctx: &Context<'_>) -> Result<bool, Failed> {
        let viewer = Actor::Member(ctx.viewer()?).to_string();
        Ok(self.0.helpful_to.contains(&viewer))
    }

    /// Projects that took it over, oldest first.
    async fn reuses(&self) -> Vec<Reuse> {
        self.0.reuses.iter().cloned().map(Reuse).collect()
    }

    /// What the viewer may do with it: names of commands.
    #[graphql(complexity = 5)]
    async fn actions(&self, ctx: &Context<'_>) -> Result<Vec<&'static str>, Failed> {
        ctx.actions::<ExperienceAggregate>(self.0.id.0, None, ACTIONS).await
    }
}

/// A project that took a solution over.
#[derive(Clone, Debug)]
pub(crate) struct Reuse(pub(crate) ReuseRow);

/// A project that took a solution over.
#[Object]
impl Reuse {
    /// The project that took it over.
    async fn project(&self, ctx: &Context<'_>) -> Result<Project, Failed> {
        let row = ctx.row::<Projects>(self.0.project).await?;
        row.map(Project).ok_or_else(|| Failed::internal(&Dangling(self.0.project.0)))
    }

    /// What it took over.
    async fn experience(&self, ctx: &Context<'_>) -> Result<Experience, Failed> {
        let row = ctx.row::<Experiences>(self.0.experience).await?;
        row.map(Experience).ok_or_else(|| Failed::internal(&Dangling(self.0.experience.0)))
    }

    /// Where it came from.
    #[graphql(name = "fromProject")]
    async fn origin(&self, ctx: &Context<'_>) -> Result<Option<Project>, Failed> {
        match self.0.from_project {
            Some(project) => Ok(ctx.row::<Projects>(project).await?.map(Project)),
            None => Ok(None),
        }
    }

    /// The bottleneck it is tried on.
    async fn bottleneck_id(&self) -> Option<ID> {
        self.0.bottleneck.map(|id| global("bottleneck", id))
    }

    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    async fn by(&self, ctx: &Context<'_>) -> Result<Option<Member>, Failed> {
        maybe_member(ctx, self.0.by).await
    }
}

/// What the feed is narrowed down to; all of it holds.
#[derive(Clone, Debug, Default, InputObject)]
pub(crate) struct ExperienceFilter {
    theme_id: Option<ID>,
    intervention_id: Option<ID>,
    kind: Option<ExperienceKind>,
    project_id: Option<ID>,
}

/// Questions about experiences.
#[derive(Debug, Default)]
pub(crate) struct ExperienceQueries;

#[Object]
impl ExperienceQueries {
    /// An experience, now or as it was; null before it was shared.
    async fn experience(&self, ctx: &Context<'_>, id: ID, as_of: Option<AsOf>) -> Result<Option<Experience>, Failed> {
        past::stand_at(ctx, as_of, &id).await?;
        let Some(id) = local::<ExperienceId>(ExperienceAggregate::KIND, &id) else { return Ok(None) };
        Ok(ctx.row::<Experiences>(id).await?.map(Experience))
    }

    /// Experiences, newest first.
    #[graphql(complexity = "first.min(limits::PAGE) * child_complexity")]
    async fn experiences(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20)] first: usize,
        after: Option<String>,
        filter: Option<ExperienceFilter>,
    ) -> Result<Connection<Cursor, Experience, EmptyFields, EmptyFields>, Failed> {
        let page = Page::new(first, after.as_deref())?;
        let narrowed = narrowed(&filter.unwrap_or_default())?;
        let rows = ctx.platform()?.models.experiences(&narrowed, page.before(), page.limit()).await?;
        Ok(page.of(rows, |row| row.shared_position, Experience))
    }
}

fn narrowed(asked: &ExperienceFilter) -> Result<Filter, Failed> {
    Ok(Filter {
        theme: filter(ThemeAggregate::KIND, asked.theme_id.as_ref())?,
        intervention: filter(InterventionAggregate::KIND, asked.intervention_id.as_ref())?,
        kind: asked.kind.map(Into::into),
        project: filter(ProjectAggregate::KIND, asked.project_id.as_ref())?,
    })
}

/// An experience after something happened to it.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ExperienceChanged {
    experience: Experience,
    /// What is read from here on includes the change.
    position: Position,
}

/// The experience as it is now, or why it is not.
#[derive(Clone, Debug, Union)]
pub(crate) enum ExperiencePayload {
    Changed(Box<ExperienceChanged>),
    Refusal(Refusal),
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct ShareExperienceInput {
    kind: ExperienceKind,
    /// In one line of at most 160 characters.
    title: String,
    /// What happened, in Markdown, at most 20,000 characters.
    body: String,
    /// What solved it, or what came of it.
    outcome: Option<String>,
    /// At least one.
    theme_ids: Vec<ID>,
    intervention_id: Option<ID>,
    phase: Option<Phase>,
    project_id: Option<ID>,
    #[graphql(flatten)]
    #[serde(flatten)]
    creation: Creation,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct MarkExperienceHelpfulInput {
    experience_id: ID,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct UnmarkExperienceHelpfulInput {
    experience_id: ID,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct RedactExperienceInput {
    experience_id: ID,
    ground: RedactionGround,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

/// What can be done with experiences.
#[derive(Debug, Default)]
pub(crate) struct ExperienceMutations;

/// Runs a command and shows the experience it was about.
async fn run<C: domain::Command>(
    ctx: &Context<'_>,
    input: &impl Serialize,
    change: Change,
    command: Result<C, Wrong>,
) -> Result<ExperiencePayload, Failed> {
    match mutation::run(ctx, input, change, command).await? {
        Err(refusal) => Ok(ExperiencePayload::Refusal(refusal)),
        Ok(done) => {
            let row = ctx.row::<Experiences>(done.stream.id).await?;
            let experience = row.map(Experience).ok_or_else(|| Failed::internal(&Dangling(done.stream.id)))?;
            Ok(ExperiencePayload::Changed(Box::new(ExperienceChanged {
                experience,
                position: Position(done.position),
            })))
        }
    }
}

#[Object]
impl ExperienceMutations {
    /// Share what you went through.
    async fn share_experience(
        &self,
        ctx: &Context<'_>,
        input: ShareExperienceInput,
    ) -> Result<ExperiencePayload, Failed> {
        let id: ExperienceId = ctx.platform()?.app.source().id();
        let scope = KeyScope::of(ExperienceAggregate::KIND, id);
        let command = (|| {
            Ok(ShareExperience {
                experience: id,
                kind: input.kind.into(),
                title: Sealed::new(scope.clone(), line("title", &input.title)?),
                body: prose("body", &scope, &input.body)?,
                outcome: maybe_prose("outcome", &scope, input.outcome.as_ref())?,
                themes: things("themeIds", ThemeAggregate::KIND, &input.theme_ids)?,
                intervention: maybe("interventionId", InterventionAggregate::KIND, input.intervention_id.as_ref())?,
                phase: input.phase.map(Into::into),
                project: maybe("projectId", ProjectAggregate::KIND, input.project_id.as_ref())?,
            })
        })();
        run(ctx, &input, (&input.creation).into(), command).await
    }

    /// Take away the text of an experience, for good: that it existed stays. Its author is told.
    async fn redact_experience(
        &self,
        ctx: &Context<'_>,
        input: RedactExperienceInput,
    ) -> Result<ExperiencePayload, Failed> {
        let command = thing("experienceId", ExperienceAggregate::KIND, &input.experience_id)
            .map(|experience| RedactExperience { experience, ground: input.ground.into() });
        let payload = run(ctx, &input, input.change.clone(), command).await?;
        let ExperiencePayload::Changed(changed) = &payload else { return Ok(payload) };
        let id = changed.experience.0.id;
        mutation::destroy_text(ctx, ExperienceAggregate::KIND, id).await?;
        let shown = mutation::once_gone::<Experiences>(ctx, id, |row| row.body.text().is_none());
        let (experience, position) = (Experience(shown.await?), changed.position);
        Ok(ExperiencePayload::Changed(Box::new(ExperienceChanged { experience, position })))
    }

    /// Say that an experience is helpful.
    async fn mark_experience_helpful(
        &self,
        ctx: &Context<'_>,
        input: MarkExperienceHelpfulInput,
    ) -> Result<ExperiencePayload, Failed> {
        let command = thing("experienceId", ExperienceAggregate::KIND, &input.experience_id)
            .map(|experience| MarkExperienceHelpful { experience });
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Take that back.
    async fn unmark_experience_helpful(
        &self,
        ctx: &Context<'_>,
        input: UnmarkExperienceHelpfulInput,
    ) -> Result<ExperiencePayload, Failed> {
        let command = thing("experienceId", ExperienceAggregate::KIND, &input.experience_id)
            .map(|experience| UnmarkExperienceHelpful { experience });
        run(ctx, &input, input.change.clone(), command).await
    }
}
