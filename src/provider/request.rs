//! Reading of what is asked of the provider: parameters, scopes, algorithms, endpoints.

use std::{collections::BTreeMap, time::Duration};

use url::Url;

use super::{
    fault::Faults,
    file::{Kind, ProviderFile, Span},
    issuers::is_safe,
};
use crate::jose::algorithm::Algorithm;

/// Endpoints that stand in the file instead of the discovered ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// The authorization endpoint.
    pub authorization: Option<Url>,
    /// The token endpoint.
    pub token: Option<Url>,
    /// The key set.
    pub jwks: Option<Url>,
    /// The logout endpoint.
    pub end_session: Option<Url>,
}

impl Endpoints {
    /// Whether a sign-in needs no discovery document.
    #[must_use]
    pub const fn are_complete(&self) -> bool {
        self.authorization.is_some() && self.token.is_some() && self.jwks.is_some()
    }
}

/// Further parameters of the authorization request. Those that a sign-in sets itself are faults.
pub(super) fn authorize(file: &ProviderFile, faults: &mut Faults) -> BTreeMap<String, String> {
    let mut all = file.authorize.clone();
    for name in all.keys().filter(|name| OWN_PARAMETERS.contains(&name.as_str())) {
        let what = "is set by every sign-in itself, or would move the answer elsewhere";
        faults.add(format!("authorize.{name}"), what, "remove the parameter");
    }
    let checked = if file.kind == Kind::Auth0 { "organization" } else { "hd" };
    if all.contains_key(checked) {
        let what = "a parameter alone is no check: the person can change it in the address bar";
        faults.add(
            format!("authorize.{checked}"),
            what,
            format!("write {checked} as a key of the file"),
        );
    }
    let hd = file.hd.as_ref().map(|hd| match hd.as_slice() {
        [one] => one.clone(),
        _ => "*".to_owned(), // Google's word for "some Workspace domain"; the claim decides
    });
    let own = [
        ("hd", hd),
        ("connection", file.connection.clone()),
        ("organization", file.organization.clone()),
    ];
    all.extend(own.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    all
}

/// The scopes asked for; `openid` must be among them.
pub(super) fn scopes(file: &ProviderFile, faults: &mut Faults) -> Vec<String> {
    let Some(scopes) = &file.scopes else {
        return ["openid", "email", "profile"].map(str::to_owned).to_vec();
    };
    if !scopes.iter().any(|scope| scope == "openid") {
        faults.add("scopes", "lacks openid, without which no ID token comes", "add \"openid\"");
    }
    for scope in
        scopes.iter().filter(|scope| scope.parse::<crate::protocol::scope::Scope>().is_err())
    {
        faults.add("scopes", format!("{scope:?} is no scope"), "one scope per list entry");
    }
    scopes.clone()
}

/// The signature algorithms of ID tokens. Everybody else's provider may be trusted to have RS256 (OpenID
/// Connect Core §15.1); our own signs cheaper, and makes its key anew at every start.
pub(super) fn algorithms(file: &ProviderFile, faults: &mut Faults) -> Vec<Algorithm> {
    let Some(names) = &file.algorithms else {
        let ours = file.kind == Kind::Dev;
        return vec![if ours { Algorithm::Es256 } else { Algorithm::Rs256 }];
    };
    if names.is_empty() {
        faults.add("algorithms", "lists none", "[\"RS256\"], or remove the key");
    }
    let mut good = Vec::new();
    for name in names {
        match name.parse() {
            Ok(algorithm) => good.push(algorithm),
            Err(_) if name.starts_with("HS") || name.eq_ignore_ascii_case("none") => {
                let what = format!(
                    "{name:?}: a token that our own secret or nobody signed proves nothing"
                );
                faults.add("algorithms", what, "set the provider to RS256, PS256, ES256 or EdDSA");
            }
            Err(_) => faults.add(
                "algorithms",
                format!("{name:?} is unknown"),
                "RS256, PS256, ES256 or EdDSA",
            ),
        }
    }
    good
}

/// How long ago the person may have signed in.
pub(super) fn max_age(file: &ProviderFile, faults: &mut Faults) -> Option<Duration> {
    let seconds = match file.max_age.as_ref()? {
        Span::Seconds(seconds) => Some(*seconds),
        Span::Text(text) => seconds(text),
    };
    if seconds.is_none() {
        faults.add(
            "max_age",
            "is no span of time",
            "seconds, or a text such as \"30m\", \"12h\" or \"7d\"",
        );
    }
    seconds.map(Duration::from_secs)
}

fn seconds(text: &str) -> Option<u64> {
    let unit = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return None,
    };
    let number: u64 = text.get(..text.len() - 1)?.parse().ok()?;
    number.checked_mul(unit)
}

/// The endpoints of the file.
pub(super) fn endpoints(file: &ProviderFile, faults: &mut Faults) -> Endpoints {
    let mut read = |name: &str, text: &Option<String>| {
        let text = text.as_ref()?;
        let url = Url::parse(text).ok().filter(|url| is_safe(url) && url.fragment().is_none());
        if url.is_none() {
            let remedy = "an https:// URL; http:// for loopback only";
            faults.add(format!("endpoints.{name}"), format!("{text:?} is no safe URL"), remedy);
        }
        url
    };
    let table = &file.endpoints;
    if file.kind == Kind::Firebase {
        let keys = table.jwks.clone().or_else(|| Some(super::settings::firebase::KEYS.to_owned()));
        return Endpoints { jwks: read("jwks", &keys), ..Endpoints::default() };
    }
    Endpoints {
        authorization: read("authorization", &table.authorization),
        token: read("token", &table.token),
        jwks: read("jwks", &table.jwks),
        end_session: read("end_session", &table.end_session),
    }
}

/// Parameters that belong to the flow (RFC 6749 §4.1.1, OIDC Core §3.1.2.1, RFC 7636, RFC 9101), or
/// that would bring the answer in a form we do not read.
const OWN_PARAMETERS: &[&str] = &[
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "id_token_hint",
    "login_hint",
    "max_age",
    "nonce",
    "redirect_uri",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
];
