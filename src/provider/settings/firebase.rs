//! What a file of kind `firebase` says beyond what every provider file says.

mod service_account;
mod ways;

use serde_json::json;
use url::{Host, Url};

pub(crate) use self::ways::ways;
pub use self::{service_account::ServiceAccount, ways::has_button};
use super::ProviderSettings;
use crate::{
    protocol::id::ProviderId,
    provider::{
        fault::Faults,
        file::{Fails, GoogleTable, Mode, ProviderFile, Revocation},
    },
};

/// A Firebase project, checked.
#[derive(Clone, Debug)]
pub struct FirebaseSettings {
    /// The project id: the audience of its tokens.
    pub project: String,
    /// The Web API key.
    pub api_key: String,
    /// The web app's `authDomain`; needed when our page runs the SDK.
    pub auth_domain: String,
    /// The ways to sign in that are accepted.
    pub sign_in: Vec<String>,
    /// Google's code flow, for `mode = "redirect"`; none for `mode = "sdk"`.
    pub google: Option<Box<ProviderSettings>>,
    /// The emulator whose unsigned tokens are accepted.
    pub emulator: Option<Url>,
    /// Identity Toolkit.
    pub toolkit: Url,
    /// Whether a revocation is looked up, and what happens while it cannot be.
    pub revocation: Option<Fails>,
    /// Whose word lets us look without the person's token.
    pub service_account: Option<ServiceAccount>,
    tenant: Option<String>,
}

impl FirebaseSettings {
    /// The tenant whose people may sign in.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// The subject under which a uid is known here. Uids of two tenants are not one person's.
    #[must_use]
    pub(in crate::provider) fn subject(&self, uid: &str) -> String {
        self.tenant().map_or_else(|| uid.to_owned(), |tenant| format!("{tenant}/{uid}"))
    }

    /// The uid of such a subject. A uid may have a slash of its own.
    #[must_use]
    pub fn uid<'a>(&self, subject: &'a str) -> &'a str {
        let uid = self.tenant().and_then(|tenant| subject.strip_prefix(tenant)?.strip_prefix('/'));
        uid.unwrap_or(subject)
    }
}

impl FirebaseSettings {
    /// Under which issuer an emulator's people are kept: they must never be taken for the project's own
    /// once the emulator is gone.
    #[must_use]
    pub fn invented_issuer(&self) -> Option<String> {
        self.emulator.as_ref().map(|_| emulated(&self.project))
    }
}

fn emulated(project: &str) -> String {
    format!("emulator:{project}")
}

/// The issuers of a project's people: that of its ID tokens, and with an emulator its own beside it.
pub(crate) fn issuers(file: &ProviderFile) -> Vec<String> {
    let invented = |project: &String| file.emulator.as_ref().map(|_| emulated(project));
    let both = |project: &String| [Some(issuer(project)), invented(project)];
    file.project.iter().flat_map(both).flatten().collect()
}

/// The `iss` of a project's ID tokens.
fn issuer(project: &str) -> String {
    format!("https://securetoken.google.com/{project}")
}

/// Reads the keys of kind `firebase`.
pub(super) fn read(id: &ProviderId, file: &ProviderFile, faults: &mut Faults) -> FirebaseSettings {
    let google = file.google.clone().filter(|google| !is_blank(google));
    let usual = if google.is_some() { Mode::Redirect } else { Mode::Sdk };
    let mode = file.mode.unwrap_or(usual);
    let emulator = emulator(file, faults);
    FirebaseSettings {
        project: project(file, faults),
        api_key: required(
            "api_key",
            file.api_key.as_deref(),
            "the Web API key of the project settings",
            faults,
        ),
        auth_domain: auth_domain(file, mode, faults),
        sign_in: ways::read(file, mode, faults),
        google: code_flow(id, google, mode, faults),
        toolkit: toolkit(file, emulator.as_ref(), faults),
        emulator,
        revocation: revocation(file, faults),
        service_account: service_account::read(file, faults),
        tenant: tenant(file, faults),
    }
}

fn is_blank(google: &GoogleTable) -> bool {
    google.id.trim().is_empty() && google.secret.reveal().trim().is_empty()
}

fn required(key: &str, given: Option<&str>, remedy: &str, faults: &mut Faults) -> String {
    let text = given.unwrap_or_default().trim();
    if text.is_empty() {
        faults.add(key, "is missing", remedy);
    }
    text.to_owned()
}

fn project(file: &ProviderFile, faults: &mut Faults) -> String {
    let remedy = "the project id of the project settings, such as \"example-1a2b3\"";
    let project = required("project", file.project.as_deref(), remedy, faults);
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:".contains(&b);
    let named = project.bytes().any(|b| b.is_ascii_lowercase());
    let good = named && project.bytes().all(plain);
    if !project.is_empty() && !good {
        faults.add("project", format!("{project:?} is no project id"), remedy);
    }
    project
}

