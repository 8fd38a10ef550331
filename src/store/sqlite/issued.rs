//! The verbs about issued tokens over one connection.

use async_trait::async_trait;
use rusqlite::Connection;

use super::{
    Sqlite,
    ask::{all, one, run},
    verbs,
};
use crate::{
    engine::record::{OpaqueToken, PersonalToken},
    protocol::{access::AccessClaims, id::UserId, secret::Digest},
    store::{
        Issued, StoreError, rows,
        sql::issued as sql,
        values::{self, values},
    },
};

#[async_trait]
impl Issued for Sqlite {
    async fn put_opaque_token(&self, token: &OpaqueToken) -> Result<(), StoreError> {
        let token = token.clone();
        let work = move |db: &Connection| {
            run(db, sql::PUT_OPAQUE_TOKEN, &values::opaque_token(&token)?).map(drop)
        };
        self.writer.run(work).await
    }

    async fn opaque_token(&self, digest: &Digest) -> Result<Option<AccessClaims>, StoreError> {
        let digest = *digest;
        let work = move |db: &Connection| {
            one(db, sql::OPAQUE_TOKEN, &values![&digest], rows::access_claims)
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
            one(db, sql::PERSONAL_TOKEN, &values![&digest], rows::personal_token)
        };
        self.read(work).await
    }

    async fn personal_tokens(&self, of: Option<&UserId>) -> Result<Vec<PersonalToken>, StoreError> {
        let of = of.cloned();
        let work = move |db: &Connection| match &of {
            Some(user) => {
                all(db, sql::PERSONAL_TOKENS_OF, &values![user.as_str()], rows::personal_token)
            }
            None => all(db, sql::PERSONAL_TOKENS, &[], rows::personal_token),
        };
        self.read_all(work).await
    }
}

fn put_personal_token(db: &Connection, token: &PersonalToken) -> Result<(), StoreError> {
    run(db, sql::PUT_PERSONAL_TOKEN, &values::personal_token(token))?;
    verbs::put_grant(db, &token.grant)
}
