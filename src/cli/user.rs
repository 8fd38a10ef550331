//! `countersign user`: people, by the id that tokens and logs carry.

mod show;

use serde_json::json;

use self::show::Dossier;
use super::{
    args,
    faults::Failure,
    output::{Answer, Exit, shown},
    place::{self, Place},
};
use crate::{
    ambient::Timestamp, app, config::Config, engine::record::PersonalToken, protocol::id::UserId,
};

/// Does what was asked, on the database that the service uses.
pub(super) async fn user(place: &Place, asked: args::User) -> Result<Answer, Failure> {
    let config = place.config()?;
    match asked {
        args::User::List => list(&config).await,
        args::User::Show { id } => show(&config, &UserId::new(id)).await,
        args::User::Disable { id } => disable(&config, &UserId::new(id)).await,
        args::User::Enable { id } => enable(&config, &UserId::new(id)).await,
        args::User::SignOut { id } => sign_out(&config, &UserId::new(id)).await,
    }
}

async fn list(config: &Config) -> Result<Answer, Failure> {
    let users = match place::store_if_there(config).await? {
        Some(store) => store.users().await?,
        None => Vec::new(),
    };
    let json = users.iter().map(show::json).collect();
    Ok(Answer { text: show::table(&users), json, exit: Exit::Good })
}

async fn show(config: &Config, id: &UserId) -> Result<Answer, Failure> {
    let Some(store) = place::store_if_there(config).await? else { return Ok(not_found(id)) };
    let Some(user) = store.user(id).await? else { return Ok(not_found(id)) };
    let now = app::clock().now();
    let dossier = Dossier {
        identities: store.identities_of(id).await?,
        grants: store.grants_of(id, now).await?,
        sessions: store.sessions_of(id, now).await?,
        tokens: live(store.personal_tokens(Some(id)).await?, now),
        user,
    };
    Ok(Answer { text: dossier.text(), json: dossier.json(), exit: Exit::Good })
}

fn live(mut tokens: Vec<PersonalToken>, now: Timestamp) -> Vec<PersonalToken> {
    tokens.retain(|token| token.is_live(now));
    tokens
}

async fn disable(config: &Config, id: &UserId) -> Result<Answer, Failure> {
    if !locked(config, id, true).await? {
        return Ok(not_found(id));
    }
    let text = format!(
        "{id} is disabled and signed out everywhere, every app is disconnected and every token \
         ended. To let them in again: countersign user enable {id}"
    );
    Ok(told(&text, json!({ "id": id, "disabled": true })))
}

async fn enable(config: &Config, id: &UserId) -> Result<Answer, Failure> {
    if !locked(config, id, false).await? {
        return Ok(not_found(id));
    }
    let text = format!("{id} may sign in again. What had ended stays ended.");
    Ok(told(&text, json!({ "id": id, "disabled": false })))
}

async fn locked(config: &Config, id: &UserId, out: bool) -> Result<bool, Failure> {
    let Some(store) = place::store_if_there(config).await? else { return Ok(false) };
    Ok(store.disable(id, out, app::clock().now()).await?)
}

async fn sign_out(config: &Config, id: &UserId) -> Result<Answer, Failure> {
    let Some(store) = place::store_if_there(config).await? else { return Ok(not_found(id)) };
    if store.user(id).await?.is_none() {
        return Ok(not_found(id));
    }
    store.sign_out(id, app::clock().now()).await?;
    let text = format!(
        "{id} is signed out in every browser, every app is disconnected and every token ended; they \
         may sign in again."
    );
    Ok(told(&text, json!({ "id": id, "signed_out": true })))
}

fn told(text: &str, json: serde_json::Value) -> Answer {
    Answer { text: shown(text), json, exit: Exit::Good }
}

pub(super) fn not_found(id: &UserId) -> Answer {
    let text = format!("There is no user {id}; countersign user list shows every one.");
    let json = json!({ "good": false, "error": "there is no such user", "id": id });
    Answer { text: shown(&text), json, exit: Exit::Finding }
}
