//! What access rests on: a grant, or a promising project that organisations fund themselves (rule 1, **L**).

mod award_grant;
mod end_basis;
mod event;
mod grant_number;
mod list_promising_project;
mod revise_basis;
mod state;
mod terms;

pub use award_grant::{AwardGrant, Refused as AwardGrantRefused};
pub use end_basis::{EndBasis, Refused as EndBasisRefused};
pub use event::BasisEvent;
pub use grant_number::GrantNumber;
pub use list_promising_project::ListPromisingProject;
pub use revise_basis::ReviseBasis;
pub use state::Basis;
pub use terms::{Incomplete, Terms};
