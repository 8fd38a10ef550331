//! The engine for many nodes: PostgreSQL, or what speaks its protocol. It owns the connections.
//!
//! A verb is one statement, and a statement is one round trip and one transaction; where later steps
//! must see what others committed during the earlier ones, several statements are sent at once in one
//! transaction. The verbs of the token endpoint are asked together with those of other callers that
//! come meanwhile, in one statement for all of them. All of it is correct at READ COMMITTED, and at
//! every stricter level with the retries of `run`: nothing here depends on the level that a server is
//! set to.

mod address;
mod batch;
mod connect;
mod fault;
mod gathered;
mod health;
mod issued;
mod keyring;
mod migrate;
mod nodes;
mod people;
mod row;
mod run;
mod tables;
mod tls;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use deadpool::{Runtime, managed::Pool};

pub use self::address::{Address, AddressFault};
use self::{
    connect::Door,
    gathered::Gathered,
    health::Health,
    run::{Line, Step, has_nul},
};
use super::{
    Presented, Spent, Store, StoreError, rows, sql,
    sql::joined,
    values::{self, Values, values},
};
use crate::{
    ambient::{Entropy, Timestamp},
    engine::record::{Client, Code, Consent, Grant, SignIn},
    protocol::{
        id::{ClientId, GrantId, ProviderId},
        secret::Digest,
    },
};

/// The store in PostgreSQL.
pub struct Postgres {
    line: Line,
    gathered: Gathered,
}

