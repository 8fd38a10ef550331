//! Countersign.
pub mod ambient;
#[cfg(feature = "server")]
pub mod engine;
#[cfg(feature = "guard")]
pub mod jose;
pub mod protocol;
#[cfg(feature = "server")]
pub mod store;
#[cfg(feature = "guard")]
pub mod upstream;
