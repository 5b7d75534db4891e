//! Organisations that give palliative care or support it.

mod event;
mod register_organisation;
mod state;

pub use event::{OrganisationEvent, OrganisationKind};
pub use register_organisation::RegisterOrganisation;
pub use state::Organisation;
