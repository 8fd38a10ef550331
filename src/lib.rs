//! Countersign.
pub mod ambient;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod engine;
#[cfg(feature = "guard")]
pub mod guard;
#[cfg(feature = "guard")]
pub mod jose;
pub mod protocol;
#[cfg(feature = "server")]
pub mod provider;
#[cfg(feature = "server")]
pub mod store;
#[cfg(feature = "server")]
pub mod web;
