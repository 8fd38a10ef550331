//! The authorization request (RFC 6749 §4.1.1), stage by stage: `Params` -> [`ClientPart`] ->
//! [`Proven`] -> [`Asked`]. Before the client and its redirect URI are proven, a fault goes to a
//! page; afterwards it goes to the client.

mod prompt;

use serde::{Deserialize, Serialize};

pub use self::prompt::Prompt;
use crate::{
    engine::record::Client,
    protocol::{
        error::{AuthorizationError, AuthorizationErrorCode as Code},
        form::Params,
        id::{ClientId, ServerId},
        pkce::Challenge,
        redirect::RedirectUri,
        resource::Resource,
        response::AuthorizationResponse,
        scope::{Scope, Scopes},
    },
};

/// The longest `state` a client may send, in bytes.
pub const MAX_STATE_BYTES: usize = 2048;

/// Why the request cannot even be answered to the client: shown to the person, never redirected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageFault {
    /// No `client_id`.
    #[error("The request does not say which app sent it (client_id is missing).")]
    NoClient,
    /// The `client_id` is not registered here, or no longer.
    #[error("This app is not known here, or its registration has lapsed.")]
    UnknownClient,
    /// No `redirect_uri`.
    #[error("The request does not say where to return to (redirect_uri is missing).")]
    NoRedirect,
    /// RFC 6749 §3.1.2.4: never redirect to an unregistered URI.
    #[error("The app asked to return to an address that it has not registered.")]
    UnregisteredRedirect,
    /// RFC 6749 §3.1: given twice, it names nobody to answer.
    #[error("The request says {0} more than once.")]
    Repeated(&'static str),
}

/// The parts of a request that say whom to answer.
#[derive(Debug)]
pub struct ClientPart<'a> {
    /// The client it names.
    pub client: ClientId,
    redirect_uri: &'a str,
}

impl<'a> ClientPart<'a> {
    /// Reads `client_id` and `redirect_uri`.
    ///
    /// # Errors
    /// A [`PageFault`] when one is missing or repeated.
    pub fn read(params: &'a Params) -> Result<Self, PageFault> {
        if let Some(name) = ["client_id", "redirect_uri"].into_iter().find(|n| params.repeats(n)) {
            return Err(PageFault::Repeated(name));
        }
        let client = params.one("client_id").ok_or(PageFault::NoClient)?;
        let redirect_uri = params.one("redirect_uri").ok_or(PageFault::NoRedirect)?;
        Ok(Self { client: ClientId::new(client), redirect_uri })
    }

    /// Proves that the redirect URI is one of the client's (RFC 6749 §3.1.2.3, OAuth 2.1 §2.3.1).
    ///
    /// # Errors
    /// A [`PageFault`] when the client is unknown or has not registered the URI.
    pub fn prove(self, client: Option<Client>, params: &Params) -> Result<Proven, PageFault> {
        let client = client.ok_or(PageFault::UnknownClient)?;
        let registered = client.redirect_uris.iter().any(|uri| uri.matches(self.redirect_uri));
        let redirect_uri = RedirectUri::parse(self.redirect_uri).ok().filter(|_| registered);
        let redirect_uri = redirect_uri.ok_or(PageFault::UnregisteredRedirect)?;
        let state = params.one("state").map(str::to_owned);
        Ok(Proven { client, redirect_uri, state })
    }
}

/// A request whose client and redirect URI belong together.
#[derive(Debug)]
pub struct Proven {
    /// The client.
    pub client: Client,
    /// Where to answer.
    pub redirect_uri: RedirectUri,
    state: Option<String>,
}

/// What one protected server offers to a request.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The server.
    pub id: ServerId,
    /// Its URL.
    pub resource: Resource,
    /// Its scopes.
    pub scopes: Scopes,
}

/// A complete, good request: what the person will be asked to consent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The client.
    pub client: ClientId,
    /// Where to answer, as presented.
    pub redirect_uri: RedirectUri,
    /// The client's `state`.
    pub state: Option<String>,
    /// The PKCE challenge.
    pub challenge: Challenge,
    /// For which server.
    pub server: ServerId,
    /// That server's URL.
    pub resource: Resource,
    /// The scopes asked for that the server has.
    pub scopes: Scopes,
    /// Whom the client expects (OpenID Connect Core §3.1.2.1); a hint, nothing more.
    pub login_hint: Option<String>,
    /// Whether to ask.
    pub prompt: Prompt,
}

impl Asked {
    /// The answer to this request.
    #[must_use]
    pub fn answer(
        &self,
        outcome: Result<crate::protocol::secret::AuthorizationCode, AuthorizationError>,
    ) -> AuthorizationResponse {
        AuthorizationResponse {
            redirect_uri: self.redirect_uri.clone(),
            state: self.state.clone(),
            outcome,
        }
    }
}

