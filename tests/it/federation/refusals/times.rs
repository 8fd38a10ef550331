//! Tokens of another time.

use serde_json::json;

use super::{Row, UNTRUSTED, refused, refused_by_every_kind};
use crate::federation::kind::{Kind, with_keys};

#[tokio::test]
async fn a_token_that_is_not_of_this_moment_is_refused() {
    refused_by_every_kind(TIMES).await;
}

#[tokio::test]
async fn a_sign_in_longer_ago_than_the_file_allows_is_refused() {
    for kind in Kind::ALL {
        let edit = |file: &str| with_keys(file, "max_age = \"1h\"");
        refused(kind, edit, UNTRUSTED, AGES).await;
    }
}

const FIT: &str = "claim `exp` does not fit `iat`";

/// `exp`.
pub(crate) const EXPIRIES: &[Row] = &[
    ("expired", "the token has expired", |draft| draft.claim("exp", draft.now() - 61)),
    ("no expiry", "claim `exp` is missing", |draft| draft.without("exp")),
    ("an expiry that is a text", "claim `exp` is not a date", |draft| {
        draft.claim("exp", (draft.now() + 3600).to_string());
    }),
    ("an expiry before 1970", "claim `exp` is not a date", |draft| draft.claim("exp", -1)),
    ("an expiry in 10 years", FIT, |draft| draft.claim("exp", draft.now() + 315_360_000)),
    ("an expiry beyond 24 hours", FIT, |draft| draft.claim("exp", draft.now() + 86_401)),
    ("an expiry of 1e300", "claim `exp` is not a date", |draft| draft.claim("exp", 1e300)),
    ("an expiry of 2^64 - 1", "claim `exp` is not a date", |draft| draft.claim("exp", u64::MAX)),
    ("an expiry of null", "claim `exp` is not a date", |draft| draft.claim("exp", json!(null))),
    ("an expiry 1 s past the leeway", "the token has expired", |draft| {
        draft.claim("exp", draft.now() - 60);
    }),
];

/// `nbf`.
pub(crate) const BEGINNINGS: &[Row] = &[
    ("not to be used yet", "not valid yet", |draft| draft.claim("nbf", draft.now() + 61)),
    ("not before some text", "claim `nbf` is not a date", |draft| draft.claim("nbf", "tomorrow")),
    ("not before a time of null", "claim `nbf` is not a date", |draft| {
        draft.claim("nbf", json!(null));
    }),
    ("not before a time beyond all times", "claim `nbf` is not a date", |draft| {
        draft.claim("nbf", u64::MAX);
    }),
];

pub(crate) const TIMES: &[Row] = &[
    ("issued in the future", "not valid yet", |draft| draft.claim("iat", draft.now() + 61)),
    ("no time of issue", "claim `iat` is missing", |draft| draft.without("iat")),
    ("issued long ago, though good for 10 hours", "claim `iat` is too long ago", |draft| {
        draft.claim("exp", draft.now() + 36_000);
        draft.claim("iat", draft.now() - 661);
    }),
    ("a time of issue that is a text", "claim `iat` is not a date", |draft| {
        draft.claim("iat", draft.now().to_string());
    }),
    ("signed in in the future", "not valid yet", |draft| {
        draft.claim("auth_time", draft.now() + 61);
    }),
];

const AGES: &[Row] = &[
    ("no time of sign-in", "claim `auth_time` is missing", |_| {}),
    ("signed in too long ago", "claim `auth_time` is too long ago", |draft| {
        draft.claim("auth_time", draft.now() - 3661);
    }),
    ("signed in in 1970", "claim `auth_time` is too long ago", |draft| draft.claim("auth_time", 0)),
];
