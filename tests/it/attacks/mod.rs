//! The attacks known against services of this kind, one file a group and one test a row of the map in
//! `docs/threat-model.md`. Each must be refused, change nothing, and leave no secret in the log.

mod before;
mod frames;
mod j_documents;
mod j_registration;
mod k_tokens;
mod l_sessions;
mod m_keys;
mod map;
mod n_database;
mod n_operation;
mod n_proxies;
mod o_exhaustion;
mod ranges;
mod source;
