//! What the tools answer, with the schemas that clients see.

use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};

use crate::{ambient::Timestamp, engine::record::User, guard::Caller};

/// The answer of `whoami`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "schemars")]
pub(super) struct WhoAmI {
    /// The person's id at this authorization server.
    user_id: String,
    /// Display name, as the identity provider gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Verified e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// The client that calls.
    client_id: String,
    /// The identity provider that vouched for the person.
    provider: String,
    /// What the client may do for the person.
    scopes: Vec<String>,
    /// When the access token ends, as RFC 3339.
    expires_at: String,
}

impl WhoAmI {
    pub(super) fn of(caller: &Caller) -> Self {
        let claims = caller.claims();
        Self {
            user_id: caller.user().to_string(),
            name: claims.name.clone(),
            email: claims.email.clone(),
            client_id: caller.client().to_string(),
            provider: claims.idp.to_string(),
            scopes: caller.scopes().iter().map(ToString::to_string).collect(),
            expires_at: rfc3339(claims.exp),
        }
    }
}

/// The answer of `user_profile`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "schemars")]
pub(super) struct UserProfile {
    /// The person's id at this authorization server.
    id: String,
    /// Display name at the latest sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Verified e-mail address at the latest sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// First sign-in, as RFC 3339.
    member_since: String,
    /// Latest sign-in, as RFC 3339.
    last_sign_in: String,
}

impl UserProfile {
    pub(super) fn of(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            name: user.name.clone(),
            email: user.email.clone(),
            member_since: rfc3339(user.created_at),
            last_sign_in: rfc3339(user.seen_at),
        }
    }
}

/// What `read_data` is asked.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
pub(super) struct ReadDataRequest {
    /// How many records to return at most; all of them when left out.
    #[serde(default)]
    pub(super) limit: Option<u8>,
}

/// The answer of `read_data`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "schemars")]
pub(super) struct Records {
    /// The records.
    pub(super) records: Vec<Record>,
}

/// One sample record.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "schemars")]
pub(super) struct Record {
    id: i32,
    title: &'static str,
    value: f64,
}

impl Records {
    pub(super) fn sample(limit: Option<u8>) -> Self {
        let all = SAMPLE.into_iter().zip(1..);
        let taken = all.take(limit.map_or(usize::MAX, usize::from));
        Self { records: taken.map(|((title, value), id)| Record { id, title, value }).collect() }
    }
}

/// What `secure_operation` is asked.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(crate = "schemars")]
pub(super) struct SecureRequest {
    /// What the operation is for; noted in the receipt.
    #[serde(default)]
    pub(super) reason: Option<String>,
}

/// The answer of `secure_operation`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "schemars")]
pub(super) struct Receipt {
    /// Whether the operation was carried out.
    pub(super) done: bool,
    /// Who asked for it.
    pub(super) by: String,
    /// When, as RFC 3339.
    pub(super) at: String,
    /// The reason given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
}

/// The answer of `rate_limited_tool`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "schemars")]
pub(super) struct Moment {
    /// When the call arrived, as RFC 3339.
    pub(super) at: String,
}

/// The answer of `public_tool`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(crate = "schemars")]
pub(super) struct Greeting {
    /// The greeting.
    pub(super) message: String,
}

/// A time for people, such as `2026-11-23T10:00:00Z`.
pub(super) fn rfc3339(time: Timestamp) -> String {
    jiff::Timestamp::from_second(time.unix()).map_or_else(|_| time.to_string(), |t| t.to_string())
}

const SAMPLE: [(&str, f64); 4] = [
    ("Water level at the north gauge, metres", 2.4),
    ("Wind at the pier, metres per second", 7.1),
    ("Air at the station, degrees Celsius", 11.5),
    ("Visibility at the lighthouse, kilometres", 18.0),
];
