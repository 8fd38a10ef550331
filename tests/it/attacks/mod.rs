//! The attacks known against services of this kind, one file a group and one test a row of the map in
//! `docs/threat-model.md`. Each must be refused, change nothing, and leave no secret in the log.

mod a_addresses;
mod a_provider_fetch;
mod b_id_token;
mod before;
mod c_callback;
mod c_steps;
mod d_claims;
mod d_people;
mod e_answers;
mod e_authorize;
mod e_request;
mod f_consent;
mod f_pages;
mod frames;
mod g_code;
mod g_request;
mod h_refresh;
mod i_clients;
mod i_grants;
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
mod shared;
mod source;
mod wire;
