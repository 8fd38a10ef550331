//! `countersign token revoke`.

use serde_json::json;

use crate::{
    app,
    cli::{
        faults::Failure,
        output::{Answer, Exit, shown},
        place,
    },
    config::Config,
    protocol::id::GrantId,
};

/// Ends a personal token; a running service refuses it within seconds.
pub(super) async fn revoke(config: &Config, text: &str) -> Result<Answer, Failure> {
    let Ok(id) = text.parse::<GrantId>() else { return Ok(not_found(text)) };
    let Some(store) = place::store_if_there(config).await? else { return Ok(not_found(text)) };
    let tokens = store.personal_tokens(None).await?;
    let Some(token) = tokens.iter().find(|token| token.grant.id == id) else {
        return Ok(not_found(text));
    };
    let now = app::clock().now();
    let changed = store.revoke_grant(&id, now).await?;
    let told = if changed { "is revoked" } else { "was revoked before" };
    let text =
        format!("{} {told}. The running service refuses it within five seconds.", token.name);
    let json = json!({ "id": id, "revoked": true, "changed": changed });
    Ok(Answer { text: shown(&text), json, exit: Exit::Good })
}

fn not_found(id: &str) -> Answer {
    let text = format!("There is no token {id}; countersign token list shows every one.");
    let json = json!({ "good": false, "error": "there is no such token", "id": id });
    Answer { text: shown(&text), json, exit: Exit::Finding }
}
