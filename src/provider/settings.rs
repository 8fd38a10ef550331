//! A provider file, read and checked: what adapters and policy work with.

pub mod firebase;

use std::{collections::BTreeMap, time::Duration};

use self::firebase::FirebaseSettings;
use super::{
    claims::{ClaimPath, is_mutable, is_reserved},
    fault::Faults,
    file::{ClientAuth, DevUser, ExampleTable, Kind, ProviderFile, Unverified},
    issuers,
    request::{self, Endpoints},
    requirements,
    rules::{self, Allow, Condition, GrantRule},
    secret::Secret,
};
use crate::{jose::algorithm::Algorithm, protocol::id::ProviderId};

pub use super::fault::SettingFault;

/// One identity provider, checked.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// The stem of its file.
    pub id: ProviderId,
    /// Its adapter.
    pub kind: Kind,
    /// What its button says.
    pub label: String,
    /// The icon of its button.
    pub icon: Option<String>,
    /// Its issuers, exact; the first is asked for its discovery document.
    pub issuers: Vec<String>,
    /// Our client id there.
    pub client_id: String,
    /// Our secret there.
    pub client_secret: Option<Secret>,
    /// How we prove ourselves at its token endpoint.
    pub auth: ClientAuth,
    /// The redirect URI registered there, when the file names it.
    pub callback: Option<String>,
    /// The scopes we ask for.
    pub scopes: Vec<String>,
    /// Further parameters of the authorization request.
    pub extra_authorize: BTreeMap<String, String>,
    /// Endpoints instead of the discovered ones.
    pub endpoints: Endpoints,
    /// Whether signing out here signs out there.
    pub end_session: bool,
    /// Signature algorithms of its ID tokens.
    pub algorithms: Vec<Algorithm>,
    /// Whether an ID token may leave out its key id.
    pub allow_missing_kid: bool,
    /// How long ago a person may have signed in there.
    pub max_age: Option<Duration>,
    /// What every token must carry: `require`, `hd`, `organization`.
    pub require: Vec<Condition>,
    /// The e-mail domains it is the authority for, in lower case; none: all.
    pub trusted_email_domains: Option<Vec<String>>,
    /// Whether people without a verified address enter where no `[[allow]]` says who does.
    pub allow_unverified_email: bool,
    /// Where name, e-mail and subject come from.
    pub profile: ProfileClaims,
    /// Who may enter; none: whoever has a verified address.
    pub allow: Vec<Allow>,
    /// Claims to scopes.
    pub grants: Vec<GrantRule>,
    /// What the rules are meant to do.
    pub examples: Vec<ExampleTable>,
    /// The people of the development identity provider.
    pub users: Vec<DevUser>,
    /// The Firebase project, with kind `firebase`.
    pub firebase: Option<Box<FirebaseSettings>>,
}

/// Where a person's particulars come from; none: the standard claim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileClaims {
    /// Instead of `name`.
    pub name: Option<ClaimPath>,
    /// Instead of `email`. Nothing vouches for such an address: it never counts as verified.
    pub email: Option<ClaimPath>,
    /// Instead of `sub`, such as Entra's `oid`.
    pub subject: Option<ClaimPath>,
}

impl ProviderSettings {
    /// Reads a provider file.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn from_file(id: ProviderId, file: ProviderFile) -> Result<Self, Vec<SettingFault>> {
        let mut faults = Faults::default();
        requirements::keys_of_kind(&file, &mut faults);
        let firebase =
            (file.kind == Kind::Firebase).then(|| firebase::read(&id, &file, &mut faults));
        let (client_id, client_secret) = match &firebase {
            Some(firebase) => (firebase.project.clone(), None),
            None => client(&file, &mut faults),
        };
        let impossible = requirements::impossible_claims(file.kind);
        let settings = Self {
            kind: file.kind,
            label: label(&id, &file, &mut faults),
            icon: icon(&file, &mut faults),
            issuers: issuers::issuers(&file, &mut faults),
            auth: auth(&file, client_secret.is_some(), &mut faults),
            client_id,
            client_secret,
            callback: file.callback.clone(),
            scopes: request::scopes(&file, &mut faults),
            extra_authorize: request::authorize(&file, &mut faults),
            endpoints: request::endpoints(&file, &mut faults),
            end_session: file.end_session.unwrap_or(true),
            algorithms: request::algorithms(&file, &mut faults),
            allow_missing_kid: file.allow_missing_kid,
            max_age: request::max_age(&file, &mut faults),
            require: requirements::requirements(&file, &mut faults),
            trusted_email_domains: trusted_domains(&file, &mut faults),
            allow_unverified_email: file.unverified_email == Unverified::Allow,
            profile: profile(&file.profile, impossible, &mut faults),
            allow: rules::allows(&file.allow, impossible, &mut faults),
            grants: rules::grants(&file.grant, impossible, &mut faults),
            users: requirements::users(file.user, &mut faults),
            firebase: firebase.map(Box::new),
            examples: file.example,
            id,
        };
        settings.check_discovery(&mut faults);
        faults.into_result(settings)
    }

    /// The development identity provider where config put it: its issuer, and the secret it knows us by.
    #[must_use]
    pub fn for_dev(mut self, issuer: String, secret: Option<Secret>) -> Self {
        self.auth = if secret.is_some() { ClientAuth::Basic } else { ClientAuth::None };
        self.client_secret = secret;
        self.issuers = vec![issuer];
        self
    }

    /// The issuer whose discovery document and keys are used.
    #[must_use]
    pub fn discovery_issuer(&self) -> &str {
        self.issuers.first().map_or("", String::as_str)
    }

    /// One discovery document speaks for one issuer (OIDC Discovery §4.3).
    fn check_discovery(&self, faults: &mut Faults) {
        if self.firebase.is_none()
            && issuers::distinct(&self.issuers) > 1
            && !self.endpoints.are_complete()
        {
            let remedy =
                "endpoints = { authorization = …, token = …, jwks = … }, or one file per issuer";
            faults.add("endpoints", "several issuers have no discovery document in common", remedy);
        }
    }
}

