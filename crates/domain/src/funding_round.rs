//! Funding rounds: periods in which one or two interventions are central (rule 2, **L**).

mod close_funding_round;
mod event;
mod open_funding_round;
mod state;

pub use close_funding_round::CloseFundingRound;
pub use event::FundingRoundEvent;
pub use open_funding_round::{OpenFundingRound, Refused as OpenFundingRoundRefused};
pub use state::FundingRound;
