//! `countersign key`: the signing keys and what seals them, beside a running service.

mod list;
mod reseal;

use std::sync::Arc;

use serde_json::json;

use super::{
    args,
    client::when,
    faults::Failure,
    output::{Answer, Exit, shown},
    place::{self, Place},
};
use crate::{
    app,
    config::{Config, MasterKeys},
    engine::keys::Stage,
    flow::keys::{KeyManager, KeysError},
    protocol::id::KeyId,
    store::Store,
};

/// Does what was asked, on the database that the service uses.
pub(super) async fn key(place: &Place, asked: args::Key) -> Result<Answer, Failure> {
    let config = place.config()?;
    match asked {
        args::Key::List => list::list(&config).await,
        args::Key::Rotate { now } => rotate(&config, now).await,
        args::Key::Retire { id } => retire(&config, &KeyId::new(id)).await,
        args::Key::Reseal => reseal::reseal(&config).await,
    }
}

/// Whoever may change the keys; none when there are none. Neither a database nor a master key is made.
async fn manager(config: &Config) -> Result<Option<KeyManager>, Failure> {
    let Some(store) = place::store_if_there(config).await? else { return Ok(None) };
    if store.signing_keys().await?.is_empty() {
        return Ok(None);
    }
    let lost = "the master key is not in data/master.key; restore it from a backup";
    managed(config, store)?.map(Some).ok_or_else(|| Failure::Misuse(lost.to_owned()))
}

/// A master key made here would seal keys that no node can open.
fn managed(config: &Config, store: Arc<dyn Store>) -> Result<Option<KeyManager>, Failure> {
    if matches!(&config.master_keys, MasterKeys::File(path) if !path.exists()) {
        return Ok(None);
    }
    Ok(Some(app::key_manager(config, store, app::clock(), app::entropy())?))
}

async fn rotate(config: &Config, now: bool) -> Result<Answer, Failure> {
    let Some(manager) = manager(config).await? else { return Ok(no_keys()) };
    let next = manager.rotate(now).await?;
    let (id, from) = (&next.id, when(next.signs_from));
    let text = match (next.changed, now) {
        (true, true) => format!(
            "{id} signs from now on, at every node within five seconds. Verifiers elsewhere learn it \
             within ten minutes, most of them at its first token. What the key before it signed stays good."
        ),
        (true, false) => format!("{id} is announced and signs from {from}."),
        (false, _) => format!("Nothing changed: {id} was made before, to sign from {from}."),
    };
    let json = json!({
        "id": next.id,
        "signs_from": next.signs_from.unix(),
        "changed": next.changed,
    });
    Ok(Answer { text: shown(&text), json, exit: Exit::Good })
}

async fn retire(config: &Config, id: &KeyId) -> Result<Answer, Failure> {
    let Some(manager) = manager(config).await? else { return Ok(no_keys()) };
    let retired = manager.retire(id).await?;
    let mut text = match retired.was {
        Stage::Announced => format!("{id} is gone before it signed anything."),
        _ => format!(
            "{id} is gone. Every node refuses what it signed within ten seconds; clients refresh and \
             go on. A guard in another process refuses it within fifteen minutes."
        ),
    };
    if let Some(successor) = &retired.successor {
        text = format!("{text} {successor} signs from now on.");
    }
    let json = json!({ "id": id, "retired": true, "was": retired.was.name(), "signs_now": retired.successor });
    Ok(Answer { text: shown(&text), json, exit: Exit::Good })
}

fn no_keys() -> Answer {
    let text = "There are no signing keys yet; the service makes the first one when it starts.";
    let json = json!({ "good": false, "error": "there are no signing keys yet" });
    Answer { text: text.to_owned(), json, exit: Exit::Finding }
}

impl From<KeysError> for Failure {
    fn from(error: KeysError) -> Self {
        match error {
            KeysError::Unknown { .. } | KeysError::TooMany(_) => Self::Misuse(error.to_string()),
            other => Self::Broken(other.into()),
        }
    }
}
