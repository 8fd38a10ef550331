//! The guard: each way in that must stay shut, and the one that is open.

mod cached;
mod head;
mod layer;
mod metadata;
mod reference;
mod remote;
mod tokens;

use std::sync::Arc;

use countersign::{
    ambient::{ManualClock, Timestamp},
    guard::{Caller, Guard, GuardRefusal, LocalKeys, Protected, Revocations},
    jose::{algorithm::Algorithm, keys::KeySet, sign::SigningKey},
    protocol::{id::GrantId, resource::Resource, scope::Scopes},
};
use http::{HeaderMap, Uri, header};
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://auth.example";
pub(crate) const RESOURCE: &str = "https://mcp.example/mcp";
pub(crate) const NOW: i64 = 1_700_000_000;

/// A guard with everything around it that a test may move.
pub(crate) struct World {
    pub(crate) guard: Arc<Guard>,
    pub(crate) key: SigningKey,
    pub(crate) keys: LocalKeys,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) revocations: Revocations,
}

pub(crate) fn key() -> SigningKey {
    SigningKey::generate(Algorithm::Es256).unwrap().0
}

pub(crate) fn key_set(keys: &[&SigningKey]) -> KeySet {
    let set = json!({"keys": keys.iter().map(|key| key.public_jwk()).collect::<Vec<_>>()});
    KeySet::from_jwks_value(&set, &[Algorithm::Es256, Algorithm::EdDsa]).unwrap()
}

pub(crate) fn protected(resource: &str) -> Protected {
    Protected {
        resource: Resource::new(resource),
        issuer: ISSUER.to_owned(),
        scopes: Scopes::parse("offline_access read").unwrap(),
        name: "Demo tools".to_owned(),
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::guarding(RESOURCE)
    }

    pub(crate) fn guarding(resource: &str) -> Self {
        let key = key();
        let keys = LocalKeys::new(key_set(&[&key]));
        let clock = Arc::new(ManualClock::new(Timestamp::from_unix(NOW)));
        let revocations = Revocations::default();
        let guard = Guard::local(protected(resource), keys.clone())
            .with_clock(clock.clone())
            .with_revocations(revocations.clone());
        Self { guard: Arc::new(guard), key, keys, clock, revocations }
    }

    /// The claims of a good token of alice's.
    pub(crate) fn claims(&self) -> Value {
        json!({
            "iss": ISSUER, "sub": "usr_alice", "aud": self.guard.protected().resource,
            "client_id": "dyn_client", "scope": "read", "jti": "t1", "iat": NOW, "exp": NOW + 3600,
            "auth_time": NOW, "idp": "dev", "grant_id": GrantId::from_bytes([7; 16]),
            "name": "Alice", "email": "alice@example.com",
        })
    }

    /// A token with some claims changed; null removes one.
    pub(crate) fn token(&self, changes: &Value) -> String {
        let mut claims = self.claims();
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        self.key.sign(Some("at+jwt"), &claims).unwrap()
    }

    pub(crate) async fn call(&self, token: &str) -> Result<Caller, GuardRefusal> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        self.guard.caller(&headers, &Uri::from_static("/mcp")).await
    }

    /// The refusal's code for logs, which tells reasons apart that callers may not.
    pub(crate) async fn refusal(&self, token: &str) -> &'static str {
        self.call(token).await.expect_err("refused").code()
    }
}

/// Status, challenge and body of a response.
pub(crate) async fn shown<B>(response: http::Response<B>) -> String
where
    B: axum::body::HttpBody<Data = bytes::Bytes>,
    B::Error: std::fmt::Debug,
{
    use http_body_util::BodyExt as _;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let mut lines = vec![parts.status.to_string()];
    for name in [header::WWW_AUTHENTICATE, header::RETRY_AFTER] {
        let values = parts.headers.get_all(&name).iter();
        lines.extend(values.map(|value| format!("{name}: {}", value.to_str().unwrap())));
    }
    lines.push(String::from_utf8_lossy(&body).into_owned());
    lines.join("\n")
}
