//! Identity Toolkit of the fake Google, and the token endpoint of its service accounts.

use std::{collections::HashMap, sync::LazyLock};

use countersign::{
    ambient::Clock as _,
    jose::{
        algorithm::Algorithm,
        jws::{Jws, VerifyPolicy},
        keys::KeySet,
    },
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wiremock::{Request, ResponseTemplate};

use super::google::{API_KEY, Desk, UID};
use crate::{
    federation::{fake::Manner, keys::TestKey},
    harness::claims,
};

/// Where a token of a service account is traded.
pub(crate) const SERVICE_TOKEN: &str = "/service/token";
/// Where a Google sign-in is traded.
pub(crate) const SIGN_IN: &str = "/toolkit/v1/accounts:signInWithIdp";
/// Where a person's token asks for the account.
pub(crate) const LOOKUP: &str = "/toolkit/v1/accounts:lookup";
/// The service account.
pub(crate) const ROBOT: &str = "robot@example-1a2b3.iam.gserviceaccount.com";
/// Its key; never one of an issuer's.
pub(crate) static ROBOT_KEY: LazyLock<TestKey> = LazyLock::new(|| TestKey::new(Algorithm::Rs256));
const ROBOT_TOKEN: &str = "ya29.the-access-token-of-the-robot";

/// What it says and does.
pub(crate) struct Toolkit {
    /// `accounts:signInWithIdp`.
    pub(crate) sign_in: Manner,
    /// `accounts:lookup`, in whosever name.
    pub(crate) lookup: Manner,
    /// The token endpoint of service accounts.
    pub(crate) service: Manner,
    /// The accounts that a lookup finds.
    pub(crate) accounts: Vec<Value>,
    /// The tenant that every request must name.
    pub(crate) tenant: Option<&'static str>,
    /// Whom a lookup in the project's name must ask for.
    pub(crate) uid: &'static str,
}

impl Default for Toolkit {
    fn default() -> Self {
        let account = json!({ "localId": UID, "validSince": "0", "emailVerified": true });
        Self {
            sign_in: Manner::Well,
            lookup: Manner::Well,
            service: Manner::Well,
            accounts: vec![account],
            tenant: None,
            uid: UID,
        }
    }
}

impl Desk {
    pub(super) fn at_the_toolkit(&mut self, request: &Request) -> ResponseTemplate {
        let path = request.url.path();
        if path == SERVICE_TOKEN {
            let answer = self.service_token(request);
            return self.toolkit.service.clone().apply(answer);
        }
        let named = request.url.query() == Some(&format!("key={API_KEY}"));
        let project = match self.toolkit.tenant {
            Some(tenant) => format!("/toolkit/v1/projects/example-1a2b3/tenants/{tenant}/"),
            None => "/toolkit/v1/projects/example-1a2b3/".to_owned(),
        };
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        if path == SIGN_IN && named {
            let answer = self.firebase_sign_in(&body);
            self.toolkit.sign_in.clone().apply(answer)
        } else if path == LOOKUP && named && body["idToken"].is_string() {
            self.toolkit.lookup.clone().apply(self.accounts())
        } else if path == format!("{project}accounts:lookup") && by_robot(request) {
            assert_eq!(body, json!({ "localId": [self.toolkit.uid] }));
            self.toolkit.lookup.clone().apply(self.accounts())
        } else {
            no("PERMISSION_DENIED")
        }
    }

    fn accounts(&self) -> ResponseTemplate {
        let kind = "identitytoolkit#GetAccountInfoResponse";
        let body = json!({ "kind": kind, "users": self.toolkit.accounts });
        ResponseTemplate::new(200).set_body_json(body)
    }

    /// Google's token must carry the hash of the nonce given beside it, and the callback must be ours.
    fn firebase_sign_in(&mut self, body: &Value) -> ResponseTemplate {
        let post = body["postBody"].as_str().unwrap();
        let form: HashMap<String, String> =
            url::form_urlencoded::parse(post.as_bytes()).into_owned().collect();
        let bound = claims(&form["id_token"]).1["nonce"] == hex_hash(&form["nonce"]);
        let ours = body["requestUri"] == "http://localhost:8000/callback/firebase"
            && body["returnSecureToken"] == true
            && body.get("tenantId").and_then(Value::as_str) == self.toolkit.tenant
            && form["providerId"] == "google.com";
        self.spoken.push(form["nonce"].clone());
        if !bound || !ours {
            return no("INVALID_IDP_RESPONSE : the nonce is not its hash");
        }
        let signed_in = self.token();
        self.spoken.push("the-refresh-token-of-alice".to_owned());
        let body = json!({
            "idToken": signed_in, "refreshToken": "the-refresh-token-of-alice",
            "localId": UID, "expiresIn": "3600",
        });
        ResponseTemplate::new(200).set_body_json(body)
    }

    /// RFC 7523 §3: signed by the account's key, for this endpoint, of this moment.
    fn service_token(&mut self, request: &Request) -> ResponseTemplate {
        let form: HashMap<String, String> =
            url::form_urlencoded::parse(&request.body).into_owned().collect();
        let assertion = form["assertion"].clone();
        self.speaks(&assertion);
        self.spoken.push(ROBOT_TOKEN.to_owned());
        let endpoint = format!("{}{SERVICE_TOKEN}", self.uri);
        let now = self.clock.now().unix();
        let said = verified(&assertion);
        let good = form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
            && said["iss"] == ROBOT
            && said["aud"] == endpoint
            && said["scope"] == "https://www.googleapis.com/auth/identitytoolkit"
            && said["iat"] == now
            && said["exp"].as_i64().is_some_and(|exp| exp > now && exp <= now + 3600);
        if !good {
            return ResponseTemplate::new(400).set_body_json(json!({ "error": "invalid_grant" }));
        }
        let body =
            json!({ "access_token": ROBOT_TOKEN, "expires_in": 3599, "token_type": "Bearer" });
        ResponseTemplate::new(200).set_body_json(body)
    }
}

/// The claims of an assertion that the service account signed with RS256; null for any other.
fn verified(assertion: &str) -> Value {
    let keys = json!({ "keys": [ROBOT_KEY.jwk()] });
    let keys = KeySet::from_jwks_value(&keys, &Algorithm::ALL).unwrap();
    let policy = VerifyPolicy {
        algorithms: &[Algorithm::Rs256],
        types: &[Some("JWT")],
        allow_missing_kid: true,
    };
    let payload = Jws::parse(assertion, 8192).and_then(|jws| jws.verify(&keys, &policy));
    payload.map_or(Value::Null, |payload| Value::Object(payload.into_value()))
}

fn by_robot(request: &Request) -> bool {
    let bearer = request.headers.get("authorization").map(|value| value.to_str().unwrap());
    bearer == Some(&format!("Bearer {ROBOT_TOKEN}")) && request.url.query().is_none()
}

/// As Google says no.
pub(crate) fn no(message: &str) -> ResponseTemplate {
    ResponseTemplate::new(400).set_body_json(refusal(message))
}

/// The body of a refusal of Google's.
pub(crate) fn refusal(message: &str) -> Value {
    json!({ "error": { "code": 400, "message": message, "errors": [] } })
}

/// The SHA-256 of a nonce, as Google's ID token carries it.
pub(crate) fn hex_hash(nonce: &str) -> String {
    let hash = Sha256::digest(nonce);
    hash.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}
