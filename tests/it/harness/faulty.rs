//! A store that fails when told to, so that a test can see what is left behind.

use std::sync::Mutex;

use async_trait::async_trait;
use countersign::{
    ambient::Timestamp,
    engine::record::{Client, Code, Consent, Grant, IdentityKey, SignIn, SigningKeyRecord, User},
    protocol::{
        id::{ClientId, GrantId, ProviderId, UserId},
        secret::Digest,
    },
    store::{Spent, Store, StoreError, sqlite::Sqlite},
};

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
    ($(fn $verb:ident($($name:ident: $type:ty),*) -> $out:ty;)*) => {
        #[async_trait]
        impl Store for Faulty {$(
            async fn $verb(&self, $($name: $type),*) -> Result<$out, StoreError> {
                self.check(stringify!($verb))?;
                self.inner.$verb($($name),*).await
            }
        )*}
    };
}

verbs! {
    fn put_client(client: &Client) -> ();
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
    fn admit(key: &IdentityKey, fresh: &User) -> User;
    fn user(id: &UserId) -> Option<User>;
    fn put_code(code: &Code, consent: &Consent) -> ();
    fn code(digest: &Digest) -> Option<Code>;
    fn spend(digest: &Digest, opens: Option<&Grant>, client_until: Timestamp) -> Spent;
    fn grant(id: &GrantId) -> Option<Grant>;
    fn swap_grant(before: &Grant, after: &Grant) -> bool;
    fn revoke_grant(id: &GrantId, now: Timestamp) -> bool;
    fn revoked_since(since: Timestamp) -> Vec<GrantId>;
    fn once(digest: &Digest, until: Timestamp) -> bool;
    fn signing_keys() -> Vec<SigningKeyRecord>;
    fn put_first_signing_key(key: &SigningKeyRecord) -> ();
    fn probe(now: Timestamp) -> ();
    fn sweep(now: Timestamp, most: u32) -> u64;
}
