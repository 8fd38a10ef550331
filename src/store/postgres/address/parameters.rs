//! The parameters behind the `?` of a database's URL.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use percent_encoding::percent_decode_str;
use tokio_postgres::config::SslMode;

use super::{AddressFault, Trust};

/// The parameters there are.
pub(super) const KNOWN: &str =
    "sslmode, sslrootcert, target_session_attrs, connect_timeout and application_name";

/// What they say.
pub(super) struct Parameters {
    mode: Option<Mode>,
    roots: Option<PathBuf>,
    pub(super) connect_timeout: Duration,
    pub(super) application: String,
}

/// `sslmode`, as far as it is supported.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Disable,
    Prefer,
    Require,
    VerifyFull,
}

impl Parameters {
    /// Reads the part of a URL behind its `?`.
    pub(super) fn read(query: &str, root: &Path) -> Result<Self, AddressFault> {
        let mut read = Self {
            mode: None,
            roots: None,
            connect_timeout: CONNECT,
            application: "countersign".to_owned(),
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = percent_decode_str(value).decode_utf8().map_err(|_| AddressFault::Form)?;
            read.take(name, &value, root)?;
        }
        if read.roots.is_some() && matches!(read.mode, Some(mode) if mode != Mode::VerifyFull) {
            let why = "it is read with sslmode=verify-full only";
            return Err(AddressFault::Value("sslrootcert", why));
        }
        Ok(read)
    }

    fn take(&mut self, name: &str, value: &str, root: &Path) -> Result<(), AddressFault> {
        match name {
            "sslmode" => self.mode = Some(Mode::parse(value)?),
            "sslrootcert" if value == "system" => self.roots = None,
            "sslrootcert" => self.roots = Some(root.join(value)),
            "connect_timeout" => {
                let seconds = value.parse().ok().filter(|seconds| (1..=30).contains(seconds));
                let fault = AddressFault::Value("connect_timeout", "write seconds, from 1 to 30");
                self.connect_timeout = Duration::from_secs(seconds.ok_or(fault)?);
            }
            "application_name" => value.clone_into(&mut self.application),
            // Nothing else would do: Countersign writes.
            "target_session_attrs" if ["read-write", "primary"].contains(&value) => {}
            "target_session_attrs" => {
                let why = "Countersign needs a server that takes writes: read-write";
                return Err(AddressFault::Value("target_session_attrs", why));
            }
            _ => return Err(AddressFault::Unknown(name.to_owned())),
        }
        Ok(())
    }

    /// Whether TLS is spoken, and with whom. Without `sslmode` servers elsewhere must prove who they
    /// are, those on this machine need not.
    pub(super) fn tls(&self, here: bool) -> (SslMode, Trust) {
        let verified = || self.roots.clone().map_or(Trust::System, Trust::Roots);
        match self.mode {
            Some(Mode::Disable) => (SslMode::Disable, Trust::Anybody),
            Some(Mode::Prefer) => (SslMode::Prefer, Trust::Anybody),
            Some(Mode::Require) => (SslMode::Require, Trust::Anybody),
            None if here && self.roots.is_none() => (SslMode::Prefer, Trust::Anybody),
            None | Some(Mode::VerifyFull) => (SslMode::Require, verified()),
        }
    }
}

impl Mode {
    fn parse(text: &str) -> Result<Self, AddressFault> {
        Ok(match text {
            "disable" => Self::Disable,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-full" => Self::VerifyFull,
            _ => {
                let why = "write disable, prefer, require or verify-full";
                return Err(AddressFault::Value("sslmode", why));
            }
        })
    }
}

/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(2);
