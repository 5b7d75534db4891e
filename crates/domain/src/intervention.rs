//! Interventions that organisations implement. More come over time (rule 2, **L**).

mod add_intervention;
mod event;
mod state;

pub use add_intervention::AddIntervention;
pub use event::InterventionEvent;
pub use state::Intervention;
