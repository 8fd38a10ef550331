//! Clients from metadata: dynamic registration (RFC 7591 §3.1) and Client ID Metadata Documents.
//! What we do not offer is dropped, not refused.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::{
    ambient::Timestamp,
    engine::{
        limits::Limits,
        record::{AuthMethod, Client, ClientKeys, ClientKind},
    },
    protocol::{
        error::{TokenError, TokenErrorCode as Code},
        id::ClientId,
        redirect::RedirectUri,
        registration::{RegistrationResponse, UnverifiedMetadata},
        secret::ClientSecret,
    },
};

/// The most redirect URIs one client may register.
pub const MAX_REDIRECT_URIS: usize = 20;

/// The most bytes of all redirect URIs of one client: anyone may have us store them.
pub const MAX_REDIRECT_URIS_BYTES: usize = 8 * 1024;

/// A registered client and, when it is confidential, its secret in clear, for the answer only.
#[derive(Debug)]
pub struct Registered {
    /// The record to store.
    pub client: Client,
    /// The secret, to be shown once.
    pub secret: Option<ClientSecret>,
    application_type: Option<String>,
}

/// Registers a client. A public client's id follows from its metadata, so that registering the same
/// again yields the same record; a confidential one gets a fresh id and secret from `random`.
///
/// # Errors
/// `invalid_redirect_uri` or `invalid_client_metadata` (RFC 7591 §3.2.2).
pub fn register(
    metadata: &UnverifiedMetadata,
    random: [u8; 32],
    limits: &Limits,
    now: Timestamp,
) -> Result<Registered, TokenError> {
    without_nul(metadata)?;
    let redirect_uris = redirect_uris(metadata)?;
    let method = requested_method(metadata)?;
    let confidential = method != AuthMethod::None;
    let secret = confidential.then(|| ClientSecret::from_entropy(random));
    let name = client_name(metadata).unwrap_or_else(|| "An app without a name".to_owned());
    let mut client = Client {
        id: ClientId::new(""),
        kind: ClientKind::Dynamic,
        name,
        uri: short_uri(metadata.client_uri.as_ref()),
        redirect_uris,
        auth_methods: auth_methods(method),
        secret: secret.as_ref().map(ClientSecret::digest),
        keys: None,
        refreshes: refreshes(metadata),
        created_at: now,
        expires_at: Some(now.plus(limits.client_unused)),
    };
    client.id = id_of(&client);
    Ok(Registered { client, secret, application_type: metadata.application_type.clone() })
}

/// Reads the metadata document found at `id` as a client. Documents name no secrets; a scalar
/// method and a list of methods are both heard, and `none` is enough when it is among them. It lives
/// no longer than a client that registered itself: whoever names its URL makes us store it.
///
/// # Errors
/// `invalid_client_metadata` naming what is wrong, for the operator's log.
pub fn from_document(
    id: &ClientId,
    document: &UnverifiedMetadata,
    limits: &Limits,
    now: Timestamp,
) -> Result<Client, TokenError> {
    if document.client_id.as_deref() != Some(id.as_str()) || document.client_secret.is_some() {
        return Err(bad_metadata("the document's client_id is not its URL, or it names a secret"));
    }
    without_nul(document)?;
    let name = client_name(document).ok_or_else(|| bad_metadata("client_name is missing"))?;
    let keys = match (&document.jwks, short_uri(document.jwks_uri.as_ref())) {
        (Some(jwks), _) => Some(ClientKeys::Inline(jwks.unverified_value())),
        (None, uri) => uri.map(ClientKeys::Url),
    };
    let auth_methods = document_methods(document, keys.is_some());
    if auth_methods.is_empty() {
        return Err(bad_metadata("the document offers neither none nor private_key_jwt with keys"));
    }
    Ok(Client {
        id: id.clone(),
        kind: ClientKind::Document,
        name,
        uri: short_uri(document.client_uri.as_ref()),
        redirect_uris: redirect_uris(document)?,
        auth_methods,
        secret: None,
        keys,
        refreshes: refreshes(document),
        created_at: now,
        expires_at: Some(now.plus(limits.client_unused)),
    })
}

impl Registered {
    /// The answer of RFC 7591 §3.2.1.
    #[must_use]
    pub fn response(&self) -> RegistrationResponse {
        let mut grant_types = vec!["authorization_code".to_owned()];
        grant_types.extend(self.client.refreshes.then(|| "refresh_token".to_owned()));
        RegistrationResponse {
            client_id: self.client.id.to_string(),
            client_id_issued_at: self.client.created_at.unix(),
            client_secret: self.secret.as_ref().map(|secret| secret.reveal().to_owned()),
            client_secret_expires_at: self.secret.as_ref().map(|_| 0),
            client_name: self.client.name.clone(),
            client_uri: self.client.uri.clone(),
            redirect_uris: self
                .client
                .redirect_uris
                .iter()
                .map(|uri| uri.as_str().to_owned())
                .collect(),
            grant_types,
            response_types: vec!["code".to_owned()],
            token_endpoint_auth_method: self.method_name().to_owned(),
            application_type: self.application_type.clone(),
            scope: None,
        }
    }

