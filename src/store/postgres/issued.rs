//! The verbs about issued tokens.

use async_trait::async_trait;

use super::Postgres;
use crate::{
    engine::record::{OpaqueToken, PersonalToken},
    protocol::{access::AccessClaims, id::UserId, secret::Digest},
    store::{
        Issued, StoreError, rows,
        sql::{issued as sql, joined},
        values::{self, values},
    },
};

#[async_trait]
impl Issued for Postgres {
    async fn put_opaque_token(&self, token: &OpaqueToken) -> Result<(), StoreError> {
        self.change(sql::PUT_OPAQUE_TOKEN, &values::opaque_token(token)?).await.map(drop)
    }

    async fn opaque_token(&self, digest: &Digest) -> Result<Option<AccessClaims>, StoreError> {
        self.one(sql::OPAQUE_TOKEN, &values![digest], rows::access_claims).await
    }

    async fn put_personal_token(&self, token: &PersonalToken) -> Result<(), StoreError> {
        let mut both = values::personal_token(token);
        both.extend(values::grant(&token.grant));
        self.change(joined::PUT_PERSONAL_TOKEN_AND_GRANT, &both).await.map(drop)
    }

    async fn personal_token(&self, digest: &Digest) -> Result<Option<PersonalToken>, StoreError> {
        self.one(sql::PERSONAL_TOKEN, &values![digest], rows::personal_token).await
    }

    async fn personal_tokens(&self, of: Option<&UserId>) -> Result<Vec<PersonalToken>, StoreError> {
        match of {
            Some(user) => {
                let user = values![user.as_str()];
                self.all(sql::PERSONAL_TOKENS_OF, &user, rows::personal_token).await
            }
            None => self.all(sql::PERSONAL_TOKENS, &[], rows::personal_token).await,
        }
    }
}
