//! The platform through the door that everybody uses: HTTP.

mod stories;
mod support;
mod trouble;