fn client(file: &ProviderFile, faults: &mut Faults) -> (String, Option<Secret>) {
    let Some(client) = &file.client else {
        if file.kind != Kind::Dev {
            let remedy =
                "client = { id = \"…\", secret = \"…\" } as the provider's console shows them";
            faults.add("client", "is missing", remedy);
        }
        return (DEV_CLIENT.to_owned(), None);
    };
    if client.id.trim().is_empty() {
        faults.add("client.id", "is empty", "the client id that the provider's console shows");
    }
    if client.secret.as_ref().is_some_and(|secret| secret.reveal().trim().is_empty()) {
        faults.add("client.secret", "is empty", "the secret, or no secret key for a public client");
    }
    (client.id.clone(), client.secret.clone())
}

fn auth(file: &ProviderFile, has_secret: bool, faults: &mut Faults) -> ClientAuth {
    let usual = match (has_secret, file.kind) {
        (false, _) => ClientAuth::None,
        (true, Kind::Auth0) => ClientAuth::Post,
        (true, _) => ClientAuth::Basic, // OIDC Core §9
    };
    let auth = file.auth_method.unwrap_or(usual);
    if has_secret == (auth == ClientAuth::None) {
        let what =
            if has_secret { "\"none\" leaves the secret unused" } else { "needs client.secret" };
        faults.add("auth_method", what, "remove auth_method, or set client.secret accordingly");
    }
    auth
}

fn label(id: &ProviderId, file: &ProviderFile, faults: &mut Faults) -> String {
    let label = file.label.clone().unwrap_or_else(|| format!("Continue with {id}"));
    if label.trim().is_empty() || label.chars().count() > 60 || label.chars().any(char::is_control)
    {
        faults.add(
            "label",
            "is empty or does not fit on a button",
            "such as \"Continue with Example\"",
        );
    }
    label
}

fn icon(file: &ProviderFile, faults: &mut Faults) -> Option<String> {
    let icon = file.icon.clone()?;
    if !icon.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        faults.add(
            "icon",
            "is no name of an icon",
            "lower-case letters, digits and hyphens, or no icon",
        );
    }
    Some(icon)
}

fn trusted_domains(file: &ProviderFile, faults: &mut Faults) -> Option<Vec<String>> {
    let read = |domain: &String| rules::domain_of(domain, "trusted_email_domains", faults);
    Some(file.trusted_email_domains.as_ref()?.iter().filter_map(read).collect())
}

fn profile(
    table: &BTreeMap<String, ClaimPath>,
    impossible: &[&str],
    faults: &mut Faults,
) -> ProfileClaims {
    let mut profile = ProfileClaims::default();
    for (target, claim) in table {
        let key = format!("profile.{target}");
        rules::named(claim, &key, impossible, faults);
        let place = match target.as_str() {
            "name" => &mut profile.name,
            "email" => &mut profile.email,
            "subject" => &mut profile.subject,
            _ => {
                let why = if is_reserved(target) {
                    "is a claim that the protocol writes"
                } else {
                    "cannot be set"
                };
                faults.add(key, why, "only name, email and subject can come from claims");
                continue;
            }
        };
        *place = Some(claim.clone());
    }
    if profile
        .subject
        .as_ref()
        .is_some_and(|claim| claim.names().iter().any(|name| is_mutable(name)))
    {
        let what = "people can change this claim, and would become one another";
        faults.add(
            "profile.subject",
            what,
            "a claim that never changes nor passes on, such as \"oid\"",
        );
    }
    profile
}

/// Our client id at the development identity provider.
const DEV_CLIENT: &str = "countersign";
