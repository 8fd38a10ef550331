//! The integration tests, in one binary.

mod demo;
mod devidp;
mod guard;
mod pages;
