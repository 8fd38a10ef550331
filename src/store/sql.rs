//! The statements of the store, one set for every engine: `$1 … $n` numbered in the order of first
//! use (SQLite numbers them so itself), and only what SQLite and PostgreSQL both understand.
//!
//! A change that is made at every sign-in or token request returns no rows: for those SQLite makes a table
//! of its own, which costs more than the change.

macro_rules! authorization {
    () => {
        "user_id, client_id, server_id, resource, scopes, provider_id, issuer, subject, auth_time"
    };
}

macro_rules! client {
    () => {
        "id, kind, name, uri, redirect_uris, auth_methods, secret, keys, refreshes, created_at, \
         expires_at"
    };
}

/// A client written again keeps the later end of the two; none is the latest.
macro_rules! later_end {
    () => {
        "expires_at = CASE WHEN clients.expires_at IS NULL \
         OR clients.expires_at > excluded.expires_at \
         THEN clients.expires_at ELSE excluded.expires_at END"
    };
}

macro_rules! user {
    () => {
        "id, name, email, disabled, created_at, seen_at"
    };
}

macro_rules! identity {
    () => {
        "provider_id, issuer, subject, user_id, claims, created_at, seen_at"
    };
}

/// The one whose state, browser and provider agree, unless it lapsed.
macro_rules! sign_in {
    () => {
        "sign_ins WHERE state = $1 AND browser = $2 AND provider_id = $3 AND expires_at > $4"
    };
}

macro_rules! code {
    () => {
        concat!("digest, grant_id, ", authorization!(), ", redirect_uri, challenge, expires_at")
    };
}

macro_rules! grant {
    () => {
        concat!(
            "id, ",
            authorization!(),
            ", generation, current, previous, successor, graces, rotated_at, idle_at, expires_at, \
             revoked_at"
        )
    };
}

macro_rules! swap {
    () => {
        swap!("$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8")
    };
    (
        $scopes:literal, $generation:literal, $current:literal, $previous:literal,
        $successor:literal, $graces:literal, $rotated_at:literal, $idle_at:literal
    ) => {
        concat!(
            "UPDATE grants SET scopes = ",
            $scopes,
            ", generation = ",
            $generation,
            ", current = ",
            $current,
            ", previous = ",
            $previous,
            ", successor = ",
            $successor,
            ", graces = ",
            $graces,
            ", rotated_at = ",
            $rotated_at,
            ", idle_at = ",
            $idle_at
        )
    };
}

macro_rules! sweep {
    ($table:literal, $key:literal, $end:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " WHERE ",
            $key,
            " IN (SELECT ",
            $key,
            " FROM ",
            $table,
            " WHERE ",
            $end,
            " < $1 ORDER BY ",
            $end,
            // Once more: it may have been prolonged while its turn came. The `+` keeps SQLite from going
            // by this index here.
            " LIMIT $2) AND +",
            $end,
            " < $1"
        )
    };
}

pub(super) mod gathered;
pub(super) mod issued;
pub(super) mod joined;
pub(super) mod keyring;
pub(super) mod moves;
pub(super) mod nodes;
pub(super) mod people;
pub(super) mod presented;

pub(super) const PUT_CLIENT: &str = concat!(
    "INSERT INTO clients (",
    client!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO UPDATE SET \
     kind = excluded.kind, name = excluded.name, uri = excluded.uri, \
     redirect_uris = excluded.redirect_uris, auth_methods = excluded.auth_methods, \
     secret = excluded.secret, keys = excluded.keys, refreshes = excluded.refreshes, \
     created_at = excluded.created_at, ",
    later_end!()
);
pub(super) const REGISTER_CLIENT: &str = concat!(
    "INSERT INTO clients (",
    client!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO UPDATE SET ",
    later_end!(),
    " RETURNING ",
    client!()
);
pub(super) const CLIENT: &str = concat!(
    "SELECT ",
    client!(),
    " FROM clients WHERE id = $1 AND (expires_at IS NULL OR expires_at > $2)"
);
pub(super) const CLIENTS: &str =
    concat!("SELECT ", client!(), " FROM clients ORDER BY created_at DESC, id");
pub(super) const REMOVE_CLIENT: &str = "DELETE FROM clients WHERE id = $1";
pub(super) const REMOVE_CONSENTS_OF_CLIENT: &str = "DELETE FROM consents WHERE client_id = $1";
pub(super) const REMOVE_LIVE_CODES_OF_CLIENT: &str =
    "DELETE FROM codes WHERE client_id = $1 AND spent = FALSE AND expires_at > $2";
pub(super) const REVOKE_GRANTS_OF_CLIENT: &str =
    "UPDATE grants SET revoked_at = $1 WHERE client_id = $2 AND revoked_at IS NULL";
