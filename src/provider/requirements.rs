//! What each kind demands: which keys it knows, which claims every token must carry, which it never has.

use serde_json::Value;

use super::{
    claims::{ClaimPath, is_reserved},
    fault::Faults,
    file::{DevUser, Kind, OneOrMany, ProviderFile},
    issuers,
    rules::{Condition, Test, domain_of},
    settings::firebase::ways,
};

/// Keys that mean nothing to the file's kind are faults: a restriction that is not read restricts nobody.
pub(super) fn keys_of_kind(file: &ProviderFile, faults: &mut Faults) {
    let oidc = [
        ("issuer", file.issuer.is_some()),
        ("issuers", file.issuers.is_some()),
        ("tenants", file.tenants.is_some()),
        ("hd", file.hd.is_some()),
    ];
    let openid = [
        ("scopes", file.scopes.is_some()),
        ("algorithms", file.algorithms.is_some()),
        ("auth_method", file.auth_method.is_some()),
        ("allow_missing_kid", file.allow_missing_kid),
        ("max_age", file.max_age.is_some()),
        ("authorize", !file.authorize.is_empty()),
        ("profile.subject", file.profile.contains_key("subject")),
        ("endpoints.authorization", file.endpoints.authorization.is_some()),
        ("endpoints.end_session", file.endpoints.end_session.is_some()),
    ];
    let firebase = firebase_keys(file);
    let auth0 = [
        ("domain", file.domain.is_some()),
        ("connection", file.connection.is_some()),
        ("organization", file.organization.is_some()),
    ];
    let dev = [("user", !file.user.is_empty())];
    let real = [("client", file.client.is_some()), ("callback", file.callback.is_some())];
    match file.kind {
        Kind::Oidc => faults.misplaced("oidc", &[&auth0[..], &dev, &firebase].concat()),
        Kind::Auth0 => faults.misplaced("auth0", &[&oidc[..], &dev, &firebase].concat()),
        Kind::Dev => faults.misplaced("dev", &[&oidc[..], &auth0, &real, &firebase].concat()),
        Kind::Firebase => {
            faults.misplaced("firebase", &[&oidc[..], &auth0, &dev, &real, &openid].concat());
        }
    }
}

fn firebase_keys(file: &ProviderFile) -> [(&'static str, bool); 12] {
    [
        ("project", file.project.is_some()),
        ("api_key", file.api_key.is_some()),
        ("auth_domain", file.auth_domain.is_some()),
        ("mode", file.mode.is_some()),
        ("sign_in", file.sign_in.is_some()),
        ("tenant", file.tenant.is_some()),
        ("emulator", file.emulator.is_some()),
        ("google", file.google.is_some()),
        ("revocation", file.revocation.is_some()),
        ("revocation_fails", file.revocation_fails.is_some()),
        ("service_account", file.service_account.is_some()),
        ("endpoints.toolkit", file.endpoints.toolkit.is_some()),
    ]
}

/// Top-level claims that a tenant of this kind cannot put into ID tokens: a rule about them would never
/// hold, and whoever finds one there should not believe it.
pub(super) const fn impossible_claims(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Auth0 => &["roles", "permissions", "groups"],
        Kind::Oidc | Kind::Dev | Kind::Firebase => &[],
    }
}

/// What every token must carry.
pub(super) fn requirements(file: &ProviderFile, faults: &mut Faults) -> Vec<Condition> {
    let mut all: Vec<_> =
        file.require.iter().map(|(name, value)| required(name, value, faults)).collect();
    if let Some(hd) = &file.hd {
        all.push(hosted_domain(hd, faults));
    }
    if file.kind == Kind::Auth0 {
        all.extend(organization(file.organization.as_deref(), faults));
    }
    if file.kind == Kind::Firebase {
        all.extend(firebase(file));
    }
    let issuers = file.issuer.iter().chain(file.issuers.iter().flatten());
    if issuers.into_iter().any(|issuer| issuer == "https://accounts.google.com") {
        all.push(Condition::NoServiceAccount);
    }
    let tenants = issuers::entra_tenants(file);
    if !tenants.is_empty() {
        all.push(Condition::TenantOfIssuer(tenants));
    }
    all
}

