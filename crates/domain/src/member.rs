//! Members: people with access and on what it rests, what they tell about themselves and the roles they hold.

mod end_access;
mod erase_member;
mod event;
mod give_role;
mod grant_access;
mod invite_member;
mod refuse_access;
mod request_access;
mod revise_profile;
mod state;
mod take_role;

pub use end_access::{EndAccess, Ending};
pub use erase_member::EraseMember;
pub use event::{AccessEnd, Contributions, ErasureGround, MemberEvent, Profession, RequestedBasis, Role};
pub use give_role::{GiveRole, Refused as GiveRoleRefused};
pub use grant_access::{GrantAccess, Refused as GrantAccessRefused};
pub use invite_member::InviteMember;
pub use refuse_access::{RefuseAccess, Refused as RefuseAccessRefused};
pub use request_access::RequestAccess;
pub use revise_profile::ReviseProfile;
pub use state::{Access, Member};
pub use take_role::TakeRole;
