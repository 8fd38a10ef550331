//! What clients do, once each: the requests of one measured operation and the check of its answers.

mod bearer;
mod exchange;
mod fetch;
mod introspect;
mod mixed;
mod posted;
mod refresh;
mod register;
mod scattered;
mod sign_in;

use std::{cell::Cell, rc::Rc};

pub(crate) use self::{
    bearer::{Bearer, Call},
    exchange::Exchange,
    fetch::Fetch,
    introspect::Introspect,
    mixed::Mixed,
    posted::Posted,
    refresh::Refresh,
    register::Register,
    scattered::{First, Scattered},
    sign_in::{Place, SignIn},
};

/// Numbers handed out once each, such as those of codes that were made beforehand.
#[derive(Clone, Debug)]
pub(crate) struct Stock {
    next: Rc<Cell<u64>>,
    end: u64,
}

impl Stock {
    pub(crate) fn new(count: u64) -> Self {
        Self::from(0, count)
    }

    /// So many numbers from this one on.
    pub(crate) fn from(start: u64, count: u64) -> Self {
        Self { next: Rc::new(Cell::new(start)), end: start.saturating_add(count) }
    }

    /// Numbers without an end.
    pub(crate) fn endless() -> Self {
        Self::new(u64::MAX)
    }

    /// The next number; none when all are gone.
    pub(crate) fn take(&self) -> Option<u64> {
        let next = self.next.get();
        self.next.set(next + 1);
        (next < self.end).then_some(next)
    }
}
