//! Records to try a store with.

use std::time::Duration;

use countersign::{
    ambient::Timestamp,
    engine::record::{
        AuthMethod, Authorization, Client, ClientKeys, ClientKind, Code, Consent, Grant,
        IdentityKey, Session, SignIn, SigningKeyRecord, User,
    },
    protocol::{
        id::{ClientId, GrantId, KeyId, ProviderId, ServerId, UserId},
        pkce::Verifier,
        redirect::RedirectUri,
        resource::Resource,
        scope::Scopes,
        secret::Digest,
    },
};

pub(super) const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

pub(super) const DAY: u64 = 24 * 60 * 60;

pub(super) fn later(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

pub(super) fn earlier(seconds: u64) -> Timestamp {
    NOW.minus(Duration::from_secs(seconds))
}

pub(super) fn client(id: &str) -> Client {
    Client {
        id: ClientId::new(id),
        kind: ClientKind::Dynamic,
        name: "Näme \"quoted\" 🙂".to_owned(),
        uri: Some("https://client.example/".to_owned()),
        redirect_uris: vec![
            RedirectUri::parse("http://127.0.0.1/cb").unwrap(),
            RedirectUri::parse("https://client.example/cb?a=b").unwrap(),
        ],
        auth_methods: [AuthMethod::None, AuthMethod::PrivateKeyJwt].into(),
        secret: Some(Digest::of("secret")),
        keys: Some(ClientKeys::Inline(serde_json::json!({ "keys": [{ "kty": "EC" }] }))),
        refreshes: true,
        created_at: NOW,
        expires_at: Some(later(100)),
    }
}

pub(super) fn sign_in(state: &str) -> SignIn {
    SignIn {
        state: Digest::of(state),
        browser: Digest::of("browser"),
        provider: ProviderId::new("auth0"),
        sealed: vec![0, 1, 255],
        expires_at: later(600),
    }
}

pub(super) fn identity(subject: &str) -> IdentityKey {
    IdentityKey {
        provider: ProviderId::new("auth0"),
        issuer: "https://issuer.example/".to_owned(),
        subject: subject.to_owned(),
    }
}

pub(super) fn user(number: u8) -> User {
    User {
        id: UserId::from_entropy([number; 16]),
        name: Some("Ada".to_owned()),
        email: Some("ada@example.com".to_owned()),
        disabled: false,
        created_at: NOW,
        seen_at: NOW,
    }
}

pub(super) fn session(cookie: &str, number: u8) -> Session {
    Session {
        digest: Digest::of(cookie),
        user: user(number).id,
        identity: identity("ada"),
        auth_time: earlier(5),
        label: "Firefox on Linux".to_owned(),
        created_at: NOW,
        seen_at: NOW,
        expires_at: later(5000),
        ends_at: later(600),
    }
}

pub(super) fn authorization(client: &str) -> Authorization {
    Authorization {
        user: user(1).id,
        client: ClientId::new(client),
        server: ServerId::new("demo"),
        resource: Resource::new("https://mcp.example/mcp"),
        scopes: Scopes::parse("read write").unwrap(),
        identity: identity("ada"),
        auth_time: earlier(5),
    }
}

pub(super) fn code(number: u8, client: &str) -> Code {
    Code {
        digest: Digest::of(&format!("code {number}")),
        grant: GrantId::from_bytes([number; 16]),
        authorization: authorization(client),
        redirect_uri: "http://127.0.0.1:4711/cb".to_owned(),
        challenge: Verifier::from_entropy([number; 32]).challenge(),
        expires_at: later(60),
    }
}

pub(super) fn consent(client: &str) -> Consent {
    let what = authorization(client);
    Consent {
        user: what.user,
        client: what.client,
        server: what.server,
        redirect_host: "127.0.0.1".to_owned(),
        scopes: what.scopes,
        at: NOW,
    }
}

pub(super) fn grant(number: u8, client: &str) -> Grant {
    Grant {
        id: GrantId::from_bytes([number; 16]),
        authorization: authorization(client),
        generation: 0,
        current: Some(Digest::of("current")),
        previous: None,
        successor: None,
        graces: 0,
        rotated_at: NOW,
        idle_at: later(1000),
        expires_at: later(5000),
        revoked_at: None,
    }
}

pub(super) fn rotated(before: &Grant) -> Grant {
    Grant {
        generation: before.generation + 1,
        current: Some(Digest::of("next")),
        previous: before.current,
        successor: Some(vec![9, 0, 9]),
        graces: 0,
        rotated_at: later(10),
        idle_at: later(1010),
        ..before.clone()
    }
}

pub(super) fn signing_key(id: &str, algorithm: &str, generation: u32) -> SigningKeyRecord {
    let created_at = later(generation.into());
    SigningKeyRecord {
        id: KeyId::new(id),
        algorithm: algorithm.to_owned(),
        generation,
        sealed: vec![7; 40],
        created_at,
        active_at: created_at,
        retired_at: Some(later(90)),
    }
}
