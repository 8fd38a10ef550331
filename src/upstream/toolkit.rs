//! Google's Identity Toolkit, the service behind Firebase sign-in: an ID token for a Google sign-in, and
//! whether an account still stands.
//!
//! It sends and reads; what an ID token says is judged by `jose`. No key, token or text of Google's
//! ever stands in an error.

mod service_account;

use http::{HeaderValue, Method, StatusCode, header};
use reqwest::{Body, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

pub use self::service_account::{AccessTokens, Assertion};
use crate::{
    ambient::Timestamp,
    upstream::{
        freshness::retry_after,
        http::{FetchFault, Fetcher},
    },
};

/// Identity Toolkit, as one Firebase project reaches it.
#[derive(Clone, Copy)]
pub struct Toolkit<'a> {
    /// How requests leave.
    pub fetcher: &'a Fetcher,
    /// Its address, such as `https://identitytoolkit.googleapis.com/v1/`.
    pub base: &'a Url,
    /// The project's Web API key.
    pub api_key: &'a str,
    /// The tenant, where the project has tenants.
    pub tenant: Option<&'a str>,
}

/// A Google sign-in to be turned into a Firebase one.
#[derive(Clone, Copy)]
pub struct GoogleSignIn<'a> {
    /// Google's ID token.
    pub id_token: &'a str,
    /// The text whose SHA-256 is the token's nonce.
    pub nonce: &'a str,
    /// Our callback.
    pub request_uri: &'a str,
}

/// An account as Identity Toolkit has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its uid.
    pub uid: String,
    /// Whether the operator of the project disabled it.
    pub disabled: bool,
    /// Sign-ins before this are over.
    pub valid_since: Timestamp,
}

/// Why there is no answer to use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ToolkitFault {
    /// Google says no, such as `USER_DISABLED`.
    #[error("Identity Toolkit refuses: {code}")]
    Refused {
        /// Its word, or `UNKNOWN` when it is no plain one.
        code: String,
    },
    /// Google is out, or asks to be left alone.
    #[error("Identity Toolkit: {0}")]
    Unavailable(FetchFault),
    /// The answer is not one to use.
    #[error("Identity Toolkit's answer is refused: {0}")]
    Malformed(&'static str),
}

impl Toolkit<'_> {
    /// `accounts:signInWithIdp`: a Firebase ID token for a Google sign-in.
    ///
    /// # Errors
    /// [`ToolkitFault`].
    pub async fn sign_in(
        &self,
        google: GoogleSignIn<'_>,
    ) -> Result<Zeroizing<String>, ToolkitFault> {
        let post = form_urlencoded::Serializer::new(String::new())
            .append_pair("id_token", google.id_token)
            .append_pair("providerId", "google.com")
            .append_pair("nonce", google.nonce)
            .finish();
        let mut ask = json!({
            "postBody": post,
            "requestUri": google.request_uri,
            "returnSecureToken": true,
            "returnIdpCredential": false,
        });
        if let (Some(tenant), Some(members)) = (self.tenant, ask.as_object_mut()) {
            members.insert("tenantId".to_owned(), tenant.into());
        }
        let answer: SignedIn = self.ask("accounts:signInWithIdp", None, &ask).await?;
        answer.id_token.map(Zeroizing::new).ok_or(ToolkitFault::Malformed("it has no ID token"))
    }

    /// `accounts:lookup` in the person's own name.
    ///
    /// # Errors
    /// [`ToolkitFault`]; a token whose account is gone, disabled or signed out is refused.
    pub async fn account_of(&self, id_token: &str) -> Result<Account, ToolkitFault> {
        let ask = json!({ "idToken": id_token });
        only(self.ask("accounts:lookup", None, &ask).await?)
    }

    /// `accounts:lookup` in the project's name.
    ///
    /// # Errors
    /// [`ToolkitFault`]; an account that is gone is refused as `USER_NOT_FOUND`.
    pub async fn account(
        &self,
        project: &str,
        uid: &str,
        access_token: &str,
    ) -> Result<Account, ToolkitFault> {
        let tenant = self.tenant.map(|tenant| format!("tenants/{tenant}/")).unwrap_or_default();
        let path = format!("projects/{project}/{tenant}accounts:lookup");
        only(self.ask(&path, Some(access_token), &json!({ "localId": [uid] })).await?)
    }

    async fn ask<T: for<'de> Deserialize<'de>>(
        &self,
        path: &str,
        access_token: Option<&str>,
        body: &Value,
    ) -> Result<T, ToolkitFault> {
        let mut url = Url::parse(&format!("{}{path}", self.base))
            .map_err(|_| ToolkitFault::Malformed("its address is no URL"))?;
        if access_token.is_none() {
            url.query_pairs_mut().append_pair("key", self.api_key);
        }
        let mut request = Request::new(Method::POST, url);
        if let Some(token) = access_token {
            request.headers_mut().insert(header::AUTHORIZATION, bearer(token)?);
        }
        answer(self.fetcher, request, "application/json", body.to_string()).await
    }
}

