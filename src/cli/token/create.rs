//! `countersign token create`.

use std::{fmt::Write as _, time::Duration};

use serde_json::Value;

use super::list;
use crate::{
    app,
    cli::{
        args::TokenCreate,
        client::when,
        faults::Failure,
        output::{Answer, Exit, WARN, facts, heading, paint, shown},
        place, user,
    },
    config::{Config, days},
    engine::record::PersonalToken,
    flow::{
        personal::{NoToken, Wish},
        standing::Fallen,
    },
    protocol::{
        id::{ServerId, UserId},
        scope::Scopes,
        secret::PersonalAccessToken,
    },
};

/// Makes a token and shows it, this once.
pub(super) async fn create(config: &Config, asked: &TokenCreate) -> Result<Answer, Failure> {
    place::servers(config, Some(&asked.server))?;
    let wish = wish(asked)?;
    let id = UserId::new(&asked.user);
    let Some(store) = place::store_if_there(config).await? else { return Ok(user::not_found(&id)) };
    let Some(person) = store.user(&id).await? else { return Ok(user::not_found(&id)) };
    let tokens = app::personal_tokens(config, store, app::clock(), app::entropy())?;
    match tokens.create_for(&person, &wish).await {
        Ok((token, record)) => Ok(told(&token, &record)),
        Err(fault @ (NoToken::Server | NoToken::Name | NoToken::Life)) => {
            Err(Failure::Misuse(fault.to_string()))
        }
        Err(NoToken::Fallen(Fallen::Store(error))) => Err(error.into()),
        Err(fault) => Ok(refused(&fault)),
    }
}

fn wish(asked: &TokenCreate) -> Result<Wish, Failure> {
    let scopes = Scopes::parse(&asked.scopes);
    let scopes = scopes.map_err(|fault| Failure::Misuse(format!("--scopes: {fault}")))?;
    let name = asked.name.clone();
    if shown(&name) != name {
        return Err(Failure::Misuse("--name: only characters that show".to_owned()));
    }
    Ok(Wish { server: ServerId::new(&asked.server), scopes, name, life: life(&asked.expires)? })
}

fn life(text: &str) -> Result<Duration, Failure> {
    days(text).map_err(|why| Failure::Misuse(format!("--expires: {text:?} {why}")))
}

fn told(token: &PersonalAccessToken, record: &PersonalToken) -> Answer {
    let mut json = list::json(record);
    if let Value::Object(members) = &mut json {
        members.insert("token".to_owned(), Value::from(token.reveal()));
    }
    let what = &record.grant.authorization;
    let lines = [
        ("Token", token.reveal().to_owned()),
        ("Id", record.grant.id.to_string()),
        ("For", format!("{} at {}", what.user, what.resource)),
        ("May", what.scopes.to_string()),
        ("Ends", when(record.grant.expires_at)),
    ];
    let mut text = format!("{}\n\n{}", heading(&record.name), facts(&lines));
    let once = "The token is shown this once; only its digest is kept.";
    let _ = writeln!(text, "\n  {}", paint(WARN, once));
    Answer { text, json, exit: Exit::Good }
}

fn refused(fault: &NoToken) -> Answer {
    let text = format!("No token was made. {fault}");
    let json = serde_json::json!({ "good": false, "error": fault.to_string() });
    Answer { text: shown(&text), json, exit: Exit::Finding }
}
