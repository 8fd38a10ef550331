//! Sessions of the protocol's older eras belong to the person who opened them: a session id is a
//! handle, never a proof (MCP 2026-07-28, security best practices). Each costs memory until it ends,
//! so there are so many and no more.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
    middleware::Next,
};
use rmcp::transport::streamable_http_server::session::{
    SessionId, SessionManager as _, local::LocalSessionManager,
};

use serde_json::Value;
use tracing::Instrument as _;

use crate::{
    gateway::{Asked, error},
    guard::Caller,
    protocol::id::UserId,
};

/// How long a session may be left alone.
const SESSION_IDLE: Duration = Duration::from_hours(1);

/// Which person opened which session, and whether there is room for another.
pub(super) struct Sessions {
    manager: Arc<LocalSessionManager>,
    ledger: Arc<Mutex<Ledger>>,
    most: usize,
}

/// Whose sessions are open, and whose are just being opened.
#[derive(Default)]
struct Ledger {
    open: HashMap<SessionId, Open>,
    opening: Vec<Option<UserId>>,
    count: u64,
}

struct Open {
    user: Option<UserId>,
    number: u64,
}

/// A place for one session, kept free until it is dropped.
pub(super) struct Place {
    user: Option<UserId>,
    ledger: Arc<Mutex<Ledger>>,
}

/// A middleware: lets a request pass when its session is the caller's, and opens no more than there is
/// room for.
pub(super) async fn own(
    State(sessions): State<Arc<Sessions>>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let user = request.extensions().get::<Caller>().map(Caller::user);
    if user.is_some_and(|user| !sessions.admit(request.headers(), user)) {
        return error(StatusCode::NOT_FOUND, -32001, "There is no such session.", &Value::Null);
    }
    let opens = request.extensions().get::<Arc<Asked>>().is_some_and(|asked| asked.opens_session);
    if !opens || request.headers().contains_key(SESSION_ID) {
        return next.run(request).await;
    }
    match sessions.place(user).await {
        Some(place) => opening(place, request, next).await,
        None => full(),
    }
}

/// Runs to its end even when the client hangs up: a session that is opened must be noted.
async fn opening(place: Place, request: Request, next: Next) -> Response<Body> {
    let opened = tokio::spawn(
        async move {
            let response = next.run(request).await;
            place.note(response.headers());
            response
        }
        .in_current_span(),
    );
    opened.await.unwrap_or_else(|_| {
        error(StatusCode::INTERNAL_SERVER_ERROR, -32603, "Something went wrong here.", &Value::Null)
    })
}

