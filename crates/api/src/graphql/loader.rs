//! Rows as they were, by key, gathered: however many fields of a request ask for members of a moment, their events are
//! read once. (How things are now is read by [`super::gathering`].)

use std::{collections::HashMap, fmt, hash::Hash, marker::PhantomData, sync::Arc};

use async_graphql::dataloader::{DataLoader, Loader, NoCache};
use eventlog::Position;
use readmodel::{Model, ReadModelError, ReadModels};
use uuid::Uuid;

/// Folds rows up to earlier positions.
#[derive(Debug)]
pub(crate) struct PastLoader(Arc<ReadModels>);

/// Batches, and remembers nothing.
pub(crate) type PastRows = DataLoader<PastLoader, NoCache>;

pub(crate) fn past(models: Arc<ReadModels>) -> PastRows {
    DataLoader::new(PastLoader(models), tokio::spawn).delay(std::time::Duration::ZERO)
}

/// A row of one model: which, and of which moment.
pub(crate) struct Key<M> {
    id: Uuid,
    at: Position,
    model: PhantomData<fn() -> M>,
}

impl<M> Key<M> {
    pub(crate) fn of(id: Uuid, at: Position) -> Self {
        Self { id, at, model: PhantomData }
    }
}

impl<M> Clone for Key<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Key<M> {}

impl<M> PartialEq for Key<M> {
    fn eq(&self, other: &Self) -> bool {
        (self.id, self.at) == (other.id, other.at)
    }
}

impl<M> Eq for Key<M> {}

impl<M> Hash for Key<M> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.id, self.at).hash(state);
    }
}

impl<M> fmt::Debug for Key<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.id, self.at).fmt(f)
    }
}

impl<M: Model> Loader<Key<M>> for PastLoader {
    type Value = M::Row;
    type Error = Arc<ReadModelError>;

    async fn load(&self, keys: &[Key<M>]) -> Result<HashMap<Key<M>, M::Row>, Self::Error> {
        let mut moments: HashMap<Position, Vec<Uuid>> = HashMap::new();
        for key in keys {
            moments.entry(key.at).or_default().push(key.id);
        }
        let mut found = HashMap::new();
        for (at, ids) in moments {
            let mut rows = self.0.rows_at::<M>(&ids, at).await?;
            let named = ids.into_iter().map(|id| (Key::of(id, at), rows.remove(&id.to_string())));
            found.extend(named.filter_map(|(key, row)| Some((key, row?))));
        }
        Ok(found)
    }
}
