//! Implementation projects: interventions × organisations, going through five phases.

mod advance_phase;
mod event;
mod join_project;
mod leave_project;
mod post_update;
mod raise_bottleneck;
mod redact_project_text;
mod register_project;
mod resolve_bottleneck;
mod return_phase;
mod reuse_solution;
mod state;

pub use advance_phase::{AdvancePhase, Refused as AdvancePhaseRefused};
pub use event::{BottleneckKind, ProjectEvent, ProjectText};
pub use join_project::JoinProject;
pub use leave_project::{LeaveProject, Refused as LeaveProjectRefused};
pub use post_update::PostUpdate;
pub use raise_bottleneck::RaiseBottleneck;
pub use redact_project_text::{RedactProjectText, Refused as RedactProjectTextRefused};
pub use register_project::{Refused as RegisterProjectRefused, RegisterProject};
pub use resolve_bottleneck::{Refused as ResolveBottleneckRefused, ResolveBottleneck};
pub use return_phase::{Refused as ReturnPhaseRefused, ReturnPhase};
pub use reuse_solution::{Refused as ReuseSolutionRefused, ReuseSolution};
pub use state::Project;
