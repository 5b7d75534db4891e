//! Loading what a command decides on: its stream, folded, with what was folded before kept in memory.

use std::{
    any::Any,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{Actor, Aggregate, event};
use eventlog::{Moment, Position, Recorded, StreamId};
use futures::future::BoxFuture;
use lru::LruCache;
use uuid::Uuid;

use crate::{App, Failure};

/// Folded states kept in memory, at most.
const CACHED: NonZeroUsize = NonZeroUsize::new(10_000).expect("not zero");

/// A state and the point of its stream up to which it was folded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loaded<A> {
    pub(crate) state: A,
    /// 0: the stream does not exist.
    pub(crate) version: i32,
    /// The position of the last event; 0 when there is none.
    pub(crate) position: Position,
}

/// How new a state must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AsOf {
    /// As the log has it now: to decide on.
    Now,
    /// No older than what this process shows: to look at. Costs nothing where nothing changed.
    Seen,
}

/// A state, and when it was read.
type Cached = (Arc<dyn Any + Send + Sync>, Moment);

/// Folds all events of a stream into the state of its kind, and keeps it.
pub(crate) type Folding = for<'a> fn(&'a App, StreamId, Vec<Recorded>, Moment) -> BoxFuture<'a, Result<(), Failure>>;

/// A thing of a kind, for [`App::look_ahead`].
pub(crate) fn thing<A: Aggregate>(id: Uuid) -> (StreamId, Folding) {
    let fold: Folding = |app, stream, events, moment| {
        Box::pin(async move {
            let mut loaded = Loaded { state: A::default(), version: 0, position: 0 };
            app.apply(stream, &mut loaded, &events, moment).await
        })
    };
    (StreamId::new(A::KIND, id), fold)
}

/// States by stream. To decide on, they are always brought up to date from the log first, so a stale one costs time, not
/// truth.
#[derive(Debug)]
pub(crate) struct States(Mutex<LruCache<StreamId, Cached>>);

impl Default for States {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(CACHED)))
    }
}

impl States {
    fn get<A: Aggregate>(&self, stream: &StreamId) -> Option<(Loaded<A>, Moment)> {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (cached, moment) = states.get(stream)?;
        Some((cached.downcast_ref::<Loaded<A>>()?.clone(), *moment))
    }

    fn has(&self, stream: &StreamId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(stream)
    }

    pub(crate) fn put<A: Aggregate>(&self, stream: StreamId, loaded: Loaded<A>, moment: Moment) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).put(stream, (Arc::new(loaded), moment));
    }

    /// Forgets everything, e.g. after texts were erased.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl App {
    /// The state of one thing.
    pub(crate) async fn load<A: Aggregate>(&self, id: Uuid, as_of: AsOf) -> Result<Loaded<A>, Failure> {
        let stream = StreamId::new(A::KIND, id);
        let mut loaded = match self.states.get::<A>(&stream) {
            Some((loaded, read)) if as_of == AsOf::Seen && self.log.changes().is_fresh(id, read) => return Ok(loaded),
            Some((loaded, _)) => loaded,
            None => Loaded { state: A::default(), version: 0, position: 0 },
        };
        let moment = self.log.changes().moment();
        let news = self.log.stream(&stream, loaded.version).await?;
        self.apply(stream, &mut loaded, &news, moment).await?;
        Ok(loaded)
    }

    /// Reads what is not known of some things in one statement, so that looking at them costs no more.
    pub(crate) async fn look_ahead(&self, things: &[(StreamId, Folding)]) -> Result<(), Failure> {
        let unknown: Vec<_> = things.iter().filter(|(stream, _)| !self.states.has(stream)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = unknown.iter().map(|(stream, _)| stream.id).collect();
        let moment = self.log.changes().moment();
        let events = self.log.streams_with_keys(&ids).await?;
        for (stream, fold) in unknown {
            let own: Vec<Recorded> = events.iter().filter(|event| event.stream == *stream).cloned().collect();
            fold(self, stream.clone(), own, moment).await?;
        }
        Ok(())
    }

    /// Folds events on top of a state, and keeps it.
    async fn apply<A: Aggregate>(
        &self,
        stream: StreamId,
        loaded: &mut Loaded<A>,
        news: &[Recorded],
        moment: Moment,
    ) -> Result<(), Failure> {
        let payloads = self.log.keys().open(news).await?;
        for (recorded, payload) in news.iter().zip(payloads) {
            let Recorded { event_type, schema_version, at, .. } = recorded;
            let schema_version = u16::try_from(*schema_version).unwrap_or_default();
            let event = event::decode::<A>(event_type, schema_version, &payload)?;
            let actor: Actor = recorded.actor.parse().map_err(|error| Failure::Internal(Box::new(error)))?;
            loaded.state.apply(&event, actor, *at);
            loaded.version = recorded.version;
            loaded.position = recorded.position;
        }
        self.states.put(stream, loaded.clone(), moment);
        Ok(())
    }
}
