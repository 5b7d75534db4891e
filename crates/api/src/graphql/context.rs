//! What resolvers know of a request: the platform, who asks, in which language.

use std::{collections::HashMap, sync::Arc};

use app::Grounds;
use async_graphql::Context;
use domain::{
    Aggregate,
    id::{MemberId, QuestionId},
    question::AskerTag,
};
use readmodel::{Answer, Ask, Model, ReadModels};
use uuid::Uuid;

use super::{
    basis::Basis,
    error::Failed,
    gathering::Gathering,
    loader::{Key, PastRows},
    past,
};
use crate::{
    Platform,
    access::{Credential, Scope},
    language::Language,
    pace::{Address, Pace},
};

/// Who asks, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    /// For whom it is asked.
    pub(crate) viewer: Option<MemberId>,
    /// By what right.
    pub(crate) credential: Credential,
    /// Whether they take part: what their access rests on holds. True where nobody is signed in.
    pub(crate) access: bool,
    /// From where.
    pub(crate) address: Address,
    /// The language of what is told.
    pub(crate) language: Language,
    /// How far the read models were when the request came in: everything it reads is at least as new.
    pub(crate) position: eventlog::Position,
}

impl Caller {
    /// Whoever is signed in, if they or the program that speaks for them may read.
    pub(crate) fn somebody(&self) -> Result<MemberId, Failed> {
        let viewer = self.viewer.ok_or(Failed::Unauthenticated)?;
        let reads = self.credential.allows(Scope::Read) || self.credential.allows(Scope::Contribute);
        if reads { Ok(viewer) } else { Err(Failed::OutOfScope) }
    }

    /// Why the policies do not allow somebody something.
    pub(crate) fn forbidden(&self) -> Failed {
        if self.access { Failed::Forbidden } else { Failed::AccessEnded }
    }
}

/// Shorthands on the context of a resolver.
pub(crate) trait Viewing {
    /// The platform itself. Nobody tells when what is read from it changes, so an answer made from it is not kept.
    fn platform(&self) -> Result<&Platform, Failed> {
        if let Some(basis) = self.basis() {
            basis.unknown();
        }
        self.open()
    }

    /// The platform, for whoever puts down in the basis what they read from it.
    fn open(&self) -> Result<&Platform, Failed>;
    /// What the answer rests on; nothing where answers are not kept.
    fn basis(&self) -> Option<&Basis>;
    /// Rows of the past; an answer with any of them is not kept.
    fn caller(&self) -> Result<Caller, Failed>;
    fn past(&self) -> Result<&PastRows, Failed>;
    fn gathering(&self) -> Result<&Gathering, Failed>;
    /// The position at which what is being shown stands; nothing when it is of now.
    fn moment(&self) -> Option<eventlog::Position>;

    /// Whoever is signed in and takes part. (Fields of `Query` need not ask: see [`super::decision`].)
    fn viewer(&self) -> Result<MemberId, Failed> {
        if self.caller()?.access { self.somebody() } else { Err(Failed::AccessEnded) }
    }

    /// As [`Viewing::viewer`], also when their access has ended: for what is their own.
    fn somebody(&self) -> Result<MemberId, Failed> {
        self.caller()?.somebody()
    }

    /// Who did what how often, lately.
    fn pace(&self) -> Result<&Pace, Failed>;

    /// Whoever is signed in and may change something.
    fn contributor(&self) -> Result<MemberId, Failed> {
        let Caller { viewer, credential, .. } = self.caller()?;
        let viewer = viewer.ok_or(Failed::Unauthenticated)?;
        // (Running a command asks whether they have access.)
        if credential.allows(Scope::Contribute) { Ok(viewer) } else { Err(Failed::OutOfScope) }
    }

    /// What to read with, and that the answer rests on what is read.
    fn asking(&self, asks: &[Ask]) -> Result<(&Gathering, &ReadModels), Failed> {
        if let Some(basis) = self.basis() {
            basis.on(asks.iter().map(Ask::subject));
        }
        Ok((self.gathering()?, &self.open()?.models))
    }

