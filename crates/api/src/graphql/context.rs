//! What resolvers know of a request: the platform, who asks, in which language.

use async_graphql::Context;
use domain::{
    Aggregate,
    id::{MemberId, QuestionId},
    question::AskerTag,
};
use readmodel::Model;
use uuid::Uuid;

use super::{
    error::Failed,
    loader::{Key, Rows},
    past,
};
use crate::{Platform, language::Language};

/// Who asks, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    /// Who is signed in.
    pub(crate) viewer: Option<MemberId>,
    /// The language of what is told.
    pub(crate) language: Language,
    /// How far the read models were when the request came in: everything it reads is at least as new.
    pub(crate) position: eventlog::Position,
}

/// Shorthands on the context of a resolver.
pub(crate) trait Viewing {
    fn platform(&self) -> Result<&Platform, Failed>;
    fn caller(&self) -> Result<Caller, Failed>;
    fn rows(&self) -> Result<&Rows, Failed>;
    /// The position at which what is being shown stands; nothing when it is of now.
    fn moment(&self) -> Option<eventlog::Position>;

    /// Whoever is signed in; everything but `viewer` asks for somebody.
    fn viewer(&self) -> Result<MemberId, Failed> {
        self.caller()?.viewer.ok_or(Failed::Unauthenticated)
    }

    /// One row by its key, gathered with others.
    async fn row<M: Model>(&self, id: impl Into<Uuid> + Send) -> Result<Option<M::Row>, Failed> {
        Ok(self.rows()?.load_one(Key::<M>::of(id.into(), self.moment())).await?)
    }

    /// Some rows by their keys, in the order of the keys, without those that do not exist.
    async fn some<M: Model>(&self, ids: impl IntoIterator<Item = Uuid>) -> Result<Vec<M::Row>, Failed> {
        let moment = self.moment();
        let keys: Vec<Key<M>> = ids.into_iter().map(|id| Key::of(id, moment)).collect();
        let mut found = self.rows()?.load_many(keys.iter().copied()).await?;
        Ok(keys.iter().filter_map(|key| found.remove(key)).collect())
    }

    /// Which of some actions the viewer may take on a thing. The past is to look at.
    async fn actions<A: Aggregate>(
        &self,
        id: Uuid,
        within: Option<Uuid>,
        actions: &[&'static str],
    ) -> Result<Vec<&'static str>, Failed> {
        if self.moment().is_some() {
            return Ok(Vec::new());
        }
        Ok(self.platform()?.app.allowed::<A>(self.viewer()?, id, within, actions).await?)
    }

    /// Whether the viewer may, now, take an action on a thing.
    async fn may<A: Aggregate>(&self, id: Uuid, action: &'static str) -> Result<bool, Failed> {
        Ok(!self.platform()?.app.allowed::<A>(self.viewer()?, id, None, &[action]).await?.is_empty())
    }

    /// Whether the viewer is who asked a question whose asker is hidden.
    async fn asked(&self, question: QuestionId, hidden: Option<&AskerTag>) -> Result<bool, Failed> {
        let Some(hidden) = hidden else { return Ok(false) };
        Ok(self.platform()?.app.asker_tag(question, self.viewer()?).await?.as_ref() == Some(hidden))
    }
}

impl Viewing for Context<'_> {
    fn platform(&self) -> Result<&Platform, Failed> {
        self.data().map_err(|_| Failed::Internal)
    }

    fn caller(&self) -> Result<Caller, Failed> {
        self.data().copied().map_err(|_| Failed::Internal)
    }

    fn rows(&self) -> Result<&Rows, Failed> {
        self.data().map_err(|_| Failed::Internal)
    }

    fn moment(&self) -> Option<eventlog::Position> {
        past::moment(self)
    }
}
