//! Session ids of the protocol's older eras, as clients see them: sealed for one person at one server,
//! so that a session id is a handle, never a proof (MCP, security best practices). Nothing is kept here,
//! and any node can open them.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    ambient::{Entropy, random},
    gateway::refused::Refused,
    jose::seal::Vault,
    protocol::id::{ServerId, UserId},
};

/// Seals the session ids of one server, and opens them for whom they were sealed.
#[derive(Clone)]
pub struct SessionSeal {
    /// Seals.
    pub vault: Arc<Vault>,
    /// The dice.
    pub entropy: Arc<dyn Entropy>,
    /// The server whose sessions they are.
    pub server: ServerId,
}

/// A request's session: as the client and as the server behind calls it.
pub(super) struct Session {
    presented: HeaderValue,
    inner: HeaderValue,
}

impl SessionSeal {
    /// Opens the session id of a request, which is replaced by the server's own.
    pub(super) fn open(
        &self,
        headers: &mut HeaderMap,
        user: Option<&UserId>,
    ) -> Result<Option<Session>, Refused> {
        let mut named = headers.get_all(&SESSION_ID).iter();
        let Some(presented) = named.next().cloned() else { return Ok(None) };
        let sole = named.next().is_none();
        let inner = self.opened(&presented, user).filter(|_| sole).ok_or(Refused::NoSession)?;
        headers.insert(SESSION_ID, inner.clone());
        Ok(Some(Session { presented, inner }))
    }

    /// Seals the session id of an answer; that of the request's own session as the client knows it.
    pub(super) fn seal(
        &self,
        headers: &mut HeaderMap,
        session: Option<&Session>,
        user: Option<&UserId>,
    ) {
        let Some(inner) = headers.remove(&SESSION_ID) else { return };
        let known = session.filter(|session| session.inner == inner);
        let shown = known
            .map_or_else(|| self.sealed(&inner, user), |session| Some(session.presented.clone()));
        if let Some(shown) = shown {
            headers.insert(SESSION_ID, shown);
        }
    }

    fn opened(&self, presented: &HeaderValue, user: Option<&UserId>) -> Option<HeaderValue> {
        let sealed = URL_SAFE_NO_PAD.decode(presented.as_bytes()).ok()?;
        let inner = self.vault.open(&self.purpose(user), &sealed)?;
        HeaderValue::from_bytes(&inner).ok()
    }

    fn sealed(&self, inner: &HeaderValue, user: Option<&UserId>) -> Option<HeaderValue> {
        let sealed = self.vault.seal(&self.purpose(user), inner.as_bytes(), random(&*self.entropy));
        HeaderValue::try_from(URL_SAFE_NO_PAD.encode(sealed)).ok()
    }

    fn purpose(&self, user: Option<&UserId>) -> String {
        format!("mcp session\n{}\n{}", self.server, user.map_or("", UserId::as_str))
    }
}

/// The header of a session's id (MCP 2025-11-25 and before).
const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
