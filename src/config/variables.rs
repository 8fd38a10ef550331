//! The one table of variables: the parser, the check for unknown names, `--help` and the test of
//! `.env.example` all read it.

/// One variable of the environment.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// The heading it stands under.
    pub group: &'static str,
    /// Its value when it is not set; none: there is none, or it depends, as `doc` says.
    pub default: Option<&'static str>,
    /// What it is and where to get it.
    pub doc: &'static str,
    /// Whether it holds a secret; if so `NAME_FILE` may name a file that holds it.
    pub secret: bool,
}

/// The entry of a variable.
#[must_use]
pub fn variable(name: &str) -> Option<&'static Variable> {
    VARIABLES.iter().find(|variable| variable.name == name)
}

const fn setting(
    group: &'static str,
    name: &'static str,
    default: Option<&'static str>,
    doc: &'static str,
) -> Variable {
    Variable { name, group, default, doc, secret: false }
}

const fn secret(
    group: &'static str,
    name: &'static str,
    default: Option<&'static str>,
    doc: &'static str,
) -> Variable {
    Variable { name, group, default, doc, secret: true }
}

const SERVICE: &str = "The service";
const KEYS: &str = "Keys and tokens";
const LOGS: &str = "Logs";
const NETWORK: &str = "Network";
const CLIENT: &str = "One client known beforehand";
const AUTH0: &str = "Auth0 (providers/auth0.toml)";
const FIREBASE: &str = "Firebase (providers/firebase.toml)";
const GOOGLE: &str = "Google (providers/google.toml)";
const ENTRA: &str = "Microsoft Entra ID (providers/entra.toml)";
const OKTA: &str = "Okta (providers/okta.toml)";
const KEYCLOAK: &str = "Keycloak (providers/keycloak.toml)";
const OIDC: &str = "Any OpenID Connect provider (providers/oidc.toml)";

