//! Rows by key, gathered: however many fields of a request ask for members, they are read in one query.

use std::{collections::HashMap, fmt, hash::Hash, marker::PhantomData, sync::Arc};

use async_graphql::dataloader::{DataLoader, Loader, NoCache};
use domain::id::ProjectId;
use eventlog::Position;
use readmodel::{Model, ReadModelError, ReadModels, models::cycle::CycleRow};
use uuid::Uuid;

/// Reads rows of read models.
#[derive(Debug)]
pub(crate) struct RowLoader(Arc<ReadModels>);

/// Batches, and remembers nothing: a subscription must not see old rows.
pub(crate) type Rows = DataLoader<RowLoader, NoCache>;

pub(crate) fn loader(models: Arc<ReadModels>) -> Rows {
    DataLoader::new(RowLoader(models), tokio::spawn).delay(std::time::Duration::ZERO)
}

/// A row of one model: which, and of which moment.
pub(crate) struct Key<M> {
    id: Uuid,
    at: Option<Position>,
    model: PhantomData<fn() -> M>,
}

impl<M> Key<M> {
    pub(crate) fn of(id: Uuid, at: Option<Position>) -> Self {
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

impl<M: Model> Loader<Key<M>> for RowLoader {
    type Value = M::Row;
    type Error = Arc<ReadModelError>;

    async fn load(&self, keys: &[Key<M>]) -> Result<HashMap<Key<M>, M::Row>, Self::Error> {
        let mut moments: HashMap<Option<Position>, Vec<Uuid>> = HashMap::new();
        for key in keys {
            moments.entry(key.at).or_default().push(key.id);
        }
        let mut found = HashMap::new();
        for (at, ids) in moments {
            let mut rows = match at {
                Some(position) => self.0.rows_at::<M>(&ids, position).await?,
                None => self.0.rows::<M>(&ids.iter().map(Uuid::to_string).collect::<Vec<_>>()).await?,
            };
            let named = ids.into_iter().map(|id| (Key::of(id, at), rows.remove(&id.to_string())));
            found.extend(named.filter_map(|(key, row)| Some((key, row?))));
        }
        Ok(found)
    }
}

/// The cycles of a project, and of which moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CyclesOf(pub(crate) ProjectId, pub(crate) Option<Position>);

impl Loader<CyclesOf> for RowLoader {
    type Value = Vec<CycleRow>;
    type Error = Arc<ReadModelError>;

    async fn load(&self, keys: &[CyclesOf]) -> Result<HashMap<CyclesOf, Vec<CycleRow>>, Self::Error> {
        let mut cycles: HashMap<CyclesOf, Vec<CycleRow>> = HashMap::new();
        let now: Vec<ProjectId> = keys.iter().filter(|key| key.1.is_none()).map(|key| key.0).collect();
        if !now.is_empty() {
            for row in self.0.cycles_of(&now).await? {
                cycles.entry(CyclesOf(row.project, None)).or_default().push(row);
            }
        }
        for CyclesOf(project, at) in keys {
            if let Some(position) = at {
                cycles.insert(CyclesOf(*project, *at), self.0.cycles_at(*project, *position).await?);
            }
        }
        Ok(cycles)
    }
}
