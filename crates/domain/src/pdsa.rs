//! PDSA cycles: plan, do, study, act on one change at a small scale.

mod abandon_cycle;
mod decide_cycle;
mod event;
mod log_result;
mod make_prediction;
mod plan_cycle;
mod record_observation;
mod start_cycle;
mod state;

pub use abandon_cycle::{AbandonCycle, Refused as AbandonCycleRefused};
pub use decide_cycle::{DecideCycle, Refused as DecideCycleRefused};
pub use event::{CycleEvent, Decision, PredictionMet};
pub use log_result::{LogResult, Refused as LogResultRefused};
pub use make_prediction::{MakePrediction, Refused as MakePredictionRefused};
pub use plan_cycle::{PlanCycle, Refused as PlanCycleRefused};
pub use record_observation::{RecordObservation, Refused as RecordObservationRefused};
pub use start_cycle::{Refused as StartCycleRefused, StartCycle};
pub use state::Cycle;
