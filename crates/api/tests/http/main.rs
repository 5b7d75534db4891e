//! The platform through the door that everybody uses: HTTP.

mod access;
mod access_log;
mod admission;
mod forgetting;
mod hardening;
mod kept;
mod members;
mod past;
mod reading;
mod redaction;
mod register;
mod standing;
mod stories;
mod support;
mod trouble;
