//! Servers that stand behind something of ours: the guard, or the gateway.

use std::{fs, path::Path, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    http::header,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use countersign::{
    guard::{Guard, LocalKeys, Protected},
    jose::{algorithm::Algorithm, keys::KeySet},
    protocol::{resource::Resource, scope::Scopes},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a guarded server is told in a file.
#[derive(Serialize, Deserialize)]
pub(crate) struct Guarded {
    pub(crate) issuer: String,
    pub(crate) resource: String,
    pub(crate) keys: Value,
}

/// The endpoint behind the guard, which knows the keys.
pub(super) fn guarded<S: Clone + Send + Sync + 'static>(
    file: &Path,
    endpoint: MethodRouter<S>,
) -> anyhow::Result<Router<S>> {
    let told: Guarded = serde_json::from_slice(&fs::read(file)?)?;
    let keys = KeySet::from_jwks_value(&told.keys, &[Algorithm::Es256]);
    let keys = LocalKeys::new(keys.map_err(|_| anyhow::anyhow!("no keys"))?);
    let protected = Protected {
        resource: Resource::new(told.resource),
        issuer: told.issuer,
        scopes: Scopes::parse("read")?,
        name: "A word".to_owned(),
    };
    let guard = Arc::new(Guard::local(protected, keys));
    Ok(Router::new().route("/", endpoint).layer(guard.layer()))
}

/// The file, with the freshness that Google gives its keys.
pub(super) fn keys<S: Clone + Send + Sync + 'static>(
    file: &Path,
) -> anyhow::Result<MethodRouter<S>> {
    let set = Bytes::from(fs::read(file)?);
    let head = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "public, max-age=19302, must-revalidate, no-transform"),
    ];
    Ok(get(move || async move { (head, set.clone()) }))
}

/// Reads the call and answers with a result of 1 KiB.
pub(super) async fn answer(call: Bytes) -> Response {
    debug_assert!(!call.is_empty(), "the call has arrived");
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, RESULT.replace('~', &"x".repeat(1024 - RESULT.len() + 1))).into_response()
}

const RESULT: &str =
    r#"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"~"}],"isError":false}}"#;
