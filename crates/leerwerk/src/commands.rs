//! The subcommands, one file each.

pub(crate) mod demo;
pub(crate) mod erase;
pub(crate) mod export;
pub(crate) mod history;
pub(crate) mod invite;
pub(crate) mod log_key;
pub(crate) mod migrate;
pub(crate) mod read_models;
pub(crate) mod replay;
pub(crate) mod retention;
pub(crate) mod rewrap_keys;
pub(crate) mod serve;
pub(crate) mod sweep;
pub(crate) mod verify;
