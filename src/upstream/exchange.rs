//! The code exchange at a provider (RFC 6749 §4.1.3, OIDC Core §3.1.3), and the only place that
//! names openidconnect.
//!
//! It builds the request and reads the answer; the ID token leaves as text, for `jose` to verify.
//! Neither code nor secret nor token ever stands in an error.

mod reply;

use futures_util::{FutureExt as _, future::BoxFuture};
use http::{Request, Response, StatusCode};
use openidconnect::{
    AsyncHttpClient, AuthType, AuthorizationCode, ClientId, ClientSecret, IssuerUrl, JsonWebKeySet,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, TokenUrl,
};
use url::Url;
use zeroize::Zeroizing;

use self::reply::{ProviderClient, Reply, TokenError};
use crate::{
    protocol::pkce::Verifier,
    upstream::{
        freshness::retry_after,
        http::{FetchFault, Fetcher},
    },
};

/// How we prove ourselves at a provider's token endpoint (OIDC Core §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenAuth {
    /// `client_secret_basic`.
    Basic,
    /// `client_secret_post`.
    Post,
    /// `none`: a public client, PKCE alone.
    None,
}

/// A code to exchange, with everything that belongs to it.
#[derive(Clone, Copy)]
pub struct CodeExchange<'a> {
    /// The provider's token endpoint.
    pub token_endpoint: &'a Url,
    /// Who we are there.
    pub client_id: &'a str,
    /// Our secret there; not sent with [`TokenAuth::None`].
    pub client_secret: Option<&'a str>,
    /// How the secret is sent.
    pub auth: TokenAuth,
    /// The code from the callback.
    pub code: &'a str,
    /// The redirect URI the code was sent to, byte for byte.
    pub redirect_uri: &'a str,
    /// The PKCE verifier whose challenge began the sign-in.
    pub verifier: &'a Verifier,
}

/// What a code was exchanged for; nothing in it is verified.
pub struct Exchanged {
    /// The ID token as it came.
    pub id_token: Zeroizing<String>,
    /// The access token, which `at_hash` in the ID token may bind.
    pub access_token: Option<Zeroizing<String>>,
}

/// Why a code was not exchanged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeFault {
    /// The provider refuses it (RFC 6749 §5.2), such as `invalid_grant`.
    #[error("the provider refuses the code: {code}")]
    Refused {
        /// The provider's error code, or `unknown` when it is not a short plain word.
        code: String,
    },
    /// The provider is out: 503.
    #[error("the provider's token endpoint: {0}")]
    Unavailable(FetchFault),
    /// The provider's answer is not one to use.
    #[error("the provider's token response is refused: {0}")]
    Malformed(&'static str),
}

/// Exchanges a code. Sent once: a code is spent whatever the answer.
///
/// # Errors
/// [`ExchangeFault`].
pub async fn exchange(
    fetcher: &Fetcher,
    ask: CodeExchange<'_>,
) -> Result<Exchanged, ExchangeFault> {
    let redirect = RedirectUrl::new(ask.redirect_uri.to_owned())
        .map_err(|_| ExchangeFault::Malformed("our redirect URI is no URL"))?;
    let client = client(ask).set_redirect_uri(redirect);
    let reply = client
        .exchange_code(AuthorizationCode::new(ask.code.to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(ask.verifier.reveal().to_owned()))
        .request_async(&Sender(fetcher))
        .await
        .map_err(fault)?;
    judge(reply)
}

/// Our client in openidconnect's terms; a named type, because the future of a closure is not provably
/// `Send`.
struct Sender<'a>(&'a Fetcher);

impl<'c> AsyncHttpClient<'c> for Sender<'_> {
    type Error = FetchFault;
    type Future = BoxFuture<'c, Result<Response<Vec<u8>>, FetchFault>>;

    fn call(&'c self, request: Request<Vec<u8>>) -> Self::Future {
        send(self.0, request).boxed()
    }
}

/// Issuer and keys are never used here: `jose` verifies.
fn client(ask: CodeExchange<'_>) -> ProviderClient {
    let issuer = IssuerUrl::from_url(ask.token_endpoint.clone());
    let client_id = ClientId::new(ask.client_id.to_owned());
    let client = openidconnect::Client::new(client_id, issuer, JsonWebKeySet::default())
        .set_token_uri(TokenUrl::from_url(ask.token_endpoint.clone()));
    let secret = ask.client_secret.map(|secret| ClientSecret::new(secret.to_owned()));
    match (ask.auth, secret) {
        (TokenAuth::Basic, Some(secret)) => {
            client.set_auth_type(AuthType::BasicAuth).set_client_secret(secret)
        }
        (TokenAuth::Post, Some(secret)) => {
            client.set_auth_type(AuthType::RequestBody).set_client_secret(secret)
        }
        _ => client.set_auth_type(AuthType::RequestBody),
    }
}

async fn send(
    fetcher: &Fetcher,
    request: Request<Vec<u8>>,
) -> Result<Response<Vec<u8>>, FetchFault> {
    let request = request.try_into().map_err(|_| FetchFault::Url("it is no URL"))?;
    let answer = fetcher.call(request).await?;
    if answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS {
        let retry_after = retry_after(&answer.headers);
        return Err(FetchFault::Status { status: answer.status.as_u16(), retry_after });
    }
    let mut response = Response::new(answer.body.to_vec());
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    Ok(response)
}

fn judge(reply: Reply) -> Result<Exchanged, ExchangeFault> {
    // RFC 6749 §5.1: case-insensitive. OIDC Core §3.1.3.3: Bearer.
    if !reply.is_bearer() {
        return Err(ExchangeFault::Malformed("its token type is not Bearer"));
    }
    let (id_token, access_token) = reply.into_tokens();
    let id_token = id_token.filter(|token| !token.is_empty());
    let id_token = id_token.ok_or(ExchangeFault::Malformed("it has no ID token"))?;
    Ok(Exchanged { id_token, access_token: Some(access_token) })
}

/// Texts of the provider stay behind: an error description may quote what we sent.
fn fault(error: RequestTokenError<FetchFault, TokenError>) -> ExchangeFault {
    match error {
        RequestTokenError::ServerResponse(said) => {
            ExchangeFault::Refused { code: plain_code(said.error().as_ref()) }
        }
        RequestTokenError::Request(fault) => match fault {
            FetchFault::Redirect => ExchangeFault::Malformed("it is a redirect"),
            FetchFault::TooLarge => ExchangeFault::Malformed("it is too long"),
            FetchFault::Encoded => ExchangeFault::Malformed("it is compressed"),
            fault => ExchangeFault::Unavailable(fault),
        },
        RequestTokenError::Parse(..) => ExchangeFault::Malformed("it is not a token response"),
        RequestTokenError::Other(_) => ExchangeFault::Malformed("it is empty or not JSON"),
    }
}

fn plain_code(code: &str) -> String {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    let good = (1..=64).contains(&code.len()) && code.bytes().all(plain);
    if good { code.to_owned() } else { "unknown".to_owned() }
}
