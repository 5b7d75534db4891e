//! Asking for access and confirming it, granting, refusing and ending it.

use app::{By, Request, RunError};
use async_graphql::{Context, Enum, ID, InputObject, Object, OneofObject, SimpleObject, Union};
use domain::{
    Aggregate as _, Command as _, Sealed,
    basis::{Basis as BasisAggregate, GrantNumber, Incomplete},
    id::{InterventionId, MemberId},
    intervention::Intervention as InterventionAggregate,
    member::{EndAccess, Ending, GrantAccess, Member as MemberAggregate, RefuseAccess, RequestAccess, RequestedBasis},
    organisation::Organisation as OrganisationAggregate,
    period,
    sealed::KeyScope,
    text::{Line, Prose},
};
use mail::{Confirmed, NotConfirmed};
use readmodel::models::catalogue::Catalogue;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{decides, facts, row};
use crate::{
    graphql::{
        catalogue::Dangling,
        context::{Caller, Viewing as _},
        error::Failed,
        member::Member,
        mutation::{self, Change, Refusal, Wrong, email, line, maybe, prose, thing, things},
        patient_details,
        text::{Date, Position},
    },
    language::Language,
};

/// On what access would rest.
#[derive(Clone, Debug, Serialize, OneofObject)]
pub(crate) enum RequestedBasisInput {
    /// The number of a grant.
    GrantNumber(String),
    /// The name of a promising project that they fund themselves.
    OwnProject(String),
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct RequestAccessInput {
    /// Their name, in one line of at most 160 characters.
    name: String,
    /// Their e-mail address. They are sent a link, and nothing is passed on before they follow it.
    email: String,
    /// Where they work.
    organisation: String,
    basis: RequestedBasisInput,
    /// What they implement; one or more.
    intervention_ids: Vec<ID>,
    /// Why they ask.
    motivation: Option<String>,
    /// As in `CreationInput`.
    #[graphql(default)]
    #[serde(skip)]
    patient_details_checked: bool,
}

/// It was taken, whatever is known of the address: if it can be written to, a mail with a link is on its way.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct AccessAskedFor {
    /// How long the link works, in hours.
    link_holds_hours: i32,
}

/// The request was taken, or what is wrong with it.
#[derive(Clone, Debug, Union)]
pub(crate) enum RequestAccessPayload {
    Asked(AccessAskedFor),
    Refusal(Refusal),
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct ConfirmAccessRequestInput {
    /// What stands in the link behind the `#`.
    token: String,
}

/// Those who decide see the request from now on.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct AccessRequestConfirmed {
    /// Those who decide see it from here on.
    position: Position,
}

