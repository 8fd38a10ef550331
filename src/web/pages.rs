//! The pages a person sees, as text. Owns templates, wording, style sheet and the cleaning of
//! strangers' words; knows no request, no store and no rule.

mod account;
mod asset;
mod context;
mod plain;
mod sdk;
mod text;
mod tokens;

use minijinja::{Environment, UndefinedBehavior, Value, value::Serde};
use serde::Serialize;

use self::text::Texts;

use self::asset::FIREBASE_SIGN_IN;
pub use self::{
    account::{AccountPage, AppLine, AppServer, BrowserLine, IdentityLine},
    asset::{ASSETS, Asset, LOGO, STYLE, style},
    context::{
        AuthorizePage, ConnectLine, DevSignInPage, DevUserButton, ErrorPage, HomePage, KnownPerson,
        Link, ProviderButton, ScopeLine, ServerBox, SignOutPage, SignedOutPage,
    },
    plain::{NAME_CHARS, TEXT_CHARS, plain},
    sdk::{ConfirmPage, FirebasePage},
    tokens::{MadeTokenPage, TokenLine, TokenOffer},
};

/// Every page, compiled once at the start and rendered from one context each.
#[derive(Debug)]
pub struct Pages {
    environment: Environment<'static>,
}

impl Pages {
    /// Compiles the templates, which are part of the program.
    #[must_use]
    pub fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.add_global("style_url", Value::from_safe_string(STYLE.url()));
        environment.add_global("logo_url", Value::from_safe_string(LOGO.url()));
        let module = Value::from_safe_string(FIREBASE_SIGN_IN.url());
        environment.add_global("sign_in_url", module);
        Texts::english().offer_to(&mut environment);
        for (name, source) in TEMPLATES {
            add(&mut environment, name, source);
        }
        Self { environment }
    }

    /// `GET /authorize`: who asks, for what, and how to sign in.
    #[must_use]
    pub fn authorize(&self, page: &AuthorizePage) -> String {
        self.render("authorize.html", &page.cleaned())
    }

    /// `GET /sign-in/{provider}`: the page that runs the Firebase SDK.
    #[must_use]
    pub fn firebase(&self, page: &FirebasePage) -> String {
        self.render("firebase.html", &page.cleaned())
    }

    /// `GET /confirm/{provider}`: which account is about to be used.
    #[must_use]
    pub fn confirm(&self, page: &ConfirmPage) -> String {
        self.render("confirm.html", &page.cleaned())
    }

    /// `GET /account`: a person's own page.
    #[must_use]
    pub fn account(&self, page: &AccountPage) -> String {
        self.render("account.html", &page.cleaned())
    }

    /// A personal token, this once.
    #[must_use]
    pub fn made_token(&self, page: &MadeTokenPage) -> String {
        self.render("token.html", &page.cleaned())
    }

    /// What went wrong, for the person in front of it.
    #[must_use]
    pub fn error(&self, page: &ErrorPage) -> String {
        self.render("error.html", &page.cleaned())
    }

    /// The choice of the provider to sign out at.
    #[must_use]
    pub fn sign_out(&self, page: &SignOutPage) -> String {
        self.render("sign_out.html", page)
    }

    /// The end of a session.
    #[must_use]
    pub fn signed_out(&self, page: &SignedOutPage) -> String {
        self.render("signed_out.html", &page.cleaned())
    }

    /// What this service is and how to connect to its servers.
    #[must_use]
    pub fn home(&self, page: &HomePage) -> String {
        self.render("home.html", page)
    }

    /// The development identity provider's choice of users.
    #[must_use]
    pub fn dev_sign_in(&self, page: &DevSignInPage) -> String {
        self.render("devidp.html", &page.cleaned())
    }

    fn render(&self, name: &str, context: &impl Serialize) -> String {
        let context = Value::from(Serde(context));
        let page = self.environment.get_template(name).and_then(|found| found.render(context));
        page.unwrap_or_else(|error| {
            tracing::error!(%error, page = name, "a page could not be rendered");
            BROKEN.to_owned()
        })
    }
}

impl Default for Pages {
    fn default() -> Self {
        Self::new()
    }
}

#[expect(
    clippy::expect_used,
    reason = "the templates are part of the program; every test that renders compiles them all"
)]
fn add(environment: &mut Environment<'static>, name: &'static str, source: &'static str) {
    environment.add_template(name, source).expect("an embedded template compiles");
}

const TEMPLATES: [(&str, &str); 11] = [
    ("layout.html", include_str!("../../templates/layout.html")),
    ("authorize.html", include_str!("../../templates/authorize.html")),
    ("firebase.html", include_str!("../../templates/firebase.html")),
    ("confirm.html", include_str!("../../templates/confirm.html")),
    ("account.html", include_str!("../../templates/account.html")),
    ("token.html", include_str!("../../templates/token.html")),
    ("error.html", include_str!("../../templates/error.html")),
    ("sign_out.html", include_str!("../../templates/sign_out.html")),
    ("signed_out.html", include_str!("../../templates/signed_out.html")),
    ("home.html", include_str!("../../templates/home.html")),
    ("devidp.html", include_str!("../../templates/devidp.html")),
];

/// Stands in for a page that could not be rendered, so that nobody meets an empty window.
const BROKEN: &str = "<!doctype html><html lang=\"en\"><title>Error</title><main><h1>This page could not be shown</h1><p>Please go back and try again.</p></main></html>\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_used_by_a_template_and_every_used_text_exists() {
        let all: String = TEMPLATES.iter().map(|(_, source)| *source).collect();
        let used: Vec<&str> = ["words('", "say('"]
            .iter()
            .flat_map(|call| all.split(call).skip(1))
            .filter_map(|rest| rest.split('\'').next())
            .collect();
        let texts = Texts::english();
        let unused: Vec<_> = texts.keys().filter(|key| !used.contains(key)).collect();
        let missing: Vec<_> = used.iter().filter(|key| !texts.keys().any(|k| k == **key)).collect();
        assert_eq!((unused, missing), (vec![], vec![]));
    }
}
