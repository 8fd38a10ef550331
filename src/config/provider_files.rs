//! The files of `providers/`: who may vouch.

use url::Url;

use crate::{
    protocol::{id::ProviderId, issuer::Issuer},
    provider::{
        example::run_examples,
        file::{Kind, ProviderFile},
        settings::{ProviderSettings, SettingFault, firebase::FirebaseSettings},
    },
};

use super::{fault::Fault, files::NamedFile, lookup::Lookup, toml_file::TomlFile};

/// Reads each file; the settings of the good ones, and every fault of the others.
pub(super) fn read(
    files: &[NamedFile],
    look: &Lookup,
    public_url: &Issuer,
) -> (Vec<ProviderSettings>, Vec<Fault>) {
    let (mut all, mut faults) = (Vec::new(), Vec::new());
    for named in files {
        let mut file = TomlFile::parse(&named.name, &named.text, look);
        all.extend(read_one(&mut file, &named.stem, public_url));
        faults.extend(file.into_faults());
    }
    (all, faults)
}

fn read_one(file: &mut TomlFile<'_>, stem: &str, public_url: &Issuer) -> Option<ProviderSettings> {
    let raw: ProviderFile = file.read()?;
    let settings = match ProviderSettings::from_file(ProviderId::new(stem), raw) {
        Ok(settings) => settings,
        Err(faults) => {
            for fault in faults {
                tell(file, fault);
            }
            return None;
        }
    };
    check_callback(file, &settings, public_url);
    check_loopback(file, &settings, public_url);
    for fault in run_examples(&settings) {
        tell(file, fault);
    }
    Some(settings)
}

fn tell(file: &mut TomlFile<'_>, fault: SettingFault) {
    let key = fault.key;
    file.fault_at_key(&key, format!("`{key}` {}", fault.what), fault.remedy);
}

/// The provider must send the browser back to where we listen for this provider (RFC 9700 §4.4: one
/// callback per provider).
fn check_callback(file: &mut TomlFile<'_>, settings: &ProviderSettings, public_url: &Issuer) {
    let ours = callback(public_url, settings.id.as_str());
    if settings.callback.as_ref().is_some_and(|callback| *callback != ours) {
        file.fault_at_key("callback", "`callback` is not where we listen", remedy(&ours));
    }
}

/// The development provider signs anybody in as anybody, and plain http to a provider is for this
/// machine: neither belongs behind a public URL.
fn check_loopback(file: &mut TomlFile<'_>, settings: &ProviderSettings, public_url: &Issuer) {
    if public_url.is_loopback() {
        return;
    }
    if settings.kind == Kind::Dev {
        let what = "the development identity provider signs anybody in, and the public URL is not localhost";
        file.fault_at_key("kind", what, "name another provider in COUNTERSIGN_PROVIDERS");
    }
    if let Some(firebase) = settings.firebase.as_deref() {
        check_firebase(file, firebase);
    }
    let (issuers, endpoints) = plain_http(settings);
    if settings.kind != Kind::Dev && issuers {
        file.fault_at_key("issuer", PLAIN, "write its https issuer");
    }
    if endpoints {
        file.fault_at_key("endpoints", PLAIN, "write https endpoints");
    }
}

/// Whether an issuer, and whether an endpoint, is reached without TLS.
fn plain_http(settings: &ProviderSettings) -> (bool, bool) {
    let plain = |issuer: &String| Url::parse(issuer).is_ok_and(|url| url.scheme() == "http");
    let ends = &settings.endpoints;
    let ends = [&ends.authorization, &ends.token, &ends.jwks, &ends.end_session];
    let endpoints = ends.into_iter().flatten().any(|url| url.scheme() == "http");
    (settings.issuers.iter().any(plain), endpoints)
}

/// Nobody signs an emulator's tokens, and plain http to Google's stand-ins is for tests.
fn check_firebase(file: &mut TomlFile<'_>, firebase: &FirebaseSettings) {
    if firebase.emulator.is_some() {
        let what = "nobody signs the emulator's tokens, and the public URL is not localhost: anybody could be anybody";
        file.fault_at_key("emulator", what, "remove emulator");
    }
    let account = firebase.service_account.as_ref().map(|account| &account.token_endpoint);
    let toolkit = Some(&firebase.toolkit).filter(|_| firebase.emulator.is_none());
    if toolkit.into_iter().chain(account).any(|url| url.scheme() == "http") {
        file.fault_at_key("endpoints", PLAIN, "write https endpoints");
    }
    if firebase.google.as_deref().is_some_and(|google| plain_http(google) != (false, false)) {
        file.fault_at_key("google", PLAIN, "write an https issuer, or none for Google's own");
    }
}

/// `AUTH0_CALLBACK_URL` promises a callback; a promise we do not keep is a fault.
pub(super) fn check_auth0_callback(
    look: &Lookup,
    stems: &[String],
    public_url: &Issuer,
) -> Option<Fault> {
    let name = "AUTH0_CALLBACK_URL";
    let auth0 = stems.iter().any(|stem| stem == "auth0");
    let given = if auth0 { look.value(name).ok()? } else { None }?;
    let ours = callback(public_url, "auth0");
    let what = format!("{:?} is not where we listen", given.as_str());
    (given.as_str() != ours).then(|| Fault::new(look.place(name), what, remedy(&ours)))
}

fn callback(public_url: &Issuer, stem: &str) -> String {
    public_url.join(&format!("/callback/{stem}"))
}

fn remedy(ours: &str) -> String {
    format!("write {ours} here and register it at the provider, or remove it")
}

const PLAIN: &str = "a provider on plain http is accepted only while the public URL is localhost";
