//! The development identity provider: whether it exists, where, and who its people are.

use crate::{
    protocol::id::ProviderId,
    provider::{
        file::{DevUser, Kind},
        settings::ProviderSettings,
    },
};

use super::{environment::Environment, fault::Fault, listen::Listen};

/// The development identity provider.
#[derive(Clone, Debug)]
pub struct DevIdp {
    /// The provider it stands behind.
    pub provider: ProviderId,
    /// Where it listens; loopback only.
    pub listen: Listen,
    /// Its issuer, `http://` and the listen address as written.
    pub issuer: String,
    /// Its people.
    pub users: Vec<DevUser>,
}

/// Gives the provider of kind `dev` its issuer. Reachable by others it would sign anybody in as
/// anybody: the public URL and every listener must be loopback.
pub(super) fn settle(
    environment: &Environment,
    providers: &mut [ProviderSettings],
    faults: &mut Vec<Fault>,
) -> Option<DevIdp> {
    let mut devs = providers.iter_mut().filter(|provider| provider.kind == Kind::Dev);
    let dev = devs.next()?;
    if let Some(second) = devs.next() {
        let what = format!("{} and {} are both of kind \"dev\"", dev.id, second.id);
        faults.push(Fault::new("COUNTERSIGN_PROVIDERS", what, "keep one of them"));
    }
    let listen = environment.dev_listen.clone();
    if !listen.is_loopback() {
        let what = "is not loopback, and the development identity provider signs anybody in";
        faults.push(Fault::new(DEV_LISTEN, what, "write localhost:PORT"));
    }
    if !environment.listen.is_loopback() {
        let what = "is not loopback, and the development identity provider signs anybody in";
        let remedy = "write localhost:PORT, or name another provider in COUNTERSIGN_PROVIDERS";
        faults.push(Fault::new("COUNTERSIGN_LISTEN", what, remedy));
    }
    if listen.port() == environment.listen.port() && listen.port() != 0 {
        let what = format!("has port {} as COUNTERSIGN_LISTEN has", listen.port());
        faults.push(Fault::new(DEV_LISTEN, what, "give each a port of its own"));
    }
    let issuer = format!("http://{}", listen.text);
    *dev = dev.clone().for_dev(issuer.clone(), None);
    Some(DevIdp { provider: dev.id.clone(), listen, issuer, users: dev.users.clone() })
}

/// Nobody signs the Firebase emulator's tokens either: like the development provider it is for whoever
/// sits at this machine.
pub(super) fn check_emulators(
    environment: &Environment,
    providers: &[ProviderSettings],
    faults: &mut Vec<Fault>,
) {
    let firebase = providers.iter().filter_map(|provider| provider.firebase.as_deref());
    let emulated = firebase.into_iter().any(|firebase| firebase.emulator.is_some());
    let told = !environment.public_url.is_loopback(); // by the file itself
    if emulated && !told && !environment.listen.is_loopback() {
        let what = "is not loopback, and nobody signs the tokens of the Firebase emulator";
        let remedy = "write localhost:PORT, or remove emulator from the provider's file";
        faults.push(Fault::new("COUNTERSIGN_LISTEN", what, remedy));
    }
}

const DEV_LISTEN: &str = "COUNTERSIGN_DEV_IDP_LISTEN";
