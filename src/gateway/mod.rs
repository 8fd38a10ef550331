//! Floor 4¾: what stands in front of an MCP server, whoever wrote it: the gate, which judges each
//! message by the server's rules, and the ways to the server behind.
//!
//! It owns the step from an MCP message to a verdict and what travels on. Tokens are the guard's
//! business, scopes per tool the server file's.

mod gate;
mod judge;
mod message;
mod refused;
pub mod stdio;

pub(crate) use self::refused::error;
pub use self::{
    gate::{Gate, gated},
    judge::Asked,
};
