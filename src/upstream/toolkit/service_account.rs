//! Access tokens of a Google service account (RFC 7523 §2.1), kept while they are good.

use std::time::Duration;

use http::Method;
use reqwest::Request;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use super::{ToolkitFault, answer};
use crate::{ambient::Timestamp, jose::sign::SigningKey, upstream::http::Fetcher};

/// Who asks for an access token, and where.
#[derive(Clone, Copy)]
pub struct Assertion<'a> {
    /// The service account's address.
    pub email: &'a str,
    /// Its key.
    pub key: &'a SigningKey,
    /// Google's token endpoint.
    pub token_endpoint: &'a Url,
}

/// The access token of one service account; at most one request for it is under way.
#[derive(Default)]
pub struct AccessTokens {
    kept: Mutex<Option<Kept>>,
}

/// The last outcome and how long it counts. A failure counts for a few seconds, so that of many who wait
/// only the first waits for an endpoint that hangs.
struct Kept {
    outcome: Result<Zeroizing<String>, ToolkitFault>,
    until: Timestamp,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    scope: &'a str,
    aud: &'a str,
    iat: Timestamp,
    exp: Timestamp,
}

#[derive(Deserialize)]
struct Reply {
    access_token: String,
    expires_in: u64,
}

impl AccessTokens {
    /// A token good for another minute at least.
    ///
    /// # Errors
    /// [`ToolkitFault`].
    pub async fn token(
        &self,
        fetcher: &Fetcher,
        ask: Assertion<'_>,
        now: Timestamp,
    ) -> Result<Zeroizing<String>, ToolkitFault> {
        let mut kept = self.kept.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| now < kept.until) {
            return kept.outcome.clone();
        }
        let (outcome, life) = match trade(fetcher, ask, now).await {
            Ok(reply) => {
                let life = Duration::from_secs(reply.expires_in.min(3600)).saturating_sub(SPARE);
                (Ok(Zeroizing::new(reply.access_token)), life)
            }
            Err(fault) => (Err(fault), PAUSE),
        };
        *kept = Some(Kept { outcome: outcome.clone(), until: now.plus(life) });
        outcome
    }

    /// Forgets a token that Google would not take.
    pub async fn forget(&self) {
        *self.kept.lock().await = None;
    }
}

async fn trade(
    fetcher: &Fetcher,
    ask: Assertion<'_>,
    now: Timestamp,
) -> Result<Reply, ToolkitFault> {
    let claims = Claims {
        iss: ask.email,
        scope: SCOPE,
        aud: ask.token_endpoint.as_str(),
        iat: now,
        exp: now.plus(LIFE),
    };
    let assertion = ask.key.sign_unnamed(&claims);
    let assertion = assertion.map_err(|_| ToolkitFault::Malformed("its request was not signed"))?;
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
        .append_pair("assertion", &assertion)
        .finish();
    let request = Request::new(Method::POST, ask.token_endpoint.clone());
    answer(fetcher, request, "application/x-www-form-urlencoded", body).await
}

const SCOPE: &str = "https://www.googleapis.com/auth/identitytoolkit";
const LIFE: Duration = Duration::from_mins(5);
const PAUSE: Duration = Duration::from_secs(10);
const SPARE: Duration = Duration::from_mins(1);
