//! Countersign.
pub mod ambient;
#[cfg(feature = "server")]
pub mod engine;
pub mod protocol;
#[cfg(feature = "server")]
pub mod store;
#[cfg(feature = "server")]
pub mod web;
