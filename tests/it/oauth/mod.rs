//! The authorization server, met as clients, browsers and attackers meet it.

mod authorize;
mod authorize_refused;
mod callback;
mod consent;
mod sign_in;
