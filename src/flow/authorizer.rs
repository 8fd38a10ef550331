//! From a principal to a user, and from there to a code: every way of signing in ends here.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::{
    ambient::{Clock, Entropy, random},
    engine::{
        authorize::Asked,
        limits::Limits,
        record::{Authorization, Code, Consent, IdentityKey, User},
    },
    jose::seal::Vault,
    protocol::{
        error::{AuthorizationError, AuthorizationErrorCode as ErrorCode},
        id::{GrantId, ServerId, UserId},
        scope::Scopes,
        secret::AuthorizationCode,
    },
    provider::{identity::Identity, policy::Principal},
    store::{Store, StoreError},
};

/// Expands scopes by a server's `implies` rules.
pub type Expand = Arc<dyn Fn(&ServerId, &Scopes) -> Scopes + Send + Sync>;

/// Admits people and issues codes.
pub struct Authorizer {
    /// Records.
    pub store: Arc<dyn Store>,
    /// Seals the claims that are kept.
    pub vault: Arc<Vault>,
    /// What scopes imply.
    pub expand: Expand,
    /// How long things live.
    pub limits: Limits,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The dice.
    pub entropy: Arc<dyn Entropy>,
}

/// A code with the consent it comes from: worth nothing until it is written.
pub(super) struct Draft {
    pub(super) code: AuthorizationCode,
    pub(super) record: Code,
    pub(super) consent: Consent,
}

impl Authorizer {
    /// The user that a principal is, made at the first sign-in; the claims are kept for later decisions.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn admit(&self, principal: &Principal) -> Result<User, StoreError> {
        let identity = principal.identity();
        let now = self.clock.now();
        let fresh = User {
            id: UserId::from_entropy(random(&*self.entropy)),
            name: identity.name().map(str::to_owned),
            email: identity.verified_email().map(str::to_owned),
            disabled: false,
            created_at: now,
            seen_at: now,
        };
        self.store.admit(identity.key(), &fresh, &self.sealed_claims(identity)).await
    }

    /// Keeps the claims of somebody known who was sent away, so that what they granted before is judged
    /// by them too. Nobody is made.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn hold(&self, identity: &Identity) -> Result<(), StoreError> {
        self.store.hold_claims(identity.key(), &self.sealed_claims(identity)).await
    }

    /// The claims of an identity, for the store.
    #[must_use]
    pub fn sealed_claims(&self, identity: &Identity) -> Vec<u8> {
        let plain = Zeroizing::new(serde_json::to_vec(identity.claims()).unwrap_or_default());
        self.vault.seal(&claims_of(identity.key()), &plain, random(&*self.entropy))
    }

    /// A code for what was asked, as far as the principal has it. `before` is the consent by which it is
    /// given unasked; it stays as it is.
    ///
    /// # Errors
    /// When the store fails; what the client hears stands inside.
    pub async fn code(
        &self,
        principal: &Principal,
        user: &User,
        asked: &Asked,
        before: Option<Consent>,
    ) -> Result<Result<AuthorizationCode, AuthorizationError>, StoreError> {
        let Draft { code, record, consent } = match self.draft(principal, user, asked) {
            Ok(draft) => draft,
            Err(error) => return Ok(Err(error)),
        };
        self.store.put_code(&record, &before.unwrap_or(consent)).await?;
        Ok(Ok(code))
    }

    /// The same, yet to be written.
    pub(super) fn draft(
        &self,
        principal: &Principal,
        user: &User,
        asked: &Asked,
    ) -> Result<Draft, AuthorizationError> {
        if user.disabled {
            return Err(locked_out());
        }
        let scopes = self.scopes(principal, asked)?;
        let code = AuthorizationCode::from_entropy(random(&*self.entropy));
        let now = self.clock.now();
        let authorization = Authorization {
            user: user.id.clone(),
            client: asked.client.clone(),
            server: asked.server.clone(),
            resource: asked.resource.clone(),
            scopes,
            identity: principal.identity().key().clone(),
            auth_time: principal.identity().auth_time(),
        };
        let consent = Consent {
            user: authorization.user.clone(),
            client: authorization.client.clone(),
            server: authorization.server.clone(),
            redirect_host: asked.redirect_uri.display_host(),
            scopes: asked.scopes.clone(),
            at: now,
        };
        let record = Code {
            digest: code.digest(),
            grant: GrantId::new(self.clock.millis(), random(&*self.entropy)),
            authorization,
            redirect_uri: asked.redirect_uri.as_str().to_owned(),
            challenge: asked.challenge.clone(),
            expires_at: now.plus(self.limits.code),
        };
        Ok(Draft { code, record, consent })
    }

    /// Granted = asked ∩ server's ∩ principal's.
    ///
    /// # Errors
    /// `access_denied` when something was asked for and nothing of it is to be had.
    pub fn scopes(
        &self,
        principal: &Principal,
        asked: &Asked,
    ) -> Result<Scopes, AuthorizationError> {
        let has = (self.expand)(&asked.server, principal.scopes());
        let scopes = asked.scopes.intersection(&has);
        let some = !scopes.is_empty() || asked.scopes.is_empty();
        let none = || denied("This account has none of the permissions asked for.");
        some.then_some(scopes).ok_or_else(none)
    }
}

/// What kept claims are sealed for: one identity's and no other's.
pub(super) fn claims_of(key: &IdentityKey) -> String {
    format!("identity-claims\n{}\n{}\n{}", key.provider, key.issuer, key.subject)
}

/// What is said of somebody whom an operator has locked out.
pub(super) fn locked_out() -> AuthorizationError {
    denied("This account is disabled here.")
}

/// RFC 6749 §4.1.2.1 `access_denied`.
pub(super) fn denied(why: &'static str) -> AuthorizationError {
    AuthorizationError::new(ErrorCode::AccessDenied, why)
}
