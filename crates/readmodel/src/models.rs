//! The read models, one file each.

pub mod catalogue;
pub mod cycle;
pub mod experience;
pub mod knowledge_page;
pub mod member;
pub mod project;
pub mod question;
pub mod similar;
pub mod timeline;

use crate::tables::{AnyModel, Of};

/// The names of all models, in the order in which they are folded.
pub fn names() -> Vec<&'static str> {
    all().iter().map(|model| model.name()).collect()
}

/// The kinds of streams that a model folds; none when there is no such model.
pub fn kinds(model: &str) -> &'static [&'static str] {
    all().iter().find(|one| one.name() == model).map_or(&[], |one| one.kinds())
}

/// The one list to which a new read model is added.
pub(crate) fn all() -> Vec<Box<dyn AnyModel>> {
    vec![
        Of::<catalogue::Catalogue>::boxed(),
        Of::<member::Members>::boxed(),
        Of::<question::Questions>::boxed(),
        Of::<experience::Experiences>::boxed(),
        Of::<project::Projects>::boxed(),
        Of::<cycle::Cycles>::boxed(),
        Of::<knowledge_page::KnowledgePages>::boxed(),
        Of::<timeline::Timeline>::boxed(),
        Of::<similar::Similar>::boxed(),
    ]
}
