//! The catalogue and the register: themes, interventions, regions, organisations, collaborations, funding rounds, and
//! what access rests on. The names behind ids.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{
    Aggregate as _, Event, Period, Timestamp,
    basis::{BasisEvent, Terms},
    collaboration::CollaborationEvent,
    funding_round::FundingRoundEvent,
    id::{BasisId, InterventionId, OrganisationId, RegionId, RoundId},
    intervention::InterventionEvent,
    organisation::{CareSetting, OrganisationEvent, OrganisationKind},
    period,
    region::{RegionEvent, RegionFacts},
    theme::ThemeEvent,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    ReadModels,
    error::ReadModelError,
    model::{Model, Origin, Rows, Seen, Shown},
    tables,
};

/// The catalogue and the register; the key of a row is the thing's id.
pub struct Catalogue;

/// One entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Which.
    pub id: Uuid,
    /// What is told of it.
    #[serde(flatten)]
    pub about: About,
}

/// What the catalogue tells of a thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum About {
    /// A theme.
    Theme {
        /// Its Dutch name.
        name: String,
        /// Its English name.
        name_in_english: String,
    },
    /// An intervention.
    Intervention {
        /// Its name.
        name: String,
        /// What it is.
        summary: String,
    },
    /// A region.
    Region(RegionFacts),
    /// An organisation.
    Organisation {
        /// Its name.
        name: String,
        /// What kind of organisation.
        organisation_kind: OrganisationKind,
        /// Where its people give care.
        settings: Vec<CareSetting>,
        /// Where it lies.
        region: RegionId,
    },
    /// A collaboration.
    Collaboration {
        /// Its name.
        name: String,
        /// Who takes part.
        organisations: Vec<OrganisationId>,
    },
    /// A funding round.
    Round {
        /// The programme and the round.
        name: String,
        /// What is central in it.
        interventions: Vec<InterventionId>,
        /// When it is planned to run.
        planned: Period,
        /// When it was closed; nothing while it is open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        closed_at: Option<Timestamp>,
    },
    /// What access rests on.
    Basis(BasisFacts),
}

/// A grant or a promising project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BasisFacts {
    /// The number of a grant, the name of a promising project.
    pub name: String,
    /// Whether it is a grant.
    pub is_grant: bool,
    /// The round in which the grant was awarded, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<RoundId>,
    /// For whom, for what, how long.
    #[serde(flatten)]
    pub terms: Terms,
    /// When it ended before its time: its last day and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

/// How something ended before its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// The last day on which it held.
    pub last_day: NaiveDate,
    /// Why.
    pub reason: Shown,
}

impl BasisFacts {
    /// The last day on which it holds.
    pub fn last_day(&self) -> NaiveDate {
        let planned = self.terms.period.until();
        self.ended.as_ref().map_or(planned, |ended| ended.last_day.min(planned))
    }

    /// Whether it holds at a moment.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.terms.period.begins() <= at && at < period::end_of(self.last_day())
    }
}

impl Entry {
    /// Its name; of a theme the Dutch one.
    pub fn name(&self) -> &str {
        match &self.about {
            About::Theme { name, .. }
            | About::Intervention { name, .. }
            | About::Region(RegionFacts { name, .. })
            | About::Organisation { name, .. }
            | About::Collaboration { name, .. }
            | About::Round { name, .. }
            | About::Basis(BasisFacts { name, .. }) => name,
        }
    }
}

