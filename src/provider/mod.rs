//! Floor 3: identity providers as data. Owns what a file of `providers/` says: how to ask that provider,
//! whom its tokens speak of, who may enter and with which scopes.
//!
//! It does not own the network (`upstream`) nor signatures (`jose`), and it is pure. One direction only:
//! [`file::ProviderFile`] -> [`settings::ProviderSettings`] -> [`Adapter`];
//! [`VerifiedIdToken`] -> [`identity::Identity`] -> [`policy::Principal`].

use std::sync::Arc;

use url::Url;

use self::{
    file::Kind,
    identity::{Identity, IdentityRefusal},
    settings::ProviderSettings,
};
use crate::{
    ambient::Timestamp,
    jose::id_token::{IdTokenExpectations, VerifiedIdToken},
    protocol::{pkce::Challenge, secret::UpstreamState},
};

mod auth0;
pub mod claims;
pub mod example;
mod fault;
pub mod file;
mod firebase;
pub mod identity;
mod issuers;
mod oidc;
pub mod policy;
pub mod request;
mod requirements;
pub mod rules;
pub mod secret;
pub mod settings;

#[cfg(test)]
mod tests;

/// How a provider's ID token reaches us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intake {
    /// By code: the browser is sent there and comes back, and we fetch the token.
    Redirect,
    /// By the browser: a page of ours signs in there and posts the token.
    Posted,
}

/// What one sign-in puts into its authorization request.
#[derive(Clone, Copy)]
pub struct UpstreamAsk<'a> {
    /// Our state.
    pub state: &'a UpstreamState,
    /// Our nonce, to come back in the ID token.
    pub nonce: &'a str,
    /// The PKCE challenge.
    pub challenge: &'a Challenge,
    /// Our callback.
    pub redirect_uri: &'a str,
    /// Whom the client expects; encoded, and left out when it is no short line of text.
    pub login_hint: Option<&'a str>,
}

/// What ties an ID token to the sign-in it is presented for.
#[derive(Clone, Copy)]
pub struct Binding<'a> {
    /// The nonce sent.
    pub nonce: &'a str,
    /// The access token that came beside it.
    pub access_token: Option<&'a str>,
    /// When the sign-in began.
    pub began: Timestamp,
}

/// What differs between providers. Implemented for OpenID providers, Auth0 and Firebase.
pub trait Adapter: Send + Sync {
    /// The checked provider file.
    fn settings(&self) -> &ProviderSettings;

    /// How the ID token reaches us.
    fn intake(&self) -> Intake;

    /// The OpenID provider whose code flow begins the sign-in: itself, or Google in front of Firebase;
    /// none when the token is posted.
    fn code_leg(&self) -> Option<&dyn Adapter>;

    /// Where to send the browser; `endpoint` is the provider's authorization endpoint.
    fn authorize_url(&self, endpoint: &Url, ask: &UpstreamAsk<'_>) -> Url;

    /// What the ID token of one sign-in must satisfy.
    fn expectations<'a>(&'a self, binding: Binding<'a>) -> IdTokenExpectations<'a>;

    /// Whom a verified token speaks of.
    ///
    /// # Errors
    /// [`IdentityRefusal`] when it names nobody of this provider.
    fn identity(&self, token: &VerifiedIdToken) -> Result<Identity, IdentityRefusal>;

    /// Where to send the browser to sign out there too; `end_session` is the discovered endpoint.
    fn logout_url(
        &self,
        end_session: Option<&Url>,
        return_to: &str,
        id_token_hint: Option<&str>,
    ) -> Option<Url>;
}

/// The adapter for a provider.
#[must_use]
pub fn adapter(settings: ProviderSettings) -> Arc<dyn Adapter> {
    match settings.kind {
        Kind::Oidc | Kind::Dev => Arc::new(oidc::Oidc::new(settings)),
        Kind::Auth0 => Arc::new(auth0::Auth0::new(settings)),
        Kind::Firebase => Arc::new(firebase::Firebase::new(settings)),
    }
}
