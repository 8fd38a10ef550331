//! What a person is asked, and the sealed copy of it that comes back with the answer.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::{SignIns, StepFault};
use crate::{
    ambient::{Timestamp, random},
    engine::{
        authorize::{Asked, Prompt},
        record::Client,
    },
    flow::session::Live,
    protocol::{
        form::Params,
        id::UserId,
        secret::{BrowserToken, Digest},
    },
};

/// What a person is shown, and the sealed copy of it that comes back with the answer.
#[derive(Debug)]
pub struct Question {
    /// Who asks.
    pub client: Client,
    /// For what.
    pub asked: Asked,
    /// The sealed request, for the form.
    pub form: String,
    /// Who is signed in here.
    pub known: Option<Known>,
    /// A provider that just failed, by label.
    pub unreachable: Option<String>,
}

/// A person who is signed in here.
#[derive(Clone, Debug)]
pub struct Known {
    /// Their name, or their address, or their id.
    pub name: String,
    /// Their verified address.
    pub email: Option<String>,
    /// The label of the provider by which they signed in.
    pub provider: String,
}

#[derive(Serialize, Deserialize)]
struct Form {
    asked: Asked,
    browser: Digest,
    /// Whom the page named: nobody else goes on by its button.
    named: Option<UserId>,
    at: Timestamp,
}

/// What a page asked, and whom it named as signed in.
pub(super) struct Shown {
    pub(super) asked: Asked,
    pub(super) named: Option<UserId>,
}

const FORM: &str = "authorize-form";

impl SignIns {
    pub(super) fn question(
        &self,
        client: Client,
        asked: Asked,
        browser: &BrowserToken,
        live: Option<&Live>,
    ) -> Question {
        // Who is to sign in anew is not offered to go on as they are.
        let live = live.filter(|_| asked.prompt != Prompt::SignIn);
        let named = live.map(|live| live.user.id.clone());
        let form = Form { asked, browser: browser.digest(), named, at: self.clock.now() };
        let plain = serde_json::to_vec(&form).unwrap_or_default();
        let sealed = self.vault.seal(FORM, &plain, random(&*self.entropy));
        let form_text = URL_SAFE_NO_PAD.encode(sealed);
        let known = live.map(|live| self.known(live));
        Question { client, asked: form.asked, form: form_text, known, unreachable: None }
    }

    fn known(&self, live: &Live) -> Known {
        let id = &live.session.identity.provider;
        let provider = self.providers.iter().find(|provider| provider.id() == id);
        let user = &live.user;
        let name = user.name.as_ref().or(user.email.as_ref());
        Known {
            name: name.map_or_else(|| user.id.to_string(), Clone::clone),
            email: user.email.clone(),
            provider: provider
                .map_or_else(|| id.to_string(), |p| p.adapter.settings().label.clone()),
        }
    }

    /// The request exactly as it was shown, in the browser it was shown in, not too long ago; and the
    /// session of the person shown with it.
    pub(super) fn open_form(
        &self,
        params: &Params,
        browser: Option<&BrowserToken>,
    ) -> Result<Shown, StepFault> {
        let sealed = URL_SAFE_NO_PAD.decode(params.one("form").unwrap_or_default()).ok();
        let plain = sealed.and_then(|sealed| self.vault.open(FORM, &sealed));
        let form: Option<Form> = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        let form = form.ok_or(StepFault::Form { again: None })?;
        let same = browser.is_some_and(|browser| browser.digest().matches(&form.browser));
        let fresh = self.clock.now() < form.at.plus(self.limits.sign_in);
        if same && fresh {
            return Ok(Shown { asked: form.asked, named: form.named });
        }
        Err(StepFault::Form { again: Some(again(&form.asked)) })
    }
}

/// The path of the authorize page for a request already checked.
#[must_use]
pub fn again(asked: &Asked) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", asked.client.as_str())
        .append_pair("redirect_uri", asked.redirect_uri.as_str())
        .append_pair("code_challenge", asked.challenge.as_str())
        .append_pair("code_challenge_method", "S256")
        .append_pair("resource", asked.resource.as_str())
        .append_pair("scope", &asked.scopes.to_string());
    if let Some(state) = &asked.state {
        query.append_pair("state", state);
    }
    match asked.prompt {
        Prompt::Usual | Prompt::Never => {}
        Prompt::Ask => drop(query.append_pair("prompt", "consent")),
        Prompt::SignIn => drop(query.append_pair("prompt", "login")),
    }
    format!("/authorize?{}", query.finish())
}
