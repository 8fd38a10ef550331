//! What a protected server may learn about a token that it was handed (RFC 7662): about its own tokens
//! everything, about all others that they are not active.

use std::{sync::Arc, time::Duration};

use serde::Serialize;

use crate::{
    ambient::{Clock, Timestamp},
    engine::{
        client_auth::basic,
        policy::{StaticToken, TokenSettings},
    },
    flow::{
        keys::Keys,
        references::{References, Unknowable},
        store_trouble,
    },
    jose::access_token::verify_access_token,
    protocol::{
        access::AccessClaims,
        error::{TokenError, TokenErrorCode},
        form::Params,
        id::ServerId,
        issuer::Issuer,
        reference::Reference,
        resource::Resource,
        secret::Digest,
    },
    store::{Store, StoreError},
};

/// The introspection endpoint.
pub struct Introspection {
    /// Records.
    pub store: Arc<dyn Store>,
    /// Who may ask.
    pub askers: Vec<Asker>,
    /// Finds what is not signed.
    pub references: Arc<References>,
    /// Verify what is.
    pub keys: Keys,
    /// Ourselves.
    pub issuer: Issuer,
    /// How far a guard's clock may be off: it and we judge alike.
    pub leeway: Duration,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// A protected server.
pub struct Asker {
    /// The name it authenticates by.
    pub server: ServerId,
    /// What its tokens are for.
    pub resource: Resource,
    /// How it proves itself, and which tokens its file names.
    pub tokens: TokenSettings,
}

/// What an asker is told (RFC 7662 §2.2).
#[derive(Debug, Serialize)]
pub struct Introspected {
    /// Whether it is a good token of the asker's. Why another is not is nobody's business.
    pub active: bool,
    /// What a good token says; nothing is said of another.
    #[serde(flatten)]
    pub says: Option<Said>,
}

/// What a good token says.
#[derive(Debug, Serialize)]
pub struct Said {
    token_type: &'static str,
    #[serde(flatten)]
    claims: AccessClaims,
}

impl Introspection {
    /// `POST /introspect` (RFC 7662 §2.1).
    ///
    /// # Errors
    /// `invalid_client` for whoever is no server of ours, `invalid_request` without a token,
    /// `temporarily_unavailable` when nothing can be said.
    pub async fn introspect(
        &self,
        authorization: Option<&str>,
        params: &Params,
    ) -> Result<Introspected, TokenError> {
        let asker = self.asker(authorization)?;
        let token = params.one("token");
        let token = token.ok_or_else(|| TokenError::invalid_request("token is missing."))?;
        let now = self.clock.now();
        let claims = self.claims(asker, token, now).await?;
        let good = claims
            .filter(|claims| claims.aud == asker.resource && now < claims.exp.plus(self.leeway));
        let says = good.map(|claims| Said { token_type: "Bearer", claims });
        Ok(Introspected { active: says.is_some(), says })
    }

    /// An unknown server, and one that may not ask, costs the same comparison as a known one.
    fn asker(&self, authorization: Option<&str>) -> Result<&Asker, TokenError> {
        let missing = || TokenError::invalid_client("Authenticate by HTTP Basic.");
        let (name, secret) = basic(authorization.ok_or_else(missing)?)?;
        let named = |asker: &&Asker| asker.server.as_str() == name.as_str();
        let asker = self.askers.iter().find(named);
        let kept = asker.and_then(|asker| asker.tokens.introspection);
        let expected = kept.unwrap_or(Digest::from_bytes([0; 32]));
        let same = Digest::of(&secret).matches(&expected);
        asker.filter(|_| same && kept.is_some()).ok_or_else(|| {
            tracing::info!("introspection refused");
            TokenError::invalid_client("Unknown server, or not its secret.")
        })
    }

    async fn claims(
        &self,
        asker: &Asker,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<AccessClaims>, TokenError> {
        if let Some(known) = asker.knows(token) {
            return Ok(Some(known.claims(self.issuer.as_str(), &asker.resource)));
        }
        if let Some(reference) = Reference::parse(token) {
            return self.references.claims(&reference).await.map_err(|error| trouble(&error));
        }
        let (issuer, resource) = (self.issuer.as_str(), &asker.resource);
        let keys = &self.keys.now().public;
        let said = verify_access_token(token, keys, issuer, resource, now, self.leeway);
        let Ok(claims) = said else { return Ok(None) };
        let holds = self.holds(&claims).await.map_err(|error| store_trouble(&error))?;
        Ok(holds.then_some(claims))
    }

    /// A signature holds until its end, a grant and a person perhaps not.
    async fn holds(&self, claims: &AccessClaims) -> Result<bool, StoreError> {
        let grant = self.store.grant(&claims.grant_id).await?;
        let user = self.store.user(&claims.sub).await?;
        let stands = grant.is_some_and(|grant| grant.revoked_at.is_none());
        Ok(stands && user.is_some_and(|user| !user.disabled))
    }
}

impl Asker {
    fn knows(&self, token: &str) -> Option<&StaticToken> {
        let digest = Digest::of(token);
        self.tokens.fixed.iter().find(|known| known.digest.matches(&digest))
    }
}

fn trouble(error: &Unknowable) -> TokenError {
    tracing::warn!(%error, "a token could not be looked up");
    TokenError::new(TokenErrorCode::TemporarilyUnavailable, "Try again in a few seconds.")
}