fn required(name: &str, value: &Value, faults: &mut Faults) -> Condition {
    if name.is_empty() {
        faults.add("require", "names no claim", "require = { claim = value }");
    }
    let claim = ClaimPath::Top(name.to_owned());
    let only_one_of =
        value.as_object().filter(|table| table.len() == 1).and_then(|table| table.get("one_of"));
    let test = match only_one_of.and_then(Value::as_array) {
        Some(values) => Test::OneOf(values.clone()),
        None => Test::Equals(value.clone()),
    };
    if test == Test::OneOf(Vec::new()) {
        faults.add(format!("require.{name}"), "lists nothing", "list at least one value");
    }
    Condition::Claim(claim, test)
}

/// Google's `hd` claim, not the e-mail's domain: consumer accounts can carry a corporate address.
fn hosted_domain(hd: &OneOrMany, faults: &mut Faults) -> Condition {
    if hd.as_slice().is_empty() {
        faults.add("hd", "lists nothing", "your Workspace domain, or no hd");
    }
    let domains = hd.as_slice().iter().filter_map(|domain| domain_of(domain, "hd", faults));
    let values = domains.map(Value::String).collect();
    Condition::Claim(ClaimPath::Top("hd".to_owned()), Test::OneOf(values))
}

/// Auth0's organization rule, as its own SDKs apply it: `org_…` is compared with `org_id`, a name in
/// lower case with `org_name`. A token of an organization nobody asked for is refused.
fn organization(organization: Option<&str>, faults: &mut Faults) -> Vec<Condition> {
    let claim = |name: &str, test| Condition::Claim(ClaimPath::Top(name.to_owned()), test);
    match organization {
        None => vec![claim("org_id", Test::Absent), claim("org_name", Test::Absent)],
        Some(id) if id.starts_with("org_") => vec![claim("org_id", Test::Equals(id.into()))],
        Some(name) => {
            if name.trim().is_empty() {
                faults.add(
                    "organization",
                    "is empty",
                    "the organization's id (org_…) or name, or no key",
                );
            }
            vec![claim("org_name", Test::Equals(name.to_lowercase().into()))]
        }
    }
}

/// Firebase's policy: how the person signed in, and the tenant. Tokens of every tenant of a project, and
/// those of none, have one issuer and one audience.
fn firebase(file: &ProviderFile) -> [Condition; 2] {
    let claim = |name: &str, test| {
        Condition::Claim(ClaimPath::Nested(vec!["firebase".to_owned(), name.to_owned()]), test)
    };
    let ways = ways(file).into_iter().map(Value::String).collect();
    let tenant = file.tenant.clone().map_or(Test::Absent, |id| Test::Equals(id.into()));
    [claim("sign_in_provider", Test::OneOf(ways)), claim("tenant", tenant)]
}

/// The people of the development identity provider.
pub(super) fn users(users: Vec<DevUser>, faults: &mut Faults) -> Vec<DevUser> {
    for (number, user) in (1..).zip(&users) {
        let key = format!("user[{number}]");
        let fine = |b: u8| b.is_ascii_graphic();
        if user.sub.is_empty() || user.sub.len() > 255 || !user.sub.bytes().all(fine) {
            faults.add(
                format!("{key}.sub"),
                "is no subject",
                "1 to 255 ASCII characters without spaces",
            );
        }
        if users.iter().filter(|other| other.sub == user.sub).count() > 1 {
            faults.add(format!("{key}.sub"), "is another user's too", "one sub per user");
        }
        for name in
            user.claims.keys().filter(|name| is_reserved(name) || OWN.contains(&name.as_str()))
        {
            faults.add(format!("{key}.claims.{name}"), "is written elsewhere", "remove the claim");
        }
    }
    users
}

/// Claims that are keys of a `[[user]]` themselves.
const OWN: &[&str] = &["email", "email_verified", "name"];
