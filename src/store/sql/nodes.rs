//! The statements by which nodes agree.

/// One row whatever the interleaving: it changes hands only when it lapsed.
pub(in crate::store) const LEASE: &str = "INSERT INTO leases (name, holder, until) \
    VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET \
    holder = excluded.holder, until = excluded.until \
    WHERE leases.until < $4 OR leases.holder = excluded.holder";
pub(in crate::store) const RELEASE: &str = "DELETE FROM leases WHERE name = $1 AND holder = $2";
pub(in crate::store) const LEASED_UNTIL: &str = "SELECT until FROM leases WHERE name = $1";

pub(in crate::store) const EPOCH: &str =
    "SELECT number, began_at FROM epochs ORDER BY number DESC LIMIT 1";
pub(in crate::store) const BEGIN_EPOCH: &str = "INSERT INTO epochs (number, began_at) \
    SELECT COALESCE(MAX(number), 0) + 1, CAST($1 AS BIGINT) FROM epochs RETURNING number, began_at";
/// What an epoch ends. Whether one of these rows was revoked, spent or rotated after the backup that
/// was restored, nobody can tell.
pub(in crate::store) const ENDED_BY_AN_EPOCH: [&str; 8] = [
    "DELETE FROM grants",
    "DELETE FROM codes",
    "DELETE FROM sessions",
    "DELETE FROM sign_ins",
    "DELETE FROM opaque_tokens",
    "DELETE FROM personal_tokens",
    "DELETE FROM signing_keys",
    "DELETE FROM leases",
];
