//! A cache of what may hold texts: when one is erased, nothing that was read before stays in memory.

use std::{hash::Hash, sync::Arc};

use eventlog::{Changes, Moment};
use quick_cache::{Weighter, sync::Cache};
use tokio::sync::watch;

/// Keeps what was read until there is no room for it, or all is to be forgotten.
#[derive(Debug)]
pub struct ForgettingCache<K, V, W>(Cache<K, V, W>);

impl<K: Eq + Hash + Clone, V: Clone, W: Weighter<K, V> + Clone> ForgettingCache<K, V, W> {
    /// Room for about so many things, which weigh so much together at most.
    pub fn new(things: usize, weight: u64, weighter: W) -> Self {
        Self(Cache::with_weighter(things, weight, weighter))
    }

    /// What is kept.
    pub fn get(&self, key: &K) -> Option<V> {
        self.0.get(key)
    }

    /// Keeps what was read at a moment. If all was to be forgotten since, it came too late to leave with the rest.
    pub fn keep(&self, changes: &Changes, key: &K, value: V, read: Moment) {
        self.0.insert(key.clone(), value);
        if changes.forgot_since(read) {
            self.0.remove(key);
        }
    }

    /// Lets go of everything whenever it is to be forgotten ([`Changes::forgotten`]). Goes on until the log ends.
    pub async fn forget(self: Arc<Self>, mut forgotten: watch::Receiver<()>) {
        while forgotten.changed().await.is_ok() {
            self.0.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use quick_cache::UnitWeighter;

    use super::*;

    #[tokio::test]
    async fn what_is_to_be_forgotten_leaves_memory() {
        let (changes, cache) = (Changes::default(), Arc::new(ForgettingCache::new(10, 10, UnitWeighter)));
        let forgetting = tokio::spawn(cache.clone().forget(changes.forgotten()));
        let read = changes.moment();
        cache.keep(&changes, &1, "a text", read);
        assert_eq!(cache.get(&1), Some("a text"));
        changes.forget();
        while cache.get(&1).is_some() {
            tokio::task::yield_now().await;
        }
        cache.keep(&changes, &1, "a text", read);
        assert_eq!(cache.get(&1), None, "it was read before that");
        drop(changes);
        forgetting.await.expect("ends with the log");
    }
}
