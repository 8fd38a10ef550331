//! Signed-in browsers: one cookie of 256 random bits each, new at every sign-in.

use std::sync::Arc;

use crate::{
    ambient::{Clock, Entropy, Timestamp, random},
    engine::{
        limits::Limits,
        record::{Code, Consent, Session, User},
    },
    flow::standing::{Fallen, Standing},
    protocol::secret::SessionToken,
    provider::policy::Principal,
    store::{Store, StoreError},
};

/// Opens and knows sessions.
pub struct Sessions {
    /// Records.
    pub store: Arc<dyn Store>,
    /// Decides again who a session is.
    pub standing: Arc<Standing>,
    /// How long they live.
    pub limits: Limits,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The dice.
    pub entropy: Arc<dyn Entropy>,
}

/// A browser on its way through a sign-in: the session it came with, and what it calls itself.
#[derive(Clone, Debug, Default)]
pub struct Visitor {
    /// The session of before.
    pub session: Option<SessionToken>,
    /// Its label.
    pub label: String,
}

/// A session whose person may still enter.
pub struct Live {
    /// The session.
    pub session: Session,
    /// The person.
    pub user: User,
    /// What they may do.
    pub principal: Principal,
}

impl Sessions {
    /// The session of a browser, if it lives and its person may still enter. A use is noted now and
    /// then, not each time.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn live(&self, token: Option<&SessionToken>) -> Result<Option<Live>, StoreError> {
        let Some(token) = token else { return Ok(None) };
        let now = self.clock.now();
        let Some(session) = self.store.session(&token.digest(), now).await? else {
            return Ok(None);
        };
        let Session { user, identity, auth_time, .. } = &session;
        let (user, principal) = match self.standing.principal(user, identity, *auth_time).await {
            Ok(found) => found,
            Err(Fallen::Store(error)) => return Err(error),
            Err(_) => return Ok(None),
        };
        if now.since(session.seen_at) >= NOTED {
            let ends_at = self.lapses(now, session.expires_at);
            self.store.touch_session(&session.digest, now, ends_at).await?;
        }
        Ok(Some(Live { session, user, principal }))
    }

    /// Opens a session for whoever just signed in, with the code that they signed in for. Its cookie is
    /// always a new one, and the one of before ends (session fixation).
    ///
    /// # Errors
    /// When the store fails.
    pub async fn open(
        &self,
        principal: &Principal,
        user: &User,
        visitor: &Visitor,
        code: Option<(&Code, &Consent)>,
    ) -> Result<SessionToken, StoreError> {
        let token = SessionToken::from_entropy(random(&*self.entropy));
        let now = self.clock.now();
        let expires_at = now.plus(self.limits.session_absolute);
        let session = Session {
            digest: token.digest(),
            user: user.id.clone(),
            identity: principal.identity().key().clone(),
            auth_time: principal.identity().auth_time(),
            label: visitor.label.clone(),
            created_at: now,
            seen_at: now,
            expires_at,
            ends_at: self.lapses(now, expires_at),
        };
        let old = visitor.session.as_ref().map(SessionToken::digest);
        self.store.put_session(&session, old.as_ref(), code).await?;
        Ok(token)
    }

    /// Ends the session of a browser, when it has one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end(&self, token: Option<&SessionToken>) -> Result<(), StoreError> {
        match token {
            Some(token) => self.store.end_session(&token.digest()).await.map(drop),
            None => Ok(()),
        }
    }

    fn lapses(&self, now: Timestamp, expires_at: Timestamp) -> Timestamp {
        now.plus(self.limits.session_idle).min(expires_at)
    }
}

/// How exactly the last use is known.
const NOTED: std::time::Duration = std::time::Duration::from_mins(5);
