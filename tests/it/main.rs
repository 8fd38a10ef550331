//! The integration tests, in one binary.

#![cfg(test)]

mod pages;
mod rmcp_client;
mod running;
