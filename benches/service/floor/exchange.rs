//! A token request and its answer, as the floor knows them: the bytes of the real ones.

use countersign::{
    ambient::{OsEntropy, random},
    jose::sign::SigningKey,
    protocol::secret::OpaqueAccessToken,
};
use serde::{Deserialize, Serialize};

/// The form.
#[derive(Deserialize)]
#[expect(
    dead_code,
    reason = "every server reads the whole form, and this one judges nothing of it"
)]
pub(super) struct Asked {
    grant_type: String,
    client_id: String,
    code: Option<String>,
    refresh_token: Option<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    resource: String,
}

/// The answer.
#[derive(Serialize)]
pub(super) struct Given {
    pub(super) access_token: String,
    token_type: &'static str,
    expires_in: u32,
    pub(super) refresh_token: String,
    scope: &'static str,
}

/// The claims of an access token (RFC 9068 §2.2).
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    client_id: &'a str,
    scope: &'a str,
    jti: String,
    iat: i64,
    exp: i64,
    auth_time: i64,
    idp: &'a str,
    grant_id: &'a str,
    name: &'a str,
    email: &'a str,
}

impl Asked {
    /// The code, or the refresh token.
    pub(super) fn secret(&self) -> &str {
        self.code.as_deref().or(self.refresh_token.as_deref()).unwrap_or_default()
    }
}

pub(super) fn given(access_token: String) -> Given {
    Given {
        access_token,
        token_type: "Bearer",
        expires_in: 3600,
        refresh_token: OpaqueAccessToken::from_entropy(random(&OsEntropy)).reveal().to_owned(),
        scope: SCOPE,
    }
}

pub(super) fn signed(signer: &SigningKey, asked: &Asked) -> String {
    let claims = Claims {
        iss: "http://localhost:8000",
        sub: "usr_AAAAAAAAAAAAAAAAAAAAAA",
        aud: &asked.resource,
        client_id: &asked.client_id,
        scope: SCOPE,
        jti: OpaqueAccessToken::from_entropy(random(&OsEntropy)).reveal().to_owned(),
        iat: 1_800_000_000,
        exp: 1_800_003_600,
        auth_time: 1_800_000_000,
        idp: "dev",
        grant_id: "AAAAAAAAAAAAAAAAAAAAAA",
        name: "Alice Admin",
        email: "alice@example.com",
    };
    signer.sign(Some("at+jwt"), &claims).unwrap_or_default()
}

const SCOPE: &str = "admin read write";
/// The length of an access token, so that the whole answer has 700 bytes.
pub(super) const TOKEN: usize = 560;