/// The client whose code it was. Use prolongs a life and never shortens it.
pub(super) const CLIENT_USED: &str = "UPDATE clients SET expires_at = $1 \
    WHERE id = (SELECT client_id FROM codes WHERE digest = $2) AND expires_at < $1";

pub(super) const PUT_SIGN_IN: &str = "INSERT INTO sign_ins \
    (state, browser, provider_id, sealed, expires_at) VALUES ($1, $2, $3, $4, $5)";
pub(super) const SIGN_IN: &str = concat!("SELECT sealed, expires_at FROM ", sign_in!());
pub(super) const END_SIGN_IN: &str = "DELETE FROM sign_ins WHERE state = $1";

pub(super) const PUT_CODE: &str = concat!(
    "INSERT INTO codes (",
    code!(),
    ", spent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, FALSE)"
);
pub(super) const PUT_CONSENT: &str = "INSERT INTO consents \
    (user_id, client_id, server_id, redirect_host, scopes, agreed_at) \
    VALUES ($1, $2, $3, $4, $5, $6) \
    ON CONFLICT (user_id, client_id, server_id, redirect_host) DO UPDATE SET \
    scopes = excluded.scopes, agreed_at = excluded.agreed_at";
pub(super) const CODE: &str = concat!("SELECT ", code!(), " FROM codes WHERE digest = $1");
/// The single gate against replay: of any number of callers one changes it.
pub(super) const SPEND: &str = "UPDATE codes SET spent = TRUE WHERE digest = $1 AND spent = FALSE";
pub(super) const GRANT_OF_CODE: &str = "SELECT grant_id FROM codes WHERE digest = $1";

pub(super) const PUT_GRANT: &str = concat!(
    "INSERT INTO grants (",
    grant!(),
    ", ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, \
     $17, $18, $19, $20)"
);
pub(super) const GRANT: &str = concat!("SELECT ", grant!(), " FROM grants WHERE id = $1");
/// Leaves every indexed column alone.
pub(super) const SWAP_GRANT: &str =
    concat!(swap!(), " WHERE id = $9 AND generation = $10 AND graces = $11 AND revoked_at IS NULL");
pub(super) const SWAP_GRANT_AND_END: &str = concat!(
    swap!(),
    ", ends_at = $9 WHERE id = $10 AND generation = $11 AND graces = $12 AND revoked_at IS NULL"
);
pub(super) const REVOKE_GRANT: &str =
    "UPDATE grants SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL";
pub(super) const REVOKED_SINCE: &str =
    "SELECT id FROM grants WHERE revoked_at >= $1 ORDER BY revoked_at, id";

pub(super) const ONCE: &str = "INSERT INTO spent_digests (digest, expires_at) VALUES ($1, $2) \
    ON CONFLICT (digest) DO NOTHING";

pub(super) const PROBE: &str = "INSERT INTO probes (id, probed_at) VALUES (1, $1) \
    ON CONFLICT (id) DO UPDATE SET probed_at = excluded.probed_at";

/// A sweep of one table.
pub(super) struct Sweep {
    /// Deletes what ended before `$1`, `$2` rows at most.
    pub(super) sql: &'static str,
    /// For how many seconds a row is kept after its end.
    pub(super) kept: i64,
}

/// What is swept, in this order, and how long it is kept:
///
/// - Sign-ins, sessions and clients: not at all. Their verbs refuse them from the moment they lapse.
/// - Single-use digests: one hour, so that a leeway between clocks never outlives the memory of a use.
/// - Codes: 24 h, spent or not, so that a replay is still told from an invention.
/// - Grants: 24 to 48 h after they ended for lack of use or in any case. A revoked grant stays as long as
///   an unrevoked one: every token of it has lapsed before its revocation is forgotten.
/// - Opaque tokens: one hour, for the leeway of guards. Personal ones: 24 h.
pub(super) const SWEEPS: [Sweep; 8] = [
    Sweep { sql: sweep!("sign_ins", "state", "expires_at"), kept: 0 },
    Sweep { sql: sweep!("sessions", "digest", "ends_at"), kept: 0 },
    Sweep { sql: sweep!("spent_digests", "digest", "expires_at"), kept: HOUR },
    Sweep { sql: sweep!("opaque_tokens", "digest", "expires_at"), kept: HOUR },
    Sweep { sql: sweep!("personal_tokens", "digest", "lapses_at"), kept: DAY },
    Sweep { sql: sweep!("codes", "digest", "expires_at"), kept: DAY },
    Sweep { sql: sweep!("grants", "id", "ends_at"), kept: DAY },
    Sweep { sql: sweep!("clients", "id", "expires_at"), kept: 0 },
];

const HOUR: i64 = 60 * 60;
pub(super) const DAY: i64 = 24 * HOUR;
