//! What the log promises, tried on a real Postgres.

mod appending;
mod faults;
mod following;
mod history;
mod idempotency;
mod integrity;
mod model;
mod reading;
mod receipts;
mod rotation;
mod sealing;
mod support;
mod sweeping;
