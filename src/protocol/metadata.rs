//! Published metadata: the authorization server's (RFC 8414) and a protected resource's (RFC 9728).

use serde::Serialize;

use crate::protocol::{issuer::Issuer, resource::Resource, scope::Scopes};

/// Authorization server metadata (RFC 8414 §2), also served as OpenID provider configuration for
/// clients that look there first.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "each field is the registered metadata member of its own name")]
pub struct ServerMetadata {
    pub issuer: Issuer,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub registration_endpoint: String,
    pub revocation_endpoint: String,
    pub jwks_uri: String,
    pub scopes_supported: Vec<String>,
    pub response_types_supported: [&'static str; 1],
    pub response_modes_supported: [&'static str; 1],
    pub grant_types_supported: [&'static str; 2],
    pub token_endpoint_auth_methods_supported: [&'static str; 4],
    pub token_endpoint_auth_signing_alg_values_supported: [&'static str; 4],
    pub revocation_endpoint_auth_methods_supported: [&'static str; 4],
    pub introspection_endpoint: String,
    pub introspection_endpoint_auth_methods_supported: [&'static str; 1],
    pub code_challenge_methods_supported: [&'static str; 1],
    pub authorization_response_iss_parameter_supported: bool,
    pub client_id_metadata_document_supported: bool,
    /// Said because silence means yes (OpenID Connect Discovery §3).
    pub request_uri_parameter_supported: bool,
    pub subject_types_supported: [&'static str; 1],
    pub id_token_signing_alg_values_supported: [&'static str; 1],
}

/// How a client may prove itself at the token and revocation endpoints (RFC 7591 §2).
pub const AUTH_METHODS: [&str; 4] =
    ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"];

impl ServerMetadata {
    /// The metadata of the server `issuer`, whose servers know `scopes`. `offline_access` is listed
    /// because several clients keep no refresh token otherwise.
    #[must_use]
    pub fn new(issuer: &Issuer, scopes: &Scopes, signing_alg: &'static str) -> Self {
        let scopes = scopes.iter().map(ToString::to_string);
        Self {
            issuer: issuer.clone(),
            authorization_endpoint: issuer.join("/authorize"),
            token_endpoint: issuer.join("/token"),
            registration_endpoint: issuer.join("/register"),
            revocation_endpoint: issuer.join("/revoke"),
            jwks_uri: issuer.join("/jwks"),
            scopes_supported: scopes.chain(["offline_access".to_owned()]).collect(),
            response_types_supported: ["code"],
            response_modes_supported: ["query"],
            grant_types_supported: ["authorization_code", "refresh_token"],
            token_endpoint_auth_methods_supported: AUTH_METHODS,
            token_endpoint_auth_signing_alg_values_supported: ["ES256", "EdDSA", "RS256", "PS256"],
            revocation_endpoint_auth_methods_supported: AUTH_METHODS,
            introspection_endpoint: issuer.join("/introspect"),
            introspection_endpoint_auth_methods_supported: ["client_secret_basic"],
            code_challenge_methods_supported: ["S256"],
            authorization_response_iss_parameter_supported: true,
            client_id_metadata_document_supported: true,
            request_uri_parameter_supported: false,
            subject_types_supported: ["public"],
            id_token_signing_alg_values_supported: [signing_alg],
        }
    }
}

/// Protected resource metadata (RFC 9728 §2).
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "each field is the registered metadata member of its own name")]
pub struct ResourceMetadata {
    pub resource: Resource,
    pub authorization_servers: Vec<String>,
    pub scopes_supported: Vec<String>,
    pub bearer_methods_supported: [&'static str; 1],
    pub resource_name: String,
}

impl ResourceMetadata {
    /// The metadata of one MCP server guarded by `issuer`. `offline_access` never stands here.
    #[must_use]
    pub fn new(resource: &Resource, issuer: &str, scopes: &Scopes, name: &str) -> Self {
        Self {
            resource: resource.clone(),
            authorization_servers: vec![issuer.to_owned()],
            scopes_supported: scopes.iter().map(ToString::to_string).collect(),
            bearer_methods_supported: ["header"],
            resource_name: name.to_owned(),
        }
    }
}
