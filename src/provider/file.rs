//! A file of `providers/` as it is written: every key, nothing decided yet.
//!
//! [`super::settings`] turns it into checked settings. The file's stem is the provider's id, and
//! `${NAME}` has been replaced before the text comes here.

mod firebase;
mod tables;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

pub use self::{
    firebase::{Fails, GoogleTable, Mode, Revocation, ServiceAccountTable},
    tables::{DevUser, ExampleTable, Gives, GivesUser, GrantTable, When},
};
use super::{claims::ClaimPath, secret::Secret};

/// One TOML file of `providers/`. An unknown key is a fault.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderFile {
    /// `kind`: which adapter reads this file.
    pub kind: Kind,
    /// `label`: what the button says; `Continue with <id>` when absent.
    pub label: Option<String>,
    /// `icon`: the name of an icon the pages have, such as `google`.
    pub icon: Option<String>,
    /// `issuer` (oidc): the provider's issuer, byte for byte as its tokens carry it in `iss`.
    /// `{tenant}` stands for each of `tenants`.
    pub issuer: Option<String>,
    /// `issuers` (oidc): several spellings; the first is asked for its discovery document. One without
    /// a scheme is another spelling of the one with `https://`.
    pub issuers: Option<Vec<String>>,
    /// `tenants` (oidc): what `{tenant}` in `issuer` may be. There is no "any tenant".
    pub tenants: Option<Vec<String>>,
    /// `domain` (auth0): the tenant's domain, with or without `https://`; of several custom domains the
    /// one to use.
    pub domain: Option<String>,
    /// `client`: our registration at the provider.
    pub client: Option<ClientTable>,
    /// `callback`: the redirect URI registered there; by default `<public URL>/callback/<id>`.
    pub callback: Option<String>,
    /// `auth_method`: how we prove ourselves at the token endpoint. Default with a secret:
    /// `client_secret_basic`, for Auth0 `client_secret_post`; without one: `none`.
    pub auth_method: Option<ClientAuth>,
    /// `scopes`: what we ask the provider for; default `openid email profile`.
    pub scopes: Option<Vec<String>>,
    /// `algorithms`: signature algorithms of ID tokens; default `RS256`, or `ES256` for kind `dev`. Neither `none` nor `HS256`.
    pub algorithms: Option<Vec<String>>,
    /// `allow_missing_kid`: accept ID tokens that do not name their key; default false.
    #[serde(default)]
    pub allow_missing_kid: bool,
    /// `max_age`: how long ago the person may have signed in there, such as `"12h"` or seconds.
    pub max_age: Option<Span>,
    /// `hd` (oidc, Google): the Workspace domain or domains; asked for and checked in the token.
    pub hd: Option<OneOrMany>,
    /// `connection` (auth0): skip Auth0's picker and use this connection. A convenience, not a check:
    /// the person can change the address. Say who may enter by `[[allow]]`.
    pub connection: Option<String>,
    /// `organization` (auth0): the organization the person must sign in to, `org_…` or its name.
    pub organization: Option<String>,
    /// `project` (firebase): the project id.
    pub project: Option<String>,
    /// `api_key` (firebase): the Web API key; public, it only names the project to Google.
    pub api_key: Option<String>,
    /// `auth_domain` (firebase, `mode = "sdk"`): the web app's `authDomain`.
    pub auth_domain: Option<String>,
    /// `mode` (firebase): how the ID token reaches us; default `redirect` where `google` has an id and a
    /// secret, else `sdk`.
    pub mode: Option<Mode>,
    /// `sign_in` (firebase): the ways to sign in that are accepted, in the order of the page; default
    /// `["google.com"]`.
    pub sign_in: Option<Vec<String>>,
    /// `tenant` (firebase): the Identity Platform tenant; absent: a token of any tenant is refused.
    pub tenant: Option<String>,
    /// `emulator` (firebase): `host:port` of the Auth emulator, whose tokens nobody signs. Loopback only.
    pub emulator: Option<String>,
    /// `google` (firebase, `mode = "redirect"`): the project's OAuth web client at Google.
    pub google: Option<GoogleTable>,
    /// `revocation` (firebase): `"lookup"` asks Google at each sign-in whether the account was disabled,
    /// deleted or signed out everywhere; at each refresh as well where there is a `service_account`.
    pub revocation: Option<Revocation>,
    /// `revocation_fails` (firebase): what happens while Google cannot be asked; default `"closed"`.
    pub revocation_fails: Option<Fails>,
    /// `service_account` (firebase): lets the revocation check run without the person's token.
    pub service_account: Option<ServiceAccountTable>,
    /// `authorize`: further parameters of the authorization request, such as `prompt`.
    #[serde(default)]
    pub authorize: BTreeMap<String, String>,
    /// `endpoints`: instead of what discovery says.
    #[serde(default)]
    pub endpoints: EndpointsTable,
    /// `end_session`: signing out here signs out there; default true.
    pub end_session: Option<bool>,
    /// `require`: claims that every token must carry, with exactly this value or `{ one_of = […] }`.
    #[serde(default)]
    pub require: BTreeMap<String, Value>,
    /// `trusted_email_domains`: the e-mail domains this provider is the authority for. An address of
    /// any other domain counts as unverified. Absent: every domain, which is right only for a
    /// provider that proves addresses by mail.
    pub trusted_email_domains: Option<Vec<String>>,
    /// `unverified_email`: `"allow"` admits people without a verified address where there is no
    /// `[[allow]]`. Dangerous: whoever can sign up at the provider is in. An unverified address
    /// still never satisfies an `email` or `email_domain` rule.
    #[serde(default)]
    pub unverified_email: Unverified,
    /// `profile`: where `name`, `email` and `subject` come from, if not from the standard claims.
    #[serde(default)]
    pub profile: BTreeMap<String, ClaimPath>,
    /// `[[user]]` (dev): the people of the development identity provider.
    #[serde(default)]
    pub user: Vec<DevUser>,
    /// `[[allow]]`: who may enter at all.
    #[serde(default)]
    pub allow: Vec<When>,
    /// `[[grant]]`: claims to scopes, additive.
    #[serde(default)]
    pub grant: Vec<GrantTable>,
    /// `[[example]]`: claims in, user and scopes out; checked at every start.
    #[serde(default)]
    pub example: Vec<ExampleTable>,
}

