//! Countersign.
pub mod ambient;
#[cfg(feature = "server")]
pub mod demo;
#[cfg(feature = "server")]
pub mod devidp;
#[cfg(feature = "server")]
pub mod engine;
#[cfg(feature = "guard")]
pub mod guard;
#[cfg(feature = "guard")]
pub mod jose;
pub mod protocol;
#[cfg(feature = "server")]
pub mod store;
