//! The verbs about issued tokens over one connection.

use async_trait::async_trait;
use rusqlite::{Connection, params};

use super::{
    Sqlite,
    rows::{self, all, one, run},
    verbs,
};
use crate::{
    engine::record::{OpaqueToken, PersonalToken},
    protocol::{access::AccessClaims, id::UserId, secret::Digest},
    store::{Issued, StoreError, sql::issued as sql},
};

#[async_trait]
impl Issued for Sqlite {
    async fn put_opaque_token(&self, token: &OpaqueToken) -> Result<(), StoreError> {
        let token = token.clone();
        let work = move |db: &Connection| {
            let OpaqueToken { digest, claims } = &token;
            let (id, text, end) = (claims.grant_id, verbs::json(claims)?, claims.exp.unix());
            let row = params![digest.as_bytes(), id.as_bytes(), text, end];
            run(db, sql::PUT_OPAQUE_TOKEN, row).map(drop)
        };
        self.writer.run(work).await
    }

    async fn opaque_token(&self, digest: &Digest) -> Result<Option<AccessClaims>, StoreError> {
        let digest = *digest;
        let work = move |db: &Connection| {
            one(db, sql::OPAQUE_TOKEN, [digest.as_bytes()], rows::access_claims)
        };
        self.read(work).await
    }

    async fn put_personal_token(&self, token: &PersonalToken) -> Result<(), StoreError> {
        let token = token.clone();
        self.writer.run(move |db| put_personal_token(db, &token)).await
    }

    async fn personal_token(&self, digest: &Digest) -> Result<Option<PersonalToken>, StoreError> {
        let digest = *digest;
        let work = move |db: &Connection| {
            one(db, sql::PERSONAL_TOKEN, [digest.as_bytes()], rows::personal_token)
        };
        self.read(work).await
    }

    async fn personal_tokens(&self, of: Option<&UserId>) -> Result<Vec<PersonalToken>, StoreError> {
        let of = of.cloned();
        let work = move |db: &Connection| match &of {
            Some(user) => all(db, sql::PERSONAL_TOKENS_OF, [user.as_str()], rows::personal_token),
            None => all(db, sql::PERSONAL_TOKENS, [], rows::personal_token),
        };
        self.read_all(work).await
    }
}

fn put_personal_token(db: &Connection, token: &PersonalToken) -> Result<(), StoreError> {
    let grant = &token.grant;
    let row = params![
        token.digest.as_bytes(),
        grant.id.as_bytes(),
        token.name,
        token.created_at.unix(),
        grant.expires_at.unix(),
    ];
    run(db, sql::PUT_PERSONAL_TOKEN, row)?;
    verbs::put_grant(db, grant)
}