impl Postgres {
    /// Connects, brings the schema up to date, and keeps at most `connections` open.
    ///
    /// # Errors
    /// [`StoreError`] when no server answers or lets us in, or the schema is newer than this program.
    pub async fn open(
        address: &Address,
        connections: usize,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, StoreError> {
        if !address.is_verified() {
            tracing::warn!(
                database = %address,
                "the database does not prove who it is; sslmode=verify-full makes it"
            );
        }
        let door = Door::new(address.clone(), Arc::new(Health::new(entropy)))?;
        migrate::migrate(&door).await?;
        let pool = Pool::builder(door)
            .max_size(connections)
            .wait_timeout(Some(WAIT))
            .runtime(Runtime::Tokio1)
            .build();
        let pool = pool.map_err(|fault| StoreError::Unavailable(fault.to_string()))?;
        let line = Line(pool);
        Ok(Self { gathered: Gathered::over(&line), line })
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres")
            .field("address", &self.line.door().address)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Store for Postgres {
    async fn put_client(&self, client: &Client) -> Result<(), StoreError> {
        self.change(sql::PUT_CLIENT, &values::client(client)?).await.map(drop)
    }

    async fn register_client(&self, client: &Client) -> Result<Client, StoreError> {
        let kept = self.one(sql::REGISTER_CLIENT, &values::client(client)?, rows::client).await?;
        kept.ok_or_else(rows::lost)
    }

    async fn client(&self, id: &ClientId, now: Timestamp) -> Result<Option<Client>, StoreError> {
        self.one(sql::CLIENT, &values![id.as_str(), now], rows::client).await
    }

    async fn clients(&self) -> Result<Vec<Client>, StoreError> {
        self.all(sql::CLIENTS, &[], rows::client).await
    }

    /// The codes go first: one that is being spent at this moment has opened its grant, which the second
    /// statement sees, or never will.
    async fn remove_client(&self, id: &ClientId, now: Timestamp) -> Result<bool, StoreError> {
        let values = values![id.as_str(), now];
        let steps =
            [Step(sql::REMOVE_LIVE_CODES_OF_CLIENT, &values), Step(joined::END_CLIENT, &values)];
        let [_, there] = self.together(steps).await?;
        Ok(there > 0)
    }

    async fn put_sign_in(&self, sign_in: &SignIn) -> Result<(), StoreError> {
        self.change(sql::PUT_SIGN_IN, &values::sign_in(sign_in)).await.map(drop)
    }

    async fn sign_in(
        &self,
        state: &Digest,
        browser: &Digest,
        provider: &ProviderId,
        now: Timestamp,
    ) -> Result<Option<SignIn>, StoreError> {
        self.find_sign_in(sql::SIGN_IN, state, browser, provider, now).await
    }

    async fn take_sign_in(
        &self,
        state: &Digest,
        browser: &Digest,
        provider: &ProviderId,
        now: Timestamp,
    ) -> Result<Option<SignIn>, StoreError> {
        self.find_sign_in(joined::TAKE_SIGN_IN, state, browser, provider, now).await
    }

    async fn put_code(&self, code: &Code, consent: &Consent) -> Result<(), StoreError> {
        let both = values::code_and_consent(code, consent);
        self.change(joined::PUT_CODE_AND_CONSENT, &both).await.map(drop)
    }

    async fn code(&self, digest: &Digest) -> Result<Option<Code>, StoreError> {
        self.one(sql::CODE, &values![digest], rows::code).await
    }

    /// A code that is forgotten at this very moment is [`Spent::Again`]: no grant is opened either way.
    async fn spend(
        &self,
        digest: &Digest,
        opens: Option<&Grant>,
        client_until: Option<Timestamp>,
    ) -> Result<Spent, StoreError> {
        let mut spend = Values::from(values![digest]);
        spend.extend(opens.into_iter().flat_map(values::grant));
        let found = match (opens, client_until) {
            (Some(_), Some(until)) => {
                spend.extend(values![until]);
                self.one(joined::SPEND_OPEN_AND_PROLONG, &spend, rows::spent).await?
            }
            (Some(_), None) => self.gathered.spend.one(spend, rows::spent).await?,
            (None, _) => self.one(joined::SPEND_ONLY, &spend, rows::spent).await?,
        };
        Ok(match found {
            Some((_, true)) => Spent::First,
            Some((opened, false)) => Spent::Again(opened),
            None => Spent::Unknown,
        })
    }

    async fn present_code(
        &self,
        client: Option<&ClientId>,
        code: &Digest,
        now: Timestamp,
    ) -> Result<Presented<Code>, StoreError> {
        let key = values::presented(client.filter(|id| may_be(id)), now, code);
        let found = self.gathered.present_code.one(key, rows::presented_code).await?;
        found.ok_or_else(rows::lost)
    }

    async fn present_grant(
        &self,
        client: Option<&ClientId>,
        grant: &GrantId,
        now: Timestamp,
    ) -> Result<Presented<Grant>, StoreError> {
        let key = values::presented(client.filter(|id| may_be(id)), now, grant);
        let found = self.gathered.present_grant.one(key, rows::presented_grant).await?;
        found.ok_or_else(rows::lost)
    }

    async fn grant(&self, id: &GrantId) -> Result<Option<Grant>, StoreError> {
        self.one(sql::GRANT, &values![id], rows::grant).await
    }

    async fn swap_grant(&self, before: &Grant, after: &Grant) -> Result<bool, StoreError> {
        let (statement, mut values) = values::swapped(before, after);
        if statement != sql::SWAP_GRANT || has_nul(&values) {
            return Ok(self.change(statement, &values).await? > 0);
        }
        values.rotate_right(WHERE_A_GRANT_STANDS);
        Ok(self.gathered.swap.one(values, |_| Ok(())).await?.is_some())
    }

    async fn revoke_grant(&self, id: &GrantId, now: Timestamp) -> Result<bool, StoreError> {
        Ok(self.change(sql::REVOKE_GRANT, &values![now, id]).await? > 0)
    }

    async fn revoked_since(&self, since: Timestamp) -> Result<Vec<GrantId>, StoreError> {
        self.all(sql::REVOKED_SINCE, &values![since], rows::grant_id).await
    }

    async fn once(&self, digest: &Digest, until: Timestamp) -> Result<bool, StoreError> {
        Ok(self.change(sql::ONCE, &values![digest, until]).await? > 0)
    }

    async fn probe(&self, now: Timestamp) -> Result<(), StoreError> {
        self.change(sql::PROBE, &values![now]).await.map(drop)
    }

    /// Table by table, each on its own: what is deleted stays so when a later one fails.
    async fn sweep(&self, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        let mut left = most;
        for sweep in &sql::SWEEPS {
            let before = now.unix().saturating_sub(sweep.kept);
            let gone = self.change(sweep.sql, &values![before, left]).await?;
            left = left.saturating_sub(u32::try_from(gone).unwrap_or(u32::MAX));
        }
        Ok(u64::from(most - left))
    }
}

impl Postgres {
    async fn find_sign_in(
        &self,
        sql: &'static str,
        state: &Digest,
        browser: &Digest,
        provider: &ProviderId,
        now: Timestamp,
    ) -> Result<Option<SignIn>, StoreError> {
        let key = values![state, browser, provider.as_str(), now];
        let found = self.one(sql, &key, rows::sealed).await?;
        let (state, browser, provider) = (*state, *browser, provider.clone());
        Ok(found.map(|(sealed, expires_at)| SignIn {
            state,
            browser,
            provider,
            sealed,
            expires_at,
        }))
    }
}

/// Whether there can be a client of this id: PostgreSQL takes no text with a NUL.
fn may_be(id: &ClientId) -> bool {
    !id.as_str().contains('\0')
}

/// How many values of a swap, the last, say which grant it is about and where that has to stand.
const WHERE_A_GRANT_STANDS: usize = 3;
/// How long a verb waits for a connection.
const WAIT: Duration = Duration::from_secs(2);
