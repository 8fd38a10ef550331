//! The statements about keys and what is sealed.

macro_rules! signing_key {
    () => {
        "id, algorithm, generation, sealed, created_at, active_at, retired_at"
    };
}

pub(in crate::store) const SIGNING_KEYS: &str =
    concat!("SELECT ", signing_key!(), " FROM signing_keys ORDER BY created_at, generation, id");
/// The index over algorithm and generation is the gate.
pub(in crate::store) const PUT_SIGNING_KEY: &str = concat!(
    "INSERT INTO signing_keys (",
    signing_key!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING"
);
pub(in crate::store) const ACTIVATE_SIGNING_KEY: &str =
    "UPDATE signing_keys SET active_at = $1 WHERE id = $2 AND active_at > $1";
pub(in crate::store) const REMOVE_SIGNING_KEY: &str = "DELETE FROM signing_keys WHERE id = $1";
pub(in crate::store) const RESEAL_SIGNING_KEY: &str =
    "UPDATE signing_keys SET sealed = $1 WHERE id = $2 AND sealed = $3";

pub(in crate::store) const IDENTITIES_AFTER: &str = concat!(
    "SELECT ",
    identity!(),
    " FROM identities WHERE (provider_id, issuer, subject) > ($1, $2, $3) \
     ORDER BY provider_id, issuer, subject LIMIT $4"
);
pub(in crate::store) const RESEAL_CLAIMS: &str = "UPDATE identities SET claims = $1 \
    WHERE provider_id = $2 AND issuer = $3 AND subject = $4 AND claims = $5";
