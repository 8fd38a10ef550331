//! The authorization server, met as clients, browsers and attackers meet it.

mod authorize;
mod authorize_refused;
mod callback;
mod code;
mod consent;
mod refresh;
mod replay;
mod sign_in;
mod token_request;
