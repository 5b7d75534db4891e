//! What deciding about a theme needs to remember.

use uuid::Uuid;

use super::ThemeEvent;
use crate::{Actor, Aggregate, Timestamp};

/// A theme, as far as its rules need it.
#[derive(Clone, Debug, Default)]
pub struct Theme {
    pub(super) added: bool,
}

impl Aggregate for Theme {
    type Event = ThemeEvent;
    const KIND: &'static str = "theme";

    fn apply(&mut self, event: &ThemeEvent, _by: Actor, _at: Timestamp) {
        match event {
            ThemeEvent::ThemeAdded { .. } => self.added = true,
        }
    }

    fn subjects(&self) -> Vec<Uuid> {
        Vec::new()
    }
}
