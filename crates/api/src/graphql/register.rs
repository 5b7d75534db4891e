//! The register: regions, organisations, collaborations, funding rounds, and what access rests on.

mod import;
mod import_rows;
mod kinds;
mod mutations;

pub(crate) use import::{ImportMutations, ImportQueries};
pub(crate) use kinds::{CareSetting, Consortium, OrganisationKind, Urbanity};
pub(crate) use mutations::RegisterMutations;

use async_graphql::{Context, Enum, ID, Object};
use chrono::{DateTime, Utc};
use domain::{
    Aggregate as _, Command as _, Period,
    basis::{Basis as BasisAggregate, EndBasis},
    collaboration::Collaboration as CollaborationAggregate,
    funding_round::FundingRound as RoundAggregate,
    id::{InterventionId, OrganisationId, RegionId},
    organisation::Organisation as OrganisationAggregate,
    region::{Region as RegionAggregate, RegionFacts},
};
use readmodel::models::{
    catalogue::{About, BasisFacts, Entry},
    member::MemberRow,
};
use uuid::Uuid;

use super::{
    admission,
    catalogue::{self, Intervention, Named, all, named, one},
    context::Viewing as _,
    error::Failed,
    id::global,
    member::Member,
    text::{Date, Text},
};

/// A palliative-care network area.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    id: Uuid,
    facts: RegionFacts,
}

/// A palliative-care network area.
#[Object]
impl Region {
    async fn id(&self) -> ID {
        global(RegionAggregate::KIND, self.id)
    }

    async fn name(&self) -> &str {
        &self.facts.name
    }

    /// The name of the consortium it belongs to.
    async fn consortium(&self) -> &str {
        self.facts.consortium.name()
    }

    /// The consortium it belongs to, for programs.
    async fn consortium_code(&self) -> Consortium {
        self.facts.consortium.into()
    }

    /// Inhabitants, when known.
    async fn inhabitants(&self) -> Option<u32> {
        self.facts.inhabitants
    }

    /// Inhabitants of 75 years and over, when known.
    #[graphql(name = "aged75AndOver")]
    async fn aged75_and_over(&self) -> Option<u32> {
        self.facts.aged75_and_over
    }

    /// How urban most of it is, when known.
    async fn urbanity(&self) -> Option<Urbanity> {
        self.facts.urbanity.map(Urbanity::from)
    }
}

/// An organisation in palliative care.
#[derive(Clone, Debug)]
pub(crate) struct Organisation {
    id: Uuid,
    name: String,
    kind: domain::organisation::OrganisationKind,
    settings: Vec<domain::organisation::CareSetting>,
    region: RegionId,
}

/// An organisation in palliative care.
#[Object]
impl Organisation {
    async fn id(&self) -> ID {
        global(OrganisationAggregate::KIND, self.id)
    }

    async fn name(&self) -> &str {
        &self.name
    }

    async fn kind(&self) -> OrganisationKind {
        self.kind.into()
    }

    /// Where its people give care.
    async fn settings(&self) -> Vec<CareSetting> {
        self.settings.iter().copied().map(CareSetting::from).collect()
    }

    async fn region(&self, ctx: &Context<'_>) -> Result<Region, Failed> {
        region(ctx, self.region).await
    }
}

/// Several organisations that act as one applicant or project.
#[derive(Clone, Debug)]
pub(crate) struct Collaboration {
    id: Uuid,
    name: String,
    organisations: Vec<OrganisationId>,
}

/// Several organisations that act as one applicant or project.
#[Object]
impl Collaboration {
    async fn id(&self) -> ID {
        global(CollaborationAggregate::KIND, self.id)
    }

    async fn name(&self) -> &str {
        &self.name
    }

    /// Who takes part.
    async fn organisations(&self, ctx: &Context<'_>) -> Result<Vec<Organisation>, Failed> {
        organisations(ctx, &self.organisations).await
    }
}

/// A period in which one or two interventions are central.
#[derive(Clone, Debug)]
pub(crate) struct FundingRound {
    id: Uuid,
    name: String,
    interventions: Vec<InterventionId>,
    planned: Period,
    closed_at: Option<DateTime<Utc>>,
}

