//! Sequences of requests that nobody thought of, and what must be so after any of them.

mod families;
mod scopes;
mod stages;

use proptest::{
    strategy::{Strategy, ValueTree as _},
    test_runner::TestRunner,
};

use crate::harness::{Service, Setup};

/// A service that takes any number of requests.
async fn unlimited() -> Service {
    let limits = ["COUNTERSIGN_ADDRESS_LIMIT", "COUNTERSIGN_REGISTRATION_LIMIT"];
    limits.into_iter().fold(Setup::new(), |setup, name| setup.variable(name, "off")).start().await
}

/// So many samples, the same ones every time.
fn samples<S: Strategy>(strategy: &S, number: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..number).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}
