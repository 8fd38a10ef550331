//! Whether a person is to be asked.

use serde::{Deserialize, Serialize};

use crate::protocol::form::Params;

/// What the client says about asking the person (OpenID Connect Core §3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prompt {
    /// Nothing: ask unless the person agreed before.
    #[default]
    Usual,
    /// Ask in any case.
    Ask,
    /// `login`: have them sign in at a provider in any case.
    SignIn,
    /// `none`: do not ask; answer, or say why not.
    Never,
}

pub(super) fn read(params: &Params) -> Prompt {
    match params.one("prompt") {
        None | Some("") => Prompt::Usual,
        Some(words) if words.split(' ').any(|word| word == "none") => Prompt::Never,
        Some(words) if words.split(' ').any(|word| word == "login") => Prompt::SignIn,
        Some(_) => Prompt::Ask,
    }
}
