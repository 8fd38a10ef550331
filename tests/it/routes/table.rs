//! The table: what every route answers to every kind of bearer token.

use self::Told::{Alike, Credentials};

/// The kinds of tokens, column by column. Where a route has something that is somebody's, the last
/// presents it: a good token of bob's, and alice's session.
pub(super) const KINDS: [&str; 6] =
    ["no token", "wrong audience", "expired", "refresh token", "revoked", "other user's"];

/// Method, route, and what is asked there: the path with its query, and the form that is posted.
/// `{ask}`, `{registration}`, `{client}`, `{thief}`, `{alice}` and `{token}` are filled in: a good request
/// of a client, its registration, it and another one, an access token of alice's, and what her page calls
/// a personal token of hers.
pub(super) type Row = (&'static str, &'static str, &'static str, &'static str, Told);

/// Status, scheme of the challenge if it is not Bearer, and error code.
#[derive(Clone, Copy)]
pub(super) enum Told {
    /// No bearer token is asked for, and none of any kind makes a difference.
    Alike(&'static str),
    /// A client or a server shows who it is, or does not; a bearer token of whatever kind is neither.
    Credentials(&'static str, &'static str),
}

impl Told {
    /// What is answered to a request with a bearer token, or to one without.
    pub(super) const fn to(self, token: bool) -> &'static str {
        match self {
            Self::Credentials(_, with) if token => with,
            Self::Alike(always) | Self::Credentials(always, _) => always,
        }
    }
}

/// Every route of the authorization server.
pub(super) const ROWS: &[Row] = &[
    ("GET", "/", "/", "", Alike("200")),
    ("GET", "/authorize", "/authorize?{ask}", "", Alike("200")),
    ("GET", "/authorize", "/authorize?client_id=unknown", "", Alike("400")),
    ("POST", "/authorize", "/authorize", "provider=dev&form=x", Alike("400")),
    ("GET", "/callback/{provider}", "/callback/dev?code=x&state=y", "", Alike("400")),
    ("HEAD", "/callback/{provider}", "/callback/dev?code=x&state=y", "", Alike("405")),
    ("POST", "/callback/{provider}", "/callback/dev", "id_token=x&state=y", Alike("403 foreign")),
    ("GET", "/sign-in/{provider}", "/sign-in/dev", "", Alike("400")),
    ("GET", "/confirm/{provider}", "/confirm/dev", "", Alike("400")),
    ("POST", "/confirm/{provider}", "/confirm/dev", "form=x", Alike("400")),
    ("GET", "/account", "/account", "", Alike("200")),
    ("POST", "/account", "/account", "revoke={token}", Alike("400")),
    ("POST", "/account", "/account", "name=x&days=1&create=demo", Alike("400")),
    ("GET", "/sign-out", "/sign-out", "", Alike("200")),
    ("POST", "/sign-out", "/sign-out", "provider=unknown", Alike("400")),
    ("GET", "/signed-out", "/signed-out", "", Alike("200")),
    ("POST", "/token", "/token", CODE, Credentials("400 invalid_grant", NO_CLIENT)),
    (
        "POST",
        "/revoke",
        "/revoke",
        "client_id={thief}&token={alice}",
        Credentials("200", NO_CLIENT),
    ),
    ("POST", "/register", "/register", "{registration}", Alike("201")),
    ("POST", "/register", "/register", "no=json", Alike("400 invalid_client_metadata")),
    ("POST", "/introspect", "/introspect", "token={alice}", Credentials(NO_CLIENT, NO_CLIENT)),
    ("GET", "/jwks", "/jwks", "", Alike("200")),
    ("GET", WELL_KNOWN, "/.well-known/oauth-authorization-server", "", Alike("200")),
    ("GET", WELL_KNOWN, "/.well-known/oauth-authorization-server/opaque", "", Alike("200")),
    ("GET", WELL_KNOWN, "/.well-known/openid-configuration", "", Alike("200")),
    ("GET", WELL_KNOWN, "/.well-known/oauth-protected-resource", "", Alike("200")),
    ("GET", WELL_KNOWN, "/.well-known/oauth-protected-resource/mcp", "", Alike("200")),
    ("GET", WELL_KNOWN, "/.well-known/oauth-protected-resource/files", "", Alike("200")),
    ("GET", WELL_KNOWN, "/.well-known/unknown", "", Alike("404 not_found")),
    ("GET", "/static/{file}", "/static/logo.svg", "", Alike("200")),
    ("GET", "/static/{file}", "/static/unknown", "", Alike("404 not_found")),
    ("GET", "/healthz", "/healthz", "", Alike("200")),
    ("GET", "/readyz", "/readyz", "", Alike("200")),
    ("GET", "/metrics", "/metrics", "", Alike("404 not_found")),
    (
        "GET",
        CONFIGURED,
        "http://127.0.0.1:9000/.well-known/oauth-protected-resource/mcp",
        "",
        Alike("200"),
    ),
    ("GET", NOWHERE, "http://127.0.0.1:9000/account", "", Alike("404 not_found")),
    ("GET", NOWHERE, "/nowhere", "", Alike("404 not_found")),
    ("POST", NOWHERE, "/mcp/below", "", Alike("404 not_found")),
];

