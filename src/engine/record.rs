//! The records of the authorization server: what survives a restart. Secrets stand in them as
//! digests or sealed bytes only.

mod issued;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    ambient::Timestamp,
    protocol::{
        id::{ClientId, GrantId, KeyId, ProviderId, ServerId, UserId},
        pkce::Challenge,
        redirect::RedirectUri,
        resource::Resource,
        scope::Scopes,
        secret::Digest,
    },
};

pub use self::issued::{OpaqueToken, PersonalToken};

/// How a client came to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// By the operator: the command line or the environment.
    PreRegistered,
    /// By itself at `/register` (RFC 7591).
    Dynamic,
    /// By the URL of its Client ID Metadata Document.
    Document,
}

/// One way a client may prove itself at the token endpoint (RFC 7591 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// A public client: the id alone, PKCE does the rest.
    None,
    /// HTTP Basic (RFC 6749 §2.3.1).
    ClientSecretBasic,
    /// Secret in the form body (RFC 6749 §2.3.1).
    ClientSecretPost,
    /// A signed assertion (RFC 7523 §2.2).
    PrivateKeyJwt,
}

/// Where a client's public keys are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientKeys {
    /// In the metadata itself (`jwks`).
    Inline(Value),
    /// Behind a URL the client named (`jwks_uri`).
    Url(String),
}

/// An OAuth client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Its id.
    pub id: ClientId,
    /// How it came to us.
    pub kind: ClientKind,
    /// What it calls itself; unverified, shown beside its host.
    pub name: String,
    /// Its home page; unverified, never fetched.
    pub uri: Option<String>,
    /// Where it may be returned to, as registered.
    pub redirect_uris: Vec<RedirectUri>,
    /// How it may prove itself; never empty.
    pub auth_methods: BTreeSet<AuthMethod>,
    /// Digest of its secret, when confidential by secret.
    pub secret: Option<Digest>,
    /// Its keys, when it may sign assertions.
    pub keys: Option<ClientKeys>,
    /// Whether it registered the `refresh_token` grant.
    pub refreshes: bool,
    /// When it was first seen.
    pub created_at: Timestamp,
    /// When it is forgotten unless used before; none: never.
    pub expires_at: Option<Timestamp>,
}

impl Client {
    /// The host that vouches for the client's name: that of its metadata document.
    #[must_use]
    pub fn document_host(&self) -> Option<String> {
        let document = self.kind == ClientKind::Document;
        let url = document.then(|| url::Url::parse(self.id.as_str()).ok()).flatten()?;
        url.host_str().map(str::to_owned)
    }
}

/// One of our people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The internal id.
    pub id: UserId,
    /// Display name as the provider last gave it.
    pub name: Option<String>,
    /// Verified e-mail address as the provider last gave it; shown, never a key.
    pub email: Option<String>,
    /// Whether an operator has locked the person out.
    pub disabled: bool,
    /// First sign-in.
    pub created_at: Timestamp,
    /// Latest sign-in.
    pub seen_at: Timestamp,
}

/// The only key by which a person is found: who vouched, and the subject they vouched for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IdentityKey {
    /// The provider file.
    pub provider: ProviderId,
    /// The verified `iss`.
    pub issuer: String,
    /// The verified subject.
    pub subject: String,
}

/// An identity as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldIdentity {
    /// Which.
    pub key: IdentityKey,
    /// Whose.
    pub user: UserId,
    /// The freshest claims that were verified, sealed; none: nobody signed in by it since they are kept.
    pub claims: Option<Vec<u8>>,
    /// Since when it is this person's.
    pub created_at: Timestamp,
    /// Latest sign-in by it.
    pub seen_at: Timestamp,
}

/// A signed-in browser, known by the digest of its cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Digest of the cookie.
    pub digest: Digest,
    /// Who.
    pub user: UserId,
    /// By which identity.
    pub identity: IdentityKey,
    /// When the person signed in at the provider.
    pub auth_time: Timestamp,
    /// The browser in a few words, as it describes itself.
    pub label: String,
    /// Since when.
    pub created_at: Timestamp,
    /// Last used, to within some minutes.
    pub seen_at: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
    /// When it ends unless it is used before.
    pub ends_at: Timestamp,
}

/// A sign-in under way at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// Digest of our `state`.
    pub state: Digest,
    /// Digest of the browser-binding cookie.
    pub browser: Digest,
    /// The provider chosen.
    pub provider: ProviderId,
    /// The consented request, nonce and PKCE verifier, sealed.
    pub sealed: Vec<u8>,
    /// When it lapses.
    pub expires_at: Timestamp,
}

/// What a person granted a client, proven end to end: the content of a code and of a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorization {
    /// Who.
    pub user: UserId,
    /// To which client.
    pub client: ClientId,
    /// For which server.
    pub server: ServerId,
    /// That server's URL: `aud` of the tokens.
    pub resource: Resource,
    /// The scopes granted.
    pub scopes: Scopes,
    /// Who vouched, and for which of the person's identities.
    pub identity: IdentityKey,
    /// When the person signed in there.
    pub auth_time: Timestamp,
}

/// An authorization code, kept by digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Digest of the code.
    pub digest: Digest,
    /// The grant that redeeming it opens.
    pub grant: GrantId,
    /// What it stands for.
    pub authorization: Authorization,
    /// The redirect URI of the authorization request, to the byte.
    pub redirect_uri: String,
    /// The PKCE challenge.
    pub challenge: Challenge,
    /// When it lapses.
    pub expires_at: Timestamp,
}

/// A grant: one consent's tokens, refreshed generation by generation (a refresh-token family).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its id, carried in every token of it.
    pub id: GrantId,
    /// What it stands for.
    pub authorization: Authorization,
    /// Rotations so far.
    pub generation: u32,
    /// Digest of the refresh token that works now; none when the client does not refresh.
    pub current: Option<Digest>,
    /// Digest of the one before it.
    pub previous: Option<Digest>,
    /// The current refresh token, sealed under a key derived from the previous one, for a client that
    /// lost the response.
    pub successor: Option<Vec<u8>>,
    /// How often the successor was given again.
    pub graces: u8,
    /// When the current token was made.
    pub rotated_at: Timestamp,
    /// When it ends for lack of use.
    pub idle_at: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// That a person agreed: the registry of approved clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Who.
    pub user: UserId,
    /// To which client.
    pub client: ClientId,
    /// For which server.
    pub server: ServerId,
    /// The host shown as the place of return.
    pub redirect_host: String,
    /// The scopes granted.
    pub scopes: Scopes,
    /// When last.
    pub at: Timestamp,
}

/// A signing key, its private half sealed with the master key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKeyRecord {
    /// Its `kid`.
    pub id: KeyId,
    /// Its algorithm, `ES256` or `EdDSA`.
    pub algorithm: String,
    /// Its number among the keys of its algorithm; no two have the same.
    pub generation: u32,
    /// The private key (PKCS#8), sealed.
    pub sealed: Vec<u8>,
    /// When it was made and first published.
    pub created_at: Timestamp,
    /// From when it signs.
    pub active_at: Timestamp,
    /// From when it signs no more; none: from when the key after it signs.
    pub retired_at: Option<Timestamp>,
}
