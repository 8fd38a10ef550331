//! Records for tests.

use std::{collections::BTreeSet, time::Duration};

use crate::{
    ambient::Timestamp,
    engine::record::{AuthMethod, Authorization, Client, ClientKind, Code, Grant, IdentityKey},
    protocol::{
        id::{ClientId, GrantId, ProviderId, ServerId, UserId},
        pkce::Verifier,
        redirect::RedirectUri,
        resource::Resource,
        scope::Scopes,
        secret::{AuthorizationCode, Digest, RefreshToken},
    },
};

pub(super) const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

pub(super) fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

pub(super) fn client(method: AuthMethod, secret: Option<&str>) -> Client {
    Client {
        id: ClientId::new("app"),
        kind: ClientKind::PreRegistered,
        name: "App".to_owned(),
        uri: None,
        redirect_uris: vec![RedirectUri::parse("http://127.0.0.1/cb").unwrap()],
        auth_methods: BTreeSet::from([method]),
        secret: secret.map(Digest::of),
        keys: None,
        refreshes: true,
        created_at: NOW,
        expires_at: None,
    }
}

pub(super) fn authorization() -> Authorization {
    Authorization {
        user: UserId::new("usr_1"),
        client: ClientId::new("app"),
        server: ServerId::new("demo"),
        resource: Resource::new("http://localhost:8000/mcp"),
        scopes: Scopes::parse("read write").unwrap(),
        identity: IdentityKey {
            provider: ProviderId::new("dev"),
            issuer: "http://localhost:8001".to_owned(),
            subject: "alice".to_owned(),
        },
        auth_time: NOW,
    }
}

pub(super) fn verifier() -> Verifier {
    Verifier::from_entropy([5; 32])
}

pub(super) fn code() -> Code {
    Code {
        digest: AuthorizationCode::from_entropy([1; 32]).digest(),
        grant: GrantId::from_bytes([2; 16]),
        authorization: authorization(),
        redirect_uri: "http://127.0.0.1:5000/cb".to_owned(),
        challenge: verifier().challenge(),
        expires_at: NOW.plus(seconds(60)),
    }
}

pub(super) fn refresh(generation: u32) -> RefreshToken {
    let grant = GrantId::from_bytes([2; 16]);
    let random = [u8::try_from(generation).unwrap_or(255); 32];
    RefreshToken::compose(RefreshToken::body(grant, generation, random), [0; 16])
}

pub(super) fn grant() -> Grant {
    let limits = crate::engine::limits::Limits::default();
    crate::engine::redeem::open_grant(&code(), Some(refresh(0).digest()), &limits, NOW)
}
