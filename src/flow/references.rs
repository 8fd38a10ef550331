//! What a token by reference stands for: as it was stored, or, for a personal token, decided again.

use std::sync::Arc;

use crate::{
    engine::record::{Authorization, PersonalToken, User},
    flow::standing::{Fallen, Standing},
    protocol::{
        access::AccessClaims, id::TokenId, issuer::Issuer, reference::Reference, scope::Scopes,
        secret::Digest,
    },
    store::{Store, StoreError},
};

/// Looks tokens up.
pub struct References {
    /// Records.
    pub store: Arc<dyn Store>,
    /// Decides again.
    pub standing: Arc<Standing>,
    /// Ourselves.
    pub issuer: Issuer,
}

impl References {
    /// The claims of a token; none when it stands for nothing, or no longer. The times are left to
    /// whoever asks, who judges them with the same leeway as those of a signed token.
    ///
    /// # Errors
    /// When the store fails, or the provider cannot be asked: nothing can be said then.
    pub async fn claims(&self, reference: &Reference) -> Result<Option<AccessClaims>, Unknowable> {
        match reference {
            Reference::Opaque(digest) => self.opaque(digest).await,
            Reference::Personal(digest) => self.personal(digest).await,
        }
    }

    async fn opaque(&self, digest: &Digest) -> Result<Option<AccessClaims>, Unknowable> {
        let Some(claims) = self.store.opaque_token(digest).await? else { return Ok(None) };
        let user = self.store.user(&claims.sub).await?;
        Ok(user.is_some_and(|user| !user.disabled).then_some(claims))
    }

    async fn personal(&self, digest: &Digest) -> Result<Option<AccessClaims>, Unknowable> {
        let found = self.store.personal_token(digest).await?;
        let token = found.filter(|token| token.grant.revoked_at.is_none());
        let Some(token) = token else { return Ok(None) };
        match self.standing.for_tokens(&token.grant.authorization).await {
            Ok((user, scopes)) => Ok(Some(self.said(&token, &user, scopes))),
            Err(Fallen::Store(error)) => Err(error.into()),
            Err(Fallen::Later) => Err(Unknowable::Provider),
            Err(fallen) => {
                tracing::info!(grant = %token.grant.id, why = %fallen, "personal token refused");
                Ok(None)
            }
        }
    }

    fn said(&self, token: &PersonalToken, user: &User, scope: Scopes) -> AccessClaims {
        let Authorization { client, resource, identity, auth_time, .. } =
            &token.grant.authorization;
        AccessClaims {
            iss: self.issuer.to_string(),
            sub: user.id.clone(),
            aud: resource.clone(),
            client_id: client.clone(),
            scope,
            jti: TokenId::new(token.grant.id.to_string()),
            iat: token.created_at,
            exp: token.grant.expires_at,
            auth_time: *auth_time,
            idp: identity.provider.clone(),
            grant_id: token.grant.id,
            name: user.name.clone(),
            email: user.email.clone(),
        }
    }
}

/// Why nothing can be said about a token.
#[derive(Debug, thiserror::Error)]
pub enum Unknowable {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The identity provider cannot be asked.
    #[error("the identity provider cannot be asked")]
    Provider,
}
