//! Floor 4¾: what stands in front of an MCP server, whoever wrote it: the gate, which judges each
//! message by the server's rules, and the ways to the server behind.
//!
//! It owns the step from an MCP message to a verdict and what travels on. Tokens are the guard's
//! business, scopes per tool the server file's.

mod allowance;
mod body;
mod door;
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod head;
mod hiding;
mod identity;
mod idle;
mod judge;
mod listing;
mod members;
mod message;
mod proxy;
mod refused;
mod session;
pub mod stdio;
mod watch;

pub use self::{
    allowance::Allowances,
    body::Room,
    door::Door,
    gate::{Gate, gated},
    identity::{ASSERTION_TTL, Assertions, Identity},
    judge::Asked,
    proxy::{Pool, Proxy, pool, proxied},
    session::SessionSeal,
};
pub(crate) use self::{door::hosts, refused::error};
