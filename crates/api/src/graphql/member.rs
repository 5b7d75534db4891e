//! Who takes part, and whoever is signed in.

mod colleagues;
mod erasure;
mod mutations;
mod roles;

pub(crate) use colleagues::ColleagueQueries;
pub(crate) use erasure::{ErasureMutations, ErasureQueries};
pub(crate) use mutations::MemberMutations;
pub(crate) use roles::RoleQueries;

use async_graphql::{
    Context, Enum, ID, Object,
    connection::{Connection, EmptyFields},
};
use domain::{
    Aggregate as _, Command as _,
    basis::{AwardGrant, Basis as BasisAggregate},
    experience::{Experience as ExperienceAggregate, ShareExperience},
    id::MemberId,
    knowledge_page::{DraftPage, KnowledgePage},
    member::{GiveRole, GrantAccess, InviteMember, Member as MemberAggregate},
    project::{Project as ProjectAggregate, RegisterProject},
    question::{AskQuestion, Question as QuestionAggregate},
};
use readmodel::models::{
    member::{MemberRow, Members},
    project::ProjectFilter,
};
use uuid::Uuid;

use super::{
    access,
    admission::{self, MemberAccess},
    catalogue::{self, Dangling, Theme},
    context::Viewing as _,
    error::Failed,
    id::{global, local},
    limits,
    paging::{Cursor, Page},
    past::{self, AsOf},
    project::Project,
    register::{self, Organisation},
    text::Text,
};

/// What a member does for a living.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, Enum)]
#[graphql(remote = "domain::member::Profession")]
pub(crate) enum Profession {
    /// Verpleegkundige.
    Nurse,
    /// Verpleegkundig specialist.
    NurseSpecialist,
    /// Huisarts.
    GeneralPractitioner,
    /// Specialist ouderengeneeskunde.
    ElderlyCarePhysician,
    /// Medisch specialist.
    MedicalSpecialist,
    /// Geestelijk verzorger.
    SpiritualCounsellor,
    /// Maatschappelijk werker.
    SocialWorker,
    /// Projectleider.
    ProjectLeader,
    /// Coördinator.
    Coordinator,
    /// Adviseur.
    Adviser,
    /// Onderzoeker.
    Researcher,
}

/// What a member may do beyond taking part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, Enum)]
#[graphql(remote = "domain::member::Role")]
pub(crate) enum Role {
    /// Publishes and checks knowledge on themes.
    Expert,
    /// Keeps an eye on questions and contributions.
    Moderator,
    /// Writes knowledge pages.
    Editor,
    /// Guides projects and pilots.
    ImplementationCoach,
    /// Coordinates the network of a region.
    NetworkCoordinator,
    /// Chooses the regions of a pilot.
    ProjectGroup,
    /// Runs the programme for the funder.
    ProgrammeManager,
    /// Reads everything that happened, changes nothing.
    Auditor,
    /// Exports the log, pseudonymised, for the review.
    Evaluator,
    /// Keeps the platform running.
    Administrator,
}

/// A person with access.
#[derive(Clone, Debug)]
pub(crate) struct Member(MemberRow);

/// A person with access.
#[Object]
impl Member {
    pub(crate) async fn id(&self) -> ID {
        global(MemberAggregate::KIND, self.0.id)
    }

    async fn name(&self) -> Text {
        (&self.0.name).into()
    }

    async fn profession(&self) -> Option<Profession> {
        self.0.profession.map(Profession::from)
    }

    /// Where they work.
    async fn organisation(&self, ctx: &Context<'_>) -> Result<Organisation, Failed> {
        // Whoever came has one.
        let organisation = self.0.organisation.ok_or_else(|| Failed::internal(&Dangling(self.0.id.0)))?;
        register::organisation(ctx, organisation).await
    }

    /// Themes they know well.
    async fn expertise(&self, ctx: &Context<'_>) -> Result<Vec<Theme>, Failed> {
        catalogue::themes(ctx, &self.0.expertise).await
    }

    /// Whether colleagues may ask for contact.
    async fn open_to_contact(&self) -> bool {
        self.0.open_to_contact
    }

    /// The bases on which they were given access. Null for whoever is neither themselves nor decides on access.
    #[graphql(complexity = "10 + 10 * child_complexity")]
    async fn access(&self, ctx: &Context<'_>) -> Result<Option<Vec<MemberAccess>>, Failed> {
        admission::accesses(ctx, &self.0).await
    }

    /// Whether they were invited on no basis: their access has no end but the one that somebody gives it, whatever bases
    /// they have besides. Null for whoever is neither themselves nor decides on access.
    async fn unbound(&self, ctx: &Context<'_>) -> Result<Option<bool>, Failed> {
        admission::unbound(ctx, &self.0).await
    }

    /// The roles they hold beyond taking part.
    async fn roles(&self, ctx: &Context<'_>) -> Result<Vec<roles::RoleHolding>, Failed> {
        // (An answer with it is not kept: nobody tells when a role ends by itself.)
        Ok(roles::held(&self.0, past::time(ctx).await?))
    }
}

impl Member {
    /// Whoever came. Those who only asked are no members.
    pub(crate) fn of(row: MemberRow) -> Option<Self> {
        row.came().then_some(Self(row))
    }
}

