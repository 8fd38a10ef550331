//! The Google service account that lets us ask about accounts in the project's own name.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use url::Url;

use super::safe_url;
use crate::{
    jose::{algorithm::Algorithm, sign::SigningKey},
    provider::{
        fault::Faults,
        file::{ProviderFile, ServiceAccountTable},
        secret::Secret,
    },
};

/// A Google service account.
#[derive(Clone, Debug)]
pub struct ServiceAccount {
    /// Its address.
    pub email: String,
    /// Its key.
    pub key: SigningKey,
    /// Where its assertion is traded for an access token.
    pub token_endpoint: Url,
}

pub(super) fn read(file: &ProviderFile, faults: &mut Faults) -> Option<ServiceAccount> {
    let ServiceAccountTable { email, private_key } = file.service_account.as_ref()?;
    if email.trim().is_empty() && private_key.reveal().trim().is_empty() {
        return None;
    }
    if file.revocation.is_none() {
        let remedy = "revocation = \"lookup\", or no service_account";
        faults.add("service_account", "is used for the revocation check alone", remedy);
    }
    let key = signing_key(private_key);
    if key.is_none() || !email.contains('@') {
        let remedy = "client_email and private_key of the service account's JSON key, whole";
        faults.add("service_account", "is no service account", remedy);
    }
    let token = file.endpoints.token.as_deref().unwrap_or(TOKEN);
    let token_endpoint = safe_url("endpoints.token", token, TOKEN, faults);
    Some(ServiceAccount { email: email.trim().to_owned(), key: key?, token_endpoint })
}

/// An RSA key in PEM (RFC 7468), as Google's JSON keys hold it.
fn signing_key(pem: &Secret) -> Option<SigningKey> {
    let text = zeroize::Zeroizing::new(pem.reveal().replace("\\n", "\n"));
    let body = text.trim().strip_prefix("-----BEGIN PRIVATE KEY-----")?;
    let body = body.strip_suffix("-----END PRIVATE KEY-----")?;
    let packed: zeroize::Zeroizing<String> =
        zeroize::Zeroizing::new(body.chars().filter(|c| !c.is_whitespace()).collect());
    let der = zeroize::Zeroizing::new(STANDARD.decode(packed.as_bytes()).ok()?);
    SigningKey::from_pkcs8(Algorithm::Rs256, &der).ok()
}

const TOKEN: &str = "https://oauth2.googleapis.com/token";
