//! Themes: what questions, experiences and pages are about. The list can grow.

mod add_theme;
mod event;
mod state;

pub use add_theme::AddTheme;
pub use event::ThemeEvent;
pub use state::Theme;