/// A period in which one or two interventions are central.
#[Object]
impl FundingRound {
    async fn id(&self) -> ID {
        global(RoundAggregate::KIND, self.id)
    }

    /// The programme and the round.
    async fn name(&self) -> &str {
        &self.name
    }

    /// What is central in it.
    async fn interventions(&self, ctx: &Context<'_>) -> Result<Vec<Intervention>, Failed> {
        catalogue::interventions(ctx, &self.interventions).await
    }

    /// The first day on which it is planned to run.
    async fn planned_from(&self) -> Date {
        Date(self.planned.from())
    }

    /// The last day on which it is planned to run.
    async fn planned_until(&self) -> Date {
        Date(self.planned.until())
    }

    /// When it was closed; null while it is open.
    async fn closed_at(&self) -> Option<DateTime<Utc>> {
        self.closed_at
    }
}

/// What kind of thing access rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum AccessBasisKind {
    /// Subsidie.
    Grant,
    /// Kansrijk project met eigen middelen.
    PromisingProject,
}

/// What access rests on: a grant, or a promising project that organisations fund themselves.
#[derive(Clone, Debug)]
pub(crate) struct AccessBasis {
    id: Uuid,
    pub(crate) facts: BasisFacts,
    /// Whose access rests on it, when that was read with others.
    resting: Option<Vec<MemberRow>>,
}

impl AccessBasis {
    pub(crate) fn new(id: Uuid, facts: BasisFacts) -> Self {
        Self { id, facts, resting: None }
    }
}

/// What access rests on: a grant, or a promising project that organisations fund themselves.
#[Object]
impl AccessBasis {
    async fn id(&self) -> ID {
        global(BasisAggregate::KIND, self.id)
    }

    async fn kind(&self) -> AccessBasisKind {
        if self.facts.is_grant { AccessBasisKind::Grant } else { AccessBasisKind::PromisingProject }
    }

    /// The number of a grant, the name of a promising project.
    async fn name(&self) -> &str {
        &self.facts.name
    }

    /// The round in which the grant was awarded, when known.
    async fn round(&self, ctx: &Context<'_>) -> Result<Option<FundingRound>, Failed> {
        match self.facts.round {
            Some(round) => one(ctx, round.0).await.map(Some),
            None => Ok(None),
        }
    }

    /// Whose people it gives access.
    async fn organisations(&self, ctx: &Context<'_>) -> Result<Vec<Organisation>, Failed> {
        organisations(ctx, &self.facts.terms.organisations).await
    }

    /// What they implement.
    async fn interventions(&self, ctx: &Context<'_>) -> Result<Vec<Intervention>, Failed> {
        catalogue::interventions(ctx, &self.facts.terms.interventions).await
    }

    /// The first day on which it holds.
    async fn from(&self) -> Date {
        Date(self.facts.terms.period.from())
    }

    /// The last day on which it was to hold.
    async fn until(&self) -> Date {
        Date(self.facts.terms.period.until())
    }

    /// The last day on which it holds: `until`, or before when it ended before its time.
    async fn last_day(&self) -> Date {
        Date(self.facts.last_day())
    }

    /// Whether it ended before its time.
    async fn ended_early(&self) -> bool {
        self.facts.ended.is_some()
    }

    /// Those whose access rests on it. Null for whoever does not decide on access.
    #[graphql(complexity = "10 + 10 * child_complexity")]
    async fn members(&self, ctx: &Context<'_>) -> Result<Option<Vec<Member>>, Failed> {
        let rows = if let Some(rows) = &self.resting {
            Some(rows.clone())
        } else {
            let resting = admission::resting_on(ctx, &[self.id]).await?;
            resting.map(|mut resting| resting.remove(&self.id).unwrap_or_default())
        };
        Ok(rows.map(|rows| rows.into_iter().filter_map(Member::of).collect()))
    }

