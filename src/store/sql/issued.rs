//! The statements about issued tokens.

macro_rules! personal_tokens {
    ($and:literal) => {
        concat!(
            "SELECT digest, name, created_at, ",
            grant!(),
            " FROM personal_tokens JOIN grants ON id = grant_id ",
            $and
        )
    };
}

pub(in crate::store) const PUT_OPAQUE_TOKEN: &str = "INSERT INTO opaque_tokens \
    (digest, grant_id, claims, expires_at) VALUES ($1, $2, $3, $4)";
pub(in crate::store) const OPAQUE_TOKEN: &str = "SELECT claims FROM opaque_tokens \
    WHERE digest = $1 AND NOT EXISTS (SELECT 1 FROM grants g \
    WHERE g.id = opaque_tokens.grant_id AND g.revoked_at IS NOT NULL)";

pub(in crate::store) const PUT_PERSONAL_TOKEN: &str = "INSERT INTO personal_tokens \
    (digest, grant_id, name, created_at, lapses_at) VALUES ($1, $2, $3, $4, $5)";
pub(in crate::store) const PERSONAL_TOKEN: &str = personal_tokens!("WHERE digest = $1");
pub(in crate::store) const PERSONAL_TOKENS: &str =
    personal_tokens!("ORDER BY created_at DESC, digest");
pub(in crate::store) const PERSONAL_TOKENS_OF: &str =
    personal_tokens!("WHERE user_id = $1 ORDER BY created_at DESC, digest");
