//! Sessions of the protocol's older eras belong to the person who opened them: a session id is a
//! handle, never a proof (MCP 2026-07-28, security best practices).

use std::time::Duration;

use http::HeaderMap;
use moka::sync::Cache;

use crate::protocol::id::UserId;

/// How long a session may be left alone.
pub(super) const SESSION_IDLE: Duration = Duration::from_hours(1);

/// Which person opened which session.
pub(super) struct SessionOwners(Cache<String, UserId>);

impl SessionOwners {
    pub(super) fn new() -> Self {
        Self(Cache::builder().max_capacity(MAX_SESSIONS).time_to_idle(SESSION_IDLE).build())
    }

    /// Whether the session that a request names, if any, was opened by `user`.
    pub(super) fn admit(&self, headers: &HeaderMap, user: &UserId) -> bool {
        let mut named = headers.get_all(SESSION_ID).iter();
        match (named.next(), named.next()) {
            (None, _) => true,
            (Some(id), None) => id.to_str().is_ok_and(|id| self.0.get(id).as_ref() == Some(user)),
            (Some(_), Some(_)) => false,
        }
    }

    /// Notes the session that a response opens, if it opens one.
    pub(super) fn note(&self, headers: &HeaderMap, user: &UserId) {
        if let Some(Ok(id)) = headers.get(SESSION_ID).map(|id| id.to_str()) {
            self.0.insert(id.to_owned(), user.clone());
        }
    }
}

const SESSION_ID: &str = "mcp-session-id";
const MAX_SESSIONS: u64 = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_admitted_for_its_owner_only() {
        let (alice, bob) = (UserId::new("alice"), UserId::new("bob"));
        let owners = SessionOwners::new();
        let mut headers = HeaderMap::new();
        assert!(owners.admit(&headers, &bob));
        headers.insert(SESSION_ID, "s".parse().unwrap());
        assert!(!owners.admit(&headers, &alice));
        owners.note(&headers, &alice);
        assert!(owners.admit(&headers, &alice) && !owners.admit(&headers, &bob));
        headers.append(SESSION_ID, "s".parse().unwrap());
        assert!(!owners.admit(&headers, &alice));
    }
}
