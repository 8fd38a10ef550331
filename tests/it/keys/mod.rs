//! Our signing keys over the years, in an emergency, and under another master key.

mod emergency;
mod life;
mod master;

use std::{sync::Arc, time::Duration};

use countersign::{ambient::OsEntropy, app::key_manager, flow::keys::KeyManager};
use serde_json::{Value, json};

use crate::harness::{Answer, Service, claims};

pub(crate) const DAY: u64 = 24 * 60 * 60;

/// The hand that the command line uses, on the database and the clock of this service.
pub(crate) fn hand(service: &Service) -> KeyManager {
    let clock = service.clock.clone();
    key_manager(&service.config, service.store(), clock, Arc::new(OsEntropy)).unwrap()
}

/// The ids in the published set.
pub(crate) async fn published(service: &Service) -> Vec<String> {
    let set = service.get("/jwks").await.json();
    let kids = set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap());
    kids.map(str::to_owned).collect()
}

/// An access token of alice's, as the service gives it now.
pub(crate) async fn access(service: &Service) -> String {
    service.tokens("alice").await["access_token"].as_str().unwrap().to_owned()
}

/// The id of the key that signed a token.
pub(crate) fn kid(token: &str) -> String {
    claims(token).0["kid"].as_str().unwrap().to_owned()
}

/// The same token with a life of so many days, signed by the key that signs now.
pub(crate) async fn lasting(service: &Service, token: &str, days: u64) -> String {
    let mut said = claims(token).1;
    said["exp"] = json!(service.now().plus(Duration::from_secs(days * DAY)).unix());
    let keys = hand(service).open().await.unwrap();
    keys.now().signer.sign(Some("at+jwt"), &said).unwrap()
}

pub(crate) async fn tick(services: &[&Service]) {
    for service in services {
        service.keys.tick().await.unwrap();
    }
}

pub(crate) fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer[name].as_str().unwrap()
}

pub(crate) async fn asked_again(service: &Service, etag: &str) -> Answer {
    service.browser().get_with("/jwks", &[("if-none-match", etag)]).await
}
