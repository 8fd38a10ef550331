//! What a sign-in was for: a code for a client, the person's own page, or a second identity.

use super::{CallbackFault, Callbacks, Unidentified};
use crate::{
    engine::record::HeldIdentity,
    flow::{authorizer::locked_out, pending::Purpose, providers::Provider, session::Visitor},
    protocol::{
        error::AuthorizationError,
        id::UserId,
        response::AuthorizationResponse,
        secret::{Digest, SessionToken},
    },
    provider::policy::Principal,
    store::Linked,
};

/// What a sign-in came to.
#[derive(Debug)]
pub struct Finished {
    /// Where the browser goes.
    pub to: To,
    /// The new session of this browser, if the person is signed in now.
    pub session: Option<SessionToken>,
}

/// Where a finished sign-in leads.
#[derive(Debug)]
pub enum To {
    /// Back to the client.
    Client(AuthorizationResponse),
    /// To the person's own page.
    Account,
}

impl Callbacks {
    pub(in crate::flow) async fn conclude(
        &self,
        provider: &Provider,
        identified: Result<Principal, Unidentified>,
        purpose: &Purpose,
        visitor: &Visitor,
    ) -> Result<Finished, CallbackFault> {
        match (identified, purpose) {
            (Ok(principal), _) => self.complete(&principal, purpose, visitor).await,
            (Err(Unidentified::Down(fault)), _) => {
                tracing::warn!(provider = %provider.id(), %fault, "sign-in interrupted");
                let label = provider.adapter.settings().label.clone();
                Err(CallbackFault::ProviderDown { provider: label, again: purpose.again() })
            }
            (Err(Unidentified::Store(error)), _) => Err(error.into()),
            (Err(Unidentified::Refused(error)), _) => refused(purpose, error),
        }
    }

    /// What the sign-in was for.
    async fn complete(
        &self,
        principal: &Principal,
        purpose: &Purpose,
        visitor: &Visitor,
    ) -> Result<Finished, CallbackFault> {
        if let Purpose::Link { user, session } = purpose {
            return self.link(principal, user, session, visitor).await;
        }
        let asked = purpose.asked();
        if let Some(Err(error)) = asked.map(|asked| self.authorizer.scopes(principal, asked)) {
            // Nobody is made for whom there is nothing to do.
            self.authorizer.hold(principal.identity()).await?;
            return refused(purpose, error);
        }
        let user = self.authorizer.admit(principal).await?;
        if user.disabled {
            return refused(purpose, locked_out());
        }
        let draft = asked.map(|asked| self.authorizer.draft(principal, &user, asked)).transpose();
        let draft = match draft {
            Ok(draft) => draft,
            Err(error) => return refused(purpose, error),
        };
        let code = draft.as_ref().map(|draft| (&draft.record, &draft.consent));
        let session = self.sessions.open(principal, &user, visitor, code).await?;
        let answer = asked.zip(draft).map(|(asked, draft)| asked.answer(Ok(draft.code)));
        Ok(Finished { to: answer.map_or(To::Account, To::Client), session: Some(session) })
    }

    /// Both identities proven in one browser: the session that began it is still this browser's, and the
    /// other identity was vouched for just now. An address says nothing here.
    async fn link(
        &self,
        principal: &Principal,
        user: &UserId,
        session: &Digest,
        visitor: &Visitor,
    ) -> Result<Finished, CallbackFault> {
        let live = self.sessions.live(visitor.session.as_ref()).await?;
        let live =
            live.filter(|live| live.session.digest.matches(session) && live.user.id == *user);
        let live = live.ok_or(CallbackFault::SignedOut)?;
        let now = self.clock.now();
        let held = HeldIdentity {
            key: principal.identity().key().clone(),
            user: live.user.id,
            claims: Some(self.authorizer.sealed_claims(principal.identity())),
            created_at: now,
            seen_at: now,
        };
        match self.store.link(&held).await? {
            Linked::Theirs => Ok(Finished { to: To::Account, session: None }),
            Linked::SomebodyElses => Err(CallbackFault::SomebodyElses),
        }
    }
}

/// Back to the client with the reason; to the person when no client is there to be told.
fn refused(purpose: &Purpose, why: AuthorizationError) -> Result<Finished, CallbackFault> {
    match purpose.asked() {
        Some(asked) => Ok(Finished { to: To::Client(asked.answer(Err(why))), session: None }),
        None => Err(CallbackFault::NotAdmitted(why)),
    }
}
