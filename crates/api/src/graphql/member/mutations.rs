//! Inviting people, saying who one is, giving and taking roles.

use app::By;
use async_graphql::{Context, ID, InputObject, Object, OneofObject, SimpleObject, Union};
use chrono::{DateTime, Utc};
use domain::{
    Aggregate as _, Command as _, Scope, Sealed,
    basis::Basis as BasisAggregate,
    id::{BasisId, MemberId},
    member::{Access, GiveRole, GrantAccess, InviteMember, Member as MemberAggregate, ReviseProfile, TakeRole},
    organisation::Organisation as OrganisationAggregate,
    project::Project as ProjectAggregate,
    region::Region as RegionAggregate,
    sealed::KeyScope,
    theme::Theme as ThemeAggregate,
};
use readmodel::models::member::Members;
use serde::Serialize;
use uuid::Uuid;

use super::{Member, Profession, Role};
use crate::graphql::{
    catalogue::Dangling,
    context::Viewing as _,
    error::Failed,
    mutation::{self, Change, Creation, Refusal, Wrong, email, line, maybe, thing, things},
    register::Consortium,
    text::Position,
};

/// A member was invited or changed.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct MemberChanged {
    member: Member,
    /// What is read from here on includes the change.
    position: Position,
}

/// The member as they are now, or why they are not.
#[derive(Clone, Debug, Union)]
pub(crate) enum MemberPayload {
    Changed(Box<MemberChanged>),
    Refusal(Refusal),
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct InviteMemberInput {
    /// Their name, in one line of at most 160 characters.
    name: String,
    /// Their e-mail address. Whoever first signs in with an account whose provider vouches for it is this member.
    email: String,
    /// Where they work.
    organisation_id: ID,
    /// The project for which its lead invites them. Left out by whoever keeps members.
    project_id: Option<ID>,
    /// The grant or promising project on which their access rests; it ends with it. One's own, unless one decides on access.
    /// Left out, it rests on what that of whoever invites them does, or on nothing but the invitation.
    access_basis_id: Option<ID>,
    #[graphql(flatten)]
    #[serde(flatten)]
    creation: Creation,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct ReviseProfileInput {
    /// Your name, in one line of at most 160 characters.
    name: String,
    profession: Profession,
    /// Themes you know well.
    expertise_ids: Vec<ID>,
    /// Whether colleagues may ask for contact.
    open_to_contact: bool,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

/// Where a role holds, other than in the whole country.
#[derive(Clone, Debug, Serialize, OneofObject)]
pub(crate) enum RoleScopeInput {
    /// In one consortium.
    Consortium(Consortium),
    /// In one region.
    RegionId(ID),
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct GiveRoleInput {
    member_id: ID,
    role: Role,
    /// Where it holds; left out, in the whole country.
    scope: Option<RoleScopeInput>,
    /// Until when, exclusive; left out, without an end.
    until: Option<DateTime<Utc>>,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct TakeRoleInput {
    member_id: ID,
    role: Role,
    /// Where it held; left out, in the whole country.
    scope: Option<RoleScopeInput>,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

fn member(id: &ID) -> Result<MemberId, Wrong> {
    thing("memberId", MemberAggregate::KIND, id)
}

fn scope(scope: Option<&RoleScopeInput>) -> Result<Scope, Wrong> {
    Ok(match scope {
        None => Scope::National,
        Some(RoleScopeInput::Consortium(consortium)) => Scope::Consortium { consortium: (*consortium).into() },
        Some(RoleScopeInput::RegionId(id)) => Scope::Region { region: thing("scope", RegionAggregate::KIND, id)? },
    })
}

/// What can be done with members and roles.
#[derive(Debug, Default)]
pub(crate) struct MemberMutations;

/// Runs a command and shows the member it was about.
async fn run<C: domain::Command>(
    ctx: &Context<'_>,
    input: &impl Serialize,
    change: Change,
    command: Result<C, Wrong>,
) -> Result<MemberPayload, Failed> {
    match mutation::run(ctx, input, change, command).await? {
        Err(refusal) => Ok(MemberPayload::Refusal(refusal)),
        Ok(done) => {
            let row = ctx.row::<Members>(done.stream.id).await?;
            let member = row.map(Member).ok_or_else(|| Failed::internal(&Dangling(done.stream.id)))?;
            Ok(MemberPayload::Changed(Box::new(MemberChanged { member, position: Position(done.position) })))
        }
    }
}

/// Whether somebody else has the address. Whoever may not invite is not told who is a member; and an invitation that is
/// repeated is itself who has it.
async fn is_taken(
    ctx: &Context<'_>,
    input: &InviteMemberInput,
    change: &Change,
    command: &InviteMember,
) -> Result<bool, Failed> {
    let (platform, by) = (ctx.platform()?, By::Member(ctx.contributor()?));
    if platform.models.members_with_email(&input.email).await?.is_empty() {
        return Ok(false);
    }
    let repeated = match mutation::retry(input, change)? {
        Some(retry) => platform.app.was_run::<InviteMember>(by, &retry).await?,
        None => false,
    };
    Ok(!repeated && platform.app.may_run(command, by).await?)
}

#[Object]
impl MemberMutations {
    /// Invite somebody to take part: into any organisation as whoever keeps members, into one of your network as its
    /// coordinator, into one of your project as its lead.
    async fn invite_member(&self, ctx: &Context<'_>, input: InviteMemberInput) -> Result<MemberPayload, Failed> {
        let id: MemberId = ctx.platform()?.app.source().id();
        let key = KeyScope::of(MemberAggregate::KIND, id);
        let own = ctx.platform()?.app.accesses(ctx.contributor()?).await?;
        let decides = ctx.may::<MemberAggregate>(Uuid::nil(), GrantAccess::NAME).await?;
        let command = (|| {
            let chosen = maybe::<BasisId>("accessBasisId", BasisAggregate::KIND, input.access_basis_id.as_ref())?;
            let accesses = match chosen {
                None => own,
                // Who decides on access chooses any; others give along what they have themselves.
                Some(basis) if decides => vec![Access { basis, until: None }],
                Some(basis) => {
                    let own: Vec<_> = own.into_iter().filter(|access| access.basis == basis).collect();
                    if own.is_empty() { Err(Wrong::Id("accessBasisId"))? } else { own }
                }
            };
            Ok(InviteMember {
                member: id,
                name: Sealed::new(key.clone(), line("name", &input.name)?),
                email: Sealed::new(key.clone(), email("email", &input.email)?),
                organisation: thing("organisationId", OrganisationAggregate::KIND, &input.organisation_id)?,
                project: maybe("projectId", ProjectAggregate::KIND, input.project_id.as_ref())?,
                accesses,
            })
        })();
        let change = Change::from(&input.creation);
        if let Ok(command) = &command
            && is_taken(ctx, &input, &change, command).await?
        {
            ctx.pace()?.contribute(ctx.contributor()?, ctx.caller()?.address)?;
            let message = if ctx.caller()?.language.is_dutch() {
                "Er doet al iemand mee met dit e-mailadres."
            } else {
                "Somebody with this e-mail address takes part already."
            };
            let (code, field) = ("EMAIL_TAKEN".into(), Some("email".into()));
            return Ok(MemberPayload::Refusal(Refusal { code, message: message.into(), field }));
        }
        run(ctx, &input, change, command).await
    }

    /// Say who you are.
    async fn revise_profile(&self, ctx: &Context<'_>, input: ReviseProfileInput) -> Result<MemberPayload, Failed> {
        let id = ctx.contributor()?;
        let command = (|| {
            Ok(ReviseProfile {
                member: id,
                name: Sealed::new(KeyScope::of(MemberAggregate::KIND, id), line("name", &input.name)?),
                profession: input.profession.into(),
                expertise: things("expertiseIds", ThemeAggregate::KIND, &input.expertise_ids)?,
                open_to_contact: input.open_to_contact,
            })
        })();
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Give somebody else a role. Giving it again with another end moves its end.
    async fn give_role(&self, ctx: &Context<'_>, input: GiveRoleInput) -> Result<MemberPayload, Failed> {
        let command = (|| {
            Ok(GiveRole {
                member: member(&input.member_id)?,
                role: input.role.into(),
                scope: scope(input.scope.as_ref())?,
                until: input.until,
            })
        })();
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Take a role back from somebody who holds it.
    async fn take_role(&self, ctx: &Context<'_>, input: TakeRoleInput) -> Result<MemberPayload, Failed> {
        let command = (|| {
            Ok(TakeRole {
                member: member(&input.member_id)?,
                role: input.role.into(),
                scope: scope(input.scope.as_ref())?,
            })
        })();
        run(ctx, &input, input.change.clone(), command).await
    }
}
