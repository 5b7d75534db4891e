//! Tries what the log promises while everything around it breaks.
//!
//! * [`checker`] judges a history: what every client was told and what every follower saw, against the log.
//! * [`campaign`] makes such a history: clients append through service processes on one Postgres, followers follow,
//!   and meanwhile processes are killed, connections cut, locks held, disks filled and clocks turned.
//! * [`report`] says in Markdown what was done and what came of it.
//!
//! The same program is coordinator and service process (`faults serve`): the coordinator keeps the record and is the
//! only one that must not die. It uses the log and the read models
//! through their public doors alone.

pub mod campaign;
pub mod checker;
mod client;
mod disk;
mod error;
mod fault;
mod follower;
mod plan;
mod projected;
mod proxy;
pub mod report;
pub mod sample;
pub mod service;
mod stage;
mod wire;
mod world;

pub use error::Error;
