//! A store that fails when told to, so that a test can see what is left behind, and whose verbs wait
//! for their turn where a test says whose it is.

use std::sync::Mutex;

use async_trait::async_trait;
use countersign::{
    ambient::Timestamp,
    engine::record::{
        Client, Code, Consent, Grant, HeldIdentity, IdentityKey, OpaqueToken, PersonalToken,
        Session, SignIn, SigningKeyRecord, User,
    },
    protocol::{
        access::AccessClaims,
        id::{ClientId, GrantId, KeyId, ProviderId, ServerId, UserId},
        secret::Digest,
    },
    store::{
        Epoch, Issued, Keyring, Linked, Nodes, People, Person, Presented, Resealed, Spent, Store,
        StoreError, sqlite::Sqlite,
    },
};

use super::paced::turn;

pub(crate) struct Faulty {
    inner: Sqlite,
    broken: Mutex<Vec<&'static str>>,
}

impl Faulty {
    pub(super) const fn new(inner: Sqlite) -> Self {
        Self { inner, broken: Mutex::new(Vec::new()) }
    }

    /// From now on this verb fails, such as `spend`; `*` is every verb.
    pub(crate) fn breaks(&self, verb: &'static str) {
        self.broken.lock().unwrap().push(verb);
    }

    pub(crate) fn heals(&self) {
        self.broken.lock().unwrap().clear();
    }

    fn check(&self, verb: &str) -> Result<(), StoreError> {
        let broken = self.broken.lock().unwrap();
        let fails = broken.iter().any(|broken| *broken == verb || *broken == "*");
        if fails { Err(StoreError::Unavailable("told to fail".to_owned())) } else { Ok(()) }
    }
}

macro_rules! verbs {
    ($half:ident: $(fn $verb:ident($($name:ident: $type:ty),*) -> $out:ty;)*) => {
        #[async_trait]
        impl $half for Faulty {$(
            async fn $verb(&self, $($name: $type),*) -> Result<$out, StoreError> {
                turn().await;
                self.check(stringify!($verb))?;
                self.inner.$verb($($name),*).await
            }
        )*}
    };
}

verbs! { Store:
    fn put_client(client: &Client) -> ();
    fn register_client(client: &Client) -> Client;
    fn client(id: &ClientId, now: Timestamp) -> Option<Client>;
    fn clients() -> Vec<Client>;
    fn remove_client(id: &ClientId, now: Timestamp) -> bool;
    fn put_sign_in(sign_in: &SignIn) -> ();
    fn sign_in(
        state: &Digest, browser: &Digest, provider: &ProviderId, now: Timestamp
    ) -> Option<SignIn>;
    fn take_sign_in(
        state: &Digest, browser: &Digest, provider: &ProviderId, now: Timestamp
    ) -> Option<SignIn>;
    fn put_code(code: &Code, consent: &Consent) -> ();
    fn code(digest: &Digest) -> Option<Code>;
    fn spend(digest: &Digest, opens: Option<&Grant>, client_until: Option<Timestamp>) -> Spent;
    fn present_code(
        client: Option<&ClientId>, code: &Digest, now: Timestamp
    ) -> Presented<Code>;
    fn present_grant(
        client: Option<&ClientId>, grant: &GrantId, now: Timestamp
    ) -> Presented<Grant>;
    fn grant(id: &GrantId) -> Option<Grant>;
    fn swap_grant(before: &Grant, after: &Grant) -> bool;
    fn revoke_grant(id: &GrantId, now: Timestamp) -> bool;
    fn revoked_since(since: Timestamp) -> Vec<GrantId>;
    fn once(digest: &Digest, until: Timestamp) -> bool;
    fn probe(now: Timestamp) -> ();
    fn sweep(now: Timestamp, most: u32) -> u64;
}

verbs! { People:
    fn admit(key: &IdentityKey, fresh: &User, claims: &[u8]) -> User;
    fn hold_claims(key: &IdentityKey, claims: &[u8]) -> ();
    fn person(id: &UserId, key: &IdentityKey) -> Person;
    fn user(id: &UserId) -> Option<User>;
    fn users() -> Vec<User>;
    fn disable(id: &UserId, disabled: bool, now: Timestamp) -> bool;
    fn sign_out(id: &UserId, now: Timestamp) -> ();
    fn identity(key: &IdentityKey) -> Option<HeldIdentity>;
    fn identities_of(user: &UserId) -> Vec<HeldIdentity>;
    fn link(identity: &HeldIdentity) -> Linked;
    fn unlink(key: &IdentityKey, user: &UserId, now: Timestamp) -> bool;
    fn end_identity(key: &IdentityKey, now: Timestamp) -> ();
    fn put_session(session: &Session, replaces: Option<&Digest>,
        code: Option<(&Code, &Consent)>) -> ();
    fn session(digest: &Digest, now: Timestamp) -> Option<Session>;
    fn sessions_of(user: &UserId, now: Timestamp) -> Vec<Session>;
    fn touch_session(digest: &Digest, seen_at: Timestamp, ends_at: Timestamp) -> ();
    fn end_session(digest: &Digest) -> bool;
    fn consent(
        user: &UserId, client: &ClientId, server: &ServerId, redirect_host: &str
    ) -> Option<Consent>;
    fn consents_of(user: &UserId) -> Vec<Consent>;
    fn grants_of(user: &UserId, now: Timestamp) -> Vec<Grant>;
    fn disconnect(user: &UserId, client: &ClientId, now: Timestamp) -> ();
}

verbs! { Issued:
    fn put_opaque_token(token: &OpaqueToken) -> ();
    fn opaque_token(digest: &Digest) -> Option<AccessClaims>;
    fn put_personal_token(token: &PersonalToken) -> ();
    fn personal_token(digest: &Digest) -> Option<PersonalToken>;
    fn personal_tokens(of: Option<&UserId>) -> Vec<PersonalToken>;
}

verbs! { Nodes:
    fn lease(name: &str, holder: &str, now: Timestamp, until: Timestamp) -> bool;
    fn release(name: &str, holder: &str) -> ();
    fn leased_until(name: &str) -> Option<Timestamp>;
    fn epoch() -> Option<Epoch>;
    fn begin_epoch(now: Timestamp) -> Epoch;
}

verbs! { Keyring:
    fn signing_keys() -> Vec<SigningKeyRecord>;
    fn put_signing_key(key: &SigningKeyRecord) -> bool;
    fn activate_signing_key(id: &KeyId, at: Timestamp) -> bool;
    fn remove_signing_key(id: &KeyId) -> bool;
    fn reseal_signing_key(id: &KeyId, before: &[u8], after: &[u8]) -> bool;
    fn identities_after(last: Option<&IdentityKey>, most: u32) -> Vec<HeldIdentity>;
    fn reseal_claims(resealed: &[Resealed]) -> u64;
}
