//! The adapter for Auth0: OpenID Connect, except that a tenant may have no `end_session_endpoint`.
//!
//! What else is special about Auth0 (issuer with a slash, organization) stands in its settings.

use url::Url;

use super::{
    Adapter, Binding, Intake, UpstreamAsk,
    identity::{Identity, IdentityRefusal},
    oidc::{Oidc, with_query},
    settings::ProviderSettings,
};
use crate::jose::id_token::{IdTokenExpectations, VerifiedIdToken};

/// An Auth0 tenant.
pub(super) struct Auth0 {
    oidc: Oidc,
}

impl Auth0 {
    pub(super) const fn new(settings: ProviderSettings) -> Self {
        Self { oidc: Oidc::new(settings) }
    }
}

impl Adapter for Auth0 {
    fn settings(&self) -> &ProviderSettings {
        self.oidc.settings()
    }

    fn intake(&self) -> Intake {
        self.oidc.intake()
    }

    fn code_leg(&self) -> Option<&dyn Adapter> {
        Some(self)
    }

    fn authorize_url(&self, endpoint: &Url, ask: &UpstreamAsk<'_>) -> Url {
        self.oidc.authorize_url(endpoint, ask)
    }

    fn expectations<'a>(&'a self, binding: Binding<'a>) -> IdTokenExpectations<'a> {
        self.oidc.expectations(binding)
    }

    fn identity(&self, token: &VerifiedIdToken) -> Result<Identity, IdentityRefusal> {
        self.oidc.identity(token)
    }

    /// `/oidc/logout` where the tenant announces it, else `/v2/logout`. The return address must stand in
    /// the application's Allowed Logout URLs.
    fn logout_url(
        &self,
        end_session: Option<&Url>,
        return_to: &str,
        id_token_hint: Option<&str>,
    ) -> Option<Url> {
        let settings = self.settings();
        if end_session.is_some() || settings.endpoints.end_session.is_some() {
            return self.oidc.logout_url(end_session, return_to, id_token_hint);
        }
        let endpoint = Url::parse(settings.discovery_issuer()).ok()?.join("v2/logout").ok()?;
        let query = [("client_id", settings.client_id.as_str()), ("returnTo", return_to)];
        settings.end_session.then(|| with_query(&endpoint, &query))
    }
}
