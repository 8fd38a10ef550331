//! The authorization server, met as clients, browsers and attackers meet it.

mod authorize;
mod authorize_refused;
mod callback;
mod code;
pub(crate) mod confidential;
mod consent;
mod document_attacks;
pub(crate) mod documents;
mod host;
mod metadata;
mod outage;
mod refresh;
pub(crate) mod register;
pub(crate) mod replay;
mod revoke;
mod settings;
mod sign_in;
mod sign_out;
mod token_request;