/// Sends a request with a body and reads its JSON answer.
async fn answer<T: for<'de> Deserialize<'de>>(
    fetcher: &Fetcher,
    mut request: Request,
    content_type: &'static str,
    body: String,
) -> Result<T, ToolkitFault> {
    request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    *request.body_mut() = Some(Body::from(body));
    let answer = fetcher.call(request).await.map_err(ToolkitFault::Unavailable)?;
    let (status, wait) = (answer.status, retry_after(&answer.headers));
    if status == StatusCode::OK {
        return serde_json::from_slice(&answer.body)
            .map_err(|_| ToolkitFault::Malformed("it is not the JSON expected"));
    }
    if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
        return Err(ToolkitFault::Refused { code: word_of(&answer.body) });
    }
    let status = status.as_u16();
    Err(ToolkitFault::Unavailable(FetchFault::Status { status, retry_after: wait }))
}

fn bearer(token: &str) -> Result<HeaderValue, ToolkitFault> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| ToolkitFault::Malformed("the access token is no token"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The first word of `error.message`, such as `USER_DISABLED` of `USER_DISABLED : …`.
fn word_of(body: &[u8]) -> String {
    let said = serde_json::from_slice::<Value>(body).ok();
    let message = said.as_ref().and_then(|said| said.pointer("/error/message")?.as_str());
    let word = message.and_then(|text| text.split_whitespace().next()).unwrap_or_default();
    let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    let good = (1..=64).contains(&word.len()) && word.bytes().all(plain);
    if good { word.to_owned() } else { "UNKNOWN".to_owned() }
}

fn only(found: Found) -> Result<Account, ToolkitFault> {
    let mut users = found.users.into_iter();
    let (Some(user), None) = (users.next(), users.next()) else {
        return Err(ToolkitFault::Refused { code: "USER_NOT_FOUND".to_owned() });
    };
    let since = user.valid_since.as_deref().unwrap_or("0");
    let since = since.parse().map_err(|_| ToolkitFault::Malformed("validSince is no time"))?;
    Ok(Account {
        uid: user.local_id,
        disabled: user.disabled,
        valid_since: Timestamp::from_unix(since),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignedIn {
    id_token: Option<String>,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    users: Vec<FoundUser>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FoundUser {
    local_id: String,
    #[serde(default)]
    disabled: bool,
    valid_since: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn google_s_word_is_the_first_of_its_message_and_only_a_plain_one_is_repeated() {
        let said = |message: Value| {
            word_of(json!({ "error": { "message": message } }).to_string().as_bytes())
        };
        assert_eq!(said(json!("USER_DISABLED")), "USER_DISABLED");
        assert_eq!(said(json!("INVALID_IDP_RESPONSE : the token eyJ…")), "INVALID_IDP_RESPONSE");
        for odd in [
            json!(""),
            json!(" "),
            json!("ann@example.com is disabled"),
            json!("eyJhbGciOi"),
            json!("A\u{202E}B"),
            json!("A".repeat(65)),
            json!(null),
            json!(["USER_DISABLED"]),
        ] {
            assert_eq!(said(odd.clone()), "UNKNOWN", "{odd}");
        }
        for body in ["", "<html>", "[]", "{}", r#"{"error":"USER_DISABLED"}"#] {
            assert_eq!(word_of(body.as_bytes()), "UNKNOWN", "{body}");
        }
    }

    #[test]
    fn exactly_one_account_with_a_time_is_an_answer() {
        let found = |text: &str| serde_json::from_str::<Found>(text).map(only);
        let account =
            Account { uid: "u".into(), disabled: false, valid_since: Timestamp::from_unix(0) };
        assert_eq!(found(r#"{"users":[{"localId":"u"}]}"#).unwrap(), Ok(account.clone()));
        let since = Account { valid_since: Timestamp::from_unix(7), disabled: true, ..account };
        let text = r#"{"users":[{"localId":"u","disabled":true,"validSince":"7"}]}"#;
        assert_eq!(found(text).unwrap(), Ok(since));
        let nobody = ToolkitFault::Refused { code: "USER_NOT_FOUND".to_owned() };
        for text in ["{}", r#"{"users":[]}"#, r#"{"users":[{"localId":"u"},{"localId":"v"}]}"#] {
            assert_eq!(found(text).unwrap(), Err(nobody.clone()), "{text}");
        }
        let text = r#"{"users":[{"localId":"u","validSince":"soon"}]}"#;
        assert_eq!(found(text).unwrap(), Err(ToolkitFault::Malformed("validSince is no time")));
        for text in [
            r#"{"users":[{}]}"#,
            r#"{"users":[{"localId":"u","disabled":"false"}]}"#,
            r#"{"users":[{"localId":"u","validSince":7}]}"#,
        ] {
            assert!(found(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_bearer_token_does_not_show_and_cannot_write_a_second_header() {
        let value = bearer("ya29.secret").unwrap();
        assert!(value.is_sensitive() && !format!("{value:?}").contains("secret"));
        assert!(bearer("a\r\nx: y").is_err());
    }
}
