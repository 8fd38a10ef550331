//! How a server behind us is spoken to.

use std::{ops::RangeInclusive, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use toml::Spanned;
use url::Url;

use crate::{
    config::{toml_file::TomlFile, values},
    engine::policy::{Behind, IdentityTo, Timeouts, Upstream},
};

use super::table::{IdentityWord, ServerFile, TimeoutsTable};

/// Reads what is said, and takes the defaults for the rest.
pub(super) fn read(
    file: &mut TomlFile<'_>,
    raw: &ServerFile,
    upstream: Option<&Upstream>,
) -> Behind {
    match upstream {
        Some(Upstream::Demo) => out_of_place(file, raw, "\"demo\" is built in"),
        Some(Upstream::Stdio(_)) => out_of_place(file, raw, "a program is not reached by HTTP"),
        _ => {}
    }
    let ours = Behind::default();
    Behind {
        identity: raw
            .identity
            .as_ref()
            .map_or(ours.identity, |word| IdentityTo::from(*word.get_ref())),
        headers: headers(file, raw),
        origins: origins(file, raw),
        timeouts: raw
            .timeouts
            .as_ref()
            .map_or(ours.timeouts, |table| timeouts(file, table.get_ref())),
        max_body: raw.max_body.as_ref().map_or(ours.max_body, |text| max_body(file, text)),
    }
}

/// What means nothing for a server is refused rather than passed over.
fn out_of_place(file: &mut TomlFile<'_>, raw: &ServerFile, why: &str) {
    let identity = raw.identity.as_ref().map(|given| ("identity", given.span().start));
    let timeouts = raw.timeouts.as_ref().map(|given| ("timeouts", given.span().start));
    let headers = raw.headers.as_ref().map(|given| ("[headers]", given.span().start));
    for (key, at) in identity.into_iter().chain(timeouts).chain(headers) {
        let what = format!("`{key}` is for a server behind us, and {why}");
        file.fault(at, what, format!("remove {key}"));
    }
}

/// What the server behind asks of whoever calls it, whoever that is.
fn headers(file: &mut TomlFile<'_>, raw: &ServerFile) -> HeaderMap {
    let mut read = HeaderMap::new();
    let asserted =
        raw.identity.as_ref().is_some_and(|word| matches!(word.get_ref(), IdentityWord::Assertion));
    for (name, text) in raw.headers.iter().flat_map(Spanned::get_ref) {
        let key = format!("headers.{name}");
        let taken = |name: &HeaderName| name == header::AUTHORIZATION && asserted;
        let named = name.parse().ok().filter(|name| !is_ours(name) && !taken(name));
        match (named, HeaderValue::from_str(text)) {
            (Some(name), Ok(mut value)) => {
                value.set_sensitive(true);
                read.insert(name, value);
            }
            (None, _) => {
                let what = format!("{name:?} is no header that a server behind can be given");
                let remedy = "such as X-Api-Key; Authorization where identity is no assertion";
                file.fault_at_key(&key, what, remedy);
            }
            (_, Err(_)) => {
                let remedy = "see that it is one line of text";
                file.fault_at_key(&key, format!("{name} has no value for a header"), remedy);
            }
        }
    }
    read
}

/// What the gateway itself says, or the connection.
fn is_ours(name: &HeaderName) -> bool {
    let name = name.as_str();
    let ours = ["x-countersign", "mcp-", "content-", "accept", "proxy-"];
    ours.iter().any(|prefix| name.starts_with(prefix))
        || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        || OF_THE_CONNECTION.contains(&name)
}

fn origins(file: &mut TomlFile<'_>, raw: &ServerFile) -> Vec<String> {
    let given = raw.origins.as_ref().map_or(&[][..], |given| given.get_ref());
    for origin in given.iter().filter(|origin| !is_plain_origin(origin.get_ref())) {
        let remedy = "write scheme, host and port alone, such as \"https://app.example.com\"";
        file.fault(origin.span().start, "is not the origin of a web page", remedy);
    }
    given.iter().map(|origin| origin.get_ref().clone()).collect()
}

/// As a browser writes it: no path, no slash, no user, no default port, and no pattern.
fn is_plain_origin(text: &str) -> bool {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    !text.contains('*') && url.is_some_and(|url| url.origin().ascii_serialization() == text)
}

fn timeouts(file: &mut TomlFile<'_>, table: &TimeoutsTable) -> Timeouts {
    let ours = Timeouts::default();
    Timeouts {
        connect: timeout(file, table.connect.as_ref(), ours.connect),
        first_byte: timeout(file, table.first_byte.as_ref(), ours.first_byte),
        idle: timeout(file, table.idle.as_ref(), ours.idle),
    }
}

fn timeout(file: &mut TomlFile<'_>, text: Option<&Spanned<String>>, ours: Duration) -> Duration {
    let Some(text) = text else { return ours };
    let read = values::duration(text.get_ref()).ok().filter(|time| TIMEOUT.contains(time));
    if read.is_none() {
        file.fault(text.span().start, "is not a time from 1s to 1h", "such as \"5s\" or \"2m\"");
    }
    read.unwrap_or(ours)
}

fn max_body(file: &mut TomlFile<'_>, text: &Spanned<String>) -> usize {
    let read = values::size(text.get_ref()).filter(|bytes| MAX_BODY.contains(bytes));
    if read.is_none() {
        let remedy = "such as \"512KiB\" or \"4MiB\"";
        file.fault(text.span().start, "`max_body` is not a size from 64KiB to 64MiB", remedy);
    }
    read.unwrap_or_default()
}

const TIMEOUT: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(1);
const MAX_BODY: RangeInclusive<usize> = 64 * 1024..=64 * 1024 * 1024;
const OF_THE_CONNECTION: [&str; 9] = [
    "connection",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];
