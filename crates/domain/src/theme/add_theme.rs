//! Adding a theme to the list.

use uuid::Uuid;

use super::{Theme, ThemeEvent};
use crate::{Actor, Command, Timestamp, command::Never, id::ThemeId, text::Line};

/// Add a theme to the list.
#[derive(Clone, Debug)]
pub struct AddTheme {
    /// The new theme.
    pub theme: ThemeId,
    /// Its Dutch name.
    pub name: Line,
    /// Its English name.
    pub name_in_english: Line,
}

impl Command for AddTheme {
    type State = Theme;
    type Refused = Never;
    const NAME: &'static str = "add_theme";
    const CREATES: bool = true;

    fn target(&self) -> Uuid {
        self.theme.0
    }

    fn decide(self, theme: &Theme, _by: Actor, _at: Timestamp) -> Result<Vec<ThemeEvent>, Never> {
        if theme.added {
            return Ok(vec![]);
        }
        let (name, name_in_english) = (self.name.as_str().to_owned(), self.name_in_english.as_str().to_owned());
        Ok(vec![ThemeEvent::ThemeAdded { name, name_in_english }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{given, id};

    #[test]
    fn a_theme_is_added_once() {
        let add = || AddTheme {
            theme: id(10),
            name: Line::parse("Communicatie").expect("line"),
            name_in_english: Line::parse("Communication").expect("line"),
        };
        let added = ThemeEvent::ThemeAdded { name: "Communicatie".into(), name_in_english: "Communication".into() };
        given([]).when(add()).then([added.clone()]);
        given([added]).when(add()).then_nothing();
    }
}
