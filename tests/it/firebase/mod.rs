//! Firebase sign-ins, by tokens that our page posts and by Google's code flow in front of Identity
//! Toolkit. Google is a wiremock server; the service knows the project by its file as shipped.

mod boundaries;
mod code_flow;
mod confirm;
mod emulator;
mod good;
mod google;
mod later;
mod lookup;
mod origin;
mod outage;
mod page;
mod post;
mod redirect;
mod redirect_refused;
mod refusals;
mod replay;
mod service_account;
mod settings;
mod stands;
mod toolkit;
pub(crate) mod world;
