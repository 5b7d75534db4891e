//! Keeping the register.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject, Union};
use domain::{
    Aggregate as _, Period, Sealed,
    basis::{AwardGrant, Basis as BasisAggregate, EndBasis, GrantNumber, ListPromisingProject, ReviseBasis, Terms},
    collaboration::{
        Collaboration as CollaborationAggregate, FormCollaboration, JoinCollaboration, LeaveCollaboration,
    },
    funding_round::{CloseFundingRound, FundingRound as RoundAggregate, OpenFundingRound},
    id::{BasisId, CollaborationId, OrganisationId, RoundId},
    intervention::Intervention as InterventionAggregate,
    organisation::{MoveOrganisation, Organisation as OrganisationAggregate, RegisterOrganisation, RenameOrganisation},
    region::{Region as RegionAggregate, RegionFacts, RegisterRegion, ReviseRegion},
    sealed::KeyScope,
};
use readmodel::models::catalogue::Catalogue;
use serde::Serialize;

use super::{
    AccessBasis, CareSetting, Collaboration, Consortium, FundingRound, Organisation, OrganisationKind, Region, Urbanity,
};
use crate::graphql::{
    catalogue::{Dangling, Named},
    context::Viewing as _,
    error::Failed,
    mutation::{self, Change, Creation, Refusal, Wrong, line, maybe, prose, thing, things},
    text::{Date, Position},
};

/// Declares what mutations of one kind of entry give: the entry as it is now, or why it is not.
macro_rules! payloads {
    ($($(#[$doc:meta])* $field:ident: $entry:ident => $changed:ident, $payload:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, SimpleObject)]
        pub(crate) struct $changed {
            $field: $entry,
            /// What is read from here on includes the change.
            position: Position,
        }

        /// The entry as it is now, or why it is not.
        #[derive(Clone, Debug, Union)]
        pub(crate) enum $payload {
            Changed(Box<$changed>),
            Refusal(Refusal),
        }

        impl Tells for $payload {
            type Entry = $entry;

            fn changed($field: $entry, position: Position) -> Self {
                Self::Changed(Box::new($changed { $field, position }))
            }

            fn refused(refusal: Refusal) -> Self {
                Self::Refusal(refusal)
            }
        }
    )+};
}

/// What a mutation of an entry gives.
trait Tells: Sized {
    type Entry: Named;
    fn changed(entry: Self::Entry, position: Position) -> Self;
    fn refused(refusal: Refusal) -> Self;
}

payloads! {
    /// A region was entered or revised.
    region: Region => RegionChanged, RegionPayload;
    /// An organisation was entered or changed.
    organisation: Organisation => OrganisationChanged, OrganisationPayload;
    /// A collaboration was entered or changed.
    collaboration: Collaboration => CollaborationChanged, CollaborationPayload;
    /// A funding round was opened or closed.
    funding_round: FundingRound => FundingRoundChanged, FundingRoundPayload;
    /// A grant or promising project was entered or changed.
    access_basis: AccessBasis => AccessBasisChanged, AccessBasisPayload;
}

/// What is known of a region.
#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct RegionFactsInput {
    /// Its public name, in one line of at most 160 characters.
    name: String,
    consortium: Consortium,
    /// Inhabitants; left out, they are not known.
    inhabitants: Option<u32>,
    /// Inhabitants of 75 years and over; left out, they are not known.
    #[graphql(name = "aged75AndOver")]
    aged75_and_over: Option<u32>,
    /// How urban most of it is; left out, it is not known.
    urbanity: Option<Urbanity>,
}

