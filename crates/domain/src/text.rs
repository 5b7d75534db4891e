//! What people type: one-line titles and names, and longer texts in Markdown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::patient_details::holds_citizen_service_number;

/// Why a text is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but white space.
    #[error("the text is empty")]
    Empty,
    /// Longer than the field takes.
    #[error("the text is longer than {max} characters")]
    TooLong {
        /// The most characters the field takes.
        max: usize,
    },
    /// Control characters other than line breaks and tabs.
    #[error("the text holds characters that cannot be shown")]
    Unprintable,
    /// A citizen service number: patient data does not belong here (domain norms, AVG).
    #[error("the text holds a citizen service number (BSN)")]
    CitizenServiceNumber,
}

/// One line: a title or a name, 1 to 160 characters, white space folded.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Line(String);

/// A longer text in Markdown (`CommonMark`), 1 to 20,000 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Prose(String);

impl Line {
    /// The most characters a line takes.
    pub const MAX: usize = 160;

    /// Takes what was typed, folding white space.
    pub fn parse(typed: &str) -> Result<Self, TextError> {
        let folded = typed.split_whitespace().collect::<Vec<_>>().join(" ");
        check(&folded, Self::MAX)?;
        Ok(Self(folded))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Prose {
    /// The most characters a prose text takes.
    pub const MAX: usize = 20_000;

    /// Takes what was typed, without white space at its ends and with `\n` line breaks.
    pub fn parse(typed: &str) -> Result<Self, TextError> {
        let text = typed.trim().replace("\r\n", "\n");
        check(&text, Self::MAX)?;
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text has the shape of an e-mail address: something, an at sign, and a host with a dot, without spaces. Whether
/// it exists only a mail tells.
pub fn is_email(text: &str) -> bool {
    let Some((user, host)) = text.rsplit_once('@') else { return false };
    let labels: Vec<&str> = host.split('.').collect();
    !user.is_empty()
        && !text.contains(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';' | '"'))
        && labels.len() > 1
        && labels.iter().all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
}

fn check(text: &str, max: usize) -> Result<(), TextError> {
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    if text.chars().count() > max {
        return Err(TextError::TooLong { max });
    }
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(TextError::Unprintable);
    }
    if holds_citizen_service_number(text) {
        return Err(TextError::CitizenServiceNumber);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_folded_in_a_line_and_trimmed_in_prose() {
        assert_eq!(Line::parse("  Wie  belt\n na? ").map(|line| line.0), Ok("Wie belt na?".into()));
        assert_eq!(Prose::parse("\n een\r\n\r\ntwee \n").map(|prose| prose.0), Ok("een\n\ntwee".into()));
    }

    #[test]
    fn an_empty_or_overlong_text_is_refused() {
        assert_eq!(Line::parse(" \t "), Err(TextError::Empty));
        assert_eq!(Line::parse(&"é".repeat(161)), Err(TextError::TooLong { max: 160 }));
        assert!(Line::parse(&"é".repeat(160)).is_ok());
    }

    #[test]
    fn a_citizen_service_number_is_refused_wherever_it_stands() {
        for typed in ["bsn 111222333", "nr 111.222.333.", "111 222 333", "(111-222-333)", "1112.22.333", "111222333?"] {
            assert_eq!(Prose::parse(typed), Err(TextError::CitizenServiceNumber), "{typed}");
        }
        for typed in [
            "111222334",
            "tel 0612345678",
            "in 2022 waren het er 111463",
            "000000000",
            "A111222333",
            "question-0199-111222333-ab",
            "2026-10-18 5 gesprekken",
            "1112223334",
        ] {
            assert!(Prose::parse(typed).is_ok(), "{typed}");
        }
    }

    #[test]
    fn an_email_address_has_a_host() {
        for typed in ["noor@linde.example", "n.de.wit+werk@zorg.linde.example", "o'neil@linde.example"] {
            assert!(is_email(typed), "{typed}");
        }
        for typed in ["noor", "noor@", "@linde.example", "noor@linde", "noor @linde.example", "a@b.c, d@e.f", "a@-b.c"]
        {
            assert!(!is_email(typed), "{typed}");
        }
    }

    #[test]
    fn a_control_character_is_refused() {
        assert_eq!(Prose::parse("a\0b"), Err(TextError::Unprintable));
    }
}
