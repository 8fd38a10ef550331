//! Client authentication at the token and revocation endpoints (RFC 6749 §2.3, RFC 7523 §2.2).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::{
    engine::record::{AuthMethod, Client},
    protocol::{error::TokenError, form::Params, id::ClientId, secret::Digest},
};

/// The assertion type of RFC 7523 §2.2.
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How the client presents itself, by exactly one method.
#[derive(Debug)]
pub struct Credentials {
    /// The client it says it is; for an assertion without `client_id`, unknown until it is read.
    pub client: Option<ClientId>,
    /// The proof offered.
    pub proof: Proof,
}

/// A proof of being the client, unverified.
pub enum Proof {
    /// The id alone.
    None,
    /// A secret by HTTP Basic.
    Basic(Zeroizing<String>),
    /// A secret in the body.
    Post(Zeroizing<String>),
    /// A signed assertion.
    Assertion(Zeroizing<String>),
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Basic(_) => "Basic([redacted])",
            Self::Post(_) => "Post([redacted])",
            Self::Assertion(_) => "Assertion([redacted])",
        })
    }
}

impl Credentials {
    /// Reads the `Authorization` header and the form; more than one method is refused
    /// (RFC 6749 §2.3).
    ///
    /// # Errors
    /// `invalid_request` on two methods, `invalid_client` when there is none or Basic is malformed.
    pub fn read(authorization: Option<&str>, params: &Params) -> Result<Self, TokenError> {
        let named = params.one("client_id").map(ClientId::new);
        let secret = params.one("client_secret").map(|s| Zeroizing::new(s.to_owned()));
        let assertion = assertion(params)?;
        match (authorization, secret, assertion) {
            (Some(header), None, None) => {
                let (client, secret) = basic(header)?;
                if named.is_some_and(|named| named != client) {
                    return Err(TokenError::invalid_request("client_id differs from HTTP Basic."));
                }
                Ok(Self { client: Some(client), proof: Proof::Basic(secret) })
            }
            (None, Some(secret), None) => {
                let client = named.ok_or_else(no_client)?;
                Ok(Self { client: Some(client), proof: Proof::Post(secret) })
            }
            (None, None, Some(jwt)) => Ok(Self { client: named, proof: Proof::Assertion(jwt) }),
            (None, None, None) => {
                Ok(Self { client: Some(named.ok_or_else(no_client)?), proof: Proof::None })
            }
            _ => Err(TokenError::invalid_request("Authenticate the client by one method only.")),
        }
    }
}

fn assertion(params: &Params) -> Result<Option<Zeroizing<String>>, TokenError> {
    match (params.one("client_assertion_type"), params.one("client_assertion")) {
        (None, None) => Ok(None),
        (Some(JWT_BEARER), Some(jwt)) => Ok(Some(Zeroizing::new(jwt.to_owned()))),
        _ => Err(TokenError::invalid_request(
            "client_assertion goes with client_assertion_type urn:ietf:params:oauth:client-assertion-type:jwt-bearer.",
        )),
    }
}

/// RFC 6749 §2.3.1: both halves are form-encoded before they are joined.
pub(crate) fn basic(header: &str) -> Result<(ClientId, Zeroizing<String>), TokenError> {
    let malformed = || TokenError::invalid_client("The Authorization header is not HTTP Basic.");
    let (scheme, encoded) = header.split_once(' ').ok_or_else(malformed)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(malformed());
    }
    let bytes = Zeroizing::new(STANDARD.decode(encoded.trim()).map_err(|_| malformed())?);
    let text = std::str::from_utf8(&bytes).map_err(|_| malformed())?;
    let (id, secret) = text.split_once(':').ok_or_else(malformed)?;
    Ok((ClientId::new(form_decode(id)), Zeroizing::new(form_decode(secret))))
}

fn form_decode(text: &str) -> String {
    let escaped = text.replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(escaped.as_bytes())
        .next()
        .map_or_else(String::new, |(name, _)| name.into_owned())
}

fn no_client() -> TokenError {
    TokenError::invalid_client("client_id is missing.")
}

/// A client that proved itself by the method it registered.
#[derive(Debug)]
pub struct AuthenticatedClient(Client);

impl AuthenticatedClient {
    /// The client.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0
    }

    /// Judges an id alone or a secret. An unknown client costs the same comparison as a known one.
    ///
    /// # Errors
    /// `invalid_client`, the same for every reason (RFC 6749 §5.2).
    pub fn by_secret(client: Option<Client>, proof: &Proof) -> Result<Self, TokenError> {
        let (method, secret) = match proof {
            Proof::None => (AuthMethod::None, None),
            Proof::Basic(secret) => (AuthMethod::ClientSecretBasic, Some(secret)),
            Proof::Post(secret) => (AuthMethod::ClientSecretPost, Some(secret)),
            Proof::Assertion(_) => return Err(refused()),
        };
        let registered = client.as_ref().and_then(|client| client.secret);
        let expected = registered.unwrap_or(Digest::from_bytes([0; 32]));
        let same = secret.is_none_or(|secret| Digest::of(secret).matches(&expected));
        let client = client.ok_or_else(refused)?;
        let good = client.auth_methods.contains(&method) && same;
        good.then_some(Self(client)).ok_or_else(refused)
    }

    /// Takes a client whose assertion was verified with its own keys and spent. Called once, in
    /// `flow::client`.
    ///
    /// # Errors
    /// `invalid_client` when it did not register `private_key_jwt`.
    pub fn by_verified_assertion(client: Client) -> Result<Self, TokenError> {
        let good = client.auth_methods.contains(&AuthMethod::PrivateKeyJwt);
        good.then_some(Self(client)).ok_or_else(refused)
    }
}

/// The one refusal of client authentication.
#[must_use]
pub fn refused() -> TokenError {
    TokenError::invalid_client(
        "Unknown client, or it did not prove itself by a method it registered. Register again.",
    )
}

#[cfg(test)]
#[path = "client_auth_tests.rs"]
mod tests;
