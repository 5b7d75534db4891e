//! Knowledge pages: what members contributed, bundled and framed by an editor (rule 5, **L**).

mod cite_source;
mod draft_page;
mod drop_source;
mod event;
mod publish_page;
mod state;
mod write_section;

pub use cite_source::{CiteSource, Refused as CiteSourceRefused};
pub use draft_page::DraftPage;
pub use drop_source::{DropSource, Refused as DropSourceRefused};
pub use event::{PageEvent, Source};
pub use publish_page::{PublishPage, Refused as PublishPageRefused};
pub use state::KnowledgePage;
pub use write_section::WriteSection;
