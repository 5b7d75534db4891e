//! Themes, interventions, regions and organisations: the names behind ids.

use domain::{
    Aggregate as _, Event,
    id::RegionId,
    intervention::InterventionEvent,
    organisation::{OrganisationEvent, OrganisationKind},
    region::RegionEvent,
    scope::Consortium,
    theme::ThemeEvent,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    ReadModels,
    error::ReadModelError,
    model::{Model, Origin, Rows, Seen},
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
    Region {
        /// Its name.
        name: String,
        /// The consortium it belongs to.
        consortium: Consortium,
    },
    /// An organisation.
    Organisation {
        /// Its name.
        name: String,
        /// What kind of organisation.
        organisation_kind: OrganisationKind,
        /// Where it lies.
        region: RegionId,
    },
}

impl Entry {
    /// Its name; of a theme the Dutch one.
    pub fn name(&self) -> &str {
        match &self.about {
            About::Theme { name, .. }
            | About::Intervention { name, .. }
            | About::Region { name, .. }
            | About::Organisation { name, .. } => name,
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
    ];
    const VERSION: u32 = 1;
    const DEFINITION: &'static str = include_str!("catalogue.rs");
    const ORIGIN: Origin = Origin::Stream;
    const INDEXES: &'static [&'static str] = &["CREATE INDEX ON {table} ((doc ->> 'kind'))"];
    type Row = Entry;

    fn touches(_event: &Seen) -> Vec<String> {
        Vec::new()
    }

    fn fold(rows: &mut Rows<Entry>, event: &Seen) {
        let about = match &event.event {
            Event::Theme(ThemeEvent::ThemeAdded { name, name_in_english }) => {
                About::Theme { name: name.clone(), name_in_english: name_in_english.clone() }
            }
            Event::Intervention(InterventionEvent::InterventionAdded { name, summary }) => {
                About::Intervention { name: name.clone(), summary: summary.clone() }
            }
            Event::Region(RegionEvent::RegionRegistered { name, consortium, .. }) => {
                About::Region { name: name.clone(), consortium: *consortium }
            }
            Event::Organisation(OrganisationEvent::OrganisationRegistered { name, kind, region }) => {
                About::Organisation { name: name.clone(), organisation_kind: *kind, region: *region }
            }
            Event::Member(_)
            | Event::Question(_)
            | Event::Experience(_)
            | Event::Project(_)
            | Event::Cycle(_)
            | Event::Page(_) => return,
        };
        let id = event.stream.id;
        rows.put(id.to_string(), Entry { id, about });
    }
}

impl ReadModels {
    /// All entries of one kind (`theme`, `intervention`, `region`, `organisation`), by name.
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
