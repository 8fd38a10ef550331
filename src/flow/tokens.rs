//! The token endpoint: a code or a refresh token in, an access token out. The spend comes first, the
//! minting after.

mod refresh;

use std::sync::Arc;

use crate::{
    ambient::{Clock, Entropy, Timestamp, random},
    engine::{
        client_auth::{AuthenticatedClient, Credentials},
        limits::Limits,
        record::{Authorization, Code, Grant, OpaqueToken, User},
        redeem::{open_grant, prolonged, redeem},
    },
    flow::{
        clients::Clients,
        keys::Keys,
        revoke::Revoker,
        standing::{Fallen, Standing},
        store_trouble,
    },
    jose::seal::Vault,
    protocol::{
        access::{ACCESS_TOKEN_TYPE, AccessClaims},
        error::{TokenError, TokenErrorCode},
        form::Params,
        id::{GrantId, ServerId, TokenId, UserId},
        issuer::Issuer,
        response::TokenResponse,
        scope::Scopes,
        secret::{AuthorizationCode, OpaqueAccessToken, RefreshToken},
    },
    store::{Person, Presented, Spent, Store},
};

/// Whose grant holds no longer.
struct Grantee<'a> {
    user: &'a UserId,
    grant: Option<&'a GrantId>,
}

/// Issues tokens.
pub struct Tokens {
    /// Records.
    pub store: Arc<dyn Store>,
    /// Tags refresh tokens.
    pub vault: Arc<Vault>,
    /// Where clients are found and proven.
    pub clients: Arc<Clients>,
    /// Ends grants.
    pub revoker: Arc<Revoker>,
    /// Decides again.
    pub standing: Arc<Standing>,
    /// Sign access tokens.
    pub keys: Keys,
    /// The servers whose access tokens are opaque.
    pub opaque: Vec<ServerId>,
    /// Ourselves.
    pub issuer: Issuer,
    /// How long things live.
    pub limits: Limits,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The dice.
    pub entropy: Arc<dyn Entropy>,
}

impl Tokens {
    /// `POST /token` (RFC 6749 §3.2).
    ///
    /// # Errors
    /// The error document for the client.
    pub async fn token(
        &self,
        authorization: Option<&str>,
        params: &Params,
    ) -> Result<TokenResponse, TokenError> {
        let grant_type = params.one("grant_type");
        let missing = || TokenError::invalid_request("grant_type is missing.");
        let grant_type = grant_type.ok_or_else(missing)?;
        if !matches!(grant_type, "authorization_code" | "refresh_token") {
            let why = "Supported grant types: authorization_code, refresh_token.";
            return Err(TokenError::new(TokenErrorCode::UnsupportedGrantType, why));
        }
        let credentials = Credentials::read(authorization, params)?;
        match grant_type {
            "authorization_code" => self.by_code(credentials, params).await,
            _ => self.by_refresh(credentials, params).await,
        }
    }

    async fn by_code(
        &self,
        credentials: Credentials,
        params: &Params,
    ) -> Result<TokenResponse, TokenError> {
        let text = params.one("code");
        let Some(presented) = text.and_then(AuthorizationCode::parse) else {
            self.clients.authenticate(credentials).await?;
            let missing = || TokenError::invalid_request("code is missing.");
            return Err(text.map_or_else(missing, |_| unknown_code()));
        };
        let (now, named) = (self.clock.now(), credentials.client.as_ref());
        let found = self.store.present_code(named, &presented.digest(), now).await;
        let Presented { client, record, person } = found.map_err(|e| store_trouble(&e))?;
        let client = self.clients.proven(credentials, client).await?;
        let code = record.ok_or_else(unknown_code)?;
        let checked = match redeem(&code, &client, params, now) {
            Ok(()) => self.holds_yet(person, &code.authorization).await,
            Err(error) => Err(error),
        };
        match checked {
            Ok((user, scopes)) => {
                let authorization = Authorization { scopes, ..code.authorization };
                self.open(&Code { authorization, ..code }, &client, &user, now).await
            }
            Err(error) if error.code == TokenErrorCode::TemporarilyUnavailable => Err(error),
            Err(error) => {
                // A failed attempt burns the code: it may be in the wrong hands.
                self.spend(&code, None, None, now).await?;
                Err(error)
            }
        }
    }

    async fn holds_yet(
        &self,
        person: Person,
        granted: &Authorization,
    ) -> Result<(User, Scopes), TokenError> {
        match self.standing.for_tokens_of(person, granted).await {
            Ok(found) => Ok(found),
            Err(fallen) => {
                let whose = Grantee { user: &granted.user, grant: None };
                Err(self.fallen(fallen, &whose).await)
            }
        }
    }

