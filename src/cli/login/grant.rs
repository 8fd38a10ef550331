//! Registration, authorization request, code, token, and the end of it all.

use anyhow::{Context as _, Result, anyhow, ensure};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Method;
use serde::Deserialize;
use serde_json::json;
use url::Url;
use zeroize::Zeroizing;

use super::{callback::Expected, discovery::Target, web::Web};
use crate::{ambient::random, app, protocol::pkce::Verifier};

/// An authorization request under way.
pub(super) struct Ask {
    pub(super) url: Url,
    client: String,
    redirect_uri: String,
    state: String,
    verifier: Verifier,
}

/// What came of it.
pub(super) struct Granted {
    pub(super) token: Zeroizing<String>,
    pub(super) scope: String,
    client: String,
}

#[derive(Deserialize)]
struct Registered {
    client_id: String,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    token_type: String,
    scope: Option<String>,
}

impl Ask {
    /// What the browser must bring back.
    pub(super) fn expected(&self, target: &Target) -> Expected {
        Expected {
            state: self.state.clone(),
            issuer: target.issuer.clone(),
            sends_iss: target.endpoints.authorization_response_iss_parameter_supported,
        }
    }
}

/// Registers, and makes the request (OAuth 2.1 §4.1.1, RFC 7636, RFC 8707).
pub(super) async fn prepare(
    web: &Web,
    target: &Target,
    redirect_uri: String,
    scope: Option<&str>,
) -> Result<Ask> {
    let client = register(web, target).await.context("registration")?;
    let entropy = app::entropy();
    let state = URL_SAFE_NO_PAD.encode(random::<32>(&*entropy));
    let verifier = Verifier::from_entropy(random(&*entropy));
    let scope = scope.or(target.scope.as_deref());
    let mut url = target.endpoints.authorization_endpoint.clone();
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &client)
        .append_pair("redirect_uri", &redirect_uri)
        .append_pair("state", &state)
        .append_pair("code_challenge", verifier.challenge().as_str())
        .append_pair("code_challenge_method", "S256")
        .append_pair("resource", &target.resource)
        .extend_pairs(scope.map(|scope| ("scope", scope)));
    Ok(Ask { url, client, redirect_uri, state, verifier })
}

/// Without a port, so that every login registers the same client (RFC 8252 §7.3).
async fn register(web: &Web, target: &Target) -> Result<String> {
    let endpoint = target.endpoints.registration_endpoint.as_ref();
    let endpoint = endpoint.ok_or_else(|| anyhow!("{} takes none", target.issuer))?;
    let metadata = json!({
        "client_name": "Countersign login",
        "redirect_uris": ["http://127.0.0.1/callback"],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    });
    let request = web.request(Method::POST, endpoint)?.json(&metadata);
    let registered: Registered = web.send(request, |_| false).await?.json()?;
    Ok(registered.client_id)
}

/// Trades the code for a token (OAuth 2.1 §4.1.3).
pub(super) async fn redeem(web: &Web, target: &Target, ask: &Ask, code: &str) -> Result<Granted> {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &ask.redirect_uri),
        ("client_id", &ask.client),
        ("code_verifier", ask.verifier.reveal()),
        ("resource", &target.resource),
    ];
    let request = web.request(Method::POST, &target.endpoints.token_endpoint)?.form(&form);
    let tokens: Tokens = web.send(request, |_| false).await?.json().context("the token")?;
    ensure!(tokens.token_type.eq_ignore_ascii_case("bearer"), "the token is no bearer token");
    let asked = target.scope.clone().unwrap_or_default();
    let scope = tokens.scope.unwrap_or(asked);
    Ok(Granted { token: Zeroizing::new(tokens.access_token), scope, client: ask.client.clone() })
}

/// Ends the grant again (RFC 7009): nobody is to find the token in use. A failure changes nothing for
/// the person, and the token ends by itself.
pub(super) async fn end(web: &Web, target: &Target, granted: &Granted) {
    let Some(endpoint) = &target.endpoints.revocation_endpoint else { return };
    let form = [("token", granted.token.as_str()), ("client_id", &granted.client)];
    let request = web.request(Method::POST, endpoint).map(|request| request.form(&form));
    if let Ok(request) = request {
        let _ = web.send(request, |_| false).await;
    }
}
