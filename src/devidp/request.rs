//! The authentication request (OpenID Connect Core §3.1.2.1), checked without side effects.

use crate::{
    devidp::DevClient,
    protocol::{
        error::{AuthorizationError, AuthorizationErrorCode as Code},
        form::Params,
        pkce::Challenge,
        redirect::RedirectUri,
        response::AuthorizationResponse,
        secret::AuthorizationCode,
    },
};

/// A good request.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) redirect_uri: RedirectUri,
    pub(super) state: Option<String>,
    pub(super) nonce: String,
    pub(super) challenge: Challenge,
}

/// Why a request is not acted upon, by who is told.
#[derive(Debug)]
pub(super) enum Fault {
    /// The person: where to answer is not proven (RFC 6749 §4.1.2.1).
    Person(&'static str),
    /// The client, by redirect.
    Client(Box<AuthorizationResponse>),
}

impl Ask {
    /// Reads a request of `client`'s.
    pub(super) fn read(params: &Params, client: &DevClient) -> Result<Self, Fault> {
        if params.one("client_id") != Some(&client.id) {
            return Err(Fault::Person("the client_id is not known here."));
        }
        let asked = params.one("redirect_uri").unwrap_or_default();
        let ours = client.redirect_uris.iter().any(|known| known == asked);
        let redirect_uri = RedirectUri::parse(asked).ok().filter(|_| ours);
        let redirect_uri =
            redirect_uri.ok_or(Fault::Person("the redirect_uri is not registered."))?;
        let state = params.one("state").map(str::to_owned);
        match details(params) {
            Ok((nonce, challenge)) => Ok(Self { redirect_uri, state, nonce, challenge }),
            Err(error) => {
                let outcome = Err(error);
                let answer = AuthorizationResponse { redirect_uri, state, outcome };
                Err(Fault::Client(Box::new(answer)))
            }
        }
    }

    /// The answer to this request.
    pub(super) fn answer(
        self,
        outcome: Result<AuthorizationCode, AuthorizationError>,
    ) -> AuthorizationResponse {
        AuthorizationResponse { redirect_uri: self.redirect_uri, state: self.state, outcome }
    }
}

fn error(code: Code, why: &'static str) -> AuthorizationError {
    AuthorizationError::new(code, why)
}

fn details(params: &Params) -> Result<(String, Challenge), AuthorizationError> {
    let words =
        |name: &str, word: &str| params.one(name).is_some_and(|v| v.split(' ').any(|w| w == word));
    if params.one("request").is_some() {
        return Err(error(Code::RequestNotSupported, "Request objects are not supported."));
    }
    if params.one("response_type") != Some("code") {
        return Err(error(Code::UnsupportedResponseType, "The only response_type is code."));
    }
    if !words("scope", "openid") {
        return Err(error(Code::InvalidScope, "scope must contain openid."));
    }
    if words("prompt", "none") {
        return Err(error(Code::LoginRequired, "prompt=none: a person has to press a button."));
    }
    let nonce = params.one("nonce").filter(|nonce| nonce.len() <= 512);
    let nonce =
        nonce.ok_or_else(|| error(Code::InvalidRequest, "nonce is missing or too long."))?;
    if params.one("code_challenge_method") != Some("S256") {
        return Err(error(
            Code::InvalidRequest,
            "PKCE with code_challenge_method S256 is required.",
        ));
    }
    let challenge = params.one("code_challenge").and_then(Challenge::parse);
    let challenge =
        challenge.ok_or_else(|| error(Code::InvalidRequest, "code_challenge is malformed."))?;
    Ok((nonce.to_owned(), challenge))
}
