//! What differs between the kinds of provider: paths, issuer, claims, headers, and their files as shipped.

use std::collections::HashMap;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use countersign::ambient::Clock as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wiremock::{Request, ResponseTemplate};

use super::{fake::Desk, token::merged};
use crate::harness::Setup;

/// The kinds that sign in by code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any OpenID provider, by `providers/oidc.toml`.
    Oidc,
    /// An Auth0 tenant, by `providers/auth0.toml`.
    Auth0,
    /// Google, by `providers/google.toml`, its endpoints alone moved.
    Google,
    /// Another OpenID provider beside it, to choose instead, or to mix up.
    Spare,
}

/// Our secret at every provider.
pub(crate) const SECRET: &str = "the-secret-that-nobody-logs";
/// Alice's address at every provider.
pub(crate) const EMAIL: &str = "alice.liddell@example.com";

const GOOGLE: &str = "https://accounts.google.com";

impl Kind {
    /// The kinds with an adapter or a file of their own.
    pub(crate) const ALL: [Self; 3] = [Self::Oidc, Self::Auth0, Self::Google];

    /// The stem of its file.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Oidc => "oidc",
            Self::Auth0 => "auth0",
            Self::Google => "google",
            Self::Spare => "spare",
        }
    }

    pub(crate) const fn client_id(self) -> &'static str {
        match self {
            Self::Oidc => "countersign-at-oidc",
            Self::Auth0 => "Auth0ClientOfCountersign",
            Self::Google => "1234-countersign.apps.googleusercontent.com",
            Self::Spare => "countersign-at-spare",
        }
    }

    pub(crate) const fn authorize_path(self) -> &'static str {
        match self {
            Self::Google => "/o/oauth2/v2/auth",
            _ => "/authorize",
        }
    }

    pub(crate) const fn token_path(self) -> &'static str {
        match self {
            Self::Auth0 => "/oauth/token",
            _ => "/token",
        }
    }

    pub(crate) const fn jwks_path(self) -> &'static str {
        match self {
            Self::Auth0 => "/.well-known/jwks.json",
            Self::Google => "/oauth2/v3/certs",
            _ => "/keys",
        }
    }

    /// As its tokens spell it.
    pub(crate) fn issuer(self, uri: &str) -> String {
        match self {
            Self::Auth0 => format!("{uri}/"),
            Self::Google => GOOGLE.to_owned(),
            _ => uri.to_owned(),
        }
    }

    /// Its discovery document.
    pub(crate) fn metadata(self, uri: &str) -> Value {
        let algorithms: &[&str] = match self {
            Self::Auth0 => &["HS256", "RS256", "PS256"],
            _ => &["RS256"],
        };
        json!({
            "issuer": self.issuer(uri),
            "authorization_endpoint": format!("{uri}{}", self.authorize_path()),
            "token_endpoint": format!("{uri}{}", self.token_path()),
            "jwks_uri": format!("{uri}{}", self.jwks_path()),
            "userinfo_endpoint": format!("{uri}/userinfo"),
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": algorithms,
            "code_challenge_methods_supported": ["S256", "plain"],
        })
    }

    /// What it says of Alice, who has every role that a kind's file knows.
    pub(crate) fn alice(self) -> Value {
        let own = match self {
            Self::Oidc => json!({ "sub": "alice-at-oidc", "groups": ["mcp-admins"] }),
            Self::Spare => json!({ "sub": "alice-at-spare" }),
            Self::Auth0 => {
                json!({ "sub": "auth0|alice", "https://example.com/roles": ["admin"], "sid": "s1" })
            }
            Self::Google => json!({ "sub": "110169484474386276334", "hd": "example.com" }),
        };
        let all = json!({ "name": "Alice Liddell", "email": EMAIL, "email_verified": true });
        merged(all, &own)
    }

    /// The scopes that Alice gets when she is asked for all of them.
    pub(crate) const fn scopes(self) -> &'static str {
        match self {
            Self::Oidc | Self::Auth0 => "admin read write",
            Self::Google | Self::Spare => "read",
        }
    }

    /// The claims of a good token.
    pub(crate) fn claims(self, desk: &Desk, nonce: &str, access: &str) -> Value {
        let now = desk.clock.now().unix();
        let life = if self == Self::Auth0 { 36_000 } else { 3600 };
        let claims = merged(
            desk.person.clone(),
            &json!({
                "iss": self.issuer(&desk.uri), "aud": self.client_id(), "nonce": nonce,
                "iat": now, "exp": now + life,
            }),
        );
        if self != Self::Google {
            return claims;
        }
        let hash = Sha256::digest(access);
        let at_hash = URL_SAFE_NO_PAD.encode(&hash[..16]);
        merged(claims, &json!({ "azp": self.client_id(), "at_hash": at_hash }))
    }

    /// Whether a token request carries our secret, in the way this kind wants it.
    pub(crate) fn proves_itself(self, request: &Request, form: &HashMap<String, String>) -> bool {
        let field = |name: &str| form.get(name).map(String::as_str);
        let basic = request.headers.get("authorization").map(|value| value.to_str().unwrap());
        if matches!(self, Self::Oidc | Self::Spare) {
            let pair = STANDARD.encode(format!("{}:{SECRET}", self.client_id()));
            return basic == Some(&format!("Basic {pair}")) && field("client_secret").is_none();
        }
        field("client_id") == Some(self.client_id())
            && field("client_secret") == Some(SECRET)
            && basic.is_none()
    }

    /// The cache headers of its key set, as they were seen in the wild.
    pub(crate) fn key_headers(self, answer: ResponseTemplate) -> ResponseTemplate {
        let control = "cache-control";
        match self {
            Self::Auth0 => answer.insert_header(
                control,
                "public, max-age=15, stale-while-revalidate=15, stale-if-error=86400",
            ),
            Self::Google => answer
                .insert_header(control, "public, max-age=19302, must-revalidate, no-transform")
                .insert_header("age", "5059"),
            _ => answer,
        }
    }

    /// The variables and the file with which a service uses a provider of this kind at `uri`.
    pub(crate) fn configure(self, setup: Setup, uri: &str, edit: fn(String) -> String) -> Setup {
        let names = match self {
            Self::Oidc | Self::Spare => ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"),
            Self::Auth0 => ("AUTH0_DOMAIN", "AUTH0_CLIENT_ID", "AUTH0_CLIENT_SECRET"),
            Self::Google => ("", "GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"),
        };
        let path = format!("providers/{}.toml", self.id());
        if self == Self::Spare {
            return setup.file(&path, &spare_file(uri));
        }
        let shipped = std::fs::read_to_string(setup.root().join(&path)).unwrap();
        let text = if self == Self::Google { moved(&shipped, uri) } else { shipped };
        let setup = setup.file(&path, &edit(text));
        let setup = setup.variable(names.1, self.client_id()).variable(names.2, SECRET);
        if names.0.is_empty() { setup } else { setup.variable(names.0, uri) }
    }
}

/// Google's file with other endpoints; issuers and rules stay as they are.
fn moved(shipped: &str, uri: &str) -> String {
    let google = Kind::Google;
    let (authorize, token, jwks) =
        (google.authorize_path(), google.token_path(), google.jwks_path());
    let endpoints = format!(
        "endpoints = {{ authorization = \"{uri}{authorize}\", token = \"{uri}{token}\", jwks = \"{uri}{jwks}\" }}\n"
    );
    shipped.replacen("label ", &format!("{endpoints}label "), 1)
}

fn spare_file(uri: &str) -> String {
    format!(
        "kind = \"oidc\"\nlabel = \"Continue with Spare\"\nissuer = \"{uri}\"\n\
         client = {{ id = \"{}\", secret = \"{SECRET}\" }}\n[[grant]]\nscopes = [\"read\"]\n",
        Kind::Spare.client_id(),
    )
}

/// A provider file with more keys, and without the examples that speak of it as shipped.
pub(crate) fn with_keys(shipped: &str, keys: &str) -> String {
    let rules = shipped.split("[[example]]").next().unwrap();
    rules.replacen("label ", &format!("{keys}\nlabel "), 1)
}
