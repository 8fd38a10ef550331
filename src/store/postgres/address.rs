//! The URL of a PostgreSQL database: `postgres://USER:PASSWORD@HOST[,HOST…]/DATABASE?PARAMETERS`.

mod parameters;

use std::{fmt, net::IpAddr, path::Path, time::Duration};

use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

use self::parameters::Parameters;

/// Where a database is, and how it is spoken to.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// One for each host, in the order in which they are tried.
    pub(super) servers: Vec<tokio_postgres::Config>,
    pub(super) trust: Trust,
}

/// How a server proves who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// Not at all: it is spoken to without TLS, or with TLS by whoever answers.
    Anybody,
    /// By a certificate for its name, that the system trusts.
    System,
    /// By a certificate for its name, that these certificates vouch for (PEM).
    Roots(std::path::PathBuf),
}

/// Why a text names no PostgreSQL database. It repeats nothing that may be a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressFault {
    /// Not a URL of this form.
    #[error(
        "is not of the form postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special characters percent-encoded"
    )]
    Form,
    /// A part is missing that would otherwise be guessed.
    #[error("names no {0}")]
    Missing(&'static str),
    /// A parameter that Countersign does not know.
    #[error("has the parameter {0:?}, which Countersign does not know; it knows {known}", known = parameters::KNOWN)]
    Unknown(String),
    /// A parameter with a value that does not fit.
    #[error("has the parameter {0} with a value that does not fit: {1}")]
    Value(&'static str, &'static str),
}

impl Address {
    /// Reads a URL; a relative `sslrootcert` is below `root`.
    ///
    /// # Errors
    /// The [`AddressFault`].
    pub fn parse(text: &str, root: &Path) -> Result<Self, AddressFault> {
        let (place, query) = text.split_once('?').unwrap_or((text, ""));
        let base: tokio_postgres::Config = place.parse().map_err(|_| AddressFault::Form)?;
        let parameters = Parameters::read(query, root)?;
        // Behind an `@` of the password that is not percent-encoded, the rest would pass for a host.
        if place.matches('@').count() > 1 {
            return Err(AddressFault::Form);
        }
        let hosts: Vec<_> = base.get_hosts().iter().cloned().zip(ports(&base)).collect();
        let named = |part: Option<&str>, what| {
            part.filter(|part| !part.is_empty()).map(drop).ok_or(AddressFault::Missing(what))
        };
        named(base.get_user(), "user")?;
        named(base.get_dbname(), "database")?;
        if hosts.is_empty() {
            return Err(AddressFault::Missing("host"));
        }
        let (mode, trust) = parameters.tls(hosts.iter().all(|(host, _)| is_here(host)));
        let server = |(host, port)| server(&base, &parameters, mode, host, port);
        Ok(Self { servers: hosts.into_iter().map(server).collect(), trust })
    }

    /// The database's name.
    #[must_use]
    pub fn database(&self) -> &str {
        self.servers.first().and_then(|server| server.get_dbname()).unwrap_or_default()
    }

    /// The user's name.
    #[must_use]
    pub fn user(&self) -> &str {
        self.servers.first().and_then(|server| server.get_user()).unwrap_or_default()
    }

    /// The hosts and their ports.
    #[must_use]
    pub fn hosts(&self) -> String {
        self.servers.iter().map(host_of).collect::<Vec<_>>().join(",")
    }

    /// Whether every server is on this machine or proves who it is.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        let here = |server: &tokio_postgres::Config| server.get_hosts().iter().all(is_here);
        self.trust != Trust::Anybody || self.servers.iter().all(here)
    }
}

/// The database and its place; never the password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres://{}@{}/{}", self.user(), self.hosts(), self.database())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

/// `HOST:PORT` of one server.
pub(super) fn host_of(server: &tokio_postgres::Config) -> String {
    let port = server.get_ports().first().copied().unwrap_or(PORT);
    match server.get_hosts().first() {
        Some(Host::Tcp(name)) if name.contains(':') => format!("[{name}]:{port}"),
        Some(Host::Tcp(name)) => format!("{name}:{port}"),
        #[cfg(unix)]
        Some(Host::Unix(path)) => format!("{}:{port}", path.display()),
        None => String::new(),
    }
}

fn ports(base: &tokio_postgres::Config) -> impl Iterator<Item = u16> {
    base.get_ports().iter().copied().chain(std::iter::repeat(PORT))
}

fn server(
    base: &tokio_postgres::Config,
    parameters: &Parameters,
    mode: SslMode,
    host: Host,
    port: u16,
) -> tokio_postgres::Config {
    let mut server = tokio_postgres::Config::new();
    if let Some(password) = base.get_password() {
        server.password(password);
    }
    match host {
        Host::Tcp(name) => server.host(name),
        #[cfg(unix)]
        Host::Unix(path) => server.host_path(path),
    };
    server
        .user(base.get_user().unwrap_or_default())
        .dbname(base.get_dbname().unwrap_or_default())
        .port(port)
        .application_name(&parameters.application)
        .ssl_mode(mode)
        // The one in front of several that takes writes; what was a primary may be none after a failover.
        .target_session_attrs(TargetSessionAttrs::ReadWrite)
        .connect_timeout(parameters.connect_timeout)
        .tcp_user_timeout(UNANSWERED)
        .keepalives_idle(IDLE)
        .keepalives_interval(Duration::from_secs(1))
        .keepalives_retries(3);
    server
}

/// A socket in the file system, or a loopback address.
fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

const PORT: u16 = 5432;
/// How long the network may leave what we sent unacknowledged before the connection counts as dead.
const UNANSWERED: Duration = Duration::from_secs(5);
/// How long a connection is silent before the network is asked whether the other end is there.
const IDLE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
