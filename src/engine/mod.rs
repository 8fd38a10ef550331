//! Floor 2: the OAuth 2.1 authorization server as pure functions over records.
//!
//! Owns what is decided: which request is good, who the client is, when a code or a refresh token is
//! honoured. It knows no provider, no store and no token format, and it neither waits nor looks at a
//! clock.

pub mod authorize;
pub mod client_auth;
pub mod keys;
pub mod limits;
pub mod policy;
pub mod record;
pub mod redeem;
pub mod refresh;
pub mod register;

#[cfg(test)]
mod samples;
