//! The platform through the door that everybody uses: HTTP.

mod access;
mod access_log;
mod admission;
mod anonymity;
mod colleagues;
mod forgetting;
mod hardening;
mod kept;
mod matrix;
mod members;
mod past;
mod patient_details;
mod reading;
mod redaction;
mod register;
mod retention;
mod standing;
mod stories;
mod support;
mod trouble;
