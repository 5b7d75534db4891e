//! The language of a request: Dutch unless asked otherwise.

use async_graphql::Enum;
use axum::http::{HeaderMap, header::ACCEPT_LANGUAGE};
use domain::Refusal;

/// A language the platform speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Enum)]
pub(crate) enum Language {
    /// Dutch.
    #[default]
    Nl,
    /// English.
    En,
}

impl Language {
    /// The first language of `Accept-Language` that the platform speaks. (Clients name one; weights are not needed.)
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let asked = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut tags = asked.split(',').filter_map(|tag| Self::parse(tag.split(';').next().unwrap_or_default()));
        tags.next().unwrap_or_default()
    }

    /// A language tag, e.g. `en-GB`.
    pub(crate) fn parse(tag: &str) -> Option<Self> {
        match tag.trim().get(..2)?.to_ascii_lowercase().as_str() {
            "nl" => Some(Self::Nl),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    pub(crate) fn is_dutch(self) -> bool {
        self == Self::Nl
    }

    /// A refusal in this language.
    pub(crate) fn tell(self, refusal: &impl Refusal) -> String {
        match self {
            Self::Nl => refusal.in_dutch(),
            Self::En => refusal.in_english(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_known_language_counts_and_dutch_is_the_default() {
        let of = |value: &'static str| {
            Language::of(&HeaderMap::from_iter([(ACCEPT_LANGUAGE, value.parse().expect("a header value"))]))
        };
        assert_eq!(of("en-GB,nl;q=0.5"), Language::En);
        assert_eq!(of("de, nl"), Language::Nl);
        assert_eq!(of("é"), Language::Nl);
        assert_eq!(Language::of(&HeaderMap::new()), Language::Nl);
    }
}
