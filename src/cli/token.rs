//! `countersign token`: personal access tokens, and `inspect`: why a token is accepted or refused, check
//! by check, by the configuration and the database, never by the network, and without printing it.

mod access;
mod create;
mod findings;
mod keys;
mod list;
mod reference;
mod refresh;
mod revoke;
mod secrets;

use std::sync::Arc;

use zeroize::Zeroizing;

use self::findings::Findings;
use super::{
    args,
    faults::Failure,
    output::Answer,
    place::{self, Place},
};
use crate::{
    ambient::Timestamp,
    app,
    config::Config,
    protocol::secret::{
        AuthorizationCode, BrowserToken, ClientSecret, OpaqueAccessToken, PersonalAccessToken,
        RefreshToken, SessionToken, UpstreamState,
    },
    store::Store,
};

pub(super) use self::list::json;

/// What a token is looked at with.
struct Desk {
    config: Config,
    store: Option<Arc<dyn Store>>,
    now: Timestamp,
}

/// Does what was asked.
pub(super) async fn token(place: &Place, asked: args::Token) -> Result<Answer, Failure> {
    let config = place.config()?;
    match asked {
        args::Token::Create(asked) => create::create(&config, &asked).await,
        args::Token::List { user } => list::list(&config, user.as_deref()).await,
        args::Token::Revoke { id } => revoke::revoke(&config, &id).await,
        args::Token::Inspect { token } => inspect(config, token).await,
    }
}

async fn inspect(config: Config, token: Option<String>) -> Result<Answer, Failure> {
    let token = match token {
        Some(token) => Zeroizing::new(token),
        None => place::standard_input()?,
    };
    let store = place::store_if_there(&config).await?;
    let desk = Desk { store, now: app::clock().now(), config };
    Ok(desk.inspect(bare(&token)).await?.answer())
}

/// The token alone: a pasted header brings its name and scheme along.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let text = strip(text, "authorization:").trim_start();
    strip(text, "bearer ").trim_start()
}

fn strip<'a>(text: &'a str, prefix: &str) -> &'a str {
    match text.split_at_checked(prefix.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(prefix) => rest,
        _ => text,
    }
}

impl Desk {
    async fn inspect(&self, token: &str) -> Result<Findings, Failure> {
        match token {
            "" => Err(Failure::Misuse("no token was given".to_owned())),
            _ if token.starts_with(RefreshToken::PREFIX) => self.refresh_token(token).await,
            _ if token.starts_with(AuthorizationCode::PREFIX) => self.code(token).await,
            _ if token.starts_with(ClientSecret::PREFIX) => self.client_secret(token).await,
            _ if token.starts_with(PersonalAccessToken::PREFIX) => self.personal(token).await,
            _ if token.starts_with(OpaqueAccessToken::PREFIX) => self.opaque(token).await,
            _ if token.starts_with(SessionToken::PREFIX) => Ok(secrets::cookie()),
            _ if token.starts_with(UpstreamState::PREFIX) => Ok(secrets::state()),
            _ if token.starts_with(BrowserToken::PREFIX) => Ok(secrets::cookie()),
            _ => match self.fixed(token) {
                Some(found) => Ok(found),
                None => self.access_token(token).await,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_header_is_read_as_its_token() {
        for text in ["abc", " abc\n", "Bearer abc", "authorization: bearer  abc\r\n"] {
            assert_eq!(bare(text), "abc", "{text:?}");
        }
    }
}
