//! Whether what was granted still holds: decided again, by the present configuration and the freshest
//! claims held, whenever a session or a grant is used.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::{
    ambient::{Clock, Timestamp},
    engine::{
        authorize::Terms,
        record::{Authorization, IdentityKey, User},
    },
    flow::{
        authorizer::{Expand, claims_of},
        providers::{Provider, ProviderFault},
    },
    jose::seal::Vault,
    protocol::{id::UserId, scope::Scopes},
    provider::{
        identity::Identity,
        policy::{Decision, Principal, decide},
    },
    store::{Person, Store, StoreError},
};

/// Looks again.
pub struct Standing {
    /// Records.
    pub store: Arc<dyn Store>,
    /// Opens the claims kept.
    pub vault: Arc<Vault>,
    /// Who may vouch now.
    pub providers: Arc<[Provider]>,
    /// What is guarded now.
    pub terms: Arc<[Terms]>,
    /// What scopes imply.
    pub expand: Expand,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Why something granted holds no longer.
#[derive(Debug, thiserror::Error)]
pub enum Fallen {
    /// The person is locked out, or gone.
    #[error("The account is disabled here.")]
    Disabled,
    /// The provider, the server or the person's place among the rules is no more.
    #[error("{0}")]
    Gone(&'static str),
    /// The provider no longer stands behind the account; every browser and grant of it ends.
    #[error("The account no longer stands at the identity provider.")]
    Revoked,
    /// The provider cannot be asked just now.
    #[error("The identity provider cannot be asked right now; try again.")]
    Later,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Standing {
    /// The person and the principal that an identity of before makes now.
    ///
    /// # Errors
    /// [`Fallen`].
    pub async fn principal(
        &self,
        user: &UserId,
        key: &IdentityKey,
        auth_time: Timestamp,
    ) -> Result<(User, Principal), Fallen> {
        self.principal_of(self.store.person(user, key).await?, key, auth_time)
    }

    fn principal_of(
        &self,
        person: Person,
        key: &IdentityKey,
        auth_time: Timestamp,
    ) -> Result<(User, Principal), Fallen> {
        let Person { user, identity: held } = person;
        let person = user.filter(|person| !person.disabled).ok_or(Fallen::Disabled)?;
        let provider = self.provider(key)?;
        let held = held.filter(|held| held.user == person.id);
        let claims = held.and_then(|held| held.claims).and_then(|sealed| self.opened(key, &sealed));
        let claims = claims.ok_or(Fallen::Gone(AGAIN))?;
        let settings = provider.adapter.settings();
        let identity = Identity::held(settings, key, claims, auth_time);
        let identity = identity.map_err(|_| Fallen::Gone(AGAIN))?;
        match decide(settings, identity) {
            Decision::Admitted(principal) => {
                // Of several identities, this one's word about itself and no other's.
                let identity = principal.identity();
                let name = identity.name().map(str::to_owned);
                let email = identity.verified_email().map(str::to_owned);
                Ok((User { name, email, ..person }, principal))
            }
            Decision::NotAdmitted(reason) => {
                tracing::info!(provider = %key.provider, %reason, "person no longer admitted");
                Err(Fallen::Gone("This account is no longer admitted here."))
            }
        }
    }

    /// Everything that a person has at a server by one identity: server's ∩ principal's.
    ///
    /// # Errors
    /// [`Fallen`].
    pub async fn reach(
        &self,
        terms: &Terms,
        user: &UserId,
        key: &IdentityKey,
        auth_time: Timestamp,
    ) -> Result<(User, Scopes), Fallen> {
        Ok(self.reach_of(terms, self.principal(user, key, auth_time).await?))
    }

    fn reach_of(&self, terms: &Terms, (user, principal): (User, Principal)) -> (User, Scopes) {
        let has = (self.expand)(&terms.id, principal.scopes());
        (user, terms.scopes.intersection(&has))
    }

    /// The person behind a grant, and what of its scopes still holds: granted ∩ server's ∩ principal's.
    ///
    /// # Errors
    /// [`Fallen`].
    pub async fn scopes(&self, granted: &Authorization) -> Result<(User, Scopes), Fallen> {
        let person = self.store.person(&granted.user, &granted.identity).await?;
        self.scopes_of(person, granted)
    }

    fn scopes_of(&self, person: Person, granted: &Authorization) -> Result<(User, Scopes), Fallen> {
        let terms = self
            .terms
            .iter()
            .find(|terms| terms.id == granted.server && terms.resource == granted.resource);
        let terms = terms.ok_or(Fallen::Gone("That MCP server is no longer guarded here."))?;
        let principal = self.principal_of(person, &granted.identity, granted.auth_time)?;
        let (user, reach) = self.reach_of(terms, principal);
        let left = granted.scopes.intersection(&reach);
        if left.is_empty() && !granted.scopes.is_empty() {
            return Err(Fallen::Gone("None of the permissions granted is left."));
        }
        Ok((user, left))
    }

    /// The same before a token is issued, where the provider is asked too if it can be.
    ///
    /// # Errors
    /// [`Fallen`].
    pub async fn for_tokens(&self, granted: &Authorization) -> Result<(User, Scopes), Fallen> {
        let person = self.store.person(&granted.user, &granted.identity).await?;
        self.for_tokens_of(person, granted).await
    }

    /// The same for a person who has been read already.
    ///
    /// # Errors
    /// [`Fallen`].
    pub async fn for_tokens_of(
        &self,
        person: Person,
        granted: &Authorization,
    ) -> Result<(User, Scopes), Fallen> {
        let good = self.scopes_of(person, granted)?;
        self.asked(&granted.identity, granted.auth_time).await?;
        Ok(good)
    }

    /// Asks the provider, where it can be asked without the person. Whoever it no longer stands behind
    /// is signed out here, everywhere.
    ///
    /// # Errors
    /// [`Fallen`].
    pub async fn asked(&self, identity: &IdentityKey, auth_time: Timestamp) -> Result<(), Fallen> {
        match self.provider(identity)?.still_stands(&identity.subject, auth_time).await {
            Ok(()) => Ok(()),
            Err(ProviderFault::Revoked(why)) => {
                tracing::info!(provider = %identity.provider, why, "account no longer stands");
                self.store.end_identity(identity, self.clock.now()).await?;
                Err(Fallen::Revoked)
            }
            Err(fault) => {
                tracing::warn!(provider = %identity.provider, %fault, "account cannot be asked for");
                Err(Fallen::Later)
            }
        }
    }

    fn provider(&self, key: &IdentityKey) -> Result<&Provider, Fallen> {
        let found = self.providers.iter().find(|provider| *provider.id() == key.provider);
        found.ok_or(Fallen::Gone("That identity provider is no longer used here."))
    }

    fn opened(&self, key: &IdentityKey, sealed: &[u8]) -> Option<Map<String, Value>> {
        serde_json::from_slice(&self.vault.open(&claims_of(key), sealed)?).ok()
    }
}

const AGAIN: &str = "Sign in again.";
