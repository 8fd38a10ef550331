//! Every variable, read into types.

use std::{path::Path, time::Duration};

use ipnet::IpNet;
use tracing_subscriber::EnvFilter;
use url::Url;

use crate::{
    engine::{policy::CallLimit, record::Client},
    jose::algorithm::Algorithm,
    protocol::issuer::Issuer,
};

use super::{
    database::DatabaseUrl,
    fault::Fault,
    listen::Listen,
    lookup::Lookup,
    master_key::{self, MasterKeys},
    reader::Reader,
    unknown::unknown_names,
    values,
};

/// What the variables say. After a fault a field holds a harmless stand-in, so that everything behind
/// it is still looked at; the faults keep it from being used.
#[derive(Debug)]
pub(super) struct Environment {
    pub(super) public_url: Issuer,
    pub(super) listen: Listen,
    pub(super) dev_listen: Listen,
    pub(super) database: DatabaseUrl,
    pub(super) database_pool: usize,
    pub(super) master_keys: MasterKeys,
    pub(super) providers: Vec<String>,
    pub(super) servers: Vec<String>,
    pub(super) access_ttl: Duration,
    pub(super) stop_delay: Duration,
    pub(super) signing_algorithm: Algorithm,
    pub(super) trusted_proxies: Vec<IpNet>,
    pub(super) address_limits: AddressLimits,
    pub(super) private_networks: bool,
    pub(super) log: Logging,
    pub(super) client: Option<Client>,
}

/// How often one network address may ask; none: as often as it likes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AddressLimits {
    /// `COUNTERSIGN_ADDRESS_LIMIT`: every endpoint that works for people and clients.
    pub requests: Option<CallLimit>,
    /// `COUNTERSIGN_REGISTRATION_LIMIT`: `/register`.
    pub registrations: Option<CallLimit>,
}

/// How logs are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logging {
    /// A level, or rules of `tracing_subscriber::EnvFilter`.
    pub filter: String,
    /// Text or JSON.
    pub format: LogFormat,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Reads everything; none only when a default itself is broken.
pub(super) fn read(look: &Lookup, root: &Path) -> (Option<Environment>, Vec<Fault>) {
    let mut reader = Reader::new(look);
    let environment = environment(&mut reader, root);
    let mut faults = look.faults().to_vec();
    faults.extend(unknown_names(look));
    faults.extend(reader.into_faults());
    (environment, faults)
}

fn environment(reader: &mut Reader<'_>, root: &Path) -> Option<Environment> {
    let public_url = public_url(reader)?;
    Some(Environment {
        listen: listen(reader, "COUNTERSIGN_LISTEN")?,
        dev_listen: listen(reader, "COUNTERSIGN_DEV_IDP_LISTEN")?,
        database: database(reader, root),
        database_pool: database_pool(reader),
        master_keys: master_keys(reader, &public_url, root),
        providers: providers(reader, &public_url),
        servers: reader
            .parse("COUNTERSIGN_SERVERS", values::stems, STEMS_REMEDY)
            .unwrap_or_default(),
        access_ttl: access_ttl(reader),
        stop_delay: reader
            .parse("COUNTERSIGN_STOP_DELAY", values::pause, "write such as 5s, or 0s")
            .unwrap_or_default(),
        signing_algorithm: signing_algorithm(reader),
        trusted_proxies: proxies(reader),
        address_limits: address_limits(reader),
        private_networks: private_networks(reader),
        log: logging(reader),
        client: super::env_client::read(reader, &public_url),
        public_url,
    })
}

fn public_url(reader: &mut Reader<'_>) -> Option<Issuer> {
    let name = "COUNTERSIGN_PUBLIC_URL";
    let remedy = "write an origin such as https://auth.example.com";
    if let Some(read) = reader.parse(name, Issuer::parse, remedy) {
        return Some(read);
    }
    stand_in(&reader.given(name).unwrap_or_default())
}

/// What a text that is no issuer seems to mean, so that what a public service needs is asked for at
/// once; a host that cannot be read is no loopback host.
fn stand_in(text: &str) -> Option<Issuer> {
    let url = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let origin =
        Url::parse(&url).map_or_else(|_| String::new(), |url| url.origin().ascii_serialization());
    let secure = || Issuer::parse(&origin.replacen("http:", "https:", 1));
    let somewhere = |_| Issuer::parse("https://auth.example.com");
    Issuer::parse(&origin).or_else(|_| secure()).or_else(somewhere).ok()
}

fn listen(reader: &mut Reader<'_>, name: &str) -> Option<Listen> {
    let remedy =
        "write localhost:PORT, or an IP address and a port, such as 0.0.0.0:8000 or [::]:8000";
    reader.parse(name, Listen::parse, remedy).or_else(|| Listen::parse("localhost:0").ok())
}

fn database(reader: &mut Reader<'_>, root: &Path) -> DatabaseUrl {
    let remedy = "write sqlite:PATH, such as sqlite:data/countersign.db, sqlite::memory:, or \
                  postgres://USER:PASSWORD@HOST/DATABASE";
    let parse = |text: &str| DatabaseUrl::parse(text, root);
    reader.parse("COUNTERSIGN_DATABASE_URL", parse, remedy).unwrap_or(DatabaseUrl::SqliteMemory)
}

