//! What the pages of the posted intake are told.

use serde::Serialize;

use super::{
    context::{ProviderButton, host, name},
    plain::{NAME_CHARS, plain},
};

/// The page that runs the Firebase SDK.
#[derive(Clone, Debug, Serialize)]
pub struct FirebasePage {
    /// What the provider's button said.
    pub label: String,
    /// Who asks; empty for the person's own page.
    pub client_name: String,
    /// A button per way to sign in.
    pub providers: Vec<ProviderButton>,
    /// What the module reads: JSON without `<`.
    pub config_json: String,
    /// Whether the identities are an emulator's.
    pub emulator: bool,
    /// Where to choose another provider.
    pub back: String,
}

/// The question whether this is the person's account.
#[derive(Clone, Debug, Serialize)]
pub struct ConfirmPage {
    /// Where the form is posted.
    pub action: String,
    /// The state of the confirmation.
    pub state: String,
    /// The account's name.
    pub name: Option<String>,
    /// Its address.
    pub email: Option<String>,
    /// Who asks.
    pub client_name: String,
    /// Where the browser returns to; none for the person's own page.
    pub redirect_host: Option<String>,
    /// Whether the account is added to whoever is signed in here.
    pub link: bool,
    /// Where to use another account.
    pub back: String,
}

impl FirebasePage {
    pub(super) fn cleaned(&self) -> Self {
        Self { client_name: plain(&self.client_name, NAME_CHARS), ..self.clone() }
    }
}

impl ConfirmPage {
    pub(super) fn cleaned(&self) -> Self {
        Self {
            name: self.name.as_deref().map(name),
            email: self.email.as_deref().map(host),
            client_name: name(&self.client_name),
            redirect_host: self.redirect_host.as_deref().map(host),
            ..self.clone()
        }
    }
}
