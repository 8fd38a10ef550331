//! What goes wrong between us and a server: what may be tried again, what costs the connection, and
//! the words for whoever runs the service.

use std::error::Error as _;

use deadpool::managed::PoolError;
use tokio_postgres::{Config, Error, error::SqlState};

use super::address::host_of;
use crate::store::StoreError;

/// Why statements were not run to their end.
#[derive(Debug)]
pub(super) enum Fault {
    /// In the words of the server or of the network.
    Told(Error),
    /// Nobody answered in time.
    Silent,
    /// Every connection was busy.
    Busy,
    /// There is no connection, and why none can be made.
    Down(String),
}

impl Fault {
    /// Whether the server undid everything because of somebody else's work, so that the same may be
    /// asked again. A fault that leaves open what was done is never one of these.
    pub(super) fn is_undone(&self) -> bool {
        let undone = [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED];
        self.code().is_some_and(|code| undone.contains(code))
    }

    /// Whether the server did nothing because of one row of those it was asked for: the others may be
    /// asked for without it. What ails the server itself is none of these: it would be asked more of.
    pub(super) fn is_of_a_row(&self) -> bool {
        let class = ["22", "23", "54"];
        self.code().is_some_and(|code| {
            *code == SqlState::LOCK_NOT_AVAILABLE
                || class.iter().any(|class| code.code().starts_with(class))
        })
    }

    /// Whether the connection is of no more use.
    pub(super) fn costs_the_connection(&self) -> bool {
        match self {
            Self::Silent => true,
            Self::Busy | Self::Down(_) => false,
            Self::Told(_) => self.code().is_none_or(|code| {
                let lost = [
                    SqlState::READ_ONLY_SQL_TRANSACTION,
                    // The server behind a pooler is another one than before.
                    SqlState::INVALID_SQL_STATEMENT_NAME,
                    SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
                ];
                let class = ["08", "57P", "58", "XX"];
                lost.contains(code) || class.iter().any(|class| code.code().starts_with(class))
            }),
        }
    }

    /// Whether the other connections are likely to be of no use either: they lead to the same server.
    pub(super) fn costs_every_connection(&self) -> bool {
        let read_only = Some(&SqlState::READ_ONLY_SQL_TRANSACTION);
        matches!(self, Self::Silent) || self.code() == read_only
    }

    fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Told(error) => error.code(),
            Self::Silent | Self::Busy | Self::Down(_) => None,
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Told(error)
    }
}

impl From<PoolError<Fault>> for Fault {
    fn from(error: PoolError<Fault>) -> Self {
        match error {
            PoolError::Backend(fault) => fault,
            PoolError::Timeout(_) => Self::Busy,
            PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                Self::Down("the service is stopping".to_owned())
            }
        }
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        const OPEN: &str = "whether the change was made is unknown";
        Self::Unavailable(match fault {
            Fault::Told(error) if is_damage(&error) => return Self::Damaged(words(&error)),
            Fault::Told(error) if error.code().is_some() => words(&error),
            Fault::Told(error) => format!("{}; {OPEN}", words(&error)),
            Fault::Silent => format!("PostgreSQL did not answer in time; {OPEN}"),
            Fault::Busy => "every connection to PostgreSQL is busy; \
                COUNTERSIGN_DATABASE_POOL allows more"
                .to_owned(),
            Fault::Down(why) => why,
        })
    }
}

fn is_damage(error: &Error) -> bool {
    let damage = [SqlState::DATA_CORRUPTED, SqlState::INDEX_CORRUPTED];
    error.code().is_some_and(|code| damage.contains(code))
}

/// What the server or the network says; not its details, which may repeat a row.
pub(super) fn words(error: &Error) -> String {
    if let Some(said) = error.as_db_error() {
        return format!("{} ({})", said.message(), said.code().code());
    }
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        words = format!("{words}: {deeper}");
        cause = deeper.source();
    }
    words
}

/// Why a server was not connected to, and what to do about it.
pub(super) fn no_connection(server: &Config, error: &Error) -> String {
    let at = host_of(server);
    let (user, database) =
        (server.get_user().unwrap_or_default(), server.get_dbname().unwrap_or_default());
    let words = words(error);
    let Some(code) = error.code() else { return format!("PostgreSQL at {at}: {words}; {REACH}") };
    let refused = [SqlState::INVALID_PASSWORD, SqlState::INVALID_AUTHORIZATION_SPECIFICATION];
    if refused.contains(code) {
        format!(
            "PostgreSQL at {at} does not let the user {user:?} in: {words}; correct the user and \
             the password in COUNTERSIGN_DATABASE_URL, or pg_hba.conf on the server"
        )
    } else if *code == SqlState::INVALID_CATALOG_NAME {
        format!(
            "PostgreSQL at {at} has no database {database:?}; make it: \
             CREATE DATABASE {database} OWNER {user}"
        )
    } else {
        format!("PostgreSQL at {at}: {words}")
    }
}

/// Why the schema was not brought up to date, and what to do about it.
pub(super) fn no_schema(server: &Config, error: &Error) -> String {
    let (at, words) = (host_of(server), words(error));
    let pooled = [SqlState::DUPLICATE_PSTATEMENT, SqlState::INVALID_SQL_STATEMENT_NAME];
    if error.code().is_some_and(|code| pooled.contains(code)) {
        return format!(
            "the pooler in front of PostgreSQL at {at} mixes up prepared statements: {words}; set \
             it to session mode, or PgBouncer from 1.21 on to max_prepared_statements above zero"
        );
    }
    if error.code() != Some(&SqlState::INSUFFICIENT_PRIVILEGE) {
        return format!("the tables in PostgreSQL at {at} cannot be made: {words}");
    }
    let (user, database) =
        (server.get_user().unwrap_or_default(), server.get_dbname().unwrap_or_default());
    format!(
        "the user {user:?} may not make tables in the database {database:?} of PostgreSQL at {at}: \
         {words}; make it theirs: ALTER DATABASE {database} OWNER TO {user}"
    )
}

/// Nobody took the connection within the time given.
pub(super) fn no_answer(server: &Config) -> String {
    format!("PostgreSQL at {} does not answer; {REACH}", host_of(server))
}

const REACH: &str = "start it, or correct the host and the port in COUNTERSIGN_DATABASE_URL";
