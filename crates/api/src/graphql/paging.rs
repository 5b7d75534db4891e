//! Relay connections over positions: a cursor names the position after (or before) which a page begins.

use async_graphql::{
    OutputType,
    connection::{Connection, CursorType, Edge, EmptyFields},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};

use super::{error::Failed, limits};

/// A position, opaque to clients.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor(pub(crate) i64);

impl CursorType for Cursor {
    type Error = &'static str;

    fn decode_cursor(cursor: &str) -> Result<Self, &'static str> {
        let bytes = BASE64.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let position = bytes.and_then(|text| text.strip_prefix("p:").and_then(|digits| digits.parse().ok()));
        let known = position.filter(|position| *position >= 0).map(Self);
        known.ok_or("this cursor was not given by this platform; begin again without `after`")
    }

    fn encode_cursor(&self) -> String {
        BASE64.encode(format!("p:{}", self.0))
    }
}

/// A page that was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    /// Where it begins; nothing: at the beginning.
    pub(crate) after: Option<i64>,
    size: usize,
}

impl Page {
    pub(crate) fn new(first: usize, after: Option<&str>) -> Result<Self, Failed> {
        if !(1..=limits::PAGE).contains(&first) {
            return Err(Failed::BadInput(format!("`first` is a number from 1 to {}", limits::PAGE)));
        }
        let after = after.map(Cursor::decode_cursor).transpose().map_err(|wrong| Failed::BadInput(wrong.into()))?;
        Ok(Self { after: after.map(|cursor| cursor.0), size: first })
    }

    /// Rows to read: one more than shown tells whether there is a next page.
    pub(crate) fn limit(self) -> i64 {
        i64::try_from(self.size).unwrap_or_default() + 1
    }

    /// Rows read newest first begin before this position.
    pub(crate) fn before(self) -> i64 {
        self.after.unwrap_or(i64::MAX)
    }

    /// The connection over the rows that were read.
    pub(crate) fn of<R, N: OutputType>(
        self,
        mut rows: Vec<R>,
        position: impl Fn(&R) -> i64,
        node: impl Fn(R) -> N,
    ) -> Connection<Cursor, N, EmptyFields, EmptyFields> {
        let more = rows.len() > self.size;
        rows.truncate(self.size);
        let mut connection = Connection::new(self.after.is_some(), more);
        connection.edges.extend(rows.into_iter().map(|row| Edge::new(Cursor(position(&row)), node(row))));
        connection
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_anything_else_is_refused() {
        assert_eq!(Cursor::decode_cursor(&Cursor(42).encode_cursor()).map(|cursor| cursor.0).ok(), Some(42));
        for wrong in ["", "42", "p:42", "cDotMQ", "🙂"] {
            assert!(Cursor::decode_cursor(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_page_has_a_size() {
        assert!(Page::new(0, None).is_err());
        assert!(Page::new(limits::PAGE + 1, None).is_err());
        assert_eq!(Page::new(10, None).map(Page::limit).ok(), Some(11));
    }
}
