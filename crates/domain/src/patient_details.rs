//! What in a text may tell who a patient is. The rule is data, `schema/patient-details.json`, and the web client reads the
//! same file (ADR 0019).

use std::{collections::BTreeMap, sync::LazyLock};

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

/// Something in a text that likely tells who a patient is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'text> {
    /// What it is, as the rule names it, e.g. `date_of_birth`.
    pub kind: &'static str,
    /// As it stands in the text.
    pub fragment: &'text str,
}

/// What in a text likely tells who a patient is, in the order of the text. A warning and no proof: whoever wrote the text
/// decides.
pub fn likely(text: &str) -> Vec<Found<'_>> {
    let rule: &'static Rule = &RULE;
    let mut found: Vec<(usize, Found<'_>)> = Vec::new();
    for (kind, pattern) in &rule.likely {
        let mut from = 0;
        while let Some(group) = pattern.captures_at(text, from).and_then(|captures| captures.get(1)) {
            from = group.end();
            if !group.as_str().rsplit([' ', '\t', '\u{a0}']).next().is_some_and(|last| rule.is_no_name(last)) {
                found.push((group.start(), Found { kind, fragment: group.as_str() }));
            }
        }
    }
    found.sort_by_key(|(start, Found { fragment, .. })| (*start, usize::MAX - fragment.len()));
    let mut end = 0;
    found.retain(|(start, Found { fragment, .. })| {
        let apart = *start >= end;
        if apart {
            end = start + fragment.len();
        }
        apart
    });
    found.into_iter().map(|(_, found)| found).collect()
}

/// Whether nine digits that stand by themselves, in one piece or in the usual groups (with dots, spaces or hyphens
/// between them), pass the 11-test of a Dutch citizen service number: 9·d₁ + 8·d₂ + … + 2·d₈ − d₉ divisible by 11.
pub fn holds_citizen_service_number(text: &str) -> bool {
    RULE.refused.iter().any(|pattern| {
        let mut from = 0;
        while let Some(group) = pattern.captures_at(text, from).and_then(|captures| captures.get(1)) {
            if RULE.passes(group.as_str()) {
                return true;
            }
            // Groups of digits may begin anew within what was no number; it begins with a digit of one byte.
            from = group.start() + 1;
        }
        false
    })
}

static RULE: LazyLock<Rule> =
    LazyLock::new(|| Rule::parse(include_str!("../../../schema/patient-details.json")).expect("tests read this file"));

/// The rule, ready to be used.
struct Rule {
    refused: Vec<Regex>,
    weights: Vec<i32>,
    divisor: i32,
    likely: Vec<(String, Regex)>,
    not_names: Vec<String>,
}

/// The rule as it is written down.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    refused: Refused,
    likely: Vec<Likely>,
    not_names: Vec<String>,
    parts: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Refused {
    patterns: Vec<String>,
    weights: Vec<i32>,
    divisor: i32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Likely {
    kind: String,
    ignore_case: bool,
    patterns: Vec<String>,
}

/// Why the rule cannot be read.
#[derive(Debug, thiserror::Error)]
enum RuleError {
    #[error("the rule on patient details is not written as it should be")]
    Form(#[from] serde_json::Error),
    #[error("the rule on patient details has a pattern that cannot be read")]
    Pattern(#[from] regex::Error),
}

impl Rule {
    fn parse(written: &str) -> Result<Self, RuleError> {
        let Written { refused, likely, not_names, parts } = serde_json::from_str(written)?;
        let read = |pattern: &str, ignore_case| {
            RegexBuilder::new(&whole(pattern, &parts)).case_insensitive(ignore_case).build().map_err(RuleError::from)
        };
        let mut patterns = Vec::new();
        for Likely { kind, ignore_case, patterns: of_kind } in likely {
            for pattern in of_kind {
                patterns.push((kind.clone(), read(&pattern, ignore_case)?));
            }
        }
        let numbers = refused.patterns.iter().map(|pattern| read(pattern, false)).collect::<Result<_, _>>()?;
        let (weights, divisor) = (refused.weights, refused.divisor);
        Ok(Self { refused: numbers, weights, divisor, likely: patterns, not_names })
    }

    fn is_no_name(&self, word: &str) -> bool {
        self.not_names.iter().any(|known| known == word)
    }

    /// The test of the digits. Only zeroes pass it and are no number.
    fn passes(&self, digits: &str) -> bool {
        let digits = digits.chars().filter_map(|c| c.to_digit(10)).filter_map(|digit| i32::try_from(digit).ok());
        let weighed: Vec<i32> = digits.zip(&self.weights).map(|(digit, weight)| digit * weight).collect();
        weighed.iter().any(|&one| one != 0) && weighed.iter().sum::<i32>() % self.divisor == 0
    }
}

/// A pattern with its parts in place, and theirs.
fn whole(pattern: &str, parts: &BTreeMap<String, String>) -> String {
    // Parts hold parts, at most as deep as there are parts.
    parts.iter().fold(pattern.to_owned(), |pattern, _| {
        parts.iter().fold(pattern, |pattern, (name, part)| pattern.replace(&format!("%{name}%"), part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Cases {
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        text: String,
        likely: Vec<Expected>,
        refused: bool,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Expected {
        kind: String,
        fragment: String,
    }

    #[test]
    fn every_case_is_found_as_the_web_client_finds_it() {
        let cases: Cases =
            serde_json::from_str(include_str!("../../../schema/patient-details.cases.json")).expect("cases");
        assert!(cases.cases.len() >= 120);
        for Case { text, likely: expected, refused } in cases.cases {
            let found = likely(&text).into_iter();
            let found = found.map(|found| Expected { kind: found.kind.into(), fragment: found.fragment.into() });
            assert_eq!(found.collect::<Vec<_>>(), expected, "{text}");
            assert_eq!(holds_citizen_service_number(&text), refused, "{text}");
        }
    }

    #[test]
    fn every_kind_is_in_the_cases_and_every_pattern_has_one_group() {
        let cases = include_str!("../../../schema/patient-details.cases.json");
        for (kind, pattern) in &RULE.likely {
            assert!(cases.contains(&format!("\"kind\": \"{kind}\"")), "{kind}");
            assert_eq!(pattern.captures_len(), 2, "{pattern}");
            assert!(!pattern.as_str().contains('%'), "a part is missing: {pattern}");
        }
        assert!(RULE.refused.iter().all(|pattern| pattern.captures_len() == 2 && !pattern.as_str().contains('%')));
    }

    /// What the two engines read differently or only one of them reads. Under a pattern that ignores case, "a capital"
    /// means little, and not the same everywhere.
    #[test]
    fn patterns_are_written_in_what_both_engines_read_alike() {
        let Written { refused, likely, parts, .. } =
            serde_json::from_str(include_str!("../../../schema/patient-details.json")).expect("the rule");
        let cased = likely.iter().flat_map(|kind| kind.patterns.iter().map(|pattern| (kind.ignore_case, pattern)));
        for (ignore_case, pattern) in cased.chain(refused.patterns.iter().map(|pattern| (false, pattern))) {
            let pattern = whole(pattern, &parts);
            for foreign in ["\\b", "\\w", "\\d", "\\s", "(?=", "(?!", "(?<", "(?P", "&&", "--", "~~", "[[", "\\x"] {
                assert!(!pattern.contains(foreign), "{foreign} in {pattern}");
            }
            assert!(!ignore_case || !pattern.contains("\\p{Lu}") && !pattern.contains("\\p{Ll}"), "{pattern}");
        }
    }
}
