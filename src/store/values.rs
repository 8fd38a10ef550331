//! Records to the values of a statement, one list for every engine, each in the order in which the
//! statements of [`super::sql`] name its columns.

mod value;

use serde::Serialize;

pub(super) use self::value::{Value, Values, values};
use super::{Resealed, StoreError, sql};
use crate::{
    ambient::Timestamp,
    engine::record::{
        Authorization, Client, ClientKind, Code, Consent, Grant, HeldIdentity, IdentityKey,
        OpaqueToken, PersonalToken, Session, SignIn, SigningKeyRecord, User,
    },
    protocol::id::{ClientId, UserId},
};

pub(super) fn client(client: &Client) -> Result<Values<'_>, StoreError> {
    Ok(Values::from(values![
        client.id.as_str(),
        kind(client.kind),
        &client.name,
        client.uri.as_ref(),
        json(&client.redirect_uris)?,
        json(&client.auth_methods)?,
        client.secret.as_ref(),
        client.keys.as_ref().map(json).transpose()?,
        client.refreshes,
        client.created_at,
        client.expires_at,
    ]))
}

fn kind(kind: ClientKind) -> &'static str {
    match kind {
        ClientKind::PreRegistered => "pre_registered",
        ClientKind::Dynamic => "dynamic",
        ClientKind::Document => "document",
    }
}

pub(super) fn sign_in(sign_in: &SignIn) -> Values<'_> {
    Values::from(values![
        &sign_in.state,
        &sign_in.browser,
        sign_in.provider.as_str(),
        &sign_in.sealed,
        sign_in.expires_at,
    ])
}

pub(super) fn code(code: &Code) -> Values<'_> {
    let mut values = Values::from(values![&code.digest, &code.grant]);
    values.extend(authorization(&code.authorization));
    values.extend(values![&code.redirect_uri, code.challenge.as_str(), code.expires_at]);
    values
}

pub(super) fn code_and_consent<'a>(code: &'a Code, agreed: &'a Consent) -> Values<'a> {
    let mut values = self::code(code);
    values.extend(consent(agreed));
    values
}

pub(super) fn consent(consent: &Consent) -> Values<'_> {
    Values::from(values![
        consent.user.as_str(),
        consent.client.as_str(),
        consent.server.as_str(),
        &consent.redirect_host,
        consent.scopes.to_string(),
        consent.at,
    ])
}

pub(super) fn grant(grant: &Grant) -> Values<'_> {
    let mut values = Values::from(values![&grant.id]);
    values.extend(authorization(&grant.authorization));
    values.extend(values![
        grant.generation,
        grant.current.as_ref(),
        grant.previous.as_ref(),
        grant.successor.as_ref(),
        grant.graces,
        grant.rotated_at,
        grant.idle_at,
        grant.expires_at,
        grant.revoked_at,
        end(grant),
    ]);
    values
}

/// The statement that moves a grant on, and its values: the new state, and where the grant has to stand at.
pub(super) fn swapped<'a>(before: &'a Grant, after: &'a Grant) -> (&'static str, Values<'a>) {
    let mut values = Values::from(values![
        after.authorization.scopes.to_string(),
        after.generation,
        after.current.as_ref(),
        after.previous.as_ref(),
        after.successor.as_ref(),
        after.graces,
        after.rotated_at,
        after.idle_at,
    ]);
    let sql = if end(before) == end(after) {
        sql::SWAP_GRANT
    } else {
        values.extend(values![end(after)]);
        sql::SWAP_GRANT_AND_END
    };
    values.extend(values![&before.id, before.generation, before.graces]);
    (sql, values)
}

/// When a grant counts as ended for those who remove it: the next time of day that is its own, so that
/// refreshing it again and again moves it in the index once a day, and grants of one day do not go at once.
/// That is half a day from the time of its making: however long their codes lay unspent, new grants stand
/// side by side in the index. (An older program wrote the moment itself, or took another time of day.)
fn end(grant: &Grant) -> Timestamp {
    let end = grant.idle_at.min(grant.expires_at).unix();
    let own = i64::try_from(grant.id.millis() / 1000).unwrap_or_default() + sql::DAY / 2;
    Timestamp::from_unix(end.saturating_add(own.saturating_sub(end).rem_euclid(sql::DAY)))
}