/// A member whose id an event named.
pub(crate) async fn member(ctx: &Context<'_>, id: MemberId) -> Result<Member, Failed> {
    maybe_member(ctx, Some(id)).await?.ok_or_else(|| Failed::internal(&Dangling(id.0)))
}

/// As [`member`], or nobody.
pub(crate) async fn maybe_member(ctx: &Context<'_>, id: Option<MemberId>) -> Result<Option<Member>, Failed> {
    match id {
        Some(id) => Ok(ctx.row::<Members>(id).await?.and_then(Member::of)),
        None => Ok(None),
    }
}

/// Several members, in the order of their ids.
pub(crate) async fn members(ctx: &Context<'_>, ids: &[MemberId]) -> Result<Vec<Member>, Failed> {
    Ok(ctx.some::<Members>(ids.iter().map(|id| id.0)).await?.into_iter().filter_map(Member::of).collect())
}

/// Whoever is signed in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Viewer(MemberId);

/// Whoever is signed in.
#[Object]
impl Viewer {
    async fn member(&self, ctx: &Context<'_>) -> Result<Member, Failed> {
        member(ctx, self.0).await
    }

    /// Whether they take part now. Otherwise everything but this, their sessions and their tokens says `ACCESS_ENDED`.
    async fn has_access(&self, ctx: &Context<'_>) -> Result<bool, Failed> {
        Ok(ctx.caller()?.access)
    }

    /// The roles they hold now, in whatever scope.
    async fn roles(&self, ctx: &Context<'_>) -> Result<Vec<Role>, Failed> {
        let roles = ctx.granted(ctx.open()?.app.roles(self.0).await?);
        Ok(roles.into_iter().map(Role::from).collect())
    }

    /// The projects they take part in, newest first.
    #[graphql(complexity = "10 + 10 * child_complexity")]
    async fn projects(&self, ctx: &Context<'_>) -> Result<Vec<Project>, Failed> {
        ctx.viewer()?;
        let filter = ProjectFilter { participant: Some(self.0), ..ProjectFilter::default() };
        let limit = i64::try_from(limits::PAGE).unwrap_or_default();
        Ok(ctx.platform()?.models.projects(&filter, i64::MAX, limit).await?.into_iter().map(Project).collect())
    }

    /// The roles they may give to others, somewhere.
    async fn roles_to_give(&self, ctx: &Context<'_>) -> Result<Vec<Role>, Failed> {
        roles::to_give(ctx, self.0).await
    }

    /// The browsers in which they are signed in, the one used last first. For people, not for programs.
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<access::Session>, Failed> {
        access::sessions(ctx).await
    }

    /// Their tokens for programs, the newest first. For people, not for programs.
    async fn access_tokens(&self, ctx: &Context<'_>) -> Result<Vec<access::AccessToken>, Failed> {
        access::tokens(ctx).await
    }

    /// What they may do that needs no thing yet, e.g. `ask_question` or `draft_page`.
    async fn actions(&self, ctx: &Context<'_>) -> Result<Vec<&'static str>, Failed> {
        let none = Uuid::nil();
        let mut actions = ctx.actions::<QuestionAggregate>(none, None, &[AskQuestion::NAME]).await?;
        actions.extend(ctx.actions::<ExperienceAggregate>(none, None, &[ShareExperience::NAME]).await?);
        actions.extend(ctx.actions::<ProjectAggregate>(none, None, &[RegisterProject::NAME]).await?);
        actions.extend(ctx.actions::<KnowledgePage>(none, None, &[DraftPage::NAME]).await?);
        if ctx.open()?.as_of.is_none() {
            let kept = [InviteMember::NAME, GiveRole::NAME, GrantAccess::NAME];
            let register = [AwardGrant::NAME];
            actions.extend(ctx.granted(ctx.open()?.app.allowed_somewhere::<BasisAggregate>(self.0, &register).await?));
            actions.extend(ctx.granted(ctx.open()?.app.allowed_somewhere::<MemberAggregate>(self.0, &kept).await?));
        }
        Ok(actions)
    }
}

/// Questions about people.
#[derive(Debug, Default)]
pub(crate) struct MemberQueries;

#[Object]
impl MemberQueries {
    /// Whoever is signed in; null when nobody is.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<Viewer>, Failed> {
        match ctx.caller()?.viewer {
            Some(_) => ctx.somebody().map(Viewer).map(Some),
            None => Ok(None),
        }
    }

    /// A member, now or as they were; null before they came.
    async fn member(&self, ctx: &Context<'_>, id: ID, as_of: Option<AsOf>) -> Result<Option<Member>, Failed> {
        past::stand_at(ctx, as_of, &id).await?;
        let Some(id) = local::<MemberId>(MemberAggregate::KIND, &id) else { return Ok(None) };
        maybe_member(ctx, Some(id)).await
    }

    /// Members in the order in which they came.
    #[graphql(complexity = "first.min(limits::PAGE) * child_complexity")]
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 50)] first: usize,
        after: Option<String>,
    ) -> Result<Connection<Cursor, Member, EmptyFields, EmptyFields>, Failed> {
        let page = Page::new(first, after.as_deref())?;
        let rows = ctx.platform()?.models.members(page.after.unwrap_or_default(), page.limit()).await?;
        Ok(page.of(rows, |row| row.since, Member))
    }
}
