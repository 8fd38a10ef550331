//! The code flow of the fake Google, as the project's web client knows it.

use std::collections::HashMap;

use countersign::{ambient::Clock as _, protocol::pkce::Verifier};
use serde_json::{Value, json};
use url::Url;
use wiremock::{Request, ResponseTemplate};

use super::google::Desk;
use crate::federation::{
    fake::Manner,
    keys::{CURVE, NEXT, TestKey},
    kind::{EMAIL, SECRET},
    token::{Defect, Draft},
};

/// The project's web client.
pub(crate) const WEB_CLIENT: &str = "1234-web.apps.googleusercontent.com";

/// What it says and does.
pub(crate) struct CodeFlow {
    /// What is wrong with Google's own ID tokens.
    pub(crate) defect: Defect,
    pub(crate) token: Manner,
    pub(crate) signer: &'static TestKey,
    logins: HashMap<String, HashMap<String, String>>,
}

impl Default for CodeFlow {
    fn default() -> Self {
        Self { defect: |_| {}, token: Manner::Well, signer: &NEXT, logins: HashMap::new() }
    }
}

impl Desk {
    /// The person signs in at Google: the way back, whose parameters name Google as issuer.
    pub(crate) fn sign_in(&mut self, leaving: &str) -> String {
        let url = Url::parse(leaving).unwrap();
        let asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(url.path(), "/o/auth");
        assert_eq!(
            (asked["client_id"].as_str(), asked["response_type"].as_str()),
            (WEB_CLIENT, "code")
        );
        assert_eq!(asked["code_challenge_method"], "S256");
        let code = format!("google-code-{}", self.flow.logins.len());
        self.spoken.extend([code.clone(), asked["nonce"].clone()]);
        let (back, state) = (asked["redirect_uri"].clone(), asked["state"].clone());
        self.flow.logins.insert(code.clone(), asked);
        Url::parse_with_params(&back, [("code", code), ("state", state)]).unwrap().into()
    }

    pub(super) fn in_the_code_flow(&mut self, request: &Request) -> ResponseTemplate {
        let good = |body: Value| ResponseTemplate::new(200).set_body_json(body);
        match request.url.path() {
            "/.well-known/openid-configuration" => good(metadata(&self.uri)),
            "/o/certs" => good(json!({ "keys": [NEXT.jwk(), CURVE.jwk()] })),
            "/o/token" => {
                let answer = self.redeem(request).map_or_else(
                    |error| ResponseTemplate::new(400).set_body_json(json!({ "error": error })),
                    good,
                );
                self.flow.token.clone().apply(answer)
            }
            _ => ResponseTemplate::new(404),
        }
    }

    fn redeem(&mut self, request: &Request) -> Result<Value, &'static str> {
        let form: HashMap<String, String> =
            url::form_urlencoded::parse(&request.body).into_owned().collect();
        if form["client_id"] != WEB_CLIENT || form["client_secret"] != SECRET {
            return Err("invalid_client");
        }
        let asked = self.flow.logins.remove(&form["code"]).ok_or("invalid_grant")?;
        self.spoken.push(form["code_verifier"].clone());
        let verifier = Verifier::parse(&form["code_verifier"]).ok_or("invalid_grant")?;
        let proven = verifier.challenge().as_str() == asked["code_challenge"]
            && form["redirect_uri"] == asked["redirect_uri"];
        if proven { Ok(self.google_tokens(&asked["nonce"])) } else { Err("invalid_grant") }
    }

    fn google_tokens(&mut self, nonce: &str) -> Value {
        let now = self.clock.now().unix();
        let claims = json!({
            "iss": self.uri, "aud": WEB_CLIENT, "azp": WEB_CLIENT, "nonce": nonce,
            "sub": "110169484474386276334", "email": EMAIL, "email_verified": true,
            "iat": now, "exp": now + 3600,
        });
        let mut draft = Draft::new(claims, self.flow.signer, self.uri.clone());
        (self.flow.defect)(&mut draft);
        let token = draft.token();
        self.speaks(&token);
        self.spoken.push("ya29.google-access-of-alice".to_owned());
        json!({
            "access_token": "ya29.google-access-of-alice", "id_token": token,
            "token_type": "Bearer", "expires_in": 3599,
        })
    }
}

fn metadata(uri: &str) -> Value {
    json!({
        "issuer": uri,
        "authorization_endpoint": format!("{uri}/o/auth"),
        "token_endpoint": format!("{uri}/o/token"),
        "jwks_uri": format!("{uri}/o/certs"),
        "response_types_supported": ["code"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "code_challenge_methods_supported": ["S256", "plain"],
    })
}