/// Every variable, in the order of `.env.example`.
pub static VARIABLES: &[Variable] = &[
    setting(
        SERVICE,
        "COUNTERSIGN_PUBLIC_URL",
        Some("http://localhost:8000"),
        "Where browsers and clients reach the service, and the issuer of its tokens. An origin: no path, no trailing slash; https unless it is localhost.",
    ),
    setting(
        SERVICE,
        "COUNTERSIGN_LISTEN",
        Some("localhost:8000"),
        "Where it listens: an address and a port. `localhost` means both loopback families, 127.0.0.1 and [::1].",
    ),
    secret(
        SERVICE,
        "COUNTERSIGN_DATABASE_URL",
        Some("sqlite:data/countersign.db"),
        "Where it remembers: `sqlite:PATH`, `sqlite::memory:`, or `postgres://USER:PASSWORD@HOST/DATABASE` for any number of nodes; docs/postgresql.md says more.",
    ),
    setting(
        SERVICE,
        "COUNTERSIGN_DATABASE_POOL",
        Some("16"),
        "How many connections to PostgreSQL each node keeps open at most.",
    ),
    setting(
        SERVICE,
        "COUNTERSIGN_PROVIDERS",
        None,
        "Who may vouch for people: stems of providers/*.toml, separated by commas. `dev` when the public URL is localhost, required otherwise.",
    ),
    setting(
        SERVICE,
        "COUNTERSIGN_SERVERS",
        Some("demo"),
        "Which MCP servers are guarded: stems of servers/*.toml, separated by commas.",
    ),
    setting(
        SERVICE,
        "COUNTERSIGN_DEV_IDP_LISTEN",
        Some("localhost:8001"),
        "Where the development identity provider listens; only with provider `dev`, only on loopback.",
    ),
    secret(
        KEYS,
        "COUNTERSIGN_MASTER_KEY",
        None,
        "Seals the signing keys at rest: 32 bytes in base64url, from `openssl rand -base64 32`. A list separated by commas rotates it: the first seals, all open. Made once in data/master.key when the public URL is localhost, required otherwise.",
    ),
    setting(
        KEYS,
        "COUNTERSIGN_ACCESS_TTL",
        Some("1h"),
        "How long an access token lives, such as 15m or 1h; from 1m to 24h.",
    ),
    setting(
        KEYS,
        "COUNTERSIGN_SIGNING_ALG",
        Some("ES256"),
        "The signature of access tokens: ES256 or EdDSA.",
    ),
    secret(
        KEYS,
        "JWT_SECRET_KEY",
        None,
        "Another name of the master key, of any length, for a .env written after the FastMCP guide; it is stretched to 32 bytes. Prefer COUNTERSIGN_MASTER_KEY.",
    ),
    setting(
        KEYS,
        "TOKEN_EXPIRY_HOURS",
        None,
        "Another name of COUNTERSIGN_ACCESS_TTL, in hours, for the same .env.",
    ),
    setting(
        NETWORK,
        "COUNTERSIGN_TRUSTED_PROXIES",
        None,
        "Networks of your reverse proxies, whose forwarding headers count, such as 10.0.0.0/8,::1.",
    ),
    setting(
        NETWORK,
        "COUNTERSIGN_ADDRESS_LIMIT",
        Some("600/1m"),
        "How often one network address may use the endpoints that people sign in at and clients get tokens at, in what time; or off. An IPv6 address counts with its /64.",
    ),
    setting(
        NETWORK,
        "COUNTERSIGN_REGISTRATION_LIMIT",
        Some("120/10m"),
        "How many clients one network address may register, in what time; or off.",
    ),
    setting(
        NETWORK,
        "COUNTERSIGN_PRIVATE_NETWORKS",
        Some("deny"),
        "Whether documents that clients name may be fetched from private addresses: deny or allow. Allow it only where every client is your own.",
    ),
    setting(
        NETWORK,
        "COUNTERSIGN_STOP_DELAY",
        Some("0s"),
        "How long it still accepts connections after it was told to stop, such as 5s, while /readyz answers 503: the time that a load balancer takes to notice. At most 5m.",
    ),
    setting(
        LOGS,
        "COUNTERSIGN_LOG",
        Some("info"),
        "How much is logged: error, warn, info, debug, trace, or rules such as info,countersign=debug.",
    ),
    setting(LOGS, "COUNTERSIGN_LOG_FORMAT", Some("text"), "How logs are written: text or json."),
    setting(
        AUTH0,
        "AUTH0_DOMAIN",
        None,
        "The tenant's domain, such as example.eu.auth0.com. Auth0 dashboard, Applications, your application, Settings.",
    ),
    setting(
        AUTH0,
        "AUTH0_CLIENT_ID",
        None,
        "Client ID on the same page; the application type is Regular Web Application.",
    ),
    secret(AUTH0, "AUTH0_CLIENT_SECRET", None, "Client Secret on the same page."),
    setting(
        AUTH0,
        "AUTH0_CALLBACK_URL",
        None,
        "Not needed. If set, it must be the public URL with /callback/auth0 behind it, the URL to enter under Allowed Callback URLs.",
    ),
    setting(
        GOOGLE,
        "GOOGLE_CLIENT_ID",
        None,
        "OAuth client of type Web application. Google Cloud console, APIs and services, Credentials; its redirect URI is the public URL with /callback/google behind it. providers/firebase.toml reads it too: with both of these set, Firebase signs in by redirect, and the URI ends in /callback/firebase.",
    ),
    secret(GOOGLE, "GOOGLE_CLIENT_SECRET", None, "Client secret of the same client."),
    setting(
        OIDC,
        "OIDC_ISSUER",
        None,
        "The issuer, to the byte as the provider's /.well-known/openid-configuration names it.",
    ),
    setting(
        OIDC,
        "OIDC_CLIENT_ID",
        None,
        "The client registered there; its redirect URI is the public URL with /callback/oidc behind it.",
    ),
    secret(OIDC, "OIDC_CLIENT_SECRET", None, "That client's secret."),
    setting(
        ENTRA,
        "ENTRA_TENANT_ID",
        None,
        "Directory (tenant) ID. Entra admin center, App registrations, the application, Overview.",
    ),
    setting(ENTRA, "ENTRA_CLIENT_ID", None, "Application (client) ID on the same page."),
    secret(ENTRA, "ENTRA_CLIENT_SECRET", None, "Value of a client secret. Certificates & secrets."),
    setting(
        OKTA,
        "OKTA_ISSUER",
        None,
        "https://example.okta.com, or that of a custom authorization server. Security, API.",
    ),
    setting(OKTA, "OKTA_CLIENT_ID", None, "Client ID. Applications, the application, General."),
    secret(OKTA, "OKTA_CLIENT_SECRET", None, "Client secret on the same page."),
    setting(
        KEYCLOAK,
        "KEYCLOAK_ISSUER",
        None,
        "The realm's URL, such as https://id.example.com/realms/main. Realm settings, Endpoints.",
    ),
    setting(KEYCLOAK, "KEYCLOAK_CLIENT_ID", None, "Client ID. Clients, the client, Settings."),
    secret(
        KEYCLOAK,
        "KEYCLOAK_CLIENT_SECRET",
        None,
        "Client secret. Credentials tab of that client.",
    ),
    setting(
        FIREBASE,
        "FIREBASE_PROJECT_ID",
        None,
        "Project ID. Firebase console, Project settings, General.",
    ),
    setting(FIREBASE, "FIREBASE_API_KEY", None, "Web API key on the same page; it is public."),
    setting(
        FIREBASE,
        "FIREBASE_AUTH_DOMAIN",
        None,
        "authDomain of the web app's configuration, such as example.firebaseapp.com.",
    ),
    setting(
        FIREBASE,
        "FIREBASE_CLIENT_EMAIL",
        None,
        "client_email of a service account's JSON key. Project settings, Service accounts.",
    ),
    secret(FIREBASE, "FIREBASE_PRIVATE_KEY", None, "private_key of the same JSON key, in quotes."),
    setting(
        CLIENT,
        "OAUTH_CLIENT_ID",
        None,
        "The id of one OAuth client that is registered at the start. Clients that register themselves need none of this.",
    ),
    secret(
        CLIENT,
        "OAUTH_CLIENT_SECRET",
        None,
        "Its secret; without one it is a public client. From `openssl rand -base64 32`.",
    ),
    setting(
        CLIENT,
        "OAUTH_REDIRECT_URI",
        None,
        "Where it may be returned to; several are separated by spaces.",
    ),
];

#[cfg(test)]
mod tests;
