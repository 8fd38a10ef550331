//! Sign-ins at identity providers that answer well, late, badly, or in bad faith. Each kind of
//! provider is a wiremock server that the service knows by its file as shipped.

mod callback;
mod fake;
mod floods;
mod good;
mod keys;
mod kind;
mod outage;
mod people;
mod refusals;
mod rotation;
mod slow;
mod token;
mod world;
