//! A person's own personal tokens.

use super::{AccountFault, Accounts};
use crate::{
    engine::record::PersonalToken,
    flow::{
        personal::{By, NoToken, Wish},
        session::Live,
        standing::Fallen,
    },
    protocol::{
        id::GrantId,
        secret::{PersonalAccessToken, SessionToken},
    },
    store::StoreError,
};

impl Accounts {
    /// A token that the page of this session asked for, to be shown once. A token outlives the browser
    /// it was made in, so it is made shortly after signing in only.
    ///
    /// # Errors
    /// [`AccountFault`].
    pub async fn make(
        &self,
        session: Option<&SessionToken>,
        form: &str,
        wish: &Wish,
    ) -> Result<(PersonalAccessToken, PersonalToken), AccountFault> {
        let live = self.owner(session, form).await?;
        self.recent(&live)?;
        let made = self.personal.create(&live.user.id, by(&live), wish).await;
        made.map_err(|fault| match fault {
            NoToken::Fallen(Fallen::Store(error)) => AccountFault::Store(error),
            other => AccountFault::NoToken(other),
        })
    }

    /// Nobody ends a token of somebody else's.
    pub(super) async fn revoke(&self, live: &Live, name: &str) -> Result<bool, StoreError> {
        let Ok(id) = name.parse::<GrantId>() else { return Ok(false) };
        let theirs = self.personal.live(&live.user.id).await?;
        if !theirs.iter().any(|token| token.grant.id == id) {
            return Ok(false);
        }
        self.revoker.revoke(&id, self.clock.now()).await
    }
}

/// As the person signed in to this browser.
pub(super) fn by(live: &Live) -> By {
    By { identity: live.session.identity.clone(), auth_time: live.session.auth_time }
}