/// It goes into the page's policy, so it must be one plain host and nothing else.
fn auth_domain(file: &ProviderFile, mode: Mode, faults: &mut Faults) -> String {
    let remedy = "set FIREBASE_AUTH_DOMAIN to the web app's authDomain, such as \
                  example-1a2b3.firebaseapp.com; or, for mode = \"redirect\", GOOGLE_CLIENT_ID and \
                  GOOGLE_CLIENT_SECRET";
    if mode == Mode::Redirect && file.auth_domain.as_deref().is_none_or(str::is_empty) {
        return String::new();
    }
    let domain = required("auth_domain", file.auth_domain.as_deref(), remedy, faults);
    let whole = matches!(Host::parse(&domain), Ok(Host::Domain(host)) if host == domain);
    // A host may hold `*` or `;`, which mean more than themselves in a policy.
    let plain = whole && domain.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
    if !domain.is_empty() && !plain {
        faults.add("auth_domain", format!("{domain:?} is no host name"), remedy);
    }
    domain
}

fn code_flow(
    id: &ProviderId,
    google: Option<GoogleTable>,
    mode: Mode,
    faults: &mut Faults,
) -> Option<Box<ProviderSettings>> {
    if mode == Mode::Sdk {
        return None;
    }
    let Some(google) = google else {
        let remedy =
            "google = { id = \"${GOOGLE_CLIENT_ID}\", secret = \"${GOOGLE_CLIENT_SECRET}\" }";
        faults.add("google", "is missing, and mode = \"redirect\" needs it", remedy);
        return None;
    };
    let issuers = google.issuer.map_or_else(
        || vec!["https://accounts.google.com".to_owned(), "accounts.google.com".to_owned()],
        |issuer| vec![issuer],
    );
    let file = json!({
        "kind": "oidc",
        "issuers": issuers,
        "client": { "id": google.id, "secret": google.secret.reveal() },
        "auth_method": "client_secret_post",
        "authorize": { "prompt": "select_account" },
    });
    let read = serde_json::from_value::<ProviderFile>(file).map_err(|_| Vec::new());
    let read = read.map(|file| ProviderFile { endpoints: google.endpoints, ..file });
    if google.secret.reveal().trim().is_empty() {
        faults.add("google", "has no secret", "set GOOGLE_CLIENT_SECRET to that of the web client");
        return None;
    }
    match read.and_then(|file| ProviderSettings::from_file(id.clone(), file)) {
        Ok(settings) => Some(Box::new(settings)),
        Err(inner) => {
            for fault in inner {
                faults.add("google", format!("{} {}", fault.key, fault.what), fault.remedy);
            }
            None
        }
    }
}

fn emulator(file: &ProviderFile, faults: &mut Faults) -> Option<Url> {
    let text = file.emulator.as_ref()?;
    let url = Url::parse(&format!("http://{text}")).ok().filter(|url| {
        let bare = url.path() == "/" && url.query().is_none() && url.port().is_some();
        bare && url.fragment().is_none()
            && url.username().is_empty()
            && crate::protocol::issuer::is_loopback(url)
    });
    if url.is_none() {
        let what =
            format!("{text:?} is no port of this machine, and nobody signs the emulator's tokens");
        faults.add("emulator", what, "such as \"127.0.0.1:9099\", or no emulator");
    }
    url
}

fn toolkit(file: &ProviderFile, emulator: Option<&Url>, faults: &mut Faults) -> Url {
    let emulated = emulator.map(|emulator| format!("{emulator}identitytoolkit.googleapis.com/v1/"));
    let text = file.endpoints.toolkit.clone().or(emulated).unwrap_or_else(|| TOOLKIT.to_owned());
    safe_url("endpoints.toolkit", &text, TOOLKIT, faults)
}

fn safe_url(key: &str, text: &str, usual: &'static str, faults: &mut Faults) -> Url {
    let read = Url::parse(text).ok().filter(crate::provider::issuers::is_safe);
    let slashed = read.filter(|url| key != "endpoints.toolkit" || url.path().ends_with('/'));
    if slashed.is_none() {
        faults.add(key, format!("{text:?} is no safe URL"), format!("such as {usual:?}"));
    }
    slashed.unwrap_or_else(|| Url::parse(usual).expect("a constant"))
}

fn revocation(file: &ProviderFile, faults: &mut Faults) -> Option<Fails> {
    if file.revocation.is_none() && file.revocation_fails.is_some() {
        faults.add(
            "revocation_fails",
            "means nothing without revocation",
            "revocation = \"lookup\"",
        );
    }
    file.revocation.map(|Revocation::Lookup| file.revocation_fails.unwrap_or_default())
}

fn tenant(file: &ProviderFile, faults: &mut Faults) -> Option<String> {
    let tenant = file.tenant.clone()?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if tenant.is_empty() || !tenant.bytes().all(plain) {
        faults.add(
            "tenant",
            format!("{tenant:?} is no tenant id"),
            "the id of the console, or no tenant",
        );
    }
    Some(tenant)
}

const TOOLKIT: &str = "https://identitytoolkit.googleapis.com/v1/";
/// Where Google publishes the keys of every project's ID tokens; those of session cookies are others.
pub(crate) const KEYS: &str =
    "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com";
