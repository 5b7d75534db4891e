//! Experiences that members share, so that others need not find out again (rule 4, **L**).

mod event;
mod mark_experience_helpful;
mod redact_experience;
mod share_experience;
mod state;
mod unmark_experience_helpful;

pub use event::{ExperienceEvent, ExperienceKind};
pub use mark_experience_helpful::{MarkExperienceHelpful, Refused as MarkExperienceHelpfulRefused};
pub use redact_experience::RedactExperience;
pub use share_experience::{Refused as ShareExperienceRefused, ShareExperience};
pub use state::Experience;
pub use unmark_experience_helpful::UnmarkExperienceHelpful;