    fn method_name(&self) -> &'static str {
        let methods = &self.client.auth_methods;
        match () {
            () if methods.contains(&AuthMethod::None) => "none",
            () if methods.contains(&AuthMethod::ClientSecretPost) => "client_secret_post",
            () => "client_secret_basic",
        }
    }
}

fn redirect_uris(metadata: &UnverifiedMetadata) -> Result<Vec<RedirectUri>, TokenError> {
    let given = metadata.redirect_uris.as_deref().unwrap_or_default();
    if given.is_empty() || given.len() > MAX_REDIRECT_URIS {
        let why = "redirect_uris must be a list of 1 to 20 addresses.";
        return Err(TokenError::new(Code::InvalidRedirectUri, why));
    }
    if given.iter().map(String::len).sum::<usize>() > MAX_REDIRECT_URIS_BYTES {
        let why = "redirect_uris must be 8192 bytes at most, taken together.";
        return Err(TokenError::new(Code::InvalidRedirectUri, why));
    }
    let parse = |text: &String| {
        RedirectUri::parse(text).map_err(|fault| {
            let shown: String = text.chars().filter(char::is_ascii_graphic).take(100).collect();
            TokenError::new(Code::InvalidRedirectUri, format!("{shown} {fault}."))
        })
    };
    given.iter().map(parse).collect()
}

/// PostgreSQL keeps no text with a NUL, and no honest client sends one. A name loses its control characters
/// anyway ([`client_name`]).
fn without_nul(metadata: &UnverifiedMetadata) -> Result<(), TokenError> {
    let kept = [&metadata.client_uri, &metadata.jwks_uri];
    if kept.into_iter().flatten().any(|text| text.contains('\0')) {
        return Err(bad_metadata("a URI holds a NUL character"));
    }
    Ok(())
}

fn short_uri(uri: Option<&String>) -> Option<String> {
    uri.filter(|uri| uri.len() <= 2048).cloned()
}

/// RFC 7591 §2: absent means `client_secret_basic`; what we do not know becomes `none`.
fn requested_method(metadata: &UnverifiedMetadata) -> Result<AuthMethod, TokenError> {
    match metadata.token_endpoint_auth_method.as_deref() {
        None | Some("client_secret_basic") => Ok(AuthMethod::ClientSecretBasic),
        Some("client_secret_post") => Ok(AuthMethod::ClientSecretPost),
        Some("none") => Ok(AuthMethod::None),
        Some(_) => Err(TokenError::new(
            Code::InvalidClientMetadata,
            "token_endpoint_auth_method must be none, client_secret_basic or client_secret_post; for private_key_jwt use a client metadata document.",
        )),
    }
}

fn auth_methods(method: AuthMethod) -> BTreeSet<AuthMethod> {
    BTreeSet::from([method])
}

fn document_methods(document: &UnverifiedMetadata, keys: bool) -> BTreeSet<AuthMethod> {
    let listed = document.token_endpoint_auth_methods_supported.iter().flatten();
    let named: Vec<&str> =
        listed.chain(&document.token_endpoint_auth_method).map(String::as_str).collect();
    let offered = |method: &str| named.is_empty() || named.contains(&method);
    let none = offered("none").then_some(AuthMethod::None);
    let jwt = (keys && named.contains(&"private_key_jwt")).then_some(AuthMethod::PrivateKeyJwt);
    none.into_iter().chain(jwt).collect()
}

/// Absent grant types read as both of ours: many clients leave them out and then refresh.
fn refreshes(metadata: &UnverifiedMetadata) -> bool {
    let listed = metadata.grant_types.as_ref();
    listed.is_none_or(|types| types.iter().any(|name| name == "refresh_token"))
}

fn client_name(metadata: &UnverifiedMetadata) -> Option<String> {
    let name: String =
        metadata.client_name.as_deref()?.chars().filter(|c| !c.is_control()).collect();
    // Trimmed last of all: what a control character or the length hid must not leave a blank name.
    let shown: String = name.trim_start().chars().take(200).collect();
    let shown = shown.trim_end();
    (!shown.is_empty()).then(|| shown.to_owned())
}

/// The digest of everything that makes two registrations the same, secret included.
fn id_of(client: &Client) -> ClientId {
    let mut hash = Sha256::new();
    let methods = format!("{:?} {}", client.auth_methods, client.refreshes);
    let parts = [Some(client.name.as_str()), client.uri.as_deref(), Some(&methods)];
    let uris = client.redirect_uris.iter().map(RedirectUri::as_str);
    for part in parts.into_iter().flatten().chain(uris) {
        hash.update(part.len().to_be_bytes());
        hash.update(part.as_bytes());
    }
    if let Some(secret) = client.secret {
        hash.update(secret.as_bytes());
    }
    let short: Vec<u8> = hash.finalize().into_iter().take(16).collect();
    ClientId::new(format!("dyn_{}", URL_SAFE_NO_PAD.encode(short)))
}

fn bad_metadata(why: &'static str) -> TokenError {
    TokenError::new(Code::InvalidClientMetadata, why)
}

#[cfg(test)]
#[path = "register_tests.rs"]
mod tests;
