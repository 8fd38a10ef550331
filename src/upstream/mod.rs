//! Floor 3: the only room that dials out.
//!
//! Owns the one HTTP client, key sets ([`jwks`]), provider discovery, the code exchange and client
//! metadata documents, with their caches and limits. It knows no claims and decides about no person.
//!
//! Everything read here is a stranger's or a provider's word: sizes, times, addresses and rates are
//! bounded ([`http`]), no redirect is followed, and nothing fetched is believed beyond its own kind.

pub mod address;
#[cfg(feature = "server")]
pub mod client_document;
#[cfg(feature = "server")]
pub mod discovery;
#[cfg(feature = "server")]
pub mod exchange;
pub mod freshness;
pub mod http;
pub mod jwks;
mod kept;
#[cfg(feature = "server")]
pub mod toolkit;
