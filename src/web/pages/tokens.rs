//! What a person's own page is told about personal tokens.

use serde::Serialize;

use super::context::{ScopeLine, name};

/// One personal token.
#[derive(Clone, Debug, Serialize)]
pub struct TokenLine {
    /// Its id, posted to revoke it.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// The server it is for.
    pub server: String,
    /// What it may do there.
    pub scopes: Vec<ScopeLine>,
    /// The day it was made.
    pub since: String,
    /// The day it ends.
    pub ends: String,
}

/// A server for which a token may be made.
#[derive(Clone, Debug, Serialize)]
pub struct TokenOffer {
    /// The server's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What the person may do there.
    pub scopes: Vec<ScopeLine>,
}

/// A token that was just made, shown this once.
#[derive(Clone, Debug, Serialize)]
pub struct MadeTokenPage {
    /// The token.
    pub token: String,
    /// What its owner calls it.
    pub name: String,
    /// The server it is for.
    pub server: String,
    /// The server's URL.
    pub url: String,
    /// The day it ends.
    pub ends: String,
}

impl TokenLine {
    pub(super) fn cleaned(&self) -> Self {
        Self { name: name(&self.name), ..self.clone() }
    }
}

impl MadeTokenPage {
    pub(super) fn cleaned(&self) -> Self {
        Self { name: name(&self.name), ..self.clone() }
    }
}
