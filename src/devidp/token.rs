//! `POST /token` (OpenID Connect Core §3.1.3, RFC 6749 §4.1.3, RFC 7636 §4.6).

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{
    ambient::random,
    devidp::{
        DevClient, Provider,
        claims::{LIFE, id_token},
        codes::Issued,
        respond,
    },
    engine::client_auth::{Credentials, Proof},
    protocol::{
        error::{TokenError, TokenErrorCode},
        form::Params,
        pkce::Verifier,
        secret::{AuthorizationCode, Digest},
    },
};

/// Exchanges a code for an ID token.
pub(super) async fn exchanged(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    body: String,
) -> Response<Body> {
    match provider.exchange(&headers, &body) {
        Ok(tokens) => respond::json(StatusCode::OK, &tokens),
        Err(error) => refused(&error),
    }
}

impl Provider {
    fn exchange(&self, headers: &HeaderMap, body: &str) -> Result<Value, TokenError> {
        let params = Params::parse(body).map_err(|f| TokenError::invalid_request(f.to_string()))?;
        let authorization = headers.get(header::AUTHORIZATION).map(HeaderValue::to_str);
        let authorization = authorization
            .transpose()
            .map_err(|_| TokenError::invalid_client("The Authorization header is malformed."))?;
        authenticate(&self.idp.client, &Credentials::read(authorization, &params)?)?;
        if params.one("grant_type") != Some("authorization_code") {
            let why = "The only grant_type is authorization_code.";
            return Err(TokenError::new(TokenErrorCode::UnsupportedGrantType, why));
        }
        let code =
            params.one("code").ok_or_else(|| TokenError::invalid_request("code is missing."))?;
        let code = AuthorizationCode::parse(code).map(|code| code.digest());
        let issued = code.and_then(|code| self.codes.take(&code, self.idp.clock.now()));
        let issued = issued
            .ok_or_else(|| TokenError::invalid_grant("The code is unknown, used or too old."))?;
        is_theirs(&issued, &params)?;
        self.tokens(&issued)
    }

    fn tokens(&self, issued: &Issued) -> Result<Value, TokenError> {
        let bytes: [u8; 32] = random(&*self.idp.entropy);
        let access_token = format!("dev_at_{}", URL_SAFE_NO_PAD.encode(bytes));
        let claims = id_token(&self.idp, issued, &access_token, self.idp.clock.now());
        let signed = self.idp.key.sign(Some("JWT"), &claims);
        let id_token = signed.map_err(|_| {
            TokenError::new(TokenErrorCode::TemporarilyUnavailable, "The token cannot be signed.")
        })?;
        Ok(json!({
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": LIFE.as_secs(),
            "scope": "openid profile email",
            "id_token": id_token,
        }))
    }
}

fn authenticate(client: &DevClient, credentials: &Credentials) -> Result<(), TokenError> {
    let named = credentials.client.as_ref().is_some_and(|id| id.as_str() == client.id);
    let proven = match &credentials.proof {
        Proof::Basic(secret) | Proof::Post(secret) => Digest::of(secret).matches(&client.secret),
        Proof::None | Proof::Assertion(_) => false,
    };
    let why = "The client is unknown or its secret is wrong.";
    (named && proven).then_some(()).ok_or_else(|| TokenError::invalid_client(why))
}

fn is_theirs(issued: &Issued, params: &Params) -> Result<(), TokenError> {
    if params.one("redirect_uri") != Some(&issued.redirect_uri) {
        let why = "redirect_uri differs from the authentication request.";
        return Err(TokenError::invalid_grant(why));
    }
    let verifier = params.one("code_verifier").and_then(Verifier::parse);
    let matches = verifier.is_some_and(|verifier| issued.challenge.matches(&verifier));
    let why = "code_verifier does not match the code_challenge.";
    matches.then_some(()).ok_or_else(|| TokenError::invalid_grant(why))
}

fn refused(error: &TokenError) -> Response<Body> {
    let body = json!({"error": error.code.as_str(), "error_description": error.description});
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let mut response = respond::json(status, &body);
    if status == StatusCode::UNAUTHORIZED {
        let basic = HeaderValue::from_static("Basic realm=\"token\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
    }
    response
}
