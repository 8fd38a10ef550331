//! Floor 2: signed tokens (JOSE). Owns the verification of every JWS we are shown, the signing of
//! those we issue, and the sealing of what we must read back; it decides nothing about people.
//!
//! Pure: the time is an argument, and no key is fetched here. One exception is written down in
//! [`sign`] and `fingerprint`: making a key, and an ECDSA signature, draw their randomness inside the
//! crypto library.
//! A token goes `&str` -> [`jws::Jws`] (unverified) -> [`jws::VerifiedPayload`] (signature holds) ->
//! a type of its kind (claims hold); each arrow is one function.

pub mod access_token;
pub mod algorithm;
pub mod assertion;
mod claims;
pub(crate) mod fingerprint;
#[cfg(feature = "server")]
mod hkdf;
pub mod id_token;
mod json;
mod jwk;
pub mod jws;
pub mod keys;
pub mod refusal;
#[cfg(feature = "server")]
pub mod seal;
pub mod sign;

#[cfg(test)]
mod tests;
