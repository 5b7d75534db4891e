//! Regions: the areas of the palliative-care networks.

mod event;
mod register_region;
mod revise_region;
mod state;

pub use event::{RegionEvent, RegionFacts, Urbanity};
pub use register_region::RegisterRegion;
pub use revise_region::ReviseRegion;
pub use state::Region;
