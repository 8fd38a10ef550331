//! The tables of `kind = "firebase"`.

use serde::Deserialize;

use super::EndpointsTable;
use crate::provider::secret::Secret;

/// How a Firebase ID token reaches us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Our page runs the Firebase SDK and posts the token.
    Sdk,
    /// We run Google's code flow ourselves and fetch the token; nothing passes through the browser.
    Redirect,
}

/// What `revocation` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Revocation {
    /// Ask Identity Toolkit.
    Lookup,
}

/// What happens while the revocation check cannot be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fails {
    /// Nobody enters.
    #[default]
    Closed,
    /// The check is passed over, with a warning in the log.
    Open,
}

/// `google = { id, secret }`: the OAuth web client of the Firebase project. Empty texts count as absent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoogleTable {
    /// Its client id.
    pub id: String,
    /// Its secret.
    pub secret: Secret,
    /// Another issuer than Google's own, found by its discovery document.
    pub issuer: Option<String>,
    /// Other endpoints than Google's own.
    #[serde(default)]
    pub endpoints: EndpointsTable,
}

/// `service_account = { email, private_key }`, as its JSON key has them. Empty texts count as absent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceAccountTable {
    /// `client_email`.
    pub email: String,
    /// `private_key`: PEM, its line ends as they are or written `\\n`.
    pub private_key: Secret,
}
