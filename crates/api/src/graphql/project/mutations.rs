//! What can be done with projects.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, SimpleObject, Union};
use domain::{
    Aggregate as _, Sealed,
    experience::Experience as ExperienceAggregate,
    id::{BottleneckId, ExperienceId, ProjectId, UpdateId},
    intervention::Intervention as InterventionAggregate,
    member::Member as MemberAggregate,
    organisation::Organisation as OrganisationAggregate,
    project::{
        AdvancePhase, JoinProject, LeaveProject, PostUpdate, Project as ProjectAggregate, ProjectText, RaiseBottleneck,
        RedactProjectText, RegisterProject, ResolveBottleneck, ReturnPhase, ReuseSolution,
    },
    region::Region as RegionAggregate,
    sealed::KeyScope,
};
use readmodel::models::{experience::Experiences, project::Projects};
use serde::Serialize;

use super::{BottleneckKind, Project};
use crate::graphql::{
    catalogue::Dangling,
    context::Viewing as _,
    error::Failed,
    mutation::{
        self, Change, Creation, RedactionGround, Refusal, Wrong, line, maybe, maybe_prose, prose, thing, things,
    },
    question::Phase,
    text::{Date, Position},
};

/// A project after something happened to it.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct ProjectChanged {
    project: Project,
    /// What is read from here on includes the change.
    position: Position,
}