impl Proven {
    /// Checks the rest of the request in the order of RFC 6749 §4.1.1, RFC 7636 §4.4.1, RFC 8707 §2
    /// and RFC 6749 §3.3.
    ///
    /// # Errors
    /// The answer to send to the client when something is missing or not to be had.
    pub fn ask(
        self,
        params: &Params,
        servers: &[Terms],
    ) -> Result<(Client, Asked), AuthorizationResponse> {
        let checked = check(params, servers);
        let too_long = self.state.as_ref().is_some_and(|state| state.len() > MAX_STATE_BYTES);
        let state = self.state.filter(|_| !too_long);
        let checked = checked.and_then(|rest| if too_long { Err(long_state()) } else { Ok(rest) });
        match checked {
            Ok(rest) => {
                let asked = Asked {
                    client: self.client.id.clone(),
                    redirect_uri: self.redirect_uri,
                    state,
                    challenge: rest.challenge,
                    server: rest.server.id.clone(),
                    resource: rest.server.resource.clone(),
                    scopes: rest.scopes,
                    login_hint: rest.login_hint,
                    prompt: prompt::read(params),
                };
                Ok((self.client, asked))
            }
            Err(error) => Err(AuthorizationResponse {
                redirect_uri: self.redirect_uri,
                state,
                outcome: Err(error),
            }),
        }
    }
}

struct Rest<'a> {
    challenge: Challenge,
    server: &'a Terms,
    scopes: Scopes,
    login_hint: Option<String>,
}

fn check<'a>(params: &Params, servers: &'a [Terms]) -> Result<Rest<'a>, AuthorizationError> {
    if let Some(name) = params.repeated() {
        // RFC 6749 §3.1: parameters must not be repeated.
        let why = format!("The parameter {name} is given more than once.");
        return Err(AuthorizationError::new(Code::InvalidRequest, why));
    }
    form_is_supported(params)?;
    let challenge = challenge(params)?;
    let server = server(params, servers)?;
    let scopes = scopes(params, server)?;
    let login_hint = params.one("login_hint").filter(|hint| hint.len() <= 256);
    Ok(Rest { challenge, server, scopes, login_hint: login_hint.map(str::to_owned) })
}

fn form_is_supported(params: &Params) -> Result<(), AuthorizationError> {
    if prompt::read(params) == Prompt::Never && params.one("prompt") != Some("none") {
        return Err(error(Code::InvalidRequest, "prompt=none stands alone or not at all."));
    }
    if params.one("request").is_some() {
        return Err(error(Code::RequestNotSupported, "Request objects are not supported."));
    }
    if params.one("request_uri").is_some() {
        return Err(error(Code::RequestUriNotSupported, "request_uri is not supported."));
    }
    match params.one("response_type") {
        Some("code") => {}
        None => return Err(error(Code::InvalidRequest, "response_type is missing; send code.")),
        Some(_) => {
            return Err(error(Code::UnsupportedResponseType, "The only response_type is code."));
        }
    }
    if params.one("response_mode").is_some_and(|mode| mode != "query") {
        return Err(error(Code::InvalidRequest, "The only response_mode is query."));
    }
    Ok(())
}

fn challenge(params: &Params) -> Result<Challenge, AuthorizationError> {
    let sent = params.one("code_challenge").ok_or_else(|| {
        error(Code::InvalidRequest, "code_challenge is missing; PKCE is required (RFC 7636).")
    })?;
    if params.one("code_challenge_method") != Some("S256") {
        return Err(error(Code::InvalidRequest, "code_challenge_method must be S256."));
    }
    let malformed = || error(Code::InvalidRequest, "code_challenge is not an S256 challenge.");
    Challenge::parse(sent).ok_or_else(malformed)
}

fn server<'a>(params: &Params, servers: &'a [Terms]) -> Result<&'a Terms, AuthorizationError> {
    let mut asked = params.all("resource");
    match (asked.next(), asked.next(), servers) {
        (Some(_), Some(_), _) => Err(error(Code::InvalidTarget, "Name one resource, not several.")),
        (Some(name), None, _) => {
            let named = servers.iter().find(|server| server.resource.is_named_by(name));
            named.ok_or_else(|| error(Code::InvalidTarget, "No such MCP server is guarded here."))
        }
        (None, _, [only]) => Ok(only),
        (None, _, _) => {
            Err(error(Code::InvalidTarget, "Say which MCP server by resource (RFC 8707)."))
        }
    }
}

/// Asked ∩ server's. OpenID scopes are passed over, as several clients always send them; nothing
/// asked means everything the server has.
fn scopes(params: &Params, server: &Terms) -> Result<Scopes, AuthorizationError> {
    let asked = Scopes::parse(params.one("scope").unwrap_or_default())
        .map_err(|_| error(Code::InvalidScope, "scope is malformed or too long."))?;
    let passed_over = |scope: &&Scope| !PASSED_OVER.contains(&scope.as_str());
    let asked: Scopes = asked.iter().filter(passed_over).cloned().collect();
    if asked.is_empty() {
        return Ok(server.scopes.clone());
    }
    let shared = asked.intersection(&server.scopes);
    if shared.is_empty() {
        return Err(error(Code::InvalidScope, "The MCP server has none of the scopes asked for."));
    }
    Ok(shared)
}

fn long_state() -> AuthorizationError {
    error(Code::InvalidRequest, "state is longer than 2048 bytes.")
}

fn error(code: Code, description: &'static str) -> AuthorizationError {
    AuthorizationError::new(code, description)
}

const PASSED_OVER: [&str; 4] = ["openid", "profile", "email", "offline_access"];

#[cfg(test)]
#[path = "authorize_tests.rs"]
mod tests;
