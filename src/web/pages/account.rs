//! What a person's own page is told.

use serde::Serialize;

use super::{
    context::{ProviderButton, ScopeLine, host, name},
    tokens::{TokenLine, TokenOffer},
};

/// A person's own page, or the way to it.
#[derive(Clone, Debug, Serialize)]
pub struct AccountPage {
    /// Who; none: nobody is signed in.
    pub name: Option<String>,
    /// The ways to sign in, or to add one.
    pub providers: Vec<ProviderButton>,
    /// Ties the forms to this session.
    pub form: String,
    /// Their identities.
    pub identities: Vec<IdentityLine>,
    /// What they allowed.
    pub apps: Vec<AppLine>,
    /// Tokens they made.
    pub tokens: Vec<TokenLine>,
    /// Where they may make one.
    pub offers: Vec<TokenOffer>,
    /// Where they are signed in.
    pub browsers: Vec<BrowserLine>,
}

/// One identity.
#[derive(Clone, Debug, Serialize)]
pub struct IdentityLine {
    /// What the form calls it.
    pub name: String,
    /// The provider's label.
    pub provider: String,
    /// The subject there, to tell two of one provider apart.
    pub subject: String,
    /// The day it was added.
    pub since: String,
    /// The day of the last sign-in by it.
    pub last: String,
    /// Whether it may be taken away.
    pub removable: bool,
    /// Whether this browser signed in by it.
    pub here: bool,
}

/// One app.
#[derive(Clone, Debug, Serialize)]
pub struct AppLine {
    /// Its client id.
    pub id: String,
    /// What it calls itself.
    pub name: String,
    /// The host that vouches for the name.
    pub host: Option<String>,
    /// The day it was last used; none: it holds nothing now, and is remembered.
    pub last: Option<String>,
    /// Where it may act.
    pub servers: Vec<AppServer>,
}

/// What an app may do at one server.
#[derive(Clone, Debug, Serialize)]
pub struct AppServer {
    /// The server.
    pub name: String,
    /// What it may do there.
    pub scopes: Vec<ScopeLine>,
}

/// One signed-in browser.
#[derive(Clone, Debug, Serialize)]
pub struct BrowserLine {
    /// What the form calls it.
    pub name: String,
    /// In words.
    pub label: String,
    /// The day of the sign-in.
    pub since: String,
    /// The day of the last use.
    pub last: String,
    /// Whether it is this one.
    pub here: bool,
}

impl AccountPage {
    pub(super) fn cleaned(&self) -> Self {
        let apps = self.apps.iter().map(|app| AppLine {
            name: name(&app.name),
            host: app.host.as_deref().map(host),
            ..app.clone()
        });
        let identities = self
            .identities
            .iter()
            .map(|identity| IdentityLine { subject: name(&identity.subject), ..identity.clone() });
        let browsers = self
            .browsers
            .iter()
            .map(|browser| BrowserLine { label: name(&browser.label), ..browser.clone() });
        Self {
            name: self.name.as_deref().map(name),
            apps: apps.collect(),
            identities: identities.collect(),
            tokens: self.tokens.iter().map(TokenLine::cleaned).collect(),
            browsers: browsers.collect(),
            ..self.clone()
        }
    }
}
