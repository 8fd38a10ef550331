//! Countersign.
pub mod ambient;
#[cfg(feature = "server")]
pub mod engine;
pub mod protocol;
#[cfg(feature = "server")]
pub mod provider;
#[cfg(feature = "server")]
pub mod store;