/// The adapters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Any OpenID provider.
    Oidc,
    /// An Auth0 tenant.
    Auth0,
    /// A Firebase project.
    Firebase,
    /// The development identity provider in this process.
    Dev,
}

/// `client = { id, secret }`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientTable {
    /// Our client id at the provider.
    pub id: String,
    /// Our secret there; absent for a public client.
    pub secret: Option<Secret>,
}

/// How we prove ourselves at a provider's token endpoint (OIDC Core §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum ClientAuth {
    /// HTTP Basic (RFC 6749 §2.3.1).
    #[serde(rename = "client_secret_basic")]
    Basic,
    /// In the form body (RFC 6749 §2.3.1).
    #[serde(rename = "client_secret_post")]
    Post,
    /// The id alone; PKCE does the rest.
    #[serde(rename = "none")]
    None,
}

/// A span of time: seconds, or a number with `s`, `m`, `h` or `d`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected seconds or a text such as \"12h\"")]
pub enum Span {
    /// Seconds.
    Seconds(u64),
    /// A number and a unit.
    Text(String),
}

/// One text or a list of texts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "expected a text or a list of texts")]
pub enum OneOrMany {
    /// One.
    One(String),
    /// A list.
    Many(Vec<String>),
}

impl OneOrMany {
    /// The texts.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

/// `endpoints = { authorization, token, jwks, end_session }`, each instead of the discovered one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointsTable {
    /// The authorization endpoint.
    pub authorization: Option<String>,
    /// The token endpoint.
    pub token: Option<String>,
    /// The key set.
    pub jwks: Option<String>,
    /// The logout endpoint.
    pub end_session: Option<String>,
    /// Identity Toolkit (firebase), such as `https://identitytoolkit.googleapis.com/v1/`.
    pub toolkit: Option<String>,
}

/// What `unverified_email` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unverified {
    /// A verified address is needed.
    #[default]
    Refuse,
    /// It is not.
    Allow,
}
