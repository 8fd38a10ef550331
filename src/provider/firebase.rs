//! The adapter for Firebase, which has no authorization endpoint of its own: either our page posts the
//! ID token, or Google's code flow goes before and Identity Toolkit gives it to us.
//!
//! Which ways to sign in and which tenant are accepted stands among the file's requirements, so that
//! `explain` shows it; here are the rules that no file changes.

use url::Url;

use super::{
    Adapter, Binding, Intake, UpstreamAsk,
    identity::{Identity, IdentityRefusal, Vouched},
    oidc::{LEEWAY, MAX_LIFETIME, MAX_TOKEN_AGE, Oidc},
    settings::{ProviderSettings, firebase::FirebaseSettings},
};
use crate::jose::id_token::{IdTokenExpectations, VerifiedIdToken};

/// A Firebase project.
pub(super) struct Firebase {
    settings: ProviderSettings,
    google: Option<Oidc>,
}

impl Firebase {
    pub(super) fn new(settings: ProviderSettings) -> Self {
        let google = settings.firebase.as_ref().and_then(|firebase| firebase.google.as_deref());
        let google = google.cloned().map(Oidc::new);
        Self { settings, google }
    }
}

impl Adapter for Firebase {
    fn settings(&self) -> &ProviderSettings {
        &self.settings
    }

    fn intake(&self) -> Intake {
        if self.google.is_some() { Intake::Redirect } else { Intake::Posted }
    }

    fn code_leg(&self) -> Option<&dyn Adapter> {
        self.google.as_ref().map(|google| google as &dyn Adapter)
    }

    /// Google's, where there is a code flow at all.
    fn authorize_url(&self, endpoint: &Url, ask: &UpstreamAsk<'_>) -> Url {
        let google = self.google.as_ref();
        google.map_or_else(|| endpoint.clone(), |google| google.authorize_url(endpoint, ask))
    }

    /// Firebase tokens carry no nonce: the time of the sign-in is what ties them to it.
    fn expectations<'a>(&'a self, binding: Binding<'a>) -> IdTokenExpectations<'a> {
        IdTokenExpectations {
            issuers: &self.settings.issuers,
            audience: &self.settings.client_id,
            nonce: None,
            algorithms: &self.settings.algorithms,
            access_token: None,
            code: None,
            max_age: None,
            leeway: LEEWAY,
            max_token_age: MAX_TOKEN_AGE,
            max_lifetime: MAX_LIFETIME,
            allow_missing_kid: false,
            single_audience: true,
            since: Some(binding.began.minus(CLOCKS)),
        }
    }

    /// `user_id`, if there, is the subject again; 128 characters at most.
    fn identity(&self, token: &VerifiedIdToken) -> Result<Identity, IdentityRefusal> {
        let uid = token.subject();
        let again = token.claims().get("user_id").is_none_or(|id| id.as_str() == Some(uid));
        if !again || uid.chars().count() > MAX_UID {
            return Err(IdentityRefusal::Subject);
        }
        let firebase = self.settings.firebase.as_deref();
        let subject = firebase.map_or_else(|| uid.to_owned(), |firebase| firebase.subject(uid));
        let invented =
            self.settings.firebase.as_deref().and_then(FirebaseSettings::invented_issuer);
        let vouched = Vouched {
            issuer: invented.as_deref().unwrap_or(token.issuer()),
            subject: &subject,
            auth_time: token.auth_time().unwrap_or(token.issued_at()),
            claims: token.claims().clone(),
        };
        Identity::new(&self.settings, vouched)
    }

    fn logout_url(&self, _: Option<&Url>, _: &str, _: Option<&str>) -> Option<Url> {
        None
    }
}

/// Google's clock and ours may differ by this much about when a sign-in began.
const CLOCKS: std::time::Duration = std::time::Duration::from_secs(30);
const MAX_UID: usize = 128;