fn full() -> Response<Body> {
    let text = "Too many sessions are open. Try again later.";
    let mut response = error(StatusCode::SERVICE_UNAVAILABLE, -32000, text, &Value::Null);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

impl Sessions {
    pub(super) fn new() -> Self {
        let mut manager = LocalSessionManager::default();
        manager.session_config.keep_alive = Some(SESSION_IDLE);
        Self { manager: Arc::new(manager), ledger: Arc::default(), most: MAX_SESSIONS }
    }

    /// Where the SDK keeps them.
    pub(super) fn manager(&self) -> Arc<LocalSessionManager> {
        Arc::clone(&self.manager)
    }

    /// Whether the session that a request names, if any, was opened by `user`.
    pub(super) fn admit(&self, headers: &HeaderMap, user: &UserId) -> bool {
        let mut named = headers.get_all(SESSION_ID).iter();
        let owns = |id: &str| {
            let ledger = locked(&self.ledger);
            ledger.open.get(id).is_some_and(|open| open.user.as_ref() == Some(user))
        };
        match (named.next(), named.next()) {
            (None, _) => true,
            (Some(id), None) => id.to_str().is_ok_and(owns),
            (Some(_), Some(_)) => false,
        }
    }

    /// Room for one more session of `user`, whose oldest end beyond [`MAX_OWN`]; none when everybody
    /// together has the most there may be.
    pub(super) async fn place(&self, user: Option<&UserId>) -> Option<Place> {
        let surplus = {
            let live = self.manager.sessions.read().await;
            let mut ledger = locked(&self.ledger);
            ledger.open.retain(|id, _| live.contains_key(id));
            if live.len() + ledger.opening.len() >= self.most {
                return None;
            }
            let surplus = ledger.surplus(user)?;
            ledger.opening.push(user.cloned());
            surplus
        };
        let place = Place { user: user.cloned(), ledger: Arc::clone(&self.ledger) };
        for id in surplus {
            let _ = self.manager.close_session(&id).await;
        }
        Some(place)
    }
}

impl Ledger {
    /// The oldest sessions of `user` that must end before another is opened; none when even that would
    /// not do. Whoever is not signed in shares the room of all.
    fn surplus(&mut self, user: Option<&UserId>) -> Option<Vec<SessionId>> {
        let Some(user) = user else { return Some(Vec::new()) };
        let opening = self.opening.iter().filter(|other| other.as_ref() == Some(user)).count();
        let room = MAX_OWN.checked_sub(opening + 1)?;
        let own = self.open.iter().filter(|(_, open)| open.user.as_ref() == Some(user));
        let mut own: Vec<_> = own.map(|(id, open)| (open.number, Arc::clone(id))).collect();
        own.sort();
        let too_many = own.len().saturating_sub(room);
        let surplus: Vec<_> = own.into_iter().take(too_many).map(|(_, id)| id).collect();
        self.open.retain(|id, _| !surplus.contains(id));
        Some(surplus)
    }
}

impl Place {
    /// Notes the session that a response opens, if it opens one.
    pub(super) fn note(self, headers: &HeaderMap) {
        let Some(Ok(id)) = headers.get(SESSION_ID).map(|id| id.to_str()) else { return };
        let mut ledger = locked(&self.ledger);
        ledger.count += 1;
        let open = Open { user: self.user.clone(), number: ledger.count };
        ledger.open.insert(Arc::from(id), open);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut ledger = locked(&self.ledger);
        if let Some(at) = ledger.opening.iter().position(|user| *user == self.user) {
            ledger.opening.swap_remove(at);
        }
    }
}

fn locked(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

const SESSION_ID: &str = "mcp-session-id";
/// Of one person: more than all their clients at work at once.
const MAX_OWN: usize = 32;
/// Of everybody: some 55 KiB each.
const MAX_SESSIONS: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    async fn opened(sessions: &Sessions, user: Option<&UserId>) -> Option<SessionId> {
        let place = sessions.place(user).await?;
        // What a session does is of no interest here: it only has to be there.
        let (id, transport) = sessions.manager.create_session().await.unwrap();
        drop(transport);
        place.note(&naming(&id));
        Some(id)
    }

    fn naming(id: &str) -> HeaderMap {
        [(SESSION_ID.parse().unwrap(), id.parse().unwrap())].into_iter().collect()
    }

    #[tokio::test]
    async fn a_session_is_admitted_for_its_owner_only() {
        let (alice, bob) = (UserId::new("alice"), UserId::new("bob"));
        let sessions = Sessions::new();
        assert!(sessions.admit(&HeaderMap::new(), &bob));
        assert!(!sessions.admit(&naming("s"), &alice));
        let id = opened(&sessions, Some(&alice)).await.unwrap();
        let mut headers = naming(&id);
        assert!(sessions.admit(&headers, &alice) && !sessions.admit(&headers, &bob));
        headers.append(SESSION_ID, id.parse().unwrap());
        assert!(!sessions.admit(&headers, &alice));
    }

    #[tokio::test]
    async fn a_persons_oldest_session_ends_when_there_are_too_many_and_nobody_elses() {
        let (alice, bob) = (UserId::new("alice"), UserId::new("bob"));
        let sessions = Sessions::new();
        let bobs = opened(&sessions, Some(&bob)).await.unwrap();
        let mut alices = Vec::new();
        for _ in 0..MAX_OWN + 2 {
            alices.push(opened(&sessions, Some(&alice)).await.unwrap());
        }
        let there: Vec<_> = alices.iter().map(|id| sessions.admit(&naming(id), &alice)).collect();
        assert_eq!(there[..3], [false, false, true]);
        assert!(sessions.admit(&naming(&bobs), &bob));
        assert_eq!(sessions.manager.sessions.read().await.len(), MAX_OWN + 1);
    }

    #[tokio::test]
    async fn sessions_opened_at_the_same_time_are_counted_before_they_are_open() {
        let alice = UserId::new("alice");
        let sessions = Sessions::new();
        let mut places = Vec::new();
        for _ in 0..MAX_OWN {
            places.push(sessions.place(Some(&alice)).await.unwrap());
        }
        assert!(sessions.place(Some(&alice)).await.is_none());
        places.pop();
        assert!(sessions.place(Some(&alice)).await.is_some());
    }

    #[tokio::test]
    async fn there_is_no_room_beyond_the_sessions_of_all_and_again_once_one_ends() {
        let sessions = Sessions { most: 40, ..Sessions::new() };
        let first = opened(&sessions, None).await.unwrap();
        for _ in 1..40 {
            opened(&sessions, None).await.unwrap();
        }
        assert!(opened(&sessions, None).await.is_none());
        sessions.manager.close_session(&first).await.unwrap();
        assert!(opened(&sessions, Some(&UserId::new("bob"))).await.is_some());
    }
}
