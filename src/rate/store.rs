//! The states by key, of which there is a bounded number.

use std::{hash::Hash, sync::Arc};

use governor::{
    nanos::Nanos,
    state::{
        InMemoryState, NotKeyed, StateStore,
        keyed::{DashMapStateStore, ShrinkableKeyedStateStore},
    },
};

/// Governor's table of states, and one state more for the keys that find no room in it.
pub(super) struct Bounded<K: Clone + Eq + Hash>(Arc<Table<K>>);

struct Table<K: Clone + Eq + Hash> {
    known: DashMapStateStore<K>,
    others: InMemoryState,
    most: usize,
}

impl<K: Clone + Eq + Hash> Bounded<K> {
    pub(super) fn new(most: usize) -> Self {
        let known = DashMapStateStore::default();
        Self(Arc::new(Table { known, others: InMemoryState::default(), most }))
    }

    pub(super) fn is_full(&self) -> bool {
        self.0.known.len() >= self.0.most
    }

    /// Moves a key's theoretical arrival time back, if it has one.
    pub(super) fn move_back(&self, key: &K, by: Nanos) {
        let _unknown = self.measure_and_replace(key, |arrival| {
            arrival.map(|arrival| ((), arrival.saturating_sub(by))).ok_or(())
        });
    }
}

impl<K: Clone + Eq + Hash> Clone for Bounded<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K: Clone + Eq + Hash> StateStore for Bounded<K> {
    type Key = K;

    /// Several newcomers at the same moment may each find the last free place: the bound is exceeded
    /// by the number of threads at most.
    fn measure_and_replace<T, F, E>(&self, key: &K, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        if self.0.known.contains_key(key) || !self.is_full() {
            self.0.known.measure_and_replace(key, decide)
        } else {
            self.0.others.measure_and_replace(&NotKeyed::NonKey, decide)
        }
    }
}

impl<K: Clone + Eq + Hash> ShrinkableKeyedStateStore<K> for Bounded<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        self.0.known.retain_recent(drop_below);
    }

    fn shrink_to_fit(&self) {
        self.0.known.shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.0.known.len()
    }

    fn is_empty(&self) -> bool {
        self.0.known.is_empty()
    }
}
