//! One claim per test.
