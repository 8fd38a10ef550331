//! Floor 4: the configuration, read once, all faults at once.
//!
//! Owns the variables, `.env`, and the files of `providers/` and `servers/`, and turns them into one
//! checked [`Config`]. It touches no network, and the process environment only through [`Lookup`].

mod database;
mod dev;
mod dotenv;
mod env_client;
mod environment;
mod fault;
mod files;
#[doc(hidden)]
pub mod fuzzing;
mod interpolate;
mod listen;
mod lookup;
mod master_key;
mod notes;
mod provider_files;
mod reader;
mod server_file;
mod server_files;
mod toml_file;
mod unknown;
mod values;
mod variables;
mod words;

use std::path::Path;

use ipnet::IpNet;

use crate::{
    engine::{
        limits::Limits,
        policy::{EnvVariable, ServerSettings},
        record::Client,
    },
    jose::algorithm::Algorithm,
    protocol::issuer::Issuer,
    provider::settings::ProviderSettings,
};

pub use self::{
    database::{DatabaseFault, DatabaseUrl},
    dev::DevIdp,
    environment::{AddressLimits, LogFormat, Logging},
    fault::Fault,
    listen::{Listen, ListenAddress, NotAnAddress},
    lookup::Lookup,
    master_key::{MasterKey, MasterKeys},
    values::days,
    variables::{VARIABLES, Variable, variable},
};
use self::{environment::Environment, server_file::Place};

/// Everything an operator can say, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// `COUNTERSIGN_PUBLIC_URL`: the issuer.
    pub public_url: Issuer,
    /// `COUNTERSIGN_LISTEN`.
    pub listen: Listen,
    /// `COUNTERSIGN_DATABASE_URL`.
    pub database: DatabaseUrl,
    /// `COUNTERSIGN_DATABASE_POOL`: how many connections to PostgreSQL are kept at most.
    pub database_pool: usize,
    /// `COUNTERSIGN_MASTER_KEY`, `JWT_SECRET_KEY`, or the file `data/master.key`.
    pub master_keys: MasterKeys,
    /// `COUNTERSIGN_PROVIDERS`, in that order; `dev` has the issuer of [`Config::dev`] and no secret
    /// yet ([`ProviderSettings::for_dev`]).
    pub providers: Vec<ProviderSettings>,
    /// `COUNTERSIGN_SERVERS`, in that order.
    pub servers: Vec<ServerSettings>,
    /// What a server that is a program gets of our own environment: [`INHERITED`], where they are set.
    pub inherited: Vec<EnvVariable>,
    /// The development identity provider, when provider `dev` is among [`Config::providers`].
    pub dev: Option<DevIdp>,
    /// Lifetimes and counts; `COUNTERSIGN_ACCESS_TTL` or `TOKEN_EXPIRY_HOURS` and
    /// `COUNTERSIGN_STOP_DELAY` among them.
    pub limits: Limits,
    /// `COUNTERSIGN_SIGNING_ALG`: ES256 or `EdDSA`.
    pub signing_algorithm: Algorithm,
    /// `COUNTERSIGN_TRUSTED_PROXIES`.
    pub trusted_proxies: Vec<IpNet>,
    /// `COUNTERSIGN_ADDRESS_LIMIT`, `COUNTERSIGN_REGISTRATION_LIMIT`.
    pub address_limits: AddressLimits,
    /// `COUNTERSIGN_PRIVATE_NETWORKS`: whether documents that clients name may be fetched from private
    /// addresses.
    pub private_networks: bool,
    /// `COUNTERSIGN_LOG`, `COUNTERSIGN_LOG_FORMAT`.
    pub log: Logging,
    /// `OAUTH_CLIENT_ID`, `OAUTH_CLIENT_SECRET`, `OAUTH_REDIRECT_URI`: a client known beforehand. Its
    /// secret need not look like one we make: compare digests of the text.
    pub env_client: Option<Client>,
    /// What is allowed and yet worth saying aloud at every start.
    pub notes: Vec<Fault>,
}

/// Reads the configuration: variables from `look`, files from `root`, which holds `providers/`,
/// `servers/` and `data/`. Writes nothing.
///
/// # Errors
/// Every fault there is, in the order of variables, providers and servers.
pub fn load(look: &Lookup, root: &Path) -> Result<Config, Vec<Fault>> {
    let (environment, mut faults) = environment::read(look, root);
    let Some(environment) = environment else { return Err(faults) };
    faults.extend(environment.master_keys.check());
    let mut providers = providers(&environment, look, root, &mut faults);
    let dev = dev::settle(&environment, &mut providers, &mut faults);
    dev::check_emulators(&environment, &providers, &mut faults);
    let servers = servers(&environment, look, root, &mut faults);
    if faults.is_empty() {
        let inherited = inherited(look);
        Ok(Config { inherited, ..config(environment, providers, servers, dev, root) })
    } else {
        Err(faults)
    }
}

fn providers(
    environment: &Environment,
    look: &Lookup,
    root: &Path,
    faults: &mut Vec<Fault>,
) -> Vec<ProviderSettings> {
    let (stems, url) = (&environment.providers, &environment.public_url);
    let (files, missing) = files::read(root, "providers", stems, "COUNTERSIGN_PROVIDERS");
    let (providers, found) = provider_files::read(&files, look, url);
    faults.extend(missing);
    faults.extend(provider_files::check_auth0_callback(look, stems, url));
    faults.extend(found);
    providers
}

fn servers(
    environment: &Environment,
    look: &Lookup,
    root: &Path,
    faults: &mut Vec<Fault>,
) -> Vec<ServerSettings> {
    let stems = &environment.servers;
    let (files, missing) = files::read(root, "servers", stems, "COUNTERSIGN_SERVERS");
    let public_url = &environment.public_url;
    let loopback = public_url.is_loopback() && environment.listen.is_loopback();
    let (servers, found) = server_files::read(&files, look, Place { public_url, loopback });
    faults.extend(missing);
    faults.extend(found);
    faults.extend(server_files::loops(&servers, &environment.listen));
    servers
}

fn config(
    environment: Environment,
    providers: Vec<ProviderSettings>,
    servers: Vec<ServerSettings>,
    dev: Option<DevIdp>,
    root: &Path,
) -> Config {
    Config {
        notes: notes::notes(&environment, &providers, &servers, root),
        limits: Limits {
            access_token: environment.access_ttl,
            stop_delay: environment.stop_delay,
            ..Limits::default()
        },
        public_url: environment.public_url,
        listen: environment.listen,
        database: environment.database,
        database_pool: environment.database_pool,
        master_keys: environment.master_keys,
        signing_algorithm: environment.signing_algorithm,
        trusted_proxies: environment.trusted_proxies,
        address_limits: environment.address_limits,
        private_networks: environment.private_networks,
        log: environment.log,
        env_client: environment.client,
        providers,
        servers,
        inherited: Vec::new(),
        dev,
    }
}

fn inherited(look: &Lookup) -> Vec<EnvVariable> {
    let given = INHERITED.into_iter().filter_map(|name| {
        let value = look.value(name).ok().flatten()?;
        Some(EnvVariable { name: name.to_owned(), value })
    });
    given.collect()
}

/// The variables that a server which is a program has from us. No other: ours hold secrets.
pub const INHERITED: [&str; 4] = ["PATH", "HOME", "LANG", "TMPDIR"];

#[cfg(test)]
mod tests;