const NO_CLIENT: &str = "401 Basic invalid_client";
/// Where a route is that none is.
pub(super) const NOWHERE: &str = "no route";
/// The metadata of a server under another host, at the path that its own makes it.
pub(super) const CONFIGURED: &str = "of a server file";
const WELL_KNOWN: &str = "/.well-known/{*document}";
const CODE: &str = "grant_type=authorization_code&client_id={client}&code=x&code_verifier=y";

/// Every path of a protected server, by the server's id: what it answers to each method.
pub(super) const GUARDED: &[(&str, &str, [&str; KINDS.len()])] = &[
    ("demo", "GET", refused(NO_SESSION)),
    ("demo", "POST", refused(NO_SESSION)),
    ("demo", "DELETE", refused(NO_SESSION)),
    ("demo", "PUT", refused(NO_SESSION)),
    ("demo", "OPTIONS", refused(NO_SESSION)),
    ("tools", "GET", refused(NO_SESSION)),
    ("tools", "POST", refused(NO_SESSION)),
    ("tools", "DELETE", refused(NO_SESSION)),
    ("tools", "PUT", refused(NO_METHOD)),
    ("tools", "OPTIONS", refused(NO_METHOD)),
    ("files", "GET", refused(NO_SESSION)),
    ("files", "POST", refused(NO_SESSION)),
    ("files", "DELETE", refused(NO_SESSION)),
    ("files", "PUT", refused(NO_METHOD)),
    ("files", "OPTIONS", refused(NO_METHOD)),
    ("opaque", "GET", refused(NO_SESSION)),
    ("opaque", "POST", refused(NO_SESSION)),
    ("opaque", "DELETE", refused(NO_SESSION)),
    ("opaque", "PUT", refused(NO_METHOD)),
    ("opaque", "OPTIONS", refused(NO_METHOD)),
    ("named", "GET", refused(NO_SESSION)),
    ("named", "POST", refused(NO_SESSION)),
    ("named", "DELETE", refused(NO_SESSION)),
    ("named", "PUT", refused(NO_METHOD)),
    ("named", "OPTIONS", refused(NO_METHOD)),
];

/// The methods that each of them has a row for.
pub(super) const METHODS: [&str; 5] = ["GET", "POST", "DELETE", "PUT", "OPTIONS"];

/// The guard tells a missing token from a bad one (RFC 6750 §3.1), and no bad one from another.
const fn refused(other: &'static str) -> [&'static str; KINDS.len()] {
    [MISSING, INVALID, INVALID, INVALID, INVALID, other]
}

const MISSING: &str = "401";
const INVALID: &str = "401 invalid_token";
const NO_SESSION: &str = "404 -32001";
const NO_METHOD: &str = "405 -32000";
