//! Organisations that give palliative care or support it.

mod event;
mod move_organisation;
mod register_organisation;
mod rename_organisation;
mod state;

pub use event::{CareSetting, OrganisationEvent, OrganisationKind};
pub use move_organisation::MoveOrganisation;
pub use register_organisation::RegisterOrganisation;
pub use rename_organisation::RenameOrganisation;
pub use state::Organisation;
