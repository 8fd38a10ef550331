//! Floor 4: the configuration, read once, all faults at once.
//!
//! Owns the variables, `.env`, and the files of `providers/` and `servers/`, and turns them into one
//! checked [`Config`]. It touches no network, and the process environment only through [`Lookup`].

mod database;
mod dotenv;
mod env_client;
mod environment;
mod fault;
mod interpolate;
mod listen;
mod lookup;
mod master_key;
mod reader;
mod toml_file;
mod values;
mod variables;

pub use self::{
    database::{DatabaseFault, DatabaseUrl},
    environment::{LogFormat, Logging},
    fault::Fault,
    listen::{Listen, ListenAddress, NotAnAddress},
    lookup::Lookup,
    master_key::{MasterKey, MasterKeys},
    variables::{VARIABLES, Variable, variable},
};