    async fn open(
        &self,
        code: &Code,
        client: &AuthenticatedClient,
        user: &User,
        now: Timestamp,
    ) -> Result<TokenResponse, TokenError> {
        let refresh = client.client().refreshes.then(|| self.refresh_token(code.grant, 0));
        let first = refresh.as_ref().map(RefreshToken::digest);
        let grant = open_grant(code, first, &self.limits, now);
        let until = prolonged(client.client(), &self.limits, now);
        self.spend(code, Some(&grant), until, now).await?;
        self.respond(&grant, user, grant.authorization.scopes.clone(), refresh, now).await
    }

    /// RFC 6749 §4.1.2: used twice, the code's grant is revoked.
    async fn spend(
        &self,
        code: &Code,
        opens: Option<&Grant>,
        client_until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), TokenError> {
        let spent = self.store.spend(&code.digest, opens, client_until).await;
        match spent.map_err(|e| store_trouble(&e))? {
            Spent::First => Ok(()),
            Spent::Unknown => Err(unknown_code()),
            Spent::Again(grant) => {
                tracing::warn!(%grant, client = %code.authorization.client, "authorization code replayed");
                self.revoker.revoke(&grant, now).await.map_err(|e| store_trouble(&e))?;
                Err(TokenError::invalid_grant("The code was used before; its tokens are revoked."))
            }
        }
    }

    async fn respond(
        &self,
        grant: &Grant,
        user: &User,
        scope: Scopes,
        refresh: Option<RefreshToken>,
        now: Timestamp,
    ) -> Result<TokenResponse, TokenError> {
        let claims = self.claims(grant, user, scope.clone(), now);
        let expires_in = claims.exp.since(now).as_secs();
        let access_token = if self.opaque.contains(&grant.authorization.server) {
            self.stored(claims).await?
        } else {
            self.signed(&claims)?
        };
        Ok(TokenResponse {
            access_token,
            token_type: "Bearer",
            expires_in,
            refresh_token: refresh.map(|token| token.reveal().to_owned()),
            scope,
        })
    }

    fn signed(&self, claims: &AccessClaims) -> Result<String, TokenError> {
        self.keys.now().signer.sign(Some(ACCESS_TOKEN_TYPE), claims).map_err(|error| {
            tracing::error!(%error, "an access token could not be signed");
            TokenError::new(TokenErrorCode::TemporarilyUnavailable, "Try again in a few seconds.")
        })
    }

    async fn stored(&self, claims: AccessClaims) -> Result<String, TokenError> {
        let token = OpaqueAccessToken::from_entropy(random(&*self.entropy));
        let record = OpaqueToken { digest: token.digest(), claims };
        self.store.put_opaque_token(&record).await.map_err(|e| store_trouble(&e))?;
        Ok(token.reveal().to_owned())
    }

    /// RFC 9068 §2.2. An access token never outlives its grant.
    fn claims(&self, grant: &Grant, user: &User, scope: Scopes, now: Timestamp) -> AccessClaims {
        let Authorization { client, resource, identity, auth_time, .. } = &grant.authorization;
        AccessClaims {
            iss: self.issuer.to_string(),
            sub: user.id.clone(),
            aud: resource.clone(),
            client_id: client.clone(),
            scope,
            jti: TokenId::from_entropy(random(&*self.entropy)),
            iat: now,
            exp: now.plus(self.limits.access_token).min(grant.expires_at),
            auth_time: *auth_time,
            idp: identity.provider.clone(),
            grant_id: grant.id,
            name: user.name.clone(),
            email: user.email.clone(),
        }
    }

    async fn fallen(&self, fallen: Fallen, granted: &Grantee<'_>) -> TokenError {
        let now = self.clock.now();
        let ended = match (&fallen, granted.grant) {
            (Fallen::Disabled, Some(_)) => self.revoker.sign_out(granted.user, now).await,
            (Fallen::Gone(_), Some(grant)) => self.revoker.revoke(grant, now).await.map(drop),
            (Fallen::Revoked, _) => self.revoker.recall(now, now).await,
            _ => Ok(()),
        };
        match (ended, fallen) {
            (Err(error), _) | (Ok(()), Fallen::Store(error)) => store_trouble(&error),
            (Ok(()), Fallen::Later) => {
                TokenError::new(TokenErrorCode::TemporarilyUnavailable, Fallen::Later.to_string())
            }
            (Ok(()), fallen) => TokenError::invalid_grant(fallen.to_string()),
        }
    }

    fn refresh_token(&self, grant: GrantId, generation: u32) -> RefreshToken {
        let body = RefreshToken::body(grant, generation, random(&*self.entropy));
        RefreshToken::compose(body, self.vault.tag(&body))
    }
}

fn unknown_code() -> TokenError {
    TokenError::invalid_grant("The code is unknown; start again.")
}
