//! Responses: the authorization redirect (RFC 6749 §4.1.2, RFC 9207) and the token document (§5.1).

use serde::Serialize;
use url::Url;

use crate::protocol::{
    error::AuthorizationError, issuer::Issuer, redirect::RedirectUri, scope::Scopes,
    secret::AuthorizationCode,
};

/// Where an authorization ends: a code or an error, bound to a proven redirect URI.
#[derive(Debug)]
pub struct AuthorizationResponse {
    /// The URI proven to be the client's.
    pub redirect_uri: RedirectUri,
    /// The client's `state`, returned as it came.
    pub state: Option<String>,
    /// What the client is told.
    pub outcome: Result<AuthorizationCode, AuthorizationError>,
}

impl AuthorizationResponse {
    /// The URL to send the browser to: `code` or `error`, `state` and our `iss`, each exactly once,
    /// replacing parameters of the same names in the registered URI.
    #[must_use]
    pub fn location(&self, issuer: &Issuer) -> String {
        let Ok(mut url) = Url::parse(self.redirect_uri.as_str()) else { return String::new() };
        let reserved = ["code", "error", "error_description", "state", "iss"];
        let kept = url.query_pairs().filter(|(name, _)| !reserved.contains(&name.as_ref()));
        let kept: Vec<_> = kept.map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
        {
            let mut query = url.query_pairs_mut();
            query.clear().extend_pairs(kept);
            match &self.outcome {
                Ok(code) => query.append_pair("code", code.reveal()),
                Err(error) => query
                    .append_pair("error", error.code.as_str())
                    .append_pair("error_description", &error.description),
            };
            if let Some(state) = &self.state {
                query.append_pair("state", state);
            }
            query.append_pair("iss", issuer.as_str());
        }
        url.into()
    }
}

/// A successful token response (RFC 6749 §5.1). Absent members are left out, never null.
#[derive(Serialize)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Life of the access token in seconds.
    pub expires_in: u64,
    /// The refresh token, when the client registered the grant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// The scopes granted.
    #[serde(serialize_with = "as_list")]
    pub scope: Scopes,
}

fn as_list<S: serde::Serializer>(scopes: &Scopes, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(scopes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::error::AuthorizationErrorCode;

    #[test]
    fn each_parameter_appears_once_and_the_clients_own_query_stays() {
        let response = AuthorizationResponse {
            redirect_uri: RedirectUri::parse("https://c.example/cb?keep=1&iss=evil").unwrap(),
            state: Some("a b\"><script>".to_owned()),
            outcome: Err(AuthorizationError::new(AuthorizationErrorCode::AccessDenied, "No.")),
        };
        let issuer = Issuer::parse("https://a.example").unwrap();
        insta::assert_snapshot!(response.location(&issuer), @"https://c.example/cb?keep=1&error=access_denied&error_description=No.&state=a+b%22%3E%3Cscript%3E&iss=https%3A%2F%2Fa.example");
    }
}
