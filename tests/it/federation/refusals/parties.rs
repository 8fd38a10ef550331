//! Tokens of another issuer, or for another client.

use serde_json::json;

use super::{Row, refused_by_every_kind};
use crate::federation::{kind::with_keys, token::Draft};

#[tokio::test]
async fn a_token_for_another_client_is_refused() {
    refused_by_every_kind(AUDIENCES).await;
}

#[tokio::test]
async fn a_token_of_another_kind_is_refused() {
    refused_by_every_kind(KINDS).await;
}

const ISSUER: &str = "claim `iss` is not the provider";

pub(crate) const ISSUERS: &[Row] = &[
    ("another issuer", ISSUER, |draft| draft.claim("iss", "https://issuer.example")),
    ("GitHub's issuer for workloads", ISSUER, |draft| {
        draft.claim("iss", "https://token.actions.githubusercontent.com");
    }),
    ("a slash more or less", ISSUER, |draft| {
        let issuer = text(draft, "iss");
        let other = issuer.strip_suffix('/').map_or(format!("{issuer}/"), str::to_owned);
        draft.claim("iss", other);
    }),
    ("upper case", ISSUER, |draft| draft.claim("iss", text(draft, "iss").to_uppercase())),
    ("the issuer and more", ISSUER, |draft| {
        draft.claim("iss", text(draft, "iss") + ".evil.example");
    }),
    ("no issuer", "claim `iss` is missing", |draft| draft.without("iss")),
    ("null", "claim `iss` is not a string", |draft| draft.claim("iss", json!(null))),
    ("a list with the issuer in it", "claim `iss` is not a string", |draft| {
        draft.claim("iss", json!([text(draft, "iss"), "https://issuer.example"]));
    }),
];

pub(crate) const AUTH0: &[Row] = &[
    ("another tenant", ISSUER, |draft| draft.claim("iss", "https://other.eu.auth0.com/")),
    ("a custom domain that is not configured", ISSUER, |draft| {
        draft.claim("iss", "https://login.example.com/");
    }),
];

pub(crate) const GOOGLE: &[Row] = &[
    ("a look-alike", ISSUER, |draft| {
        draft.claim("iss", "https://accounts.google.com.evil.example");
    }),
    ("plain http", ISSUER, |draft| draft.claim("iss", "http://accounts.google.com")),
    ("the discovery host of another product", ISSUER, |draft| {
        draft.claim("iss", "https://securetoken.google.com/project");
    }),
];

pub(crate) const ENTRA: &[Row] = &[
    ("a tenant that is not listed", ISSUER, |draft| {
        draft.claim("iss", "https://login.microsoftonline.com/99999999/v2.0");
    }),
    ("the template itself", ISSUER, |draft| {
        draft.claim("iss", "https://login.microsoftonline.com/{tenantid}/v2.0");
    }),
    ("the common endpoint", ISSUER, |draft| {
        draft.claim("iss", "https://login.microsoftonline.com/common/v2.0");
    }),
];

const TENANT: &str = "claim \"tid\" is the tenant";

pub(crate) const TENANTS: &[Row] = &[
    ("no tenant", TENANT, |draft| draft.claim("iss", FIRST)),
    ("null", TENANT, |draft| of_tenant(draft, json!(null))),
    ("a list with the tenant in it", TENANT, |draft| of_tenant(draft, json!(["11111111"]))),
    ("a tenant that is not listed", TENANT, |draft| of_tenant(draft, json!("99999999"))),
    ("the other listed tenant", TENANT, |draft| of_tenant(draft, json!("22222222"))),
];

const FIRST: &str = "https://login.microsoftonline.com/11111111/v2.0";

fn of_tenant(draft: &mut Draft, tenant: serde_json::Value) {
    draft.claim("iss", FIRST);
    draft.claim("tid", tenant);
}

/// A file for two tenants of Entra ID, which vouches for nobody else.
pub(crate) fn entra(file: &str) -> String {
    let keys = "tenants = [\"11111111\", \"22222222\"]\n";
    let issuer = "issuer = \"https://login.microsoftonline.com/{tenant}/v2.0\"";
    with_keys(file, keys).replace("issuer = \"${OIDC_ISSUER}\"", &format!("{issuer}\nendpoints = {{ \
        authorization = \"${{OIDC_ISSUER}}/authorize\", token = \"${{OIDC_ISSUER}}/token\", jwks = \"${{OIDC_ISSUER}}/keys\" }}"))
}

const AUDIENCE: &str = "claim `aud` is another client";
const PARTY: &str = "claim `azp` is another client";

const AUDIENCES: &[Row] = &[
    ("another client", AUDIENCE, |draft| draft.claim("aud", "another-client")),
    ("an API", AUDIENCE, |draft| draft.claim("aud", json!(["https://api.example", "userinfo"]))),
    ("no audience", "claim `aud` is missing", |draft| draft.without("aud")),
    ("null", "neither a string nor a list", |draft| draft.claim("aud", json!(null))),
    ("an object", "neither a string nor a list", |draft| {
        draft.claim("aud", json!({ text(draft, "aud"): true }));
    }),
    ("an empty list", AUDIENCE, |draft| draft.claim("aud", json!([]))),
    ("a list with a number in it", "not a list of strings", |draft| {
        draft.claim("aud", json!([text(draft, "aud"), 1]));
    }),
];

/// Audiences beside us, and who the token was issued to.
pub(crate) const PARTIES: &[Row] = &[
    ("several audiences, no party", "missing beside several audiences", |draft| {
        draft.claim("aud", json!([text(draft, "aud"), "another-client"]));
        draft.without("azp");
    }),
    ("several audiences, another party", PARTY, |draft| {
        draft.claim("aud", json!([text(draft, "aud"), "another-client"]));
        draft.claim("azp", "another-client");
    }),
    ("another party", PARTY, |draft| draft.claim("azp", "another-client")),
    ("a party that is a list", "claim `azp` is not a string", |draft| {
        draft.claim("azp", json!([text(draft, "aud")]));
    }),
];

pub(crate) const KINDS: &[Row] = &[
    ("Cognito's access token", "claim `token_use`", |draft| draft.claim("token_use", "access")),
    ("Keycloak's access token", "claim `typ`", |draft| draft.claim("typ", "Bearer")),
    ("Keycloak's refresh token", "claim `typ`", |draft| draft.claim("typ", "Refresh")),
    ("a logout token without its type", "claim `events`", |draft| {
        draft.claim("events", json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
    }),
    ("an MCP access token of ours", "of another type", |draft| {
        draft.head("typ", "at+jwt");
        draft.claim("aud", "http://localhost:8000/mcp");
        draft.claim("iss", "http://localhost:8000");
    }),
];

fn text(draft: &Draft, name: &str) -> String {
    draft.claims[name].as_str().unwrap().to_owned()
}
