//! A database of so many live grants, sessions and opaque tokens, of a tenth as many people; the records
//! follow from their numbers.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, anyhow};
use countersign::{
    ambient::{Clock as _, OsEntropy, SystemClock, Timestamp, random},
    config::Config,
    engine::record::{Authorization, Grant, IdentityKey, OpaqueToken, Session, User},
    jose::seal::Vault,
    protocol::{
        access::AccessClaims,
        id::{TokenId, UserId},
        resource::Resource,
        secret::{Digest, OpaqueAccessToken, RefreshToken},
    },
    store::Store,
};
use futures_util::future::try_join_all;
use serde_json::{Map, Value};

use crate::{
    seed::{TOGETHER, bytes, grant, record},
    world::World,
};

/// What records are made of.
pub(crate) struct Population<'a> {
    store: Arc<dyn Store>,
    vault: Vault,
    world: &'a World,
    claims: Map<String, Value>,
    now: Timestamp,
}

impl<'a> Population<'a> {
    /// Of the world's one person everybody is a likeness.
    pub(crate) async fn new(
        store: Arc<dyn Store>,
        config: &Config,
        world: &'a World,
    ) -> anyhow::Result<Self> {
        let (vault, now) = (vault(config)?, SystemClock.now());
        let key = &world.granted.authorization.identity;
        let held = store.identity(key).await?.and_then(|held| held.claims);
        let claims = vault.open(&purpose(key), &held.context("no claims")?);
        let claims = serde_json::from_slice(&claims.context("claims of another purpose")?)?;
        Ok(Self { store, vault, world, claims, now })
    }

    /// Writes all of it.
    pub(crate) async fn fill(&self, count: u64) -> anyhow::Result<()> {
        for start in (0..count).step_by(TOGETHER) {
            let end = count.min(start + TOGETHER as u64);
            if start % 100_352 == 0 {
                eprintln!("  {start} of {count}");
            }
            let people = start.div_ceil(PER_PERSON)..end.div_ceil(PER_PERSON);
            try_join_all(people.map(|number| self.person(number))).await?;
            try_join_all((start..end).map(|number| self.holdings(number))).await?;
        }
        Ok(())
    }

    async fn person(&self, number: u64) -> anyhow::Result<()> {
        let (key, mut claims) = (self.identity(number), self.claims.clone());
        claims.insert("sub".to_owned(), key.subject.clone().into());
        let plain = serde_json::to_vec(&claims)?;
        let sealed = self.vault.seal(&purpose(&key), &plain, random(&OsEntropy));
        let user = User {
            id: user(number),
            name: Some("Alice Admin".to_owned()),
            email: Some(format!("{number}@example.com")),
            disabled: false,
            created_at: self.now,
            seen_at: self.now,
        };
        self.store.admit(&key, &user, &sealed).await?;
        Ok(())
    }

    /// A grant, a session and an opaque token.
    async fn holdings(&self, number: u64) -> anyhow::Result<()> {
        let authorization = self.authorization(number);
        let session = Session {
            digest: Digest::of(&format!("session {number}")),
            user: authorization.user.clone(),
            identity: authorization.identity.clone(),
            auth_time: self.now,
            label: "Firefox on Linux".to_owned(),
            created_at: self.now,
            seen_at: self.now,
            expires_at: self.later(),
            ends_at: self.later(),
        };
        self.store.put_session(&session, None, None).await?;
        let digest = opaque(number).digest();
        let claims = self.claims(number);
        self.store.put_opaque_token(&OpaqueToken { digest, claims }).await?;
        self.grant(number, authorization).await
    }

    async fn grant(&self, number: u64, authorization: Authorization) -> anyhow::Result<()> {
        let code = record(number, &authorization, self.world)?;
        self.store.put_code(&code, &self.world.granted.consent).await?;
        let opened = Grant {
            id: code.grant,
            authorization: code.authorization,
            generation: 0,
            current: Some(first_refresh(&self.vault, number).digest()),
            previous: None,
            successor: None,
            graces: 0,
            rotated_at: self.now,
            idle_at: self.later(),
            expires_at: self.later(),
            revoked_at: None,
        };
        self.store.spend(&code.digest, Some(&opened), None).await?;
        Ok(())
    }

    fn authorization(&self, number: u64) -> Authorization {
        let person = number / PER_PERSON;
        Authorization {
            user: user(person),
            identity: self.identity(person),
            auth_time: self.now,
            ..self.world.granted.authorization.clone()
        }
    }

    fn identity(&self, person: u64) -> IdentityKey {
        let known = self.world.granted.authorization.identity.clone();
        IdentityKey { subject: format!("person-{person}"), ..known }
    }

    fn claims(&self, number: u64) -> AccessClaims {
        let of = self.authorization(number);
        AccessClaims {
            iss: self.world.issuer(),
            sub: of.user,
            aud: Resource::new(format!("{}/opaque", self.world.issuer())),
            client_id: of.client,
            scope: of.scopes,
            jti: TokenId::from_entropy(random(&OsEntropy)),
            iat: self.now,
            exp: self.later(),
            auth_time: of.auth_time,
            idp: of.identity.provider,
            grant_id: grant(number),
            name: None,
            email: None,
        }
    }

    fn later(&self) -> Timestamp {
        self.now.plus(Duration::from_hours(24))
    }
}

/// The master key's vault.
pub(crate) fn vault(config: &Config) -> anyhow::Result<Vault> {
    let master = config.master_keys.obtain(&OsEntropy).map_err(|fault| anyhow!("{fault}"))?;
    Vault::new(master).context("no master key")
}

/// The first refresh token of a grant of the population.
pub(crate) fn first_refresh(vault: &Vault, number: u64) -> RefreshToken {
    let body = RefreshToken::body(grant(number), 0, bytes(&format!("refresh {number}")));
    RefreshToken::compose(body, vault.tag(&body))
}

/// The opaque token of this number.
pub(crate) fn opaque(number: u64) -> OpaqueAccessToken {
    OpaqueAccessToken::from_entropy(bytes(&format!("opaque {number}")))
}

fn user(person: u64) -> UserId {
    UserId::from_entropy(bytes(&format!("person {person}")))
}

/// What the service seals an identity's claims for; another text, and the first refresh is refused.
fn purpose(key: &IdentityKey) -> String {
    format!("identity-claims\n{}\n{}\n{}", key.provider, key.issuer, key.subject)
}

/// Grants, sessions and tokens of one person.
const PER_PERSON: u64 = 10;
