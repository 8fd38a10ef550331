//! Sign-ins at identity providers that answer well, late, badly, or in bad faith. Each kind of
//! provider is a wiremock server that the service knows by its file as shipped.

mod fake;
mod good;
mod keys;
mod kind;
mod refusals;
mod token;
mod world;
