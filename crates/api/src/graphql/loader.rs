//! Rows by key, gathered: however many fields of a request ask for members, they are read in one query.

use std::{collections::HashMap, fmt, hash::Hash, marker::PhantomData, sync::Arc};

use async_graphql::dataloader::{DataLoader, Loader, NoCache};
use domain::id::ProjectId;
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

/// The key of a row of one model.
pub(crate) struct Key<M>(String, PhantomData<fn() -> M>);

impl<M> Key<M> {
    pub(crate) fn of(id: impl Into<Uuid>) -> Self {
        Self(id.into().to_string(), PhantomData)
    }
}

impl<M> Clone for Key<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<M> PartialEq for Key<M> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<M> Eq for Key<M> {}

impl<M> Hash for Key<M> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<M> fmt::Debug for Key<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<M: Model> Loader<Key<M>> for RowLoader {
    type Value = M::Row;
    type Error = Arc<ReadModelError>;

    async fn load(&self, keys: &[Key<M>]) -> Result<HashMap<Key<M>, M::Row>, Self::Error> {
        let keys: Vec<String> = keys.iter().map(|key| key.0.clone()).collect();
        let rows = self.0.rows::<M>(&keys).await?;
        Ok(rows.into_iter().map(|(key, row)| (Key(key, PhantomData), row)).collect())
    }
}

/// The cycles of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CyclesOf(pub(crate) ProjectId);

impl Loader<CyclesOf> for RowLoader {
    type Value = Vec<CycleRow>;
    type Error = Arc<ReadModelError>;

    async fn load(&self, keys: &[CyclesOf]) -> Result<HashMap<CyclesOf, Vec<CycleRow>>, Self::Error> {
        let projects: Vec<ProjectId> = keys.iter().map(|key| key.0).collect();
        let mut cycles: HashMap<CyclesOf, Vec<CycleRow>> = HashMap::new();
        for row in self.0.cycles_of(&projects).await? {
            cycles.entry(CyclesOf(row.project)).or_default().push(row);
        }
        Ok(cycles)
    }
}
