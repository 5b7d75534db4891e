//! From text to lexemes: what makes "huisartsen" find "huisarts" and "palliatief" find "palliatieve".
//!
//! Lower case, without diacritics, split into words, function words dropped (but never *niet* and *geen*), then the
//! Dutch Snowball stemmer until it changes nothing more, and one spelling for a final v/f and z/s. Postgres' own
//! dictionary stems once and so keeps such pairs apart. The same text always gives the same lexemes.

use std::collections::BTreeSet;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Words that say nothing about what a text is about.
const FUNCTION_WORDS: [&str; 72] = [
    "aan", "af", "al", "als", "bij", "dan", "dat", "de", "der", "die", "dit", "doe", "door", "dus", "een", "eens",
    "en", "er", "had", "heb", "hebben", "heeft", "hem", "het", "hier", "hij", "hoe", "hun", "iemand", "iets", "ik",
    "in", "is", "ja", "je", "jij", "jullie", "kan", "kun", "kunnen", "maar", "me", "men", "met", "mij", "mijn", "moet",
    "na", "naar", "nog", "nu", "of", "om", "ons", "ook", "op", "over", "te", "tot", "u", "uit", "van", "voor", "waar",
    "wat", "we", "wel", "wie", "wij", "zijn", "zo", "zou",
];

/// The lexemes of a text, sorted, each once.
pub fn lexemes(text: &str) -> Vec<String> {
    let plain: String = text.nfd().filter(|c| !is_combining_mark(*c)).collect::<String>().to_lowercase();
    let stemmer = Stemmer::create(Algorithm::Dutch);
    let words = plain.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 1);
    let told: BTreeSet<String> =
        words.filter(|word| FUNCTION_WORDS.binary_search(word).is_err()).map(|word| stem(&stemmer, word)).collect();
    told.into_iter().collect()
}

fn stem(stemmer: &Stemmer, word: &str) -> String {
    let mut word = word.to_owned();
    loop {
        let shorter = stemmer.stem(&word).into_owned();
        if shorter == word || shorter.chars().count() < 3 {
            break;
        }
        word = shorter;
    }
    match word.chars().last() {
        Some('v') => word.truncate(word.len() - 1),
        Some('z') => {
            word.truncate(word.len() - 1);
            word.push('s');
            return word;
        }
        _ => return word,
    }
    word.push('f');
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn function_words_are_sorted_so_that_they_are_found() {
        assert!(FUNCTION_WORDS.is_sorted());
    }

    #[test]
    fn forms_of_a_word_have_one_lexeme() {
        for (one, other) in [
            ("huisartsen", "huisarts"),
            ("palliatieve", "palliatief"),
            ("gesprekken", "gesprek"),
            ("patiënten", "patient"),
            ("Naasten", "naaste"),
        ] {
            assert_eq!(lexemes(one), lexemes(other), "{one} and {other}");
        }
    }

    #[test]
    fn denial_is_kept_and_function_words_are_dropped() {
        assert_eq!(lexemes("de patiënt wil het niet"), lexemes("patient niet wil"));
        assert!(lexemes("niet reanimeren").contains(&"niet".to_owned()));
    }
}
