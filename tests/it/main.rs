//! The integration tests, in one binary.

#![cfg(test)]
#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod demo;
mod devidp;
mod federation;
mod guard;
mod harness;
mod oauth;
mod pages;
mod rmcp_client;
mod running;
mod store;
mod upstream;
