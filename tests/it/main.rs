//! The integration tests, in one binary.
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod store;
