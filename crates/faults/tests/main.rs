//! The checker judged, the short campaign, and what happens to a log that is asked far too much.

mod backpressure;
mod campaign;
mod checker;
mod retries;
mod support;
