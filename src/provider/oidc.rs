//! The adapter for any OpenID provider: authorization code, PKCE, nonce and our own state.

use std::time::Duration;

use url::Url;

use super::{
    Adapter, Binding, Intake, UpstreamAsk,
    identity::{Identity, IdentityRefusal, Vouched},
    settings::ProviderSettings,
};
use crate::jose::id_token::{IdTokenExpectations, VerifiedIdToken};

/// Any OpenID provider.
pub(super) struct Oidc {
    settings: ProviderSettings,
}

impl Oidc {
    pub(super) const fn new(settings: ProviderSettings) -> Self {
        Self { settings }
    }
}

impl Adapter for Oidc {
    fn settings(&self) -> &ProviderSettings {
        &self.settings
    }

    fn intake(&self) -> Intake {
        Intake::Redirect
    }

    fn code_leg(&self) -> Option<&dyn Adapter> {
        Some(self)
    }

    fn authorize_url(&self, endpoint: &Url, ask: &UpstreamAsk<'_>) -> Url {
        let settings = &self.settings;
        let scope = settings.scopes.join(" ");
        let max_age = settings.max_age.map(|age| age.as_secs().to_string());
        let mut query = vec![
            ("response_type", "code"), // OIDC Core §3.1.2.1
            ("client_id", &settings.client_id),
            ("redirect_uri", ask.redirect_uri),
            ("scope", &scope),
            ("state", ask.state.reveal()),
            ("nonce", ask.nonce),
            ("code_challenge", ask.challenge.as_str()), // RFC 7636 §4.3
            ("code_challenge_method", "S256"),
        ];
        query.extend(max_age.as_deref().map(|age| ("max_age", age)));
        query.extend(ask.login_hint.filter(|hint| is_hint(hint)).map(|hint| ("login_hint", hint)));
        query.extend(
            settings.extra_authorize.iter().map(|(name, value)| (name.as_str(), value.as_str())),
        );
        with_query(endpoint, &query)
    }

    fn expectations<'a>(&'a self, binding: Binding<'a>) -> IdTokenExpectations<'a> {
        let settings = &self.settings;
        IdTokenExpectations {
            issuers: &settings.issuers,
            audience: &settings.client_id,
            nonce: Some(binding.nonce),
            algorithms: &settings.algorithms,
            access_token: binding.access_token,
            code: None,
            max_age: settings.max_age,
            leeway: LEEWAY,
            max_token_age: MAX_TOKEN_AGE,
            max_lifetime: MAX_LIFETIME,
            allow_missing_kid: settings.allow_missing_kid,
            single_audience: false,
            since: None,
        }
    }

    fn identity(&self, token: &VerifiedIdToken) -> Result<Identity, IdentityRefusal> {
        let vouched = Vouched {
            issuer: token.issuer(),
            subject: token.subject(),
            auth_time: token.auth_time().unwrap_or(token.issued_at()),
            claims: token.claims().clone(),
        };
        Identity::new(&self.settings, vouched)
    }

    fn logout_url(
        &self,
        end_session: Option<&Url>,
        return_to: &str,
        id_token_hint: Option<&str>,
    ) -> Option<Url> {
        let settings = &self.settings;
        let endpoint = settings.endpoints.end_session.as_ref().or(end_session)?;
        let mut query = vec![
            ("client_id", settings.client_id.as_str()), // OIDC RP-Initiated Logout §2
            ("post_logout_redirect_uri", return_to),
        ];
        query.extend(id_token_hint.map(|hint| ("id_token_hint", hint)));
        settings.end_session.then(|| with_query(endpoint, &query))
    }
}

/// `endpoint` with `query`. What the endpoint itself carries is kept (RFC 6749 §3.1), except parameters
/// of ours, so that none appears twice.
pub(super) fn with_query(endpoint: &Url, query: &[(&str, &str)]) -> Url {
    let ours = |name: &str| query.iter().any(|(own, _)| *own == name);
    let kept: Vec<_> =
        endpoint.query_pairs().into_owned().filter(|(name, _)| !ours(name)).collect();
    let mut url = endpoint.clone();
    url.set_fragment(None);
    url.query_pairs_mut().clear().extend_pairs(kept).extend_pairs(query);
    url
}

/// A hint is a courtesy: one that is no short line of text is left out.
fn is_hint(hint: &str) -> bool {
    !hint.is_empty() && hint.len() <= 254 && !hint.chars().any(char::is_control)
}

/// Clocks may differ by this much.
pub(super) const LEEWAY: Duration = Duration::from_mins(1);
/// An ID token is used right after it was issued.
pub(super) const MAX_TOKEN_AGE: Duration = Duration::from_mins(10);
/// No sane ID token lives longer.
pub(super) const MAX_LIFETIME: Duration = Duration::from_hours(24);
