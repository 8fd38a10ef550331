//! The integration tests, in one binary.

#![cfg(test)]

mod attacks;
mod cli;
mod cluster;
mod demo;
mod devidp;
mod elsewhere;
mod federation;
mod firebase;
mod gateway;
mod guard;
mod harness;
mod interleaved;
mod keys;
mod limits;
mod moving;
mod nodes;
mod oauth;
mod pages;
mod people;
mod protect;
mod readme;
mod rmcp_client;
mod routes;
mod running;
mod sequences;
mod signed_in;
mod store;
mod tokens;
mod upstream;
