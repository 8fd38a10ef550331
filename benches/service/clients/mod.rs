//! What clients do, once each: the requests of one measured operation and the check of its answers.

mod bearer;
mod exchange;
mod fetch;
mod refresh;
mod register;
mod sign_in;

use std::{cell::Cell, rc::Rc};

pub(crate) use self::{
    bearer::{Bearer, Call},
    exchange::Exchange,
    fetch::Fetch,
    refresh::Refresh,
    register::Register,
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
        Self { next: Rc::default(), end: count }
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