fn authorization(what: &Authorization) -> Values<'_> {
    Values::from(values![
        what.user.as_str(),
        what.client.as_str(),
        what.server.as_str(),
        what.resource.as_str(),
        what.scopes.to_string(),
        what.identity.provider.as_str(),
        &what.identity.issuer,
        &what.identity.subject,
        what.auth_time,
    ])
}

pub(super) fn signing_key(key: &SigningKeyRecord) -> Values<'_> {
    Values::from(values![
        key.id.as_str(),
        &key.algorithm,
        key.generation,
        &key.sealed,
        key.created_at,
        key.active_at,
        key.retired_at,
    ])
}

/// An identity of this user, as it stands after a sign-in.
pub(super) fn identity(held: &HeldIdentity) -> Values<'_> {
    let mut values = identity_key(&held.key);
    values
        .extend(values![held.user.as_str(), held.claims.as_ref(), held.created_at, held.seen_at,]);
    values
}

pub(super) fn identity_key(key: &IdentityKey) -> Values<'_> {
    Values::from(values![key.provider.as_str(), &key.issuer, &key.subject])
}

/// An identity's new claims.
pub(super) fn claims<'a>(claims: &'a [u8], key: &'a IdentityKey) -> Values<'a> {
    let mut values = Values::from(values![claims]);
    values.extend(identity_key(key));
    values
}

/// When what came by an identity ends.
pub(super) fn ended(now: Timestamp, key: &IdentityKey) -> Values<'_> {
    let mut values = Values::from(values![now]);
    values.extend(identity_key(key));
    values
}

/// Claims as they are to be, whose they are, and how they have to stand until then.
pub(super) fn resealed(resealed: &Resealed) -> Values<'_> {
    let mut values = claims(&resealed.after, &resealed.key);
    values.extend(values![&resealed.before]);
    values
}

/// Where a page of identities begins. No identity has an empty provider: the first ones come after that.
pub(super) fn after(last: Option<&IdentityKey>, most: u32) -> Values<'_> {
    let mut values = last.map_or_else(|| Values::from(values!["", "", ""]), identity_key);
    values.extend(values![most]);
    values
}

/// An identity, if it is this user's.
pub(super) fn identity_of<'a>(key: &'a IdentityKey, user: &'a UserId) -> Values<'a> {
    let mut values = identity_key(key);
    values.extend(values![user.as_str()]);
    values
}

/// What a client presents, and when.
pub(super) fn presented<'a>(
    client: Option<&'a ClientId>,
    now: Timestamp,
    record: impl Into<Value<'a>>,
) -> [Value<'a>; 3] {
    values![client.map(ClientId::as_str), now, record.into()]
}

/// What a sign-in says of a person, but for the id, which their identity may know better.
pub(super) fn person(user: &User) -> Values<'_> {
    Values::from(values![
        user.name.as_ref(),
        user.email.as_ref(),
        user.disabled,
        user.created_at,
        user.seen_at
    ])
}

pub(super) fn session(session: &Session) -> Values<'_> {
    let mut values = Values::from(values![&session.digest, session.user.as_str()]);
    values.extend(identity_key(&session.identity));
    values.extend(values![
        session.auth_time,
        &session.label,
        session.created_at,
        session.seen_at,
        session.expires_at,
        session.ends_at,
    ]);
    values
}

pub(super) fn opaque_token(token: &OpaqueToken) -> Result<Values<'_>, StoreError> {
    let OpaqueToken { digest, claims } = token;
    Ok(Values::from(values![digest, &claims.grant_id, json(claims)?, claims.exp]))
}

pub(super) fn personal_token(token: &PersonalToken) -> Values<'_> {
    let PersonalToken { digest, name, created_at, grant } = token;
    Values::from(values![digest, &grant.id, name, *created_at, grant.expires_at])
}

fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|cause| StoreError::Unavailable(cause.to_string()))
}
