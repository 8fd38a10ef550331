//! How the server behind learns who calls: by headers, by a signed assertion, or not at all. The
//! client's own token never travels on (MCP, token passthrough).

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;

use crate::{
    ambient::Timestamp,
    flow::keys::Keys,
    guard::Caller,
    jose::sign::KeyFault,
    protocol::{
        id::{ClientId, UserId},
        scope::Scopes,
    },
};

/// How long an assertion is good for: the way to the server behind, with clocks that differ.
pub const ASSERTION_TTL: Duration = Duration::from_mins(2);

/// How the server behind is told.
#[derive(Clone)]
pub enum Identity {
    /// `X-Countersign-User`, `-Name`, `-Email`, `-Scopes`, `-Client`; percent-encoded UTF-8.
    Headers,
    /// `Authorization: Bearer` and a JWT for this server alone.
    Assertion(Assertions),
    /// Not at all.
    Nothing,
}

/// Who signs assertions, and for whom.
#[derive(Clone)]
pub struct Assertions {
    /// Sign.
    pub keys: Keys,
    /// Our public URL, `iss`.
    pub issuer: String,
    /// The URL of the server behind, `aud`.
    pub audience: String,
}

#[derive(Serialize)]
struct Assertion<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a UserId,
    client_id: &'a ClientId,
    scope: String,
    iat: Timestamp,
    exp: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
}

impl Identity {
    /// Tells who calls, with `scopes` and all they imply.
    ///
    /// # Errors
    /// [`KeyFault`] when the assertion cannot be signed: the call must not go on as nobody's.
    pub(super) fn tell(
        &self,
        headers: &mut HeaderMap,
        caller: &Caller,
        scopes: &Scopes,
        now: Timestamp,
    ) -> Result<(), KeyFault> {
        match self {
            Self::Headers => by_headers(headers, caller, scopes),
            Self::Assertion(assertions) => assertions.tell(headers, caller, scopes, now)?,
            Self::Nothing => {}
        }
        Ok(())
    }
}

fn by_headers(headers: &mut HeaderMap, caller: &Caller, scopes: &Scopes) {
    let claims = caller.claims();
    let scopes = scopes.to_string();
    let said = [
        ("x-countersign-user", Some(caller.user().as_str())),
        ("x-countersign-name", claims.name.as_deref()),
        ("x-countersign-email", claims.email.as_deref()),
        ("x-countersign-scopes", Some(scopes.as_str())),
        ("x-countersign-client", Some(caller.client().as_str())),
    ];
    for (name, text) in said {
        let Some(text) = text else { continue };
        let encoded = utf8_percent_encode(text, UNPLAIN).to_string();
        if let Ok(value) = HeaderValue::try_from(encoded) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

impl Assertions {
    fn tell(
        &self,
        headers: &mut HeaderMap,
        caller: &Caller,
        scopes: &Scopes,
        now: Timestamp,
    ) -> Result<(), KeyFault> {
        let claims = caller.claims();
        let assertion = Assertion {
            iss: &self.issuer,
            aud: &self.audience,
            sub: caller.user(),
            client_id: caller.client(),
            scope: scopes.to_string(),
            iat: now,
            exp: now.plus(ASSERTION_TTL),
            name: claims.name.as_deref(),
            email: claims.email.as_deref(),
        };
        let token = self.keys.now().signer.sign(Some("JWT"), &assertion)?;
        if let Ok(mut value) = HeaderValue::try_from(format!("Bearer {token}")) {
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        Ok(())
    }
}

/// Everything but what stands in a header as it is: `%` itself, so that decoding is exact, too.
const UNPLAIN: &AsciiSet = &CONTROLS.add(b'%');
