//! Floor 5: the development identity provider, a real OpenID provider on a loopback port of its own,
//! so that a first sign-in needs no account anywhere.
//!
//! It owns its users (a list), its codes (in memory, for a minute) and its pages' order of events. It
//! vouches for whoever presses a button, which is why it refuses to exist beside a public issuer.

mod authorize;
mod claims;
mod codes;
mod discovery;
mod end_session;
mod request;
mod respond;
mod token;

use std::{future::ready, sync::Arc};

use axum::{
    Router,
    routing::{get, post},
};

use self::codes::Codes;
use crate::{
    ambient::{Clock, Entropy},
    jose::sign::SigningKey,
    protocol::{issuer::Issuer, secret::Digest},
    provider::file::DevUser,
};

/// The one client it knows: us.
#[derive(Clone, Debug)]
pub struct DevClient {
    /// The client id.
    pub id: String,
    /// Digest of the client secret.
    pub secret: Digest,
    /// Our callbacks, compared byte for byte.
    pub redirect_uris: Vec<String>,
    /// Where `/end_session` may return to, compared byte for byte.
    pub post_logout_redirect_uris: Vec<String>,
}

/// What the page of `/authorize` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevPage {
    /// Who asks for the sign-in.
    pub client: String,
    /// Where the form is posted.
    pub action: String,
    /// Hidden fields, by name and value; the button pressed adds `user`.
    pub hidden: Vec<(String, String)>,
    /// The users, the hinted one first.
    pub users: Vec<DevUser>,
}

/// Renders a page as HTML.
pub type RenderDevPage = Arc<dyn Fn(&DevPage) -> String + Send + Sync>;

/// What the provider is made of.
pub struct DevIdp {
    /// Its issuer, such as `http://localhost:8001`.
    pub issuer: Issuer,
    /// Its one client.
    pub client: DevClient,
    /// Its users.
    pub users: Vec<DevUser>,
    /// The key of its ID tokens.
    pub key: SigningKey,
    /// Its page.
    pub page: RenderDevPage,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives codes and tokens.
    pub entropy: Arc<dyn Entropy>,
}

/// The provider was asked to serve, or to serve for, something that is not this machine alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the development identity provider exists on loopback only: anyone may sign in as anyone")]
pub struct NotLoopback;

struct Provider {
    idp: DevIdp,
    codes: Codes,
}

/// The provider's endpoints, for a server whose public URL is `public_url`.
///
/// # Errors
/// [`NotLoopback`] unless the issuer and `public_url` are both loopback.
pub fn router(idp: DevIdp, public_url: &Issuer) -> Result<Router, NotLoopback> {
    if !idp.issuer.is_loopback() || !public_url.is_loopback() {
        return Err(NotLoopback);
    }
    let provider = Arc::new(Provider { idp, codes: Codes::default() });
    let who = format!(
        "This is the development identity provider: it vouches for whoever presses a button, on this \
         machine alone. Sign in at <a href=\"{public_url}\">{public_url}</a>."
    );
    let welcome = move || ready(respond::note("Development identity provider", &who));
    Ok(Router::new()
        .route("/", get(welcome))
        .route("/.well-known/openid-configuration", get(discovery::configuration))
        .route("/jwks", get(discovery::jwks))
        .route("/authorize", get(authorize::shown).post(authorize::posted))
        .route("/token", post(token::exchanged))
        .route("/end_session", get(end_session::ended).post(end_session::ended))
        .with_state(provider))
}
