//! Other ways in than a signed token of a sign-in: personal, static and opaque tokens, and what a
//! server elsewhere learns of any.

mod account;
mod introspect;
mod known;
pub(crate) mod opaque;
mod personal;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use countersign::{
    ambient::OsEntropy,
    app::personal_tokens,
    engine::record::User,
    flow::personal::{NoToken, PersonalTokens, Wish},
    protocol::{id::ServerId, scope::Scopes},
    store::People as _,
};
use std::{sync::Arc, time::Duration};

use crate::harness::{Answer, Form, Service, Setup};

/// The secret by which the server elsewhere asks, and that of the demo server.
pub(crate) const SECRET: &str = "the-secret-of-the-server-elsewhere";
pub(crate) const DEMO_SECRET: &str = "the-secret-of-the-demo-server-here";
/// The server elsewhere.
pub(crate) const ELSEWHERE: &str = "http://127.0.0.1:9000/mcp";

/// The demo server and the one elsewhere, both of which may introspect; each with more lines.
pub(crate) fn two_servers(demo: &str, guarded: &str) -> Setup {
    let ask = |secret: &str| format!("introspection = {{ secret = \"{secret}\" }}\n");
    let (demo, guarded) = (ask(DEMO_SECRET) + demo, ask(SECRET) + guarded);
    Setup::new()
        .variable("COUNTERSIGN_SERVERS", "demo,guarded")
        .edit("servers/demo.toml", |text| demo + &text)
        .edit("servers/guarded.toml", |text| guarded + &text)
}

/// The flow that the command line uses, on the database of this service.
pub(crate) fn hand(service: &Service) -> Arc<PersonalTokens> {
    let clock = service.clock.clone();
    personal_tokens(&service.config, service.store(), clock, Arc::new(OsEntropy)).unwrap()
}

pub(crate) async fn person(service: &Service, name: &str) -> User {
    let users = service.store.users().await.unwrap();
    users.into_iter().find(|user| user.name.as_deref() == Some(name)).unwrap()
}

pub(crate) fn wish(server: &str, scopes: &str) -> Wish {
    let scopes = Scopes::parse(scopes).unwrap();
    let life = Duration::from_hours(24);
    Wish { server: ServerId::new(server), scopes, name: "A test".to_owned(), life }
}

/// A token of this person, who signed in before.
pub(crate) async fn token_of(
    service: &Service,
    name: &str,
    wish: &Wish,
) -> Result<String, NoToken> {
    let person = person(service, name).await;
    let made = hand(service).create_for(&person, wish).await;
    made.map(|(token, _)| token.reveal().to_owned())
}

pub(crate) fn basic(name: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{secret}")))
}

/// What the server elsewhere is told of a token.
pub(crate) async fn introspect(service: &Service, token: &str) -> Answer {
    introspect_as(service, &basic("guarded", SECRET), token).await
}

pub(crate) async fn introspect_as(service: &Service, authorization: &str, token: &str) -> Answer {
    let form = Form::of(&[("token", token)]);
    service.post("/introspect", &form, &[("authorization", authorization)]).await
}

/// Asserts that nothing more than this is said of a token.
pub(crate) fn is_inactive(answer: &Answer) {
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, r#"{"active":false}"#));
    assert_eq!(answer.header("cache-control"), "no-store");
}