fn database_pool(reader: &mut Reader<'_>) -> usize {
    let parse = |text: &str| {
        let number = text.parse().ok().filter(|number| (1..=1000).contains(number));
        number.ok_or("is not a number from 1 to 1000")
    };
    reader.parse("COUNTERSIGN_DATABASE_POOL", parse, "write such as 16").unwrap_or(1)
}

fn master_keys(reader: &mut Reader<'_>, public_url: &Issuer, root: &Path) -> MasterKeys {
    let make = "make one: openssl rand -base64 32";
    let (ours, guides) = (reader.given(MASTER), reader.given(JWT));
    let keys = match (ours, guides) {
        (Some(_), Some(_)) => {
            let what = "is another name of COUNTERSIGN_MASTER_KEY, which is set as well";
            reader.fault(JWT, what, "keep one of them: they make different keys");
            None
        }
        (Some(_), None) => reader.parse(MASTER, master_key::parse, make),
        (None, Some(text)) if !public_url.is_loopback() && master_key::is_guessable(&text) => {
            let what = "is guessable: short, of few letters, or printed in a guide";
            reader.fault(JWT, what, format!("{make}, at best as COUNTERSIGN_MASTER_KEY"));
            None
        }
        (None, Some(_)) => {
            reader.parse(JWT, |text| master_key::stretch(text).map(|key| vec![key]), make)
        }
        (None, None) if public_url.is_loopback() => {
            let file = MasterKeys::File(root.join("data").join("master.key"));
            return file;
        }
        (None, None) => {
            reader.fault(MASTER, "is not set, and the public URL is not localhost", make);
            None
        }
    };
    MasterKeys::Given(keys.unwrap_or_default())
}

fn providers(reader: &mut Reader<'_>, public_url: &Issuer) -> Vec<String> {
    let name = "COUNTERSIGN_PROVIDERS";
    if reader.given(name).is_some() {
        return reader.parse(name, values::stems, STEMS_REMEDY).unwrap_or_default();
    }
    if !public_url.is_loopback() {
        let what = "is not set, and the public URL is not localhost";
        reader.fault(name, what, "name who may vouch for people, such as auth0 or google,oidc");
        return Vec::new();
    }
    vec!["dev".to_owned()]
}

fn access_ttl(reader: &mut Reader<'_>) -> Duration {
    let (ours, guides) = ("COUNTERSIGN_ACCESS_TTL", "TOKEN_EXPIRY_HOURS");
    let both = reader.given(ours).is_some() && reader.given(guides).is_some();
    let span = reader.parse(ours, values::access_ttl, "write such as 15m or 1h");
    let hours =
        reader.parse(guides, values::access_ttl_hours, "write a number of hours, 24 at most");
    if both && span != hours {
        let what = "is another name of COUNTERSIGN_ACCESS_TTL, which says something else";
        reader.fault(guides, what, "keep one of them");
    }
    hours.or(span).unwrap_or(Duration::from_hours(1))
}

fn signing_algorithm(reader: &mut Reader<'_>) -> Algorithm {
    let parse = |text: &str| match text.parse() {
        Ok(known @ (Algorithm::Es256 | Algorithm::EdDsa)) => Ok(known),
        _ => Err("is not an algorithm we sign with"),
    };
    let read = reader.parse("COUNTERSIGN_SIGNING_ALG", parse, "write ES256 or EdDSA");
    read.unwrap_or(Algorithm::Es256)
}

fn proxies(reader: &mut Reader<'_>) -> Vec<IpNet> {
    let remedy = "write networks such as 10.0.0.0/8 or addresses, separated by commas";
    reader.parse("COUNTERSIGN_TRUSTED_PROXIES", values::networks, remedy).unwrap_or_default()
}

fn address_limits(reader: &mut Reader<'_>) -> AddressLimits {
    let mut limit = |name| {
        let remedy = "write a number of times and a length of time, such as 600/1m, or off";
        reader.parse(name, values::call_limit_or_off, remedy).flatten()
    };
    AddressLimits {
        requests: limit("COUNTERSIGN_ADDRESS_LIMIT"),
        registrations: limit("COUNTERSIGN_REGISTRATION_LIMIT"),
    }
}

fn private_networks(reader: &mut Reader<'_>) -> bool {
    let parse = |text: &str| match text {
        "allow" => Ok(true),
        "deny" => Ok(false),
        _ => Err("is neither"),
    };
    reader.parse("COUNTERSIGN_PRIVATE_NETWORKS", parse, "write deny or allow").unwrap_or_default()
}

fn logging(reader: &mut Reader<'_>) -> Logging {
    let parse = |text: &str| EnvFilter::try_new(text).map(|_| text.to_owned());
    let levels = "write error, warn, info, debug, trace, or rules such as info,countersign=debug";
    let format = |text: &str| match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("is neither"),
    };
    let remedy = "write text or json";
    Logging {
        filter: reader.parse("COUNTERSIGN_LOG", parse, levels).unwrap_or_default(),
        format: reader.parse("COUNTERSIGN_LOG_FORMAT", format, remedy).unwrap_or_default(),
    }
}

const MASTER: &str = "COUNTERSIGN_MASTER_KEY";
const JWT: &str = "JWT_SECRET_KEY";
const STEMS_REMEDY: &str = "write the names of files without .toml, separated by commas";
