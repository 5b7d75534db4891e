//! Regions: the areas of the palliative-care networks.

mod event;
mod register_region;
mod state;

pub use event::RegionEvent;
pub use register_region::RegisterRegion;
pub use state::Region;