    /// Why it ended before its time. Null when it did not, and for whoever does not keep the register.
    async fn end_reason(&self, ctx: &Context<'_>) -> Result<Option<Text>, Failed> {
        let Some(ended) = &self.facts.ended else { return Ok(None) };
        let keeps = ctx.may::<BasisAggregate>(self.id, EndBasis::NAME).await?;
        Ok(keeps.then(|| (&ended.reason).into()))
    }
}

impl Named for Region {
    fn of(entry: Entry) -> Option<Self> {
        match entry.about {
            About::Region(facts) => Some(Region { id: entry.id, facts }),
            _ => None,
        }
    }
}

impl Named for Organisation {
    fn of(entry: Entry) -> Option<Self> {
        match entry.about {
            About::Organisation { name, organisation_kind: kind, settings, region } => {
                Some(Organisation { id: entry.id, name, kind, settings, region })
            }
            _ => None,
        }
    }
}

impl Named for Collaboration {
    fn of(entry: Entry) -> Option<Self> {
        match entry.about {
            About::Collaboration { name, organisations } => Some(Collaboration { id: entry.id, name, organisations }),
            _ => None,
        }
    }
}

impl Named for FundingRound {
    fn of(entry: Entry) -> Option<Self> {
        match entry.about {
            About::Round { name, interventions, planned, closed_at } => {
                Some(FundingRound { id: entry.id, name, interventions, planned, closed_at })
            }
            _ => None,
        }
    }
}

impl Named for AccessBasis {
    fn of(entry: Entry) -> Option<Self> {
        match entry.about {
            About::Basis(facts) => Some(AccessBasis::new(entry.id, facts)),
            _ => None,
        }
    }
}

pub(crate) async fn region(ctx: &Context<'_>, id: RegionId) -> Result<Region, Failed> {
    one(ctx, id.0).await
}

/// The consortium a region belongs to.
pub(crate) async fn consortium(ctx: &Context<'_>, id: RegionId) -> Result<domain::scope::Consortium, Failed> {
    let region = named::<Region>(ctx, [id.0]).await?.pop();
    region.map(|region| region.facts.consortium).ok_or_else(|| Failed::BadInput("there is no such region".into()))
}

pub(crate) async fn organisation(ctx: &Context<'_>, id: OrganisationId) -> Result<Organisation, Failed> {
    one(ctx, id.0).await
}

pub(crate) async fn organisations(ctx: &Context<'_>, ids: &[OrganisationId]) -> Result<Vec<Organisation>, Failed> {
    named(ctx, ids.iter().map(|id| id.0)).await
}

/// Questions about the register.
#[derive(Debug, Default)]
pub(crate) struct RegisterQueries;

#[Object]
impl RegisterQueries {
    /// All regions, by name.
    async fn regions(&self, ctx: &Context<'_>) -> Result<Vec<Region>, Failed> {
        all(ctx, RegionAggregate::KIND).await
    }

    /// All organisations, by name.
    async fn organisations(&self, ctx: &Context<'_>) -> Result<Vec<Organisation>, Failed> {
        all(ctx, OrganisationAggregate::KIND).await
    }

    /// All collaborations, by name.
    async fn collaborations(&self, ctx: &Context<'_>) -> Result<Vec<Collaboration>, Failed> {
        all(ctx, CollaborationAggregate::KIND).await
    }

    /// All funding rounds, by name.
    async fn funding_rounds(&self, ctx: &Context<'_>) -> Result<Vec<FundingRound>, Failed> {
        all(ctx, RoundAggregate::KIND).await
    }

    /// All grants and promising projects, by number or name.
    async fn access_bases(&self, ctx: &Context<'_>) -> Result<Vec<AccessBasis>, Failed> {
        let mut bases: Vec<AccessBasis> = all(ctx, BasisAggregate::KIND).await?;
        if ctx.look_ahead().field("members").exists() {
            let ids: Vec<Uuid> = bases.iter().map(|basis| basis.id).collect();
            if let Some(mut resting) = admission::resting_on(ctx, &ids).await? {
                for basis in &mut bases {
                    basis.resting = Some(resting.remove(&basis.id).unwrap_or_default());
                }
            }
        }
        Ok(bases)
    }
}