impl Model for Catalogue {
    const NAME: &'static str = "catalogue";
    const KINDS: &'static [&'static str] = &[
        domain::theme::Theme::KIND,
        domain::intervention::Intervention::KIND,
        domain::region::Region::KIND,
        domain::organisation::Organisation::KIND,
        domain::collaboration::Collaboration::KIND,
        domain::funding_round::FundingRound::KIND,
        domain::basis::Basis::KIND,
    ];
    const VERSION: u32 = 1;
    const DEFINITION: &'static str = include_str!("catalogue.rs");
    const ORIGIN: Origin = Origin::Stream;
    const INDEXES: &'static [&'static str] = &["CREATE INDEX ON {table} ((doc ->> 'kind'))"];
    type Row = Entry;

    fn touches(event: &Seen) -> Vec<String> {
        // What is only written need not be read first.
        match &event.event {
            Event::Organisation(_) | Event::Collaboration(_) | Event::Round(_) | Event::Basis(_) => {
                vec![event.stream.id.to_string()]
            }
            _ => Vec::new(),
        }
    }

    fn fold(rows: &mut Rows<Entry>, event: &Seen) {
        let id = event.stream.id;
        let about = match &event.event {
            Event::Theme(ThemeEvent::ThemeAdded { name, name_in_english }) => {
                About::Theme { name: name.clone(), name_in_english: name_in_english.clone() }
            }
            Event::Intervention(InterventionEvent::InterventionAdded { name, summary }) => {
                About::Intervention { name: name.clone(), summary: summary.clone() }
            }
            Event::Region(RegionEvent::RegionRegistered { facts } | RegionEvent::RegionRevised { facts }) => {
                About::Region(facts.clone())
            }
            Event::Organisation(OrganisationEvent::OrganisationRegistered { name, kind, settings, region }) => {
                About::Organisation {
                    name: name.clone(),
                    organisation_kind: *kind,
                    settings: settings.clone(),
                    region: *region,
                }
            }
            Event::Collaboration(CollaborationEvent::CollaborationFormed { name, organisations }) => {
                About::Collaboration { name: name.clone(), organisations: organisations.clone() }
            }
            Event::Round(FundingRoundEvent::FundingRoundOpened { programme, interventions, planned }) => About::Round {
                name: programme.clone(),
                interventions: interventions.clone(),
                planned: *planned,
                closed_at: None,
            },
            Event::Basis(BasisEvent::GrantAwarded { number, round, terms }) => About::Basis(BasisFacts {
                name: number.as_str().to_owned(),
                is_grant: true,
                round: *round,
                terms: terms.clone(),
                ended: None,
            }),
            Event::Basis(BasisEvent::PromisingProjectListed { name, terms }) => About::Basis(BasisFacts {
                name: name.clone(),
                is_grant: false,
                round: None,
                terms: terms.clone(),
                ended: None,
            }),
            _ => return rows.change(&id.to_string(), |entry| change(&mut entry.about, event)),
        };
        rows.put(id.to_string(), Entry { id, about });
    }
}

/// Takes into account what happened to an entry.
fn change(about: &mut About, event: &Seen) {
    match (about, &event.event) {
        (
            About::Organisation { name, .. },
            Event::Organisation(OrganisationEvent::OrganisationRenamed { name: other }),
        ) => {
            name.clone_from(other);
        }
        (
            About::Organisation { region, .. },
            Event::Organisation(OrganisationEvent::OrganisationMoved { region: other }),
        ) => *region = *other,
        (
            About::Collaboration { organisations, .. },
            Event::Collaboration(CollaborationEvent::CollaborationJoined { organisation }),
        ) => organisations.push(*organisation),
        (
            About::Collaboration { organisations, .. },
            Event::Collaboration(CollaborationEvent::CollaborationLeft { organisation }),
        ) => organisations.retain(|one| one != organisation),
        (About::Round { closed_at, .. }, Event::Round(FundingRoundEvent::FundingRoundClosed {})) => {
            *closed_at = Some(event.at);
        }
        (About::Basis(basis), Event::Basis(happened)) => match happened {
            BasisEvent::BasisRevised { terms } => {
                basis.terms = terms.clone();
                basis.ended = None;
            }
            BasisEvent::GrantEnded { last_day, reason } | BasisEvent::PromisingProjectEnded { last_day, reason } => {
                basis.ended = Some(Ended { last_day: *last_day, reason: reason.into() });
            }
            BasisEvent::GrantAwarded { .. } | BasisEvent::PromisingProjectListed { .. } => {}
        },
        _ => {}
    }
}

impl ReadModels {
    /// Everything that access may rest on, by its id.
    pub async fn bases(&self) -> Result<HashMap<BasisId, BasisFacts>, ReadModelError> {
        let entries = self.catalogue(domain::basis::Basis::KIND).await?.into_iter();
        Ok(entries
            .filter_map(|entry| match entry.about {
                About::Basis(facts) => Some((entry.id.into(), facts)),
                _ => None,
            })
            .collect())
    }

    /// All entries of one kind (`theme`, `intervention`, `region`, `organisation`, `collaboration`, `round`, `basis`), by
    /// name.
    pub async fn catalogue(&self, kind: &str) -> Result<Vec<Entry>, ReadModelError> {
        let docs = sqlx::query_scalar!(
            r#"SELECT doc::text AS "doc!" FROM catalogue WHERE doc ->> 'kind' = $1
               ORDER BY lower(doc ->> 'name'), key"#,
            kind
        )
        .fetch_all(&self.pool)
        .await?;
        docs.iter().map(|doc| tables::read::<Catalogue>(doc)).collect()
    }
}