impl RegionFactsInput {
    fn read(&self) -> Result<RegionFacts, Wrong> {
        let known = RegionFacts::new(&line("name", &self.name)?, self.consortium.into());
        let (inhabitants, aged75_and_over) = (self.inhabitants, self.aged75_and_over);
        Ok(RegionFacts { inhabitants, aged75_and_over, urbanity: self.urbanity.map(Into::into), ..known })
    }
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct RegisterRegionInput {
    #[graphql(flatten)]
    #[serde(flatten)]
    facts: RegionFactsInput,
    #[graphql(flatten)]
    #[serde(flatten)]
    creation: Creation,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct ReviseRegionInput {
    region_id: ID,
    #[graphql(flatten)]
    #[serde(flatten)]
    facts: RegionFactsInput,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct RegisterOrganisationInput {
    /// Its public name, in one line of at most 160 characters.
    name: String,
    kind: OrganisationKind,
    /// Where its people give care.
    #[graphql(default)]
    settings: Vec<CareSetting>,
    region_id: ID,
    #[graphql(flatten)]
    #[serde(flatten)]
    creation: Creation,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct RenameOrganisationInput {
    organisation_id: ID,
    /// Its public name from now on.
    name: String,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct MoveOrganisationInput {
    organisation_id: ID,
    /// Where it lies from now on.
    region_id: ID,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct FormCollaborationInput {
    /// Its public name, in one line of at most 160 characters.
    name: String,
    /// Two or more.
    organisation_ids: Vec<ID>,
    #[graphql(flatten)]
    #[serde(flatten)]
    creation: Creation,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct JoinCollaborationInput {
    collaboration_id: ID,
    /// Who joins.
    organisation_id: ID,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct LeaveCollaborationInput {
    collaboration_id: ID,
    /// Who leaves.
    organisation_id: ID,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct OpenFundingRoundInput {
    /// The programme and the round, as the funder calls them.
    programme: String,
    /// One or two.
    intervention_ids: Vec<ID>,
    /// The first day on which it is planned to run.
    planned_from: Date,
    /// The last day on which it is planned to run.
    planned_until: Date,
    #[graphql(flatten)]
    #[serde(flatten)]
    creation: Creation,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct CloseFundingRoundInput {
    funding_round_id: ID,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

/// For whom a basis is, for what, and how long.
#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct TermsInput {
    /// Whose people it gives access; one or more.
    organisation_ids: Vec<ID>,
    /// What they implement; one or more.
    intervention_ids: Vec<ID>,
    /// The first day on which it holds.
    from: Date,
    /// The last day on which it holds.
    until: Date,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct AwardGrantInput {
    /// As the funder writes it; spaces and dots do not matter.
    number: String,
    /// The round in which it was awarded, when known.
    funding_round_id: Option<ID>,
    terms: TermsInput,
    #[graphql(flatten)]
    #[serde(flatten)]
    creation: Creation,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct ListPromisingProjectInput {
    /// Its public name, in one line of at most 160 characters.
    name: String,
    terms: TermsInput,
    #[graphql(flatten)]
    #[serde(flatten)]
    creation: Creation,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct ReviseBasisInput {
    access_basis_id: ID,
    /// As they are from now on.
    terms: TermsInput,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct EndBasisInput {
    access_basis_id: ID,
    /// The last day on which it holds.
    last_day: Date,
    /// Why.
    reason: String,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

fn period(field: &'static str, from: Date, until: Date) -> Result<Period, Wrong> {
    Period::new(from.0, until.0).ok_or(Wrong::Period(field))
}

fn terms(terms: &TermsInput) -> Result<Terms, Wrong> {
    Ok(Terms {
        organisations: things("organisationIds", OrganisationAggregate::KIND, &terms.organisation_ids)?,
        interventions: things("interventionIds", InterventionAggregate::KIND, &terms.intervention_ids)?,
        period: period("until", terms.from, terms.until)?,
    })
}

fn organisation(id: &ID) -> Result<OrganisationId, Wrong> {
    thing("organisationId", OrganisationAggregate::KIND, id)
}

fn collaboration(id: &ID) -> Result<CollaborationId, Wrong> {
    thing("collaborationId", CollaborationAggregate::KIND, id)
}

fn basis(id: &ID) -> Result<BasisId, Wrong> {
    thing("accessBasisId", BasisAggregate::KIND, id)
}

/// Runs a command and shows the entry it was about.
async fn run<P: Tells, C: domain::Command>(
    ctx: &Context<'_>,
    input: &impl Serialize,
    change: Change,
    command: Result<C, Wrong>,
) -> Result<P, Failed> {
    match mutation::run(ctx, input, change, command).await? {
        Err(refusal) => Ok(P::refused(refusal)),
        Ok(done) => {
            let row = ctx.row::<Catalogue>(done.stream.id).await?;
            let entry = row.and_then(P::Entry::of).ok_or_else(|| Failed::internal(&Dangling(done.stream.id)))?;
            Ok(P::changed(entry, Position(done.position)))
        }
    }
}

/// What can be done with the register.
#[derive(Debug, Default)]
pub(crate) struct RegisterMutations;

#[Object]
impl RegisterMutations {
    /// Enter a palliative-care network area.
    async fn register_region(&self, ctx: &Context<'_>, input: RegisterRegionInput) -> Result<RegionPayload, Failed> {
        let region = ctx.platform()?.app.source().id();
        let command = input.facts.read().map(|facts| RegisterRegion { region, facts });
        run(ctx, &input, (&input.creation).into(), command).await
    }

    /// Say anew what is known of a region.
    async fn revise_region(&self, ctx: &Context<'_>, input: ReviseRegionInput) -> Result<RegionPayload, Failed> {
        let command = thing("regionId", RegionAggregate::KIND, &input.region_id)
            .and_then(|region| Ok(ReviseRegion { region, facts: input.facts.read()? }));
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Enter an organisation.
    async fn register_organisation(
        &self,
        ctx: &Context<'_>,
        input: RegisterOrganisationInput,
    ) -> Result<OrganisationPayload, Failed> {
        let id = ctx.platform()?.app.source().id();
        let command = (|| {
            Ok(RegisterOrganisation {
                organisation: id,
                name: line("name", &input.name)?,
                kind: input.kind.into(),
                settings: input.settings.iter().copied().map(Into::into).collect(),
                region: thing("regionId", RegionAggregate::KIND, &input.region_id)?,
            })
        })();
        run(ctx, &input, (&input.creation).into(), command).await
    }

    /// Give an organisation another name.
    async fn rename_organisation(
        &self,
        ctx: &Context<'_>,
        input: RenameOrganisationInput,
    ) -> Result<OrganisationPayload, Failed> {
        let command = (|| {
            Ok(RenameOrganisation {
                organisation: organisation(&input.organisation_id)?,
                name: line("name", &input.name)?,
            })
        })();
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Let an organisation belong to another region.
    async fn move_organisation(
        &self,
        ctx: &Context<'_>,
        input: MoveOrganisationInput,
    ) -> Result<OrganisationPayload, Failed> {
        let command = (|| {
            Ok(MoveOrganisation {
                organisation: organisation(&input.organisation_id)?,
                region: thing("regionId", RegionAggregate::KIND, &input.region_id)?,
            })
        })();
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Enter organisations that act as one.
    async fn form_collaboration(
        &self,
        ctx: &Context<'_>,
        input: FormCollaborationInput,
    ) -> Result<CollaborationPayload, Failed> {
        let id = ctx.platform()?.app.source().id();
        let command = (|| {
            Ok(FormCollaboration {
                collaboration: id,
                name: line("name", &input.name)?,
                organisations: things("organisationIds", OrganisationAggregate::KIND, &input.organisation_ids)?,
            })
        })();
        run(ctx, &input, (&input.creation).into(), command).await
    }

    /// Add an organisation to a collaboration.
    async fn join_collaboration(
        &self,
        ctx: &Context<'_>,
        input: JoinCollaborationInput,
    ) -> Result<CollaborationPayload, Failed> {
        let command = (|| {
            Ok(JoinCollaboration {
                collaboration: collaboration(&input.collaboration_id)?,
                organisation: organisation(&input.organisation_id)?,
            })
        })();
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Take an organisation out of a collaboration.
    async fn leave_collaboration(
        &self,
        ctx: &Context<'_>,
        input: LeaveCollaborationInput,
    ) -> Result<CollaborationPayload, Failed> {
        let command = (|| {
            Ok(LeaveCollaboration {
                collaboration: collaboration(&input.collaboration_id)?,
                organisation: organisation(&input.organisation_id)?,
            })
        })();
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Open a funding round.
    async fn open_funding_round(
        &self,
        ctx: &Context<'_>,
        input: OpenFundingRoundInput,
    ) -> Result<FundingRoundPayload, Failed> {
        let round: RoundId = ctx.platform()?.app.source().id();
        let command = (|| {
            Ok(OpenFundingRound {
                round,
                programme: line("programme", &input.programme)?,
                interventions: things("interventionIds", InterventionAggregate::KIND, &input.intervention_ids)?,
                planned: period("plannedUntil", input.planned_from, input.planned_until)?,
            })
        })();
        run(ctx, &input, (&input.creation).into(), command).await
    }

    /// Close a funding round.
    async fn close_funding_round(
        &self,
        ctx: &Context<'_>,
        input: CloseFundingRoundInput,
    ) -> Result<FundingRoundPayload, Failed> {
        let round = thing("fundingRoundId", RoundAggregate::KIND, &input.funding_round_id);
        let command = round.map(|round| CloseFundingRound { round });
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Enter a grant that was awarded.
    async fn award_grant(&self, ctx: &Context<'_>, input: AwardGrantInput) -> Result<AccessBasisPayload, Failed> {
        let command = (|| {
            Ok(AwardGrant {
                number: GrantNumber::parse(&input.number).ok_or(Wrong::GrantNumber("number"))?,
                round: maybe("fundingRoundId", RoundAggregate::KIND, input.funding_round_id.as_ref())?,
                terms: terms(&input.terms)?,
            })
        })();
        run(ctx, &input, (&input.creation).into(), command).await
    }

    /// Enter a promising project that organisations fund themselves.
    async fn list_promising_project(
        &self,
        ctx: &Context<'_>,
        input: ListPromisingProjectInput,
    ) -> Result<AccessBasisPayload, Failed> {
        let basis: BasisId = ctx.platform()?.app.source().id();
        let command =
            (|| Ok(ListPromisingProject { basis, name: line("name", &input.name)?, terms: terms(&input.terms)? }))();
        run(ctx, &input, (&input.creation).into(), command).await
    }

    /// Change for whom, for what or how long a grant or promising project is. One that ended holds anew.
    async fn revise_basis(&self, ctx: &Context<'_>, input: ReviseBasisInput) -> Result<AccessBasisPayload, Failed> {
        let command = (|| Ok(ReviseBasis { basis: basis(&input.access_basis_id)?, terms: terms(&input.terms)? }))();
        run(ctx, &input, input.change.clone(), command).await
    }

    /// End a grant or promising project before its time. Access that rests on it ends with it.
    async fn end_basis(&self, ctx: &Context<'_>, input: EndBasisInput) -> Result<AccessBasisPayload, Failed> {
        let command = (|| {
            let basis = basis(&input.access_basis_id)?;
            let key = KeyScope::of(BasisAggregate::KIND, basis);
            let reason: Sealed<_> = prose("reason", &key, &input.reason)?;
            Ok(EndBasis { basis, last_day: input.last_day.0, reason })
        })();
        run(ctx, &input, input.change.clone(), command).await
    }
}
