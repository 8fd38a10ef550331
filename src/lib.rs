//! Countersign: an identity provider vouches for a person, Countersign countersigns.
//!
//! It lets people sign in to MCP (Model Context Protocol) servers with the identity they already
//! have: it verifies the ID token of an OpenID provider, maps claims to an internal user and scopes,
//! and issues its own OAuth 2.1 access token, which a guard checks in front of the MCP server.
//!
//! These pages are the architecture. `tests/architecture.rs` holds the code to it.
//!
//! # Floors
//!
//! Imports point down only.
//!
//! | floor | rooms | may |
//! |---|---|---|
//! | 6 | `main.rs`, `cli` | read argv and environment, print |
//! | 5½ | `app`, the composition root | name concrete stores, clocks and entropy |
//! | 5 | `web` (endpoints, pages), `demo` (the built-in MCP server), `devidp` (the development identity provider) | speak HTTP |
//! | 4¾ | `gateway` (the gate in front of any MCP server, and the ways to it) | speak HTTP |
//! | 4 | `flow` (load, step, save), `config` | be async; call stores, upstreams and pure steps |
//! | 3½ | `guard` (bearer token in, `Caller` out; challenge; tower layer) | read the key cache below it |
//! | 3 | `provider` (pure adapters: firebase, auth0, oidc; claim mapping), `store` (trait, SQLite), `upstream` (the only room that dials out), `rate` (how often) | each one thing |
//! | 2 | `engine` (the OAuth 2.1 server as pure functions over records), `jose` (JWS and sealing) | compute |
//! | 1 | `protocol` (the words: ids, scopes, secrets, PKCE, redirect URIs, requests, errors) | compute |
//! | 0 | `ambient` (`Clock`, `Entropy`) | touch the world's time and dice |
//!
//! The guard stands half a floor above `upstream`, because a guard outside this process reads the key
//! cache there, and imports point down; `app` half a floor below the command line, which builds on it.
//!
//! * `protocol`, `jose`, `engine`, `provider` are pure: no async, no clock, no randomness, no I/O, no
//!   logging. (`jose::sign` makes keys and ECDSA signatures with the crypto library's own randomness,
//!   and says so.)
//! * `engine` knows no provider, no store, no token format. `provider` knows no network. `upstream`
//!   knows no claims. `store` knows records, never rules. `web` never sees a store.
//! * Traits are walls: `Store` (in five parts, the others are `People`, `Issued`, `Keyring` and `Nodes`), `Clock`, `Entropy`, `Adapter`.
//!   Nothing else is one.
//!
//! # A sign-in, in one direction
//!
//! | hop | what happens |
//! |---|---|
//! | 1 `GET /authorize` | parsed once; client and redirect URI proven before anything else; nothing is written. One page: which client, where it will return to, which server, which scopes, a button per identity provider. |
//! | 2 `POST /authorize` | the request comes back sealed, exactly as it was shown, in the same browser. Only now a pending sign-in is stored and its cookie set; 303 to the provider with our own state, nonce and PKCE, or to our page that runs the Firebase SDK. Who is signed in here goes on to hop 5. |
//! | 3 `GET /callback/{provider}` | cookie, state and provider must agree; the pending record is taken (single use); the code is exchanged. A page's `POST` there brings the token itself, and the person confirms the account. |
//! | 4 same request | `VerifiedIdToken` -> `Identity` -> `Principal` -> scopes = asked ∩ server's ∩ principal's. There is one way to become a `Principal`. |
//! | 5 303 back to the client | `code` or `error`, `state`, `iss` (ours), each exactly once. |
//! | 6 `POST /token` | the code is spent before anything is minted; PKCE, client, redirect URI, resource checked; an access token (JWT, `typ: at+jwt`, `aud` = the MCP server) and a refresh token. |
//! | 7 `POST /mcp` | guard: signature, `iss`, `aud`, `exp`, `typ`, revocation; scopes per tool; then the MCP server, with the caller's identity and without the bearer token. |
//!
//! A session and a grant hold no proof: each use makes the principal anew from the claims kept at the
//! last sign-in and the present rules (`flow::standing`).
//!
//! The chain of proofs: `String -> VerifiedIdToken -> Identity -> Principal -> Authorization ->`
//! access token. Fields are private; each arrow exists in one function of one room.
//!
//! # Secrets
//!
//! Codes, client secrets, our `state` and cookies are 256 random bits and stored as SHA-256 digests.
//! A refresh token carries its grant's id, its generation, 256 random bits and a tag made with the
//! master key: a grant is one row for ever, an old token is recognised as reuse, and a damaged one
//! changes nothing. What must be read back (signing keys, pending sign-ins, claims) is sealed with the
//! master key; the successor kept for a lost response is sealed under the token it succeeds.
//!
//! # Features
//!
//! `guard` alone builds `protocol`, `jose`, the key cache of `upstream` and [`guard`], for Rust MCP
//! servers that protect themselves. `server`, the default, is the whole service.

pub mod ambient;
#[cfg(feature = "server")]
pub mod app;
#[cfg(feature = "server")]
pub mod cli;
#[cfg(feature = "server")]
pub mod config;
#[cfg(feature = "server")]
pub mod demo;
#[cfg(feature = "server")]
pub mod devidp;
#[cfg(feature = "server")]
pub mod engine;
#[cfg(feature = "server")]
pub mod flow;
#[cfg(feature = "server")]
pub mod gateway;
#[cfg(feature = "guard")]
pub mod guard;
#[cfg(feature = "guard")]
pub mod jose;
pub mod protocol;
#[cfg(feature = "server")]
pub mod provider;
#[cfg(feature = "server")]
pub mod rate;
#[cfg(feature = "server")]
pub mod store;
#[cfg(feature = "guard")]
pub mod upstream;
#[cfg(feature = "server")]
pub mod web;