/// The request was passed on, or why it was not.
#[derive(Clone, Debug, Union)]
pub(crate) enum ConfirmAccessRequestPayload {
    Confirmed(AccessRequestConfirmed),
    Refusal(Refusal),
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct GrantAccessInput {
    /// Whom: somebody who asked, or a member for whom this is a further basis.
    member_id: ID,
    /// On what it rests. It ends with it.
    access_basis_id: ID,
    /// Where they work; left out for members.
    organisation_id: Option<ID>,
    /// The last day, when access ends before its basis.
    until: Option<Date>,
    /// Why.
    reason: String,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct RefuseAccessInput {
    /// Whom.
    member_id: ID,
    /// Why. They are told, by mail.
    reason: String,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct EndAccessInput {
    /// Whose.
    member_id: ID,
    /// Why. They are told, by mail.
    reason: String,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

/// What was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum AdmissionOutcome {
    /// They may take part.
    Granted,
    /// They may not.
    Refused,
    /// They may not any longer.
    Ended,
}

/// It was decided who takes part.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct AccessDecided {
    outcome: AdmissionOutcome,
    /// Whoever takes part or did; null for somebody who was refused.
    member: Option<Member>,
    /// What is read from here on includes it.
    position: Position,
}

/// What was decided, or why nothing was.
#[derive(Clone, Debug, Union)]
pub(crate) enum AccessPayload {
    Decided(Box<AccessDecided>),
    Refusal(Refusal),
}

/// What waits until the address was confirmed.
#[derive(Debug, Serialize, Deserialize)]
struct Waiting {
    name: Line,
    email: Line,
    organisation: Line,
    basis: WaitingBasis,
    interventions: Vec<InterventionId>,
    motivation: Option<Prose>,
}

#[derive(Debug, Serialize, Deserialize)]
enum WaitingBasis {
    Grant(GrantNumber),
    OwnFunding(Line),
}

impl Waiting {
    fn read(input: &RequestAccessInput) -> Result<Self, Wrong> {
        let motivation = input.motivation.as_ref().filter(|typed| !typed.trim().is_empty());
        let prose = |typed: &String| Prose::parse(typed).map_err(|error| Wrong::Text("motivation", error));
        Ok(Self {
            name: line("name", &input.name)?,
            email: email("email", &input.email)?,
            organisation: line("organisation", &input.organisation)?,
            basis: match &input.basis {
                RequestedBasisInput::GrantNumber(number) => {
                    WaitingBasis::Grant(GrantNumber::parse(number).ok_or(Wrong::GrantNumber("grantNumber"))?)
                }
                RequestedBasisInput::OwnProject(project) => WaitingBasis::OwnFunding(line("ownProject", project)?),
            },
            interventions: things("interventionIds", InterventionAggregate::KIND, &input.intervention_ids)?,
            motivation: motivation.map(prose).transpose()?,
        })
    }

    /// As a command: sealed under the id that they will have.
    fn command(self, member: MemberId) -> RequestAccess {
        let scope = KeyScope::of(MemberAggregate::KIND, member);
        let Self { name, email, organisation, basis, interventions, motivation } = self;
        RequestAccess {
            member,
            name: Sealed::new(scope.clone(), name),
            email: Sealed::new(scope.clone(), email),
            organisation: Sealed::new(scope.clone(), organisation),
            basis: match basis {
                WaitingBasis::Grant(number) => RequestedBasis::Grant { number: Sealed::new(scope.clone(), number) },
                WaitingBasis::OwnFunding(project) => {
                    RequestedBasis::OwnFunding { project: Sealed::new(scope.clone(), project) }
                }
            },
            interventions,
            motivation: motivation.map(|motivation| Sealed::new(scope, motivation)),
        }
    }
}

/// A refusal in the language of the request.
fn refusal(language: Language, code: &str, field: Option<&str>, nl: &str, en: &str) -> Refusal {
    let message = if language.is_dutch() { nl } else { en };
    Refusal { code: code.into(), message: message.into(), field: field.map(str::to_owned) }
}

/// The way to write to people; without one nobody can ask for access.
fn post(ctx: &Context<'_>) -> Result<Result<mail::Mail, Refusal>, Failed> {
    let Caller { language, address, .. } = ctx.caller()?;
    ctx.pace()?.ask_for_access(address)?;
    let platform = ctx.platform()?;
    if platform.as_of.is_some() {
        return Ok(Err(mutation::read_only(language)));
    }
    Ok(platform.mail.clone().ok_or_else(|| {
        refusal(
            language,
            "NO_MAIL",
            None,
            "Toegang vragen kan hier nu niet: dit platform kan geen mail versturen.",
            "One cannot ask for access here now: this platform sends no mail.",
        )
    }))
}

/// Runs what decides who takes part.
async fn run<C: domain::Command>(
    ctx: &Context<'_>,
    input: &impl Serialize,
    change: &Change,
    outcome: AdmissionOutcome,
    command: Result<C, Wrong>,
) -> Result<AccessPayload, Failed> {
    match mutation::run(ctx, input, change.clone(), command).await? {
        Err(refusal) => Ok(AccessPayload::Refusal(refusal)),
        Ok(done) => {
            let row = row(ctx, done.stream.id).await?.ok_or_else(|| Failed::internal(&Dangling(done.stream.id)))?;
            let (member, position) = (Member::of(row), Position(done.position));
            Ok(AccessPayload::Decided(Box::new(AccessDecided { outcome, member, position })))
        }
    }
}

fn member(id: &ID) -> Result<MemberId, Wrong> {
    thing("memberId", MemberAggregate::KIND, id)
}

fn reason(member: MemberId, typed: &str) -> Result<Sealed<Prose>, Wrong> {
    prose("reason", &KeyScope::of(MemberAggregate::KIND, member), typed)
}

/// What can be done about access.
#[derive(Debug, Default)]
pub(crate) struct AdmissionMutations;

#[Object]
impl AdmissionMutations {
    /// Ask for access. Needs no signing in. The answer is the same whether or not anybody has the address.
    async fn request_access(
        &self,
        ctx: &Context<'_>,
        input: RequestAccessInput,
    ) -> Result<RequestAccessPayload, Failed> {
        let Caller { language, .. } = ctx.caller()?;
        let post = match post(ctx)? {
            Ok(post) => post,
            Err(refusal) => return Ok(RequestAccessPayload::Refusal(refusal)),
        };
        let waiting = match Waiting::read(&input) {
            Ok(waiting) => waiting,
            Err(wrong) => return Ok(RequestAccessPayload::Refusal(wrong.refusal(language))),
        };
        if !input.patient_details_checked
            && let Some(refusal) = patient_details::warning(RequestAccess::NAME, &input, language)?
        {
            return Ok(RequestAccessPayload::Refusal(refusal));
        }
        let known = ctx.some::<Catalogue>(waiting.interventions.iter().map(|id| id.0)).await?;
        if known.len() < waiting.interventions.len() {
            return Ok(RequestAccessPayload::Refusal(Wrong::Id("interventionIds").refusal(language)));
        }
        if known.is_empty() {
            let told = mutation::refused(&Incomplete::NoIntervention, language);
            return Ok(RequestAccessPayload::Refusal(Refusal { field: Some("interventionIds".into()), ..told }));
        }
        let spoken = if language.is_dutch() { mail::Language::Dutch } else { mail::Language::English };
        let id: Uuid = ctx.platform()?.app.source().id();
        let email = waiting.email.as_str().to_owned();
        post.confirm(id, &email, spoken, waiting).await.map_err(|error| Failed::internal(&error))?;
        Ok(RequestAccessPayload::Asked(AccessAskedFor { link_holds_hours: mail::LINK_HOLDS_HOURS }))
    }

    /// Show that the e-mail address of a request is one's own: the request is passed on to those who decide.
    async fn confirm_access_request(
        &self,
        ctx: &Context<'_>,
        input: ConfirmAccessRequestInput,
    ) -> Result<ConfirmAccessRequestPayload, Failed> {
        let Caller { language, .. } = ctx.caller()?;
        let post = match post(ctx)? {
            Ok(post) => post,
            Err(refusal) => return Ok(ConfirmAccessRequestPayload::Refusal(refusal)),
        };
        let Confirmed { id, content } = match post.confirmed::<Waiting>(&input.token).await {
            Ok(confirmed) => confirmed,
            Err(NotConfirmed::NoLonger) => {
                return Ok(ConfirmAccessRequestPayload::Refusal(refusal(
                    language,
                    "LINK_HOLDS_NO_LONGER",
                    Some("token"),
                    "Deze link werkt niet (meer). Is je aanvraag al bevestigd? Dan hoor je vanzelf van ons. Vraag anders \
                     opnieuw toegang.",
                    "This link does not work (any more). Was your request confirmed already? Then you will hear from us. \
                     Otherwise ask for access again.",
                )));
            }
            Err(NotConfirmed::Mail(error)) => return Err(Failed::internal(&error)),
        };
        let platform = ctx.platform()?;
        let member: MemberId = id.into();
        let request = Request::new(By::Newcomer(member), platform.app.source().id());
        let done = match platform.app.run(content.command(member), &request).await {
            Ok(done) => done,
            Err(RunError::Refused(refused)) => {
                return Ok(ConfirmAccessRequestPayload::Refusal(mutation::refused(&refused, language)));
            }
            Err(RunError::Declined(declined)) => {
                return Ok(ConfirmAccessRequestPayload::Refusal(mutation::refused(&declined, language)));
            }
            Err(RunError::Failed(failure)) => return Err(failure.into()),
        };
        post.settle(id).await.map_err(|error| Failed::internal(&error))?;
        platform.models.reach(done.position).await?;
        Ok(ConfirmAccessRequestPayload::Confirmed(AccessRequestConfirmed { position: Position(done.position) }))
    }

    /// Let somebody take part who asked, or on a further basis. They are told by mail.
    async fn grant_access(&self, ctx: &Context<'_>, input: GrantAccessInput) -> Result<AccessPayload, Failed> {
        let basis = thing::<Uuid>("accessBasisId", BasisAggregate::KIND, &input.access_basis_id);
        let entry = match &basis {
            Ok(basis) => ctx.row::<Catalogue>(*basis).await?.and_then(facts),
            Err(_) => None,
        };
        let command = (|| {
            let member = member(&input.member_id)?;
            let (basis, facts) = entry.ok_or(Wrong::Id("accessBasisId"))?;
            Ok(GrantAccess {
                member,
                basis: basis.into(),
                basis_ends: period::end_of(facts.last_day()),
                organisation: maybe("organisationId", OrganisationAggregate::KIND, input.organisation_id.as_ref())?,
                until: input.until.map(|until| until.0),
                reason: reason(member, &input.reason)?,
            })
        })();
        if let Ok(command) = &command
            && let Some(refusal) = taken(ctx, command.member).await?
        {
            return Ok(AccessPayload::Refusal(refusal));
        }
        run(ctx, &input, &input.change, AdmissionOutcome::Granted, command).await
    }

    /// Refuse somebody access who asked for it. They are told why, by mail.
    async fn refuse_access(&self, ctx: &Context<'_>, input: RefuseAccessInput) -> Result<AccessPayload, Failed> {
        let command = (|| {
            let member = member(&input.member_id)?;
            Ok(RefuseAccess { member, reason: reason(member, &input.reason)? })
        })();
        run(ctx, &input, &input.change, AdmissionOutcome::Refused, command).await
    }

    /// End somebody's access before what it rests on ends. What they contributed stays. They are told why, by mail.
    async fn end_access(&self, ctx: &Context<'_>, input: EndAccessInput) -> Result<AccessPayload, Failed> {
        let command = (|| {
            let member = member(&input.member_id)?;
            Ok(EndAccess { member, ending: Ending::Withdrawn(reason(member, &input.reason)?) })
        })();
        run(ctx, &input, &input.change, AdmissionOutcome::Ended, command).await
    }
}

/// Somebody who asked is not let in beside a member with the same address: who signs in could be either.
async fn taken(ctx: &Context<'_>, member: MemberId) -> Result<Option<Refusal>, Failed> {
    if !decides(ctx).await? {
        return Ok(None);
    }
    let Some(asked) = row(ctx, member.0).await?.filter(|row| !row.came()) else { return Ok(None) };
    let Some(email) = asked.email.text() else { return Ok(None) };
    if ctx.platform()?.models.members_with_email(email).await?.is_empty() {
        return Ok(None);
    }
    Ok(Some(refusal(
        ctx.caller()?.language,
        "EMAIL_TAKEN",
        Some("memberId"),
        "Er doet al iemand mee met dit e-mailadres. Geef die deelnemer toegang op deze grond, en wijs de aanvraag af.",
        "Somebody with this e-mail address takes part already. Grant that member access on this basis, and refuse the \
         request.",
    )))
}
