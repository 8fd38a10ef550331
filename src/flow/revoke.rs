//! Ending grants: by their client (RFC 7009), or because a code or token was replayed.

use std::sync::Arc;

use crate::{
    ambient::{Clock, Timestamp},
    engine::{client_auth::Credentials, limits::Limits, refresh::stands},
    flow::{clients::Clients, keys::Keys, store_trouble},
    guard::{RECHECK_AFTER, Revocations},
    jose::{access_token::verify_access_token, keys::KeySet, seal::Vault},
    protocol::{
        error::TokenError,
        form::Params,
        id::{GrantId, UserId},
        issuer::Issuer,
        resource::Resource,
        secret::{OpaqueAccessToken, RefreshToken},
    },
    store::{Store, StoreError},
};

/// Ends grants, durably and in the guard's memory.
pub struct Revoker {
    /// Records.
    pub store: Arc<dyn Store>,
    /// What the guard refuses at once.
    pub revocations: Revocations,
    /// How long an access token may still be about.
    pub limits: Limits,
}

impl Revoker {
    /// Ends a grant: its refresh token in the store, its access tokens at the guard.
    ///
    /// # Errors
    /// When the store fails; the caller must not report success then (RFC 7009 §2.2.1).
    pub async fn revoke(&self, grant: &GrantId, now: Timestamp) -> Result<bool, StoreError> {
        let changed = self.store.revoke_grant(grant, now).await?;
        self.revocations.revoke(*grant, self.until(now), now);
        Ok(changed)
    }

    /// Ends everything of a person: browsers, unspent codes and grants.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_out(&self, user: &UserId, now: Timestamp) -> Result<(), StoreError> {
        self.store.sign_out(user, now).await?;
        self.recall(now, now).await
    }

    /// From when on a revocation still matters to access tokens alive at `now`.
    #[must_use]
    pub fn horizon(&self, now: Timestamp) -> Timestamp {
        now.minus(self.limits.access_token).minus(self.limits.leeway)
    }

    /// Tells the guard what was revoked in the store at or after `since`, and whether a backup was restored.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn recall(&self, since: Timestamp, now: Timestamp) -> Result<(), StoreError> {
        if let Some(epoch) = self.store.epoch().await? {
            self.revocations.refuse_before(epoch.began_at);
        }
        let revoked = self.store.revoked_since(since).await?;
        self.revocations.revoke_all(revoked, self.until(now), now);
        Ok(())
    }

    fn until(&self, now: Timestamp) -> Timestamp {
        // What a guard has looked up it believes for a while, however short tokens live.
        now.plus(self.limits.access_token.max(RECHECK_AFTER)).plus(self.limits.leeway)
    }
}

/// The revocation endpoint.
pub struct Revocation {
    /// Where clients are found and proven.
    pub clients: Arc<Clients>,
    /// Ends grants.
    pub revoker: Arc<Revoker>,
    /// Knows our refresh tokens.
    pub vault: Arc<Vault>,
    /// Know our access tokens.
    pub keys: Keys,
    /// Ourselves.
    pub issuer: Issuer,
    /// What our access tokens are for.
    pub resources: Vec<Resource>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Revocation {
    /// `POST /revoke` (RFC 7009 §2.1): a refresh token or an access token ends its whole grant. A token
    /// that is unknown, or another client's, is answered like one that was revoked (§2.2).
    ///
    /// # Errors
    /// The error document when the client did not prove itself, or the store failed.
    pub async fn revoke(
        &self,
        authorization: Option<&str>,
        params: &Params,
    ) -> Result<(), TokenError> {
        let credentials = Credentials::read(authorization, params)?;
        let client = self.clients.authenticate(credentials).await?;
        let token = params.one("token");
        let token = token.ok_or_else(|| TokenError::invalid_request("token is missing."))?;
        let now = self.clock.now();
        let store = &self.revoker.store;
        let grant = match OpaqueAccessToken::parse(token) {
            Some(token) => {
                let found = store.opaque_token(&token.digest()).await;
                found.map_err(|e| store_trouble(&e))?.map(|claims| claims.grant_id)
            }
            None => self.grant_of(token, now).await?,
        };
        let Some(grant) = grant else { return Ok(()) };
        let found = store.grant(&grant).await.map_err(|e| store_trouble(&e))?;
        if found.is_some_and(|grant| grant.authorization.client == client.client().id) {
            self.revoker.revoke(&grant, now).await.map_err(|e| store_trouble(&e))?;
        }
        Ok(())
    }

    async fn grant_of(&self, token: &str, now: Timestamp) -> Result<Option<GrantId>, TokenError> {
        let Some(refresh) = RefreshToken::parse_unverified(token) else {
            return Ok(self.of_signed(token, now));
        };
        let (body, tag) = refresh.split();
        if self.vault.tag_is_good(body, tag) {
            return Ok(Some(refresh.grant()));
        }
        let found = self.revoker.store.grant(&refresh.grant()).await;
        let found = found.map_err(|e| store_trouble(&e))?;
        Ok(found.filter(|grant| stands(grant, &refresh)).map(|grant| grant.id))
    }

    fn of_signed(&self, token: &str, now: Timestamp) -> Option<GrantId> {
        let keys = &self.keys.now().public;
        self.resources.iter().find_map(|resource| self.access(token, keys, resource, now))
    }

    fn access(
        &self,
        token: &str,
        keys: &KeySet,
        resource: &Resource,
        now: Timestamp,
    ) -> Option<GrantId> {
        let leeway = self.revoker.limits.leeway;
        let issuer = self.issuer.as_str();
        let claims = verify_access_token(token, keys, issuer, resource, now, leeway).ok()?;
        Some(claims.grant_id)
    }
}
