//! The statements about people: identities, signed-in browsers, and what they allowed.

macro_rules! session {
    () => {
        "digest, user_id, provider_id, issuer, subject, auth_time, label, created_at, seen_at, \
         expires_at, ends_at"
    };
}

macro_rules! consent {
    () => {
        "user_id, client_id, server_id, redirect_host, scopes, agreed_at"
    };
}

pub(in crate::store) const ADMIT_IDENTITY: &str = concat!(
    "INSERT INTO identities (",
    identity!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (provider_id, issuer, subject) DO UPDATE \
     SET claims = excluded.claims, seen_at = excluded.seen_at"
);
pub(in crate::store) const USER_OF_IDENTITY: &str =
    "SELECT user_id FROM identities WHERE provider_id = $1 AND issuer = $2 AND subject = $3";
/// Changes nothing when the identity is somebody else's.
pub(in crate::store) const LINK_IDENTITY: &str = concat!(
    "INSERT INTO identities (",
    identity!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (provider_id, issuer, subject) DO UPDATE \
     SET claims = excluded.claims, seen_at = excluded.seen_at \
     WHERE identities.user_id = excluded.user_id"
);
pub(in crate::store) const HOLD_CLAIMS: &str = "UPDATE identities SET claims = $1 \
    WHERE provider_id = $2 AND issuer = $3 AND subject = $4";
pub(in crate::store) const IDENTITY: &str = concat!(
    "SELECT ",
    identity!(),
    " FROM identities WHERE provider_id = $1 AND issuer = $2 AND subject = $3"
);
pub(in crate::store) const IDENTITIES_OF: &str = concat!(
    "SELECT ",
    identity!(),
    " FROM identities WHERE user_id = $1 ORDER BY created_at, provider_id, issuer, subject"
);
/// Never the last one: a person without an identity could never come back.
pub(in crate::store) const UNLINK_IDENTITY: &str = "DELETE FROM identities \
    WHERE provider_id = $1 AND issuer = $2 AND subject = $3 AND user_id = $4 \
    AND (SELECT COUNT(*) FROM identities i WHERE i.user_id = $4) > 1";
pub(in crate::store) const END_SESSIONS_OF_IDENTITY: &str =
    "DELETE FROM sessions WHERE provider_id = $1 AND issuer = $2 AND subject = $3";
pub(in crate::store) const REVOKE_GRANTS_OF_IDENTITY: &str = "UPDATE grants SET revoked_at = $1 \
    WHERE provider_id = $2 AND issuer = $3 AND subject = $4 AND revoked_at IS NULL";

pub(in crate::store) const ADMIT_USER: &str = concat!(
    "INSERT INTO users (",
    user!(),
    ") VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET \
     name = excluded.name, email = excluded.email, seen_at = excluded.seen_at"
);
pub(in crate::store) const USER: &str = concat!("SELECT ", user!(), " FROM users WHERE id = $1");
pub(in crate::store) const USERS: &str =
    concat!("SELECT ", user!(), " FROM users ORDER BY seen_at DESC, id");
pub(in crate::store) const DISABLE_USER: &str = "UPDATE users SET disabled = $1 WHERE id = $2";

pub(in crate::store) const PUT_SESSION: &str = concat!(
    "INSERT INTO sessions (",
    session!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
);
pub(in crate::store) const SESSION: &str =
    concat!("SELECT ", session!(), " FROM sessions WHERE digest = $1 AND ends_at > $2");
pub(in crate::store) const SESSIONS_OF: &str = concat!(
    "SELECT ",
    session!(),
    " FROM sessions WHERE user_id = $1 AND ends_at > $2 ORDER BY seen_at DESC, digest"
);
pub(in crate::store) const TOUCH_SESSION: &str =
    "UPDATE sessions SET seen_at = $1, ends_at = $2 WHERE digest = $3";
/// A person has so many browsers and not more; the ones used longest ago go. Who was locked out meanwhile
/// has none.
pub(in crate::store) const END_SURPLUS_SESSIONS: &str = "DELETE FROM sessions \
    WHERE user_id = $1 AND (digest NOT IN (SELECT digest FROM sessions s WHERE s.user_id = $1 \
    ORDER BY s.seen_at DESC, s.created_at DESC, s.digest LIMIT 20) \
    OR EXISTS (SELECT 1 FROM users WHERE id = $1 AND disabled = TRUE))";
pub(in crate::store) const END_SESSION: &str = "DELETE FROM sessions WHERE digest = $1";
pub(in crate::store) const END_SESSIONS_OF: &str = "DELETE FROM sessions WHERE user_id = $1";

pub(in crate::store) const CONSENT: &str = concat!(
    "SELECT ",
    consent!(),
    " FROM consents WHERE user_id = $1 AND client_id = $2 AND server_id = $3 AND redirect_host = $4"
);
pub(in crate::store) const CONSENTS_OF: &str = concat!(
    "SELECT ",
    consent!(),
    " FROM consents WHERE user_id = $1 ORDER BY agreed_at DESC, client_id, server_id, redirect_host"
);
pub(in crate::store) const GRANTS_OF: &str = concat!(
    "SELECT ",
    grant!(),
    " FROM grants WHERE user_id = $1 AND revoked_at IS NULL AND idle_at > $2 AND expires_at > $2 \
     AND NOT EXISTS (SELECT 1 FROM personal_tokens p WHERE p.grant_id = grants.id) \
     ORDER BY rotated_at DESC, id"
);
pub(in crate::store) const REVOKE_GRANTS_OF: &str =
    "UPDATE grants SET revoked_at = $1 WHERE user_id = $2 AND revoked_at IS NULL";
pub(in crate::store) const REMOVE_LIVE_CODES_OF: &str =
    "DELETE FROM codes WHERE user_id = $1 AND spent = FALSE AND expires_at > $2";
pub(in crate::store) const REVOKE_GRANTS_OF_APP: &str = "UPDATE grants SET revoked_at = $1 \
    WHERE user_id = $2 AND client_id = $3 AND revoked_at IS NULL";
pub(in crate::store) const REMOVE_LIVE_CODES_OF_APP: &str = "DELETE FROM codes \
    WHERE user_id = $1 AND client_id = $2 AND spent = FALSE AND expires_at > $3";
pub(in crate::store) const REMOVE_CONSENTS_OF_APP: &str =
    "DELETE FROM consents WHERE user_id = $1 AND client_id = $2";
