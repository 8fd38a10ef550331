//! `countersign token list`.

use serde_json::{Value, json};

use crate::{
    ambient::Timestamp,
    app,
    cli::{
        client::when,
        faults::Failure,
        output::{Answer, DIM, Exit, PLAIN, Table},
        place,
    },
    config::Config,
    engine::record::PersonalToken,
    protocol::id::UserId,
};

/// Every personal token that is remembered, or those of one person.
pub(super) async fn list(config: &Config, user: Option<&str>) -> Result<Answer, Failure> {
    let user = user.map(UserId::new);
    let tokens = match place::store_if_there(config).await? {
        Some(store) => store.personal_tokens(user.as_ref()).await?,
        None => Vec::new(),
    };
    let json = tokens.iter().map(json).collect();
    Ok(Answer { text: table(&tokens, app::clock().now()), json, exit: Exit::Good })
}

fn table(tokens: &[PersonalToken], now: Timestamp) -> String {
    if tokens.is_empty() {
        return "There are no personal access tokens.".to_owned();
    }
    let mut table = Table::new(["Id", "Name", "User", "Server", "Scopes", "Made", "Good"]);
    for token in tokens {
        let what = &token.grant.authorization;
        table.row(
            if token.is_live(now) { PLAIN } else { DIM },
            [
                token.grant.id.to_string(),
                token.name.clone(),
                what.user.to_string(),
                what.server.to_string(),
                what.scopes.to_string(),
                when(token.created_at),
                good(token, now),
            ],
        );
    }
    table.render()
}

fn good(token: &PersonalToken, now: Timestamp) -> String {
    match token.grant.revoked_at {
        Some(at) => format!("revoked {}", when(at)),
        None if token.is_live(now) => format!("until {}", when(token.grant.expires_at)),
        None => format!("ended {}", when(token.grant.expires_at)),
    }
}

/// A token for programs, without its digest.
pub(in crate::cli) fn json(token: &PersonalToken) -> Value {
    let what = &token.grant.authorization;
    json!({
        "id": token.grant.id,
        "name": token.name,
        "user": what.user,
        "server": what.server,
        "scopes": what.scopes.to_string(),
        "provider": what.identity.provider,
        "created_at": token.created_at.unix(),
        "expires_at": token.grant.expires_at.unix(),
        "revoked_at": token.grant.revoked_at.map(Timestamp::unix),
    })
}