    /// What was granted, and that the answer rests on the grounds of it.
    fn granted<T>(&self, (granted, grounds): (T, Grounds)) -> T {
        if let Some(basis) = self.basis() {
            basis.and(&grounds);
        }
        granted
    }

    /// One row by its key, gathered with others.
    async fn row<M: Model>(&self, id: impl Into<Uuid> + Send) -> Result<Option<M::Row>, Failed> {
        let id = id.into();
        if let Some(position) = self.moment() {
            return Ok(self.past()?.load_one(Key::<M>::of(id, position)).await?);
        }
        let asks = [Ask::row::<M>(id)];
        let (gathering, models) = self.asking(&asks)?;
        let read = gathering.read(models, &asks).await?;
        Ok(read.values().find_map(Answer::row::<M>).map(Arc::unwrap_or_clone))
    }

    /// Some rows by their keys, in the order of the keys, without those that do not exist.
    async fn some<M: Model>(&self, ids: impl IntoIterator<Item = Uuid>) -> Result<Vec<M::Row>, Failed> {
        let Some(position) = self.moment() else {
            let asks: Vec<Ask> = ids.into_iter().map(Ask::row::<M>).collect();
            let (gathering, models) = self.asking(&asks)?;
            let mut found = gathering.read(models, &asks).await?;
            let rows = asks.iter().filter_map(|ask| found.remove(ask)?.row::<M>());
            return Ok(rows.map(Arc::unwrap_or_clone).collect());
        };
        let keys: Vec<Key<M>> = ids.into_iter().map(|id| Key::of(id, position)).collect();
        let mut found = self.past()?.load_many(keys.iter().copied()).await?;
        Ok(keys.iter().filter_map(|key| found.remove(key)).collect())
    }

    /// What is asked for as it is now, read together with what other fields ask for.
    async fn read(&self, asks: &[Ask]) -> Result<HashMap<Ask, Answer>, Failed> {
        let (gathering, models) = self.asking(asks)?;
        Ok(gathering.read(models, asks).await?)
    }

    /// Which of some actions the viewer may take on a thing. The past is to look at.
    async fn actions<A: Aggregate>(
        &self,
        id: Uuid,
        within: Option<Uuid>,
        actions: &[&'static str],
    ) -> Result<Vec<&'static str>, Failed> {
        if self.moment().is_some() || self.open()?.as_of.is_some() {
            return Ok(Vec::new());
        }
        let allowed = self.open()?.app.allowed::<A>(self.somebody()?, id, within, actions).await?;
        Ok(self.granted(allowed))
    }

    /// Whether the viewer may, now, take an action on a thing.
    async fn may<A: Aggregate>(&self, id: Uuid, action: &'static str) -> Result<bool, Failed> {
        let allowed = self.open()?.app.allowed::<A>(self.viewer()?, id, None, &[action]).await?;
        Ok(!self.granted(allowed).is_empty())
    }

    /// Whether the viewer is who asked a question whose asker is hidden.
    async fn asked(&self, question: QuestionId, hidden: Option<&AskerTag>) -> Result<bool, Failed> {
        let Some(hidden) = hidden else { return Ok(false) };
        Ok(self.open()?.app.asker_tag(question, self.viewer()?).await?.as_ref() == Some(hidden))
    }
}

impl Viewing for Context<'_> {
    fn open(&self) -> Result<&Platform, Failed> {
        self.data().map_err(|_| Failed::Internal)
    }

    fn basis(&self) -> Option<&Basis> {
        self.data_opt::<Arc<Basis>>().map(AsRef::as_ref)
    }

    fn caller(&self) -> Result<Caller, Failed> {
        self.data().copied().map_err(|_| Failed::Internal)
    }

    fn past(&self) -> Result<&PastRows, Failed> {
        self.platform()?;
        self.data().map_err(|_| Failed::Internal)
    }

    fn gathering(&self) -> Result<&Gathering, Failed> {
        self.data().map_err(|_| Failed::Internal)
    }

    fn pace(&self) -> Result<&Pace, Failed> {
        self.data().map_err(|_| Failed::Internal)
    }

    fn moment(&self) -> Option<eventlog::Position> {
        past::moment(self)
    }
}
