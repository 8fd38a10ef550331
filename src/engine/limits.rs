//! How long things live and how often they may happen. Flows take [`Limits`] as a value, so that a
//! test can shorten any of them; the defaults are the strictest good half of deployed servers.

use std::time::Duration;

/// Lifetimes and counts of the authorization server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A person's time to sign in at the provider.
    pub sign_in: Duration,
    /// An authorization code (RFC 6749 §4.1.2 asks for minutes at most).
    pub code: Duration,
    /// An access token; `COUNTERSIGN_ACCESS_TTL`.
    pub access_token: Duration,
    /// A refresh token that is not used.
    pub refresh_idle: Duration,
    /// A grant, however often it is refreshed.
    pub refresh_absolute: Duration,
    /// How long the previous refresh token yields its successor again, for a client that lost the
    /// response.
    pub grace: Duration,
    /// How often within that time.
    pub graces: u8,
    /// A client that registered itself and never signed anyone in.
    pub client_unused: Duration,
    /// A client that registered itself, after its last use.
    pub client_idle: Duration,
    /// How far another party's clock may be off.
    pub leeway: Duration,
    /// How old an interactive ID token may be (`iat`).
    pub id_token_age: Duration,
    /// The longest life an ID token may claim (`exp - iat`).
    pub id_token_lifetime: Duration,
    /// A browser session of ours that is not used.
    pub session_idle: Duration,
    /// A browser session of ours in any case.
    pub session_absolute: Duration,
    /// A signing key signs this long.
    pub key_rotation: Duration,
    /// A signing key is published this long before it signs.
    pub key_announce: Duration,
    /// A signing key stays published this long after it last signed.
    pub key_retire: Duration,
    /// `max-age` of our metadata and keys.
    pub metadata_max_age: Duration,
    /// The largest body of a request to an OAuth endpoint, in bytes.
    pub body_bytes: usize,
    /// The largest head of a request, in bytes.
    pub header_bytes: usize,
    /// The longest ID token, in bytes.
    pub id_token_bytes: usize,
    /// The time to send a request's head, and to answer it.
    pub request: Duration,
    /// How long an answer about readiness is kept.
    pub readiness: Duration,
    /// How long connections are still accepted once the service was told to stop;
    /// `COUNTERSIGN_STOP_DELAY`.
    pub stop_delay: Duration,
    /// How long requests in flight may take at shutdown.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sign_in: Duration::from_mins(10),
            code: Duration::from_mins(1),
            access_token: Duration::from_hours(1),
            refresh_idle: 14 * DAY,
            refresh_absolute: 90 * DAY,
            grace: Duration::from_secs(30),
            graces: 3,
            client_unused: DAY,
            client_idle: 90 * DAY,
            leeway: Duration::from_mins(1),
            id_token_age: Duration::from_mins(10),
            id_token_lifetime: DAY,
            session_idle: Duration::from_hours(1),
            session_absolute: DAY,
            key_rotation: 90 * DAY,
            key_announce: DAY,
            key_retire: 14 * DAY,
            metadata_max_age: Duration::from_mins(10),
            body_bytes: 64 * 1024,
            header_bytes: 16 * 1024,
            id_token_bytes: 16 * 1024,
            request: Duration::from_secs(30),
            readiness: Duration::from_secs(5),
            stop_delay: Duration::ZERO,
            shutdown: Duration::from_secs(30),
        }
    }
}

const DAY: Duration = Duration::from_hours(24);
