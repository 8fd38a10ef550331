//! What a server file may say, key by key.

use toml::Spanned;

use crate::engine::policy::{Auth, CallLimit};

use super::{
    Place,
    table::{AuthWord, LimitTable, ServerFile},
};
use crate::config::{toml_file::TomlFile, values};

/// The path: segments of plain letters, none of them a place of ours.
pub(super) fn path(file: &mut TomlFile<'_>, at: usize, path: &str) {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    let segment =
        |part: &str| !part.is_empty() && part != "." && part != ".." && part.bytes().all(plain);
    if !path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(segment)) {
        let remedy = "begin with / and use letters, digits, - and _ between slashes, such as /mcp";
        file.fault(at, format!("{path:?} is not a path for a server"), remedy);
        return;
    }
    let below = |ours: &&str| path.strip_prefix(*ours).is_some_and(under);
    if let Some(ours) = OURS.into_iter().find(below) {
        let what = format!("{path:?} collides with our own {ours}");
        file.fault(at, what, "choose another path, such as /mcp");
    }
}

fn under(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

/// The words a person reads on the consent page, and names that mean something else.
pub(super) fn words(file: &mut TomlFile<'_>, raw: &ServerFile) {
    readable(file, raw.name.span().start, "name", raw.name.get_ref());
    for table in &raw.scope {
        let (at, scope) = (table.span().start, table.get_ref());
        readable(file, at, "says", &scope.says);
        if RESERVED.contains(&scope.name.as_str()) {
            let what =
                format!("the scope `{}` has a meaning of its own in OpenID Connect", scope.name);
            file.fault(at, what, "choose another name");
        }
    }
}

fn readable(file: &mut TomlFile<'_>, at: usize, key: &str, text: &str) {
    if text.trim().is_empty() || text.chars().count() > 200 || text.chars().any(char::is_control) {
        let remedy = "write one line of at most 200 characters, for the person who is asked";
        file.fault(at, format!("`{key}` is empty, long or not one line"), remedy);
    }
}

/// `auth = "none"` opens the server to whoever reaches it.
pub(super) fn auth(
    file: &mut TomlFile<'_>,
    auth: Option<&Spanned<AuthWord>>,
    place: Place<'_>,
) -> Auth {
    let Some(auth) = auth else { return Auth::Required };
    match auth.get_ref() {
        AuthWord::Required => Auth::Required,
        AuthWord::None => {
            if !place.loopback {
                let what =
                    "auth = \"none\" is accepted only where nobody but this machine can connect";
                let remedy = "auth = \"required\", or a loopback public URL and listen address";
                file.fault(auth.span().start, what, remedy);
            }
            Auth::None
        }
    }
}

/// How often a person may call.
pub(super) fn limit(
    file: &mut TomlFile<'_>,
    limit: Option<&Spanned<LimitTable>>,
) -> Option<CallLimit> {
    let limit = limit?;
    let at = limit.span().start;
    let read = values::call_limit(&limit.get_ref().per_user);
    read.map_err(|why| file.fault(at, format!("per_user {why}"), "such as \"100/60m\"")).ok()
}

/// Paths of ours; so is everything below them.
const OURS: [&str; 17] = [
    "/.well-known",
    "/account",
    "/authorize",
    "/callback",
    "/confirm",
    "/healthz",
    "/introspect",
    "/jwks",
    "/metrics",
    "/readyz",
    "/register",
    "/revoke",
    "/sign-in",
    "/sign-out",
    "/signed-out",
    "/static",
    "/token",
];

/// Scopes that clients send with another meaning (OpenID Connect Core §5.4, §11).
const RESERVED: [&str; 2] = ["offline_access", "openid"];
