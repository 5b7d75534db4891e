//! What people type: one-line titles and names, and longer texts in Markdown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

/// Whether nine digits in a row (dots, spaces and hyphens between them allowed) pass the 11-test of a
/// Dutch citizen service number: 9·d₁ + 8·d₂ + … + 2·d₈ − d₉ divisible by 11.
fn holds_citizen_service_number(text: &str) -> bool {
    let mut run: Vec<i32> = Vec::new();
    let mut gap = 0;
    let mut found = false;
    let mut close = |run: &mut Vec<i32>| {
        found |= run.len() == 9 && passes_eleven_test(run);
        run.clear();
    };
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            run.push(i32::try_from(digit).unwrap_or_default());
            gap = 0;
        } else if matches!(c, '.' | ' ' | '-') && gap == 0 && !run.is_empty() {
            gap = 1;
        } else {
            close(&mut run);
            gap = 0;
        }
    }
    close(&mut run);
    found
}

fn passes_eleven_test(digits: &[i32]) -> bool {
    let weights = [9, 8, 7, 6, 5, 4, 3, 2, -1];
    let sum: i32 = digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum();
    sum % 11 == 0 && digits.iter().any(|&digit| digit != 0)
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
        for typed in ["bsn 111222333", "nr 111.222.333.", "111 222 333", "(111-222-333)"] {
            assert_eq!(Prose::parse(typed), Err(TextError::CitizenServiceNumber), "{typed}");
        }
        for typed in ["111222334", "tel 0612345678", "in 2022 waren het er 111463", "000000000"] {
            assert!(Prose::parse(typed).is_ok(), "{typed}");
        }
    }

    #[test]
    fn a_control_character_is_refused() {
        assert_eq!(Prose::parse("a\0b"), Err(TextError::Unprintable));
    }
}
