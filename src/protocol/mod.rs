//! Floor 1: the words of OAuth 2.1 and MCP authorization, parsed once at the door.
//!
//! Owns identifiers, secrets, scopes, PKCE, redirect and resource URIs, requests, responses,
//! metadata and errors as types. It knows no rule of ours: what a server decides stands in `engine`.

pub mod access;
pub mod bearer;
pub mod error;
pub mod form;
pub mod id;
pub mod issuer;
pub mod metadata;
pub mod pkce;
pub mod redirect;
pub mod reference;
pub mod registration;
pub mod resource;
pub mod response;
pub mod scope;
pub mod secret;
