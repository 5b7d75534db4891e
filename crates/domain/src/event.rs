//! Every fact that can happen, of whatever kind: to and from the form in which the log keeps it.

use std::fmt::Debug;

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Aggregate, basis::Basis, basis::BasisEvent, collaboration::Collaboration, collaboration::CollaborationEvent,
    experience::Experience, experience::ExperienceEvent, funding_round::FundingRound, funding_round::FundingRoundEvent,
    intervention::Intervention, intervention::InterventionEvent, knowledge_page::KnowledgePage,
    knowledge_page::PageEvent, member::Member, member::MemberEvent, organisation::Organisation,
    organisation::OrganisationEvent, pdsa::Cycle, pdsa::CycleEvent, project::Project, project::ProjectEvent,
    question::Question, question::QuestionEvent, region::Region, region::RegionEvent, theme::Theme, theme::ThemeEvent,
};

/// The events of one kind of stream: an enum, adjacently tagged as `{"type": …, "data": {…}}`.
pub trait DomainEvent: Serialize + DeserializeOwned + JsonSchema + Clone + Debug + PartialEq + Send + Sync {
    /// The things its payload names, besides its own stream; goes into `concerns`.
    fn mentions(&self) -> Vec<Uuid>;

    /// The version of its payload's schema.
    fn schema_version(&self) -> u16 {
        1
    }

    /// Brings an older payload to the present schema; nothing when it is of that already. Pure; asked on every read.
    fn upcast(_type: &str, _schema_version: u16, _data: &str) -> Option<String> {
        None
    }
}

/// A payload in the form the log keeps it (before sealing).
#[derive(Clone, Debug, PartialEq)]
pub struct Encoded {
    /// The catalogue's name, e.g. `PhaseAdvanced`.
    pub r#type: String,
    /// The version of the payload's schema.
    pub schema_version: u16,
    /// The payload.
    pub data: Value,
}

/// A stored event does not read as what its type says.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// No kind of stream has this name.
    #[error("no events are known for streams of kind {0:?}")]
    UnknownKind(String),
    /// The payload does not fit its type.
    #[error("a {kind} event of type {event_type} version {schema_version} cannot be read")]
    Payload {
        /// The stream's kind.
        kind: String,
        /// The event's type.
        event_type: String,
        /// The payload's schema version.
        schema_version: u16,
        /// What did not fit.
        source: serde_json::Error,
    },
}

/// Encodes one event.
///
/// # Panics
/// Never: an adjacently tagged enum serialises as an object with `type` and `data`.
pub fn encode<E: DomainEvent>(event: &E) -> Encoded {
    let mut value = serde_json::to_value(event).unwrap_or_default();
    let r#type = value["type"].as_str().unwrap_or_default().to_owned();
    Encoded { r#type, schema_version: event.schema_version(), data: value["data"].take() }
}

/// Decodes one event of a known kind, upcasting an older payload. `data` is JSON.
pub fn decode<A: Aggregate>(r#type: &str, schema_version: u16, data: &str) -> Result<A::Event, DecodeError> {
    let upcast = A::Event::upcast(r#type, schema_version, data);
    // The type first: what comes before it would be copied until the type is known.
    let tagged = format!(r#"{{"type":{},"data":{}}}"#, Value::from(r#type), upcast.as_deref().unwrap_or(data));
    serde_json::from_str(&tagged).map_err(|source| DecodeError::Payload {
        kind: A::KIND.to_owned(),
        event_type: r#type.to_owned(),
        schema_version,
        source,
    })
}

/// Declares [`Event`] over all kinds; the one list to which a new kind of stream is added.
macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident($event:ty) of $aggregate:ty),+ $(,)?) => {
        /// An event of any kind.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Event {
            $($(#[$doc])* $variant($event),)+
        }

        impl Event {
            /// Reads a stored payload, which is JSON.
            pub fn decode(kind: &str, r#type: &str, schema_version: u16, data: &str) -> Result<Self, DecodeError> {
                match kind {
                    $(<$aggregate as Aggregate>::KIND => {
                        decode::<$aggregate>(r#type, schema_version, data).map(Self::$variant)
                    })+
                    _ => Err(DecodeError::UnknownKind(kind.to_owned())),
                }
            }

            /// The form in which the log keeps it.
            pub fn encode(&self) -> Encoded {
                match self { $(Self::$variant(event) => encode(event),)+ }
            }

            /// The JSON Schema of each kind's events: (kind, schema of the whole enum).
            pub fn schemas() -> Vec<(&'static str, schemars::Schema)> {
                vec![$((<$aggregate as Aggregate>::KIND, schemars::schema_for!($event)),)+]
            }
        }

        $(impl From<$event> for Event {
            fn from(event: $event) -> Self {
                Self::$variant(event)
            }
        })+
    };
}

kinds! {
    /// To an organisation.
    Organisation(OrganisationEvent) of Organisation,
    /// To a collaboration.
    Collaboration(CollaborationEvent) of Collaboration,
    /// To a region.
    Region(RegionEvent) of Region,
    /// To a funding round.
    Round(FundingRoundEvent) of FundingRound,
    /// To what access rests on.
    Basis(BasisEvent) of Basis,
    /// To a member.
    Member(MemberEvent) of Member,
    /// To a theme.
    Theme(ThemeEvent) of Theme,
    /// To an intervention.
    Intervention(InterventionEvent) of Intervention,
    /// To a question.
    Question(QuestionEvent) of Question,
    /// To an experience.
    Experience(ExperienceEvent) of Experience,
    /// To a project.
    Project(ProjectEvent) of Project,
    /// To a PDSA cycle.
    Cycle(CycleEvent) of Cycle,
    /// To a knowledge page.
    Page(PageEvent) of KnowledgePage,
}
