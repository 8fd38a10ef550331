//! Tokens made with the service's own keys, as it would make them or otherwise.

use std::sync::Arc;

use countersign::{
    ambient::{Timestamp, random},
    app,
    config::{self, Config, Lookup},
    flow::keys::Keys,
    jose::{algorithm::Algorithm, seal::Vault, sign::SigningKey},
    protocol::{id::GrantId, secret::RefreshToken},
    store::Store,
};
use serde_json::{Value, json};

use super::Folder;

/// A folder's keys and database.
pub(super) struct Forge {
    pub(super) store: Arc<dyn Store>,
    vault: Vault,
    keys: Keys,
}

impl Forge {
    /// Makes what the first start would make.
    pub(super) async fn of(folder: &Folder) -> Self {
        let config = configuration(folder);
        let entropy = app::entropy();
        let vault = Vault::new(config.master_keys.obtain(&*entropy).unwrap()).unwrap();
        let store = app::open_store(&config).await.unwrap();
        let manager = app::key_manager(&config, store.clone(), app::clock(), entropy).unwrap();
        Self { store, vault, keys: manager.open().await.unwrap() }
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        self.keys.now().signer.sign(Some("at+jwt"), claims).unwrap()
    }

    pub(super) fn sign_as(&self, typ: &str, claims: &Value) -> String {
        self.keys.now().signer.sign(Some(typ), claims).unwrap()
    }

    pub(super) fn refresh_token(&self) -> RefreshToken {
        let grant = GrantId::from_bytes([7; 16]);
        let body = RefreshToken::body(grant, 0, random(&*app::entropy()));
        RefreshToken::compose(body, self.vault.tag(&body))
    }
}

/// By a key of nobody's.
pub(super) fn sign_elsewhere(claims: &Value) -> String {
    let (key, _) = SigningKey::generate(Algorithm::Es256).unwrap();
    key.sign(Some("at+jwt"), claims).unwrap()
}

/// The claims of a good token.
pub(super) fn claims() -> Value {
    let now = now().unix();
    json!({
        "iss": "http://localhost:8000",
        "sub": "usr_nobody",
        "aud": "http://localhost:8000/mcp",
        "client_id": "dyn_x",
        "scope": "admin",
        "jti": "1",
        "iat": now,
        "exp": now + 600,
        "auth_time": now,
        "idp": "dev",
        "grant_id": GrantId::from_bytes([1; 16]),
    })
}

/// The same but for one claim.
pub(super) fn but(name: &str, value: impl Into<Value>) -> Value {
    let mut claims = claims();
    claims[name] = value.into();
    claims
}

pub(super) fn now() -> Timestamp {
    app::clock().now()
}

fn configuration(folder: &Folder) -> Config {
    let look = Lookup::new(folder.variables().iter().cloned());
    config::load(&look, folder.path()).unwrap()
}
