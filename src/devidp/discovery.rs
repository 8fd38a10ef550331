//! `GET /.well-known/openid-configuration` and `GET /jwks` (OpenID Connect Discovery §4).

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{Response, StatusCode},
};
use serde_json::json;

use crate::devidp::{Provider, respond};

pub(super) async fn configuration(State(provider): State<Arc<Provider>>) -> Response<Body> {
    let issuer = &provider.idp.issuer;
    let document = json!({
        "issuer": issuer,
        "authorization_endpoint": issuer.join("/authorize"),
        "token_endpoint": issuer.join("/token"),
        "jwks_uri": issuer.join("/jwks"),
        "end_session_endpoint": issuer.join("/end_session"),
        "scopes_supported": ["openid", "profile", "email"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [provider.idp.key.algorithm()],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "name", "email", "email_verified"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    });
    respond::json(StatusCode::OK, &document)
}

pub(super) async fn jwks(State(provider): State<Arc<Provider>>) -> Response<Body> {
    respond::json(StatusCode::OK, &json!({"keys": [provider.idp.key.public_jwk()]}))
}