/// The project as it is now, or why it is not.
#[derive(Clone, Debug, Union)]
pub(crate) enum ProjectPayload {
    Changed(Box<ProjectChanged>),
    Refusal(Refusal),
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct RegisterProjectInput {
    /// At most 160 characters.
    name: String,
    /// What it wants to reach, in Markdown.
    aim: String,
    /// One or two.
    intervention_ids: Vec<ID>,
    /// At least one.
    organisation_ids: Vec<ID>,
    region_id: ID,
    starts_on: Date,
    #[graphql(flatten)]
    #[serde(flatten)]
    creation: Creation,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct JoinProjectInput {
    project_id: ID,
    /// Who takes part from now on.
    member_id: ID,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct LeaveProjectInput {
    project_id: ID,
    /// Who takes part no longer.
    member_id: ID,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct AdvancePhaseInput {
    project_id: ID,
    /// The phase that follows the present one.
    to: Phase,
    /// What was reached, or what comes now.
    note: Option<String>,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct ReturnPhaseInput {
    project_id: ID,
    /// The phase before the present one.
    to: Phase,
    /// Why.
    reason: String,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct RaiseBottleneckInput {
    project_id: ID,
    /// What stands in the way.
    text: String,
    kind: BottleneckKind,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct ResolveBottleneckInput {
    project_id: ID,
    bottleneck_id: ID,
    /// How it was solved, so that others can reuse it.
    solution: String,
    /// The experience that tells more.
    experience_id: Option<ID>,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct ReuseSolutionInput {
    /// The project that takes it over.
    project_id: ID,
    experience_id: ID,
    /// The bottleneck it is tried on.
    bottleneck_id: Option<ID>,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct PostUpdateInput {
    project_id: ID,
    /// What is new.
    text: String,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

/// Which text of a project.
#[derive(Clone, Debug, Serialize, OneofObject)]
pub(crate) enum ProjectTextInput {
    /// A bottleneck, with its solution.
    BottleneckId(ID),
    /// An update.
    UpdateId(ID),
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct RedactProjectTextInput {
    project_id: ID,
    text: ProjectTextInput,
    ground: RedactionGround,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

/// What can be done with projects.
#[derive(Debug, Default)]
pub(crate) struct ProjectMutations;

fn project(id: &ID) -> Result<ProjectId, Wrong> {
    thing("projectId", ProjectAggregate::KIND, id)
}

fn scope(id: ProjectId) -> KeyScope {
    KeyScope::of(ProjectAggregate::KIND, id)
}

/// Runs a command and shows the project it was about.
async fn run<C: domain::Command>(
    ctx: &Context<'_>,
    input: &impl Serialize,
    change: Change,
    command: Result<C, Wrong>,
) -> Result<ProjectPayload, Failed> {
    match mutation::run(ctx, input, change, command).await? {
        Err(refusal) => Ok(ProjectPayload::Refusal(refusal)),
        Ok(done) => {
            let row = ctx.row::<Projects>(done.stream.id).await?;
            let project = row.map(Project).ok_or_else(|| Failed::internal(&Dangling(done.stream.id)))?;
            Ok(ProjectPayload::Changed(Box::new(ProjectChanged { project, position: Position(done.position) })))
        }
    }
}

#[Object]
impl ProjectMutations {
    /// Take away the text of a bottleneck, with its solution, or of an update, for good: that it existed stays. Its author
    /// and the lead are told.
    async fn redact_project_text(
        &self,
        ctx: &Context<'_>,
        input: RedactProjectTextInput,
    ) -> Result<ProjectPayload, Failed> {
        let part = match &input.text {
            ProjectTextInput::BottleneckId(id) => thing("text", "bottleneck", id).map(ProjectText::Bottleneck),
            ProjectTextInput::UpdateId(id) => thing("text", "update", id).map(ProjectText::Update),
        };
        let text = part.as_ref().ok().map(|part| part.scope());
        let command = thing("projectId", ProjectAggregate::KIND, &input.project_id)
            .and_then(|project| Ok(RedactProjectText { project, part: part?, ground: input.ground.into() }));
        let payload = run(ctx, &input, input.change.clone(), command).await?;
        let (ProjectPayload::Changed(changed), Some((kind, id))) = (&payload, text) else { return Ok(payload) };
        mutation::destroy_text(ctx, kind, id).await?;
        let shown = mutation::once_gone::<Projects>(ctx, changed.project.0.id, |row| {
            let bottleneck = row.bottlenecks.iter().find(|row| row.id.0 == id).map(|row| &row.text);
            let update = row.updates.iter().find(|row| row.id.0 == id).map(|row| &row.text);
            bottleneck.or(update).is_none_or(|text| text.text().is_none())
        });
        let (project, position) = (Project(shown.await?), changed.position);
        Ok(ProjectPayload::Changed(Box::new(ProjectChanged { project, position })))
    }

    /// Begin a project; you lead it.
    async fn register_project(&self, ctx: &Context<'_>, input: RegisterProjectInput) -> Result<ProjectPayload, Failed> {
        let id: ProjectId = ctx.platform()?.app.source().id();
        let lead = ctx.contributor()?;
        let command = (|| {
            Ok(RegisterProject {
                project: id,
                name: Sealed::new(scope(id), line("name", &input.name)?),
                aim: prose("aim", &scope(id), &input.aim)?,
                interventions: things("interventionIds", InterventionAggregate::KIND, &input.intervention_ids)?,
                organisations: things("organisationIds", OrganisationAggregate::KIND, &input.organisation_ids)?,
                region: thing("regionId", RegionAggregate::KIND, &input.region_id)?,
                lead,
                start: input.starts_on.0,
            })
        })();
        run(ctx, &input, (&input.creation).into(), command).await
    }

    /// Let a member take part.
    async fn join_project(&self, ctx: &Context<'_>, input: JoinProjectInput) -> Result<ProjectPayload, Failed> {
        let command = project(&input.project_id).and_then(|project| {
            Ok(JoinProject { project, member: thing("memberId", MemberAggregate::KIND, &input.member_id)? })
        });
        run(ctx, &input, input.change.clone(), command).await
    }

    /// A member takes part no longer.
    async fn leave_project(&self, ctx: &Context<'_>, input: LeaveProjectInput) -> Result<ProjectPayload, Failed> {
        let command = project(&input.project_id).and_then(|project| {
            Ok(LeaveProject { project, member: thing("memberId", MemberAggregate::KIND, &input.member_id)? })
        });
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Go to the next phase.
    async fn advance_phase(&self, ctx: &Context<'_>, input: AdvancePhaseInput) -> Result<ProjectPayload, Failed> {
        let command = project(&input.project_id).and_then(|project| {
            let note = maybe_prose("note", &scope(project), input.note.as_ref())?;
            Ok(AdvancePhase { project, to: input.to.into(), note })
        });
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Go one phase back, saying why.
    async fn return_phase(&self, ctx: &Context<'_>, input: ReturnPhaseInput) -> Result<ProjectPayload, Failed> {
        let command = project(&input.project_id).and_then(|project| {
            let reason = prose("reason", &scope(project), &input.reason)?;
            Ok(ReturnPhase { project, to: input.to.into(), reason })
        });
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Say what stands in the way, so that others who met it can help.
    async fn raise_bottleneck(&self, ctx: &Context<'_>, input: RaiseBottleneckInput) -> Result<ProjectPayload, Failed> {
        let bottleneck: BottleneckId = ctx.platform()?.app.source().id();
        let command = project(&input.project_id).and_then(|project| {
            let text = prose("text", &KeyScope::of("bottleneck", bottleneck), &input.text)?;
            Ok(RaiseBottleneck { project, bottleneck, text, kind: input.kind.into() })
        });
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Say how a bottleneck was solved, so that others can reuse it.
    async fn resolve_bottleneck(
        &self,
        ctx: &Context<'_>,
        input: ResolveBottleneckInput,
    ) -> Result<ProjectPayload, Failed> {
        let command = project(&input.project_id).and_then(|project| {
            let bottleneck: BottleneckId = thing("bottleneckId", "bottleneck", &input.bottleneck_id)?;
            Ok(ResolveBottleneck {
                project,
                bottleneck,
                solution: prose("solution", &KeyScope::of("bottleneck", bottleneck), &input.solution)?,
                experience: maybe("experienceId", ExperienceAggregate::KIND, input.experience_id.as_ref())?,
            })
        });
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Try in a project what somebody shared, recording where it came from.
    async fn reuse_solution(&self, ctx: &Context<'_>, input: ReuseSolutionInput) -> Result<ProjectPayload, Failed> {
        let experience = thing::<ExperienceId>("experienceId", ExperienceAggregate::KIND, &input.experience_id);
        let origin = match &experience {
            Ok(id) => ctx.row::<Experiences>(*id).await?.and_then(|row| row.project),
            Err(_) => None,
        };
        let command = project(&input.project_id).and_then(|project| {
            Ok(ReuseSolution {
                project,
                experience: experience?,
                from_project: origin,
                bottleneck: maybe("bottleneckId", "bottleneck", input.bottleneck_id.as_ref())?,
            })
        });
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Tell those who follow the project what is new.
    async fn post_update(&self, ctx: &Context<'_>, input: PostUpdateInput) -> Result<ProjectPayload, Failed> {
        let update: UpdateId = ctx.platform()?.app.source().id();
        let command = project(&input.project_id).and_then(|project| {
            let text = prose("text", &KeyScope::of("update", update), &input.text)?;
            Ok(PostUpdate { project, update, text })
        });
        run(ctx, &input, input.change.clone(), command).await
    }
}
