//! The platform through the door that everybody uses: HTTP.

mod past;
mod stories;
mod support;
mod trouble;
