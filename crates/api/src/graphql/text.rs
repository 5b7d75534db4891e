//! Texts that people wrote, and the scalars.

use async_graphql::{InputValueError, InputValueResult, Object, Scalar, ScalarType, Value};
use chrono::NaiveDate;
use readmodel::Shown;
use serde::Serialize;

use crate::markdown;

/// Text that people wrote. It can be erased for good; then only the fact that it existed stays.
#[derive(Clone, Debug)]
pub(crate) struct Text(pub(crate) Shown);

/// Text that people wrote. It can be erased for good; then only the fact that it existed stays.
#[Object]
impl Text {
    /// Whether it was erased.
    async fn erased(&self) -> bool {
        self.0.text().is_none()
    }

    /// As written: plain for titles and names, Markdown for longer texts.
    async fn text(&self) -> Option<&str> {
        self.0.text()
    }

    /// As safe HTML.
    #[graphql(complexity = 5)]
    async fn html(&self) -> Option<String> {
        self.0.text().map(markdown::to_html)
    }
}

impl From<&Shown> for Text {
    fn from(shown: &Shown) -> Self {
        Self(shown.clone())
    }
}

/// A place in the log: 1-based, dense, a whole number up to 2^53.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position(pub(crate) i64);

#[Scalar]
impl ScalarType for Position {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) => match number.as_i64() {
                Some(position @ 0..=9_007_199_254_740_991) => Ok(Self(position)),
                _ => Err(InputValueError::custom("a position is a whole number from 0 to 2^53 - 1")),
            },
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::from(self.0)
    }
}

/// A calendar day, ISO 8601, e.g. 2026-03-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Date(pub(crate) NaiveDate);

#[Scalar]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => {
                text.parse().map(Self).map_err(|_| InputValueError::custom("a date looks like 2026-03-01"))
            }
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::from(self.0.to_string())
    }
}
