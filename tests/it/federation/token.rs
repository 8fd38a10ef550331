//! A token response before it is sent: good as it stands, and open to every defect.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::keys::{TestKey, mac};

/// What a provider is about to answer. A test spoils it before it is signed, or after.
pub(crate) struct Draft {
    /// The header; `alg` also says how it is signed.
    pub(crate) header: Value,
    pub(crate) claims: Value,
    pub(crate) signer: &'static TestKey,
    /// Bytes in the place of the header.
    pub(crate) header_bytes: Option<Vec<u8>>,
    /// Bytes in the place of the claims.
    pub(crate) claims_bytes: Option<Vec<u8>>,
    /// Signs with HS256 under these bytes.
    pub(crate) secret: Option<Vec<u8>>,
    /// What is done to the finished token.
    pub(crate) finish: fn(String) -> String,
    /// Changes to the token response around it; null removes a member.
    pub(crate) reply: Value,
    /// The public address of the provider, for defects that need one.
    pub(crate) uri: String,
}

/// A defect.
pub(crate) type Defect = fn(&mut Draft);

impl Draft {
    /// The response's draft for good claims.
    pub(crate) fn new(claims: Value, signer: &'static TestKey, uri: String) -> Self {
        let header = json!({ "alg": signer.algorithm(), "typ": "JWT", "kid": signer.kid() });
        let (header_bytes, claims_bytes, secret, reply) = (None, None, None, json!({}));
        let finish = std::convert::identity;
        Self { header, claims, signer, header_bytes, claims_bytes, secret, finish, reply, uri }
    }

    /// Sets one claim.
    pub(crate) fn claim(&mut self, name: &str, value: impl Into<Value>) {
        self.claims[name] = value.into();
    }

    /// Takes one claim away.
    pub(crate) fn without(&mut self, name: &str) {
        self.claims.as_object_mut().unwrap().remove(name);
    }

    /// Sets one member of the header, or removes it by null.
    pub(crate) fn head(&mut self, name: &str, value: impl Into<Value>) {
        self.header = merged(self.header.take(), &json!({ name: value.into() }));
    }

    /// Lets another key sign, under its own id.
    pub(crate) fn signed_by(&mut self, key: &'static TestKey) {
        self.signer = key;
        self.head("kid", key.kid());
        self.head("alg", key.algorithm());
    }

    /// When the token was issued, by its own word.
    pub(crate) fn now(&self) -> i64 {
        self.claims["iat"].as_i64().unwrap()
    }

    /// The ID token.
    pub(crate) fn token(&self) -> String {
        let written = |bytes: &Option<Vec<u8>>, json: &Value| {
            URL_SAFE_NO_PAD.encode(bytes.clone().unwrap_or_else(|| json.to_string().into_bytes()))
        };
        let header = written(&self.header_bytes, &self.header);
        let claims = written(&self.claims_bytes, &self.claims);
        let message = format!("{header}.{claims}");
        let alg = self.header["alg"].as_str().unwrap_or_default();
        let signature = match &self.secret {
            Some(secret) => mac(secret, message.as_bytes()),
            None => self.signer.sign(alg, message.as_bytes()),
        };
        (self.finish)(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// `base` with the members of `changes`; null removes one.
pub(crate) fn merged(mut base: Value, changes: &Value) -> Value {
    let members = base.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    base
}
