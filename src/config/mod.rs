//! Floor 4: the configuration, read once, all faults at once.
//!
//! Owns the variables, `.env`, and the files of `providers/` and `servers/`, and turns them into one
//! checked [`Config`]. It touches no network, and the process environment only through [`Lookup`].

mod database;
mod dotenv;
mod fault;
mod listen;
mod lookup;
mod values;
mod variables;

pub use self::{
    database::{DatabaseFault, DatabaseUrl},
    fault::Fault,
    listen::{Listen, ListenAddress, NotAnAddress},
    lookup::Lookup,
    variables::{VARIABLES, Variable, variable},
};
