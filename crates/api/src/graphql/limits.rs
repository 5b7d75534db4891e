//! What a single request may cost.

/// Nesting of fields; introspection needs 13.
pub(crate) const DEPTH: usize = 18;
/// Fields, those in lists counted as often as the list is long.
pub(crate) const COMPLEXITY: usize = 8_000;
/// Items of one page.
pub(crate) const PAGE: usize = 100;
