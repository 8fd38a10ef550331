//! The steps of a sign-in as a client and a person take them.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign::protocol::pkce::Verifier;
use serde_json::{Value, json};

use super::{Answer, Browser, Form, Service};

/// Where the usual client wants to be answered.
pub(crate) const REDIRECT: &str = "http://127.0.0.1:7777/callback";

/// The PKCE verifier of the usual client.
pub(crate) fn verifier() -> Verifier {
    Verifier::from_entropy([9; 32])
}

/// Header or claims of a JWT, unverified.
fn part(jwt: &str, index: usize) -> Value {
    let part = jwt.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The header and the claims of a JWT, unverified.
pub(crate) fn claims(jwt: &str) -> (Value, Value) {
    (part(jwt, 0), part(jwt, 1))
}

impl Service {
    /// Registers the usual public client; always the same one.
    pub(crate) async fn client(&self) -> String {
        let metadata = json!({
            "client_name": "A test", "redirect_uris": [REDIRECT],
            "token_endpoint_auth_method": "none",
        });
        let answer = self.register(&metadata).await;
        answer.json()["client_id"].as_str().unwrap().to_owned()
    }

    /// A good authorization request of this client.
    pub(crate) fn ask(&self, client: &str) -> Form {
        Form::of(&[
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT),
            ("state", "s t"),
            ("resource", &self.resource),
            ("code_challenge", verifier().challenge().as_str()),
            ("code_challenge_method", "S256"),
        ])
    }

    /// A good redemption of this client's code.
    pub(crate) fn exchange(&self, client: &str, code: &str) -> Form {
        Form::of(&[
            ("grant_type", "authorization_code"),
            ("client_id", client),
            ("code", code),
            ("redirect_uri", REDIRECT),
            ("code_verifier", verifier().reveal()),
            ("resource", &self.resource),
        ])
    }

    /// A good refresh of this client's token.
    pub(crate) fn refresh(&self, client: &str, token: &str) -> Form {
        Form::of(&[
            ("grant_type", "refresh_token"),
            ("client_id", client),
            ("refresh_token", token),
            ("resource", &self.resource),
        ])
    }

    /// From the client's request to its redirect URI, as a user of the development identity provider
    /// such as `alice`.
    pub(crate) async fn walk(&self, browser: &mut Browser, ask: &Form, user: &str) -> Answer {
        let back = self.to_callback(browser, ask, user).await;
        browser.get(&back).await
    }

    /// As far as the callback's URL, which the browser has yet to open.
    pub(crate) async fn to_callback(
        &self,
        browser: &mut Browser,
        ask: &Form,
        user: &str,
    ) -> String {
        let leaving = self.to_provider(browser, ask, "dev").await;
        let there = browser.get(&leaving).await;
        let chosen = browser.press(&leaving, &there, ("user", user)).await;
        chosen.location().unwrap().to_owned()
    }

    /// As far as the provider's authorization URL, which the browser has yet to open.
    pub(crate) async fn to_provider(
        &self,
        browser: &mut Browser,
        ask: &Form,
        provider: &str,
    ) -> String {
        let here = format!("{}/authorize?{}", self.issuer, ask.encoded());
        let page = browser.get(&here).await;
        let left = browser.press(&here, &page, ("provider", provider)).await;
        let Some(leaving) = left.location() else { panic!("{} {}", left.status, left.body) };
        leaving.to_owned()
    }

    /// Signs in by the usual client: the parameters it is called back with.
    pub(crate) async fn sign_in(&self, user: &str) -> BTreeMap<String, String> {
        let ask = self.ask(&self.client().await);
        self.walk(&mut self.browser(), &ask, user).await.landing()
    }

    /// A code of the usual client.
    pub(crate) async fn code(&self, user: &str) -> String {
        let landing = self.sign_in(user).await;
        landing.get("code").unwrap_or_else(|| panic!("{landing:?}")).clone()
    }

    /// Signs in by the usual client and redeems the code: the token response.
    pub(crate) async fn tokens(&self, user: &str) -> Value {
        let code = self.code(user).await;
        let answer = self.token(&self.exchange(&self.client().await, &code)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// Signs in by the usual client: its id and its first refresh token.
    pub(crate) async fn lineage(&self, user: &str) -> (String, String) {
        let tokens = self.tokens(user).await;
        (self.client().await, tokens["refresh_token"].as_str().unwrap().to_owned())
    }
}
