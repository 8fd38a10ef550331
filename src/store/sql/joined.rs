//! Several of the other statements in one, for an engine that is a network away. The parts of one
//! statement see the database as it was when it began, none of the others' changes: what must see what
//! was committed meanwhile is a statement of its own.

macro_rules! spend {
    ($more:expr) => {
        concat!(
            "WITH spent AS (UPDATE codes SET spent = TRUE WHERE digest = $1 AND spent = FALSE \
             RETURNING client_id)",
            $more,
            " SELECT grant_id, EXISTS (SELECT 1 FROM spent) FROM codes WHERE digest = $1"
        )
    };
}

/// Spends a code, `$1`. One row when there is such a code: the grant it opens, and whether it was
/// unspent.
///
/// Of any number of callers the first locks the code; the others then find it spent.
pub(in crate::store) const SPEND_ONLY: &str = spend!("");
/// The same, opens its grant, `$2` to `$21`, and has its client live until `$22` at least.
pub(in crate::store) const SPEND_OPEN_AND_PROLONG: &str = spend!(concat!(
    ", opened AS (INSERT INTO grants (",
    grant!(),
    ", ends_at) SELECT $2::BYTEA, $3::TEXT, $4::TEXT, $5::TEXT, $6::TEXT, $7::TEXT, $8::TEXT, \
     $9::TEXT, $10::TEXT, $11::BIGINT, $12::BIGINT, $13::BYTEA, $14::BYTEA, $15::BYTEA, \
     $16::BIGINT, $17::BIGINT, $18::BIGINT, $19::BIGINT, $20::BIGINT, $21::BIGINT FROM spent), \
     used AS (UPDATE clients SET expires_at = $22 \
     WHERE id IN (SELECT client_id FROM spent) AND expires_at < $22)"
));
/// Reads a sign-in and ends it.
pub(in crate::store) const TAKE_SIGN_IN: &str =
    concat!("DELETE FROM ", sign_in!(), " RETURNING sealed, expires_at");
/// `$1` to `$14` is the code, `$15` to `$20` the consent.
pub(in crate::store) const PUT_CODE_AND_CONSENT: &str = concat!(
    "WITH code AS (INSERT INTO codes (",
    code!(),
    ", spent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, FALSE)) \
     INSERT INTO consents (user_id, client_id, server_id, redirect_host, scopes, agreed_at) \
     VALUES ($15, $16, $17, $18, $19, $20) \
     ON CONFLICT (user_id, client_id, server_id, redirect_host) DO UPDATE SET \
     scopes = excluded.scopes, agreed_at = excluded.agreed_at"
);
/// After its codes are gone, `$1` is the client, `$2` the time.
pub(in crate::store) const END_CLIENT: &str = "WITH forgotten AS (DELETE FROM consents WHERE client_id = $1), \
     revoked AS (UPDATE grants SET revoked_at = $2 WHERE client_id = $1 AND revoked_at IS NULL) \
     DELETE FROM clients WHERE id = $1";

/// `$1` to `$7` is the identity, `$8` to `$12` what is new about its user. The row of the identity is
/// locked either way, so that parallel first sign-ins agree on one user.
pub(in crate::store) const ADMIT: &str = concat!(
    "WITH held AS (INSERT INTO identities (",
    identity!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (provider_id, issuer, subject) DO UPDATE \
     SET claims = excluded.claims, seen_at = excluded.seen_at RETURNING user_id) \
     INSERT INTO users (",
    user!(),
    ") SELECT user_id, $8::TEXT, $9::TEXT, $10::BOOLEAN, $11::BIGINT, $12::BIGINT FROM held \
     ON CONFLICT (id) DO UPDATE SET \
     name = excluded.name, email = excluded.email, seen_at = excluded.seen_at RETURNING ",
    user!()
);
/// After their codes are gone, `$1` is the person, `$2` the time.
pub(in crate::store) const END_PERSON: &str = "WITH ended AS (DELETE FROM sessions WHERE user_id = $1) \
     UPDATE grants SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL";
/// After its codes are gone, `$1` is the person, `$2` the client, `$3` the time.
pub(in crate::store) const END_APP: &str = "WITH forgotten AS (DELETE FROM consents WHERE user_id = $1 AND client_id = $2) \
     UPDATE grants SET revoked_at = $3 \
     WHERE user_id = $1 AND client_id = $2 AND revoked_at IS NULL";
/// `$1` is the time, `$2` to `$4` the identity.
pub(in crate::store) const END_IDENTITY: &str = "WITH ended AS \
    (DELETE FROM sessions WHERE provider_id = $2 AND issuer = $3 AND subject = $4) \
    UPDATE grants SET revoked_at = $1 \
    WHERE provider_id = $2 AND issuer = $3 AND subject = $4 AND revoked_at IS NULL";
/// Whoever takes one of a person's identities away waits here for the others who do.
pub(in crate::store) const LOCK_IDENTITIES_OF: &str = "SELECT subject FROM identities \
    WHERE user_id = $1 ORDER BY provider_id, issuer, subject FOR UPDATE";
/// `$1` is the time, `$2` to `$4` the identity, `$5` its user. A row when it was taken.
pub(in crate::store) const UNLINK: &str = "WITH gone AS (DELETE FROM identities \
    WHERE provider_id = $2 AND issuer = $3 AND subject = $4 AND user_id = $5 \
    AND (SELECT COUNT(*) FROM identities i WHERE i.user_id = $5) > 1 RETURNING user_id), \
    ended AS (DELETE FROM sessions WHERE provider_id = $2 AND issuer = $3 AND subject = $4 \
    AND EXISTS (SELECT 1 FROM gone)), \
    revoked AS (UPDATE grants SET revoked_at = $1 WHERE provider_id = $2 AND issuer = $3 \
    AND subject = $4 AND revoked_at IS NULL AND EXISTS (SELECT 1 FROM gone)) \
    SELECT user_id FROM gone";
/// Whoever adds to what a person has a limited number of waits here for the others who do, and for who ends
/// all of it.
pub(in crate::store) const LOCK_USER: &str = "SELECT id FROM users WHERE id = $1 FOR UPDATE";

/// `$1` to `$5` is the token, `$6` to `$25` its grant.
pub(in crate::store) const PUT_PERSONAL_TOKEN_AND_GRANT: &str = concat!(
    "WITH token AS (INSERT INTO personal_tokens \
     (digest, grant_id, name, created_at, lapses_at) VALUES ($1, $2, $3, $4, $5)) \
     INSERT INTO grants (",
    grant!(),
    ", ends_at) VALUES ($6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, \
     $21, $22, $23, $24, $25)"
);
/// Everything of [`super::nodes::ENDED_BY_AN_EPOCH`].
pub(in crate::store) const EMPTY_FOR_AN_EPOCH: &str = "TRUNCATE grants, codes, sessions, \
    sign_ins, opaque_tokens, personal_tokens, signing_keys, leases";

#[cfg(test)]
mod tests {
    use super::{super::nodes::ENDED_BY_AN_EPOCH, EMPTY_FOR_AN_EPOCH};

    #[test]
    fn an_epoch_ends_the_same_on_every_engine() {
        let tables = ENDED_BY_AN_EPOCH.map(|sql| sql.trim_start_matches("DELETE FROM "));
        assert_eq!(EMPTY_FOR_AN_EPOCH, format!("TRUNCATE {}", tables.join(", ")));
    }
}
