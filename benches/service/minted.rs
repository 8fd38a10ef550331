//! Access tokens as the service issues them, signed by its own key without asking it.

use std::time::Duration;

use countersign::{
    ambient::{Clock as _, OsEntropy, SystemClock, random},
    app::{self, key_manager},
    flow::keys::SigningKeys,
    protocol::{
        access::{ACCESS_TOKEN_TYPE, AccessClaims},
        id::{GrantId, TokenId},
        resource::Resource,
    },
};

use crate::world::World;

/// Tokens, no two alike, and the key set that verifies them.
pub(crate) struct Minted {
    pub(crate) tokens: Vec<String>,
    pub(crate) keys: Vec<u8>,
}

/// So many tokens for a server, such as `http://localhost:8000/mcp`.
pub(crate) fn minted(world: &World, audience: &str, count: u64) -> anyhow::Result<Minted> {
    let keys = world.looked_at(async |store, config| {
        let manager = key_manager(config, store, app::clock(), app::entropy())?;
        Ok(manager.open().await?.now())
    })?;
    let tokens = (0..count).map(|_| token(world, audience, &keys));
    Ok(Minted { tokens: tokens.collect::<Result<_, _>>()?, keys: keys.document.to_vec() })
}

fn token(world: &World, audience: &str, keys: &SigningKeys) -> anyhow::Result<String> {
    let (now, granted) = (SystemClock.now(), world.granted.authorization.clone());
    let claims = AccessClaims {
        iss: world.issuer(),
        sub: granted.user,
        aud: Resource::new(audience),
        client_id: granted.client,
        scope: granted.scopes,
        jti: TokenId::from_entropy(random(&OsEntropy)),
        iat: now,
        exp: now.plus(Duration::from_hours(1)),
        auth_time: granted.auth_time,
        idp: granted.identity.provider,
        grant_id: GrantId::new(SystemClock.millis(), random(&OsEntropy)),
        name: Some("Alice Admin".to_owned()),
        email: Some("alice@example.com".to_owned()),
    };
    Ok(keys.signer.sign(Some(ACCESS_TOKEN_TYPE), &claims)?)
}
