//! Sign-ins at identity providers that answer well, late, badly, or in bad faith. Each kind of
//! provider is a wiremock server that the service knows by its file as shipped.

pub(crate) mod callback;
pub(crate) mod fake;
pub(crate) mod floods;
mod good;
pub(crate) mod keys;
pub(crate) mod kind;
pub(crate) mod outage;
mod people;
pub(crate) mod refusals;
mod rotation;
mod slow;
pub(crate) mod token;
pub(crate) mod world;
