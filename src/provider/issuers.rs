//! Which issuers a file stands for: always a list of exact texts, never a pattern.
//!
//! The reading runs once, at start; a token's `iss` is then compared byte for byte (OIDC Core
//! §3.1.3.7 point 2, RFC 8725 §3.8).

use url::Url;

use super::{
    fault::Faults,
    file::{Kind, ProviderFile},
    settings::firebase,
};
use crate::protocol::issuer::is_loopback;

/// The issuer of the development identity provider unless config says another.
pub(super) const DEV_ISSUER: &str = "http://localhost:8001";
/// Where Microsoft Entra ID issues tokens, for every tenant.
const ENTRA: &str = "login.microsoftonline.com";
/// Stands in `issuer` for each of `tenants`.
const TENANT: &str = "{tenant}";

/// The exact issuers, first the one that is asked for its discovery document.
pub(super) fn issuers(file: &ProviderFile, faults: &mut Faults) -> Vec<String> {
    match file.kind {
        Kind::Auth0 => auth0_issuer(file.domain.as_deref(), faults).into_iter().collect(),
        Kind::Dev => vec![DEV_ISSUER.to_owned()],
        Kind::Firebase => firebase::issuers(file),
        Kind::Oidc => oidc_issuers(file, faults),
    }
}

/// The spelling under which a person is kept: Google writes its issuer with and without the scheme, and
/// both are one issuer. None when `issuer` is not listed.
pub(super) fn canonical<'a>(listed: &'a [String], issuer: &str) -> Option<&'a str> {
    let exact = listed.iter().find(|one| *one == issuer)?;
    let full = listed.iter().find(|one| one.strip_prefix("https://") == Some(exact));
    Some(full.unwrap_or(exact))
}

/// Issuers that are not another spelling of one in the list.
pub(super) fn distinct(listed: &[String]) -> usize {
    listed.iter().filter(|one| canonical(listed, one) == Some(one)).count()
}

/// The tenants of a file for Entra ID, each with its issuer; none for any other file.
pub(super) fn entra_tenants(file: &ProviderFile) -> Vec<(String, String)> {
    let issuer = file.issuer.as_deref().filter(|issuer| issuer.contains(TENANT));
    let issuer =
        issuer.filter(|issuer| Url::parse(issuer).is_ok_and(|url| url.host_str() == Some(ENTRA)));
    let tenants = file.tenants.iter().flatten();
    let with = |issuer: &str, tenant: &String| (tenant.clone(), issuer.replace(TENANT, tenant));
    issuer.map_or_else(Vec::new, |issuer| tenants.map(|tenant| with(issuer, tenant)).collect())
}

fn auth0_issuer(domain: Option<&str>, faults: &mut Faults) -> Option<String> {
    let remedy =
        "your tenant's domain as Auth0's settings page shows it, such as \"tenant.eu.auth0.com\"";
    let Some(domain) = domain else {
        faults.add("domain", "is missing", remedy);
        return None;
    };
    let text = if domain.contains("://") { domain.to_owned() } else { format!("https://{domain}") };
    let bare = Url::parse(&text).ok().filter(|url| {
        let nothing_else = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        nothing_else && url.username().is_empty() && url.password().is_none() && is_safe(url)
    });
    if bare.is_none() {
        faults.add("domain", format!("{domain:?} is no domain of an Auth0 tenant"), remedy);
    }
    bare.map(String::from)
}

fn oidc_issuers(file: &ProviderFile, faults: &mut Faults) -> Vec<String> {
    let written = match (&file.issuer, &file.issuers) {
        (Some(issuer), None) => return expand(issuer, file.tenants.as_deref(), faults),
        (None, Some(issuers)) => issuers.clone(),
        (Some(_), Some(_)) => {
            faults.add("issuers", "stands beside issuer", "keep one of the two");
            Vec::new()
        }
        (None, None) => {
            faults.add(
                "issuer",
                "is missing",
                "the provider's issuer URL, such as \"https://id.example.com\"",
            );
            return Vec::new();
        }
    };
    if file.tenants.is_some() {
        faults.add(
            "tenants",
            "goes with issuer, not with issuers",
            "issuer = \"https://…/{tenant}/…\"",
        );
    }
    check_list(&written, faults);
    written
}

fn check_list(written: &[String], faults: &mut Faults) {
    if written.first().is_none_or(|first| !first.contains("://")) {
        faults.add("issuers", "has no discovery issuer", "put the full https:// issuer first");
    }
    for issuer in written {
        let full = format!("https://{issuer}");
        if issuer.contains("://") || !written.contains(&full) {
            check(issuer, "issuers", faults);
        }
    }
}

fn expand(issuer: &str, tenants: Option<&[String]>, faults: &mut Faults) -> Vec<String> {
    let templated = issuer.contains(TENANT);
    let tenants = match (templated, tenants) {
        (true, Some(tenants)) if !tenants.is_empty() => tenants,
        (true, _) => {
            faults.add("tenants", "is missing", "list the tenant ids whose people may sign in");
            return Vec::new();
        }
        (false, Some(_)) => {
            faults.add(
                "tenants",
                "is not used by issuer",
                "write {tenant} into issuer, or remove tenants",
            );
            return Vec::new();
        }
        (false, None) => {
            check(issuer, "issuer", faults);
            return vec![issuer.to_owned()];
        }
    };
    let fine = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    for tenant in tenants.iter().filter(|one| one.is_empty() || !one.bytes().all(fine)) {
        faults.add(
            "tenants",
            format!("{tenant:?} is no tenant id"),
            "the id as the token's tid shows it",
        );
    }
    let all: Vec<_> = tenants.iter().map(|tenant| issuer.replace(TENANT, tenant)).collect();
    for one in &all {
        check(one, "issuer", faults);
    }
    all
}

fn check(issuer: &str, key: &str, faults: &mut Faults) {
    let url = Url::parse(issuer).ok();
    // OIDC Discovery §3: https, no query, no fragment.
    if !url
        .as_ref()
        .is_some_and(|url| is_safe(url) && url.query().is_none() && url.fragment().is_none())
    {
        let remedy = "an https:// URL without query and fragment; http:// for loopback only";
        faults.add(key, format!("{issuer:?} is no issuer"), remedy);
    }
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    if host == "token.actions.githubusercontent.com" {
        faults.add(key, "this issuer vouches for workloads, not for people", "another provider");
    }
    let first = url.as_ref().and_then(|url| url.path_segments()?.next()).unwrap_or_default();
    if host == ENTRA && ["common", "organizations", "consumers"].contains(&first) {
        let remedy = "issuer = \"https://login.microsoftonline.com/{tenant}/v2.0\" with tenants = [\"<tenant id>\"]";
        faults.add(key, "would let in people of every Entra tenant", remedy);
    }
}

/// Whether a URL is https, or http on this machine.
pub(super) fn is_safe(url: &Url) -> bool {
    let tls = url.scheme() == "https" && url.host_str().is_some();
    tls || (url.scheme() == "http" && is_loopback(url))
}
