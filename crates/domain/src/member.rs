//! Members: people with access, what they tell about themselves and the roles they hold.

mod event;
mod give_role;
mod invite_member;
mod revise_profile;
mod state;
mod take_role;

pub use event::{MemberEvent, Profession, Role};
pub use give_role::{GiveRole, Refused as GiveRoleRefused};
pub use invite_member::InviteMember;
pub use revise_profile::ReviseProfile;
pub use state::Member;
pub use take_role::TakeRole;
