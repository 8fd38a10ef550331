//! `countersign client`: clients known beforehand, and a look at those that came by themselves.

mod add;
mod show;

use std::sync::Arc;

use serde_json::json;

pub(super) use self::show::when;
use super::{
    args,
    faults::Failure,
    output::{Answer, Exit, shown},
    place::{self, Place},
};
use crate::{app, config::Config, engine::record::Client, protocol::id::ClientId, store::Store};

/// Does what was asked, on the database that the service uses.
pub(super) async fn client(place: &Place, asked: args::Client) -> Result<Answer, Failure> {
    let config = place.config()?;
    match asked {
        args::Client::Add(asked) => add::add(&config, &asked).await,
        args::Client::List => list(&config).await,
        args::Client::Show { id } => show(&config, &ClientId::new(id)).await,
        args::Client::Remove { id } => remove(&config, &ClientId::new(id)).await,
    }
}

/// The client of this id, from the environment or the database; makes nothing.
pub(super) async fn known(config: &Config, id: &ClientId) -> Result<Option<Client>, Failure> {
    if let Some(client) = config.env_client.as_ref().filter(|client| client.id == *id) {
        return Ok(Some(client.clone()));
    }
    let Some(store) = place::store_if_there(config).await? else { return Ok(None) };
    Ok(store.client(id, app::clock().now()).await?)
}

/// Every client, that of the environment first.
pub(super) async fn every(
    config: &Config,
    store: Option<Arc<dyn Store>>,
) -> Result<Vec<Client>, Failure> {
    let stored = match store {
        Some(store) => store.clients().await?,
        None => Vec::new(),
    };
    Ok(config.env_client.iter().cloned().chain(stored).collect())
}

async fn list(config: &Config) -> Result<Answer, Failure> {
    let clients = every(config, place::store_if_there(config).await?).await?;
    let json = clients.iter().map(show::json).collect();
    Ok(Answer { text: show::table(&clients), json, exit: Exit::Good })
}

async fn show(config: &Config, id: &ClientId) -> Result<Answer, Failure> {
    match known(config, id).await? {
        Some(client) => {
            Ok(Answer { text: show::text(&client), json: show::json(&client), exit: Exit::Good })
        }
        None => Ok(not_found(id)),
    }
}

async fn remove(config: &Config, id: &ClientId) -> Result<Answer, Failure> {
    if is_of_the_environment(config, id) {
        let why = format!("the client {id} comes from OAUTH_CLIENT_ID; remove it there");
        return Err(Failure::Misuse(why));
    }
    let removed = match place::store_if_there(config).await? {
        Some(store) => store.remove_client(id, app::clock().now()).await?,
        None => false,
    };
    if !removed {
        return Ok(not_found(id));
    }
    let text = format!("The client {id} is forgotten, and everything granted to it has ended.");
    let json = json!({ "removed": id });
    Ok(Answer { text: shown(&text), json, exit: Exit::Good })
}

fn is_of_the_environment(config: &Config, id: &ClientId) -> bool {
    config.env_client.as_ref().is_some_and(|client| client.id == *id)
}

fn not_found(id: &ClientId) -> Answer {
    let text = format!("There is no client {id}; countersign client list shows every one.");
    let json = json!({ "good": false, "error": "there is no such client", "id": id });
    Answer { text: shown(&text), json, exit: Exit::Finding }
}
