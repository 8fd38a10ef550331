//! Refreshing: the person and the rules are looked at again, then the token turns (RFC 6749 §6).

use zeroize::Zeroizing;

use super::{Grantee, Tokens};
use crate::{
    ambient::{Timestamp, random},
    engine::{
        client_auth::{AuthenticatedClient, Credentials},
        record::{Authorization, Grant, User},
        redeem::same_resource,
        refresh::{Turn, given_again, judge, narrowed, rotated, stands},
    },
    flow::store_trouble,
    jose::seal::{open_under, seal_under},
    protocol::{
        error::{TokenError, TokenErrorCode},
        form::Params,
        id::ClientId,
        response::TokenResponse,
        secret::RefreshToken,
    },
    store::{Person, Presented},
};

/// What is left of a grant.
struct Left {
    user: User,
    grant: Grant,
}

impl Tokens {
    pub(super) async fn by_refresh(
        &self,
        credentials: Credentials,
        params: &Params,
    ) -> Result<TokenResponse, TokenError> {
        let text = params.one("refresh_token");
        let Some(token) = text.and_then(RefreshToken::parse_unverified) else {
            self.clients.authenticate(credentials).await?;
            let missing = || TokenError::invalid_request("refresh_token is missing.");
            return Err(text.map_or_else(missing, |_| unknown_refresh()));
        };
        let named = credentials.client.clone();
        let mut presented = self.present(named.as_ref(), &token).await?;
        let client = self.clients.proven(credentials, presented.client.take()).await?;
        if !self.is_ours(&token, presented.record.as_ref()) {
            return Err(unknown_refresh());
        }
        // A lost swap means that another request was quicker: judge the new state.
        for _ in 0..ATTEMPTS {
            if let Some(response) = self.turn(&client, &token, presented, params).await? {
                return Ok(response);
            }
            presented = self.present(named.as_ref(), &token).await?;
        }
        Err(TokenError::new(TokenErrorCode::TemporarilyUnavailable, "Too many refreshes at once."))
    }

    /// A refresh token that we made: we tagged it, or its grant knows it, whatever became of the master key
    /// of its tag. Whether it is good yet is for the grant to say.
    fn is_ours(&self, token: &RefreshToken, grant: Option<&Grant>) -> bool {
        let (body, tag) = token.split();
        self.vault.tag_is_good(body, tag) || grant.is_some_and(|grant| stands(grant, token))
    }

    async fn present(
        &self,
        client: Option<&ClientId>,
        token: &RefreshToken,
    ) -> Result<Presented<Grant>, TokenError> {
        let found = self.store.present_grant(client, &token.grant(), self.clock.now()).await;
        found.map_err(|e| store_trouble(&e))
    }

    async fn turn(
        &self,
        client: &AuthenticatedClient,
        token: &RefreshToken,
        presented: Presented<Grant>,
        params: &Params,
    ) -> Result<Option<TokenResponse>, TokenError> {
        let Presented { record, person, .. } = presented;
        let grant = record.ok_or_else(unknown_refresh)?;
        let now = self.clock.now();
        match judge(&grant, token, client, &self.limits, now) {
            Turn::Refused(error) => Err(error),
            Turn::Reuse => {
                tracing::warn!(grant = %grant.id, client = %grant.authorization.client, "refresh token reused");
                self.revoker.revoke(&grant.id, now).await.map_err(|e| store_trouble(&e))?;
                Err(TokenError::invalid_grant("The token was used before; the grant is revoked."))
            }
            Turn::Rotate => {
                let left = self.left(person, &grant).await?;
                let next = self.refresh_token(grant.id, grant.generation.saturating_add(1));
                let plain = next.reveal().as_bytes();
                let sealed = seal_under(token.reveal(), plain, random(&*self.entropy));
                let after = rotated(&left.grant, next.digest(), sealed, &self.limits, now);
                self.swap(&grant, &Left { grant: after, ..left }, next, params, now).await
            }
            Turn::Again => {
                let left = self.left(person, &grant).await?;
                let next = successor(&grant, token).ok_or_else(unknown_refresh)?;
                let after = given_again(&left.grant);
                let graces = after.graces;
                let left = Left { grant: after, ..left };
                let given = self.swap(&grant, &left, next, params, now).await?;
                if given.is_some() {
                    tracing::info!(grant = %grant.id, graces, "refresh response given again");
                }
                Ok(given)
            }
        }
    }

    /// The grant with the scopes that hold now; a grant that holds no longer ends here.
    async fn left(&self, person: Person, grant: &Grant) -> Result<Left, TokenError> {
        match self.standing.for_tokens_of(person, &grant.authorization).await {
            Ok((user, scopes)) => {
                let authorization = Authorization { scopes, ..grant.authorization.clone() };
                Ok(Left { user, grant: Grant { authorization, ..grant.clone() } })
            }
            Err(fallen) => {
                let grantee = Grantee { user: &grant.authorization.user, grant: Some(&grant.id) };
                Err(self.fallen(fallen, &grantee).await)
            }
        }
    }

    async fn swap(
        &self,
        before: &Grant,
        left: &Left,
        next: RefreshToken,
        params: &Params,
        now: Timestamp,
    ) -> Result<Option<TokenResponse>, TokenError> {
        let Left { user, grant } = left;
        same_resource(&grant.authorization, params)?;
        // What was granted once may be asked for; what is left of it is given.
        let asked = narrowed(&before.authorization.scopes, params)?;
        let scopes = asked.intersection(&grant.authorization.scopes);
        if scopes.is_empty() && !asked.is_empty() {
            let why = "Nothing of what was asked for is left.";
            return Err(TokenError::new(TokenErrorCode::InvalidScope, why));
        }
        let swapped = self.store.swap_grant(before, grant).await.map_err(|e| store_trouble(&e))?;
        if !swapped {
            return Ok(None);
        }
        self.respond(grant, user, scopes, Some(next), now).await.map(Some)
    }
}

fn successor(grant: &Grant, presented: &RefreshToken) -> Option<RefreshToken> {
    let plain = open_under(presented.reveal(), grant.successor.as_deref()?)?;
    let text = Zeroizing::new(String::from_utf8(plain.to_vec()).ok()?);
    RefreshToken::parse_unverified(&text)
}

fn unknown_refresh() -> TokenError {
    TokenError::invalid_grant("The refresh token is unknown; sign in again.")
}

const ATTEMPTS: usize = 8;
