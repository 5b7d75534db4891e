//! Collaborations: several organisations that act as one applicant or project.

mod event;
mod form_collaboration;
mod join_collaboration;
mod leave_collaboration;
mod state;

pub use event::CollaborationEvent;
pub use form_collaboration::{FormCollaboration, TooFewOrganisations};
pub use join_collaboration::JoinCollaboration;
pub use leave_collaboration::LeaveCollaboration;
pub use state::Collaboration;
