//! `countersign explain`: what a person with these claims would get, rule by rule.

mod render;
mod there;

use anyhow::Context as _;
use serde::Serialize;
use serde_json::{Map, Value};

use self::there::AtServer;
use super::{
    args,
    client::known,
    faults::Failure,
    output::{Answer, Exit},
    place::{self, Place},
};
use crate::{
    config::Config,
    engine::record::Client,
    protocol::{
        id::{ClientId, ProviderId},
        scope::Scopes,
    },
    provider::{
        policy::{Explanation, explain as judge},
        settings::ProviderSettings,
    },
};

/// Everything found out.
#[derive(Serialize)]
struct Explained {
    provider: ProviderId,
    #[serde(flatten)]
    person: Explanation,
    servers: Vec<AtServer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<ForClient>,
}

/// What a client would get.
#[derive(Serialize)]
struct ForClient {
    id: ClientId,
    known: bool,
    name: Option<String>,
    refresh_token: bool,
}

/// Explains; writes nothing and touches no network.
pub(super) async fn explain(place: &Place, asked: &args::Explain) -> Result<Answer, Failure> {
    let config = place.config()?;
    let provider = provider(&config, &asked.provider)?;
    let servers = place::servers(&config, asked.server.as_deref())?;
    let scopes = asked.scope.as_deref().map(Scopes::parse).transpose();
    let scopes = scopes.map_err(|fault| Failure::Misuse(format!("--scope: {fault}")))?;
    let person = judge(provider, &claims(asked)?);
    let (scopes, client) = (scopes.as_ref(), asked.client.as_deref());
    let explained = Explained {
        provider: provider.id.clone(),
        servers: servers.iter().map(|it| AtServer::of(it, &person, scopes, client)).collect(),
        person,
        client: for_client(&config, asked.client.as_deref()).await?,
    };
    let json = serde_json::to_value(&explained).context("the answer cannot be written")?;
    let known = explained.client.as_ref().is_none_or(|client| client.known);
    let exit = if explained.person.admitted && known { Exit::Good } else { Exit::Finding };
    Ok(Answer { text: render::text(&explained, provider), json, exit })
}

fn provider<'a>(config: &'a Config, id: &str) -> Result<&'a ProviderSettings, Failure> {
    let found = config.providers.iter().find(|provider| provider.id.as_str() == id);
    let known = config.providers.iter().map(|provider| provider.id.as_str());
    found.ok_or_else(|| place::unknown("provider", id, known))
}

/// The file is not quoted in faults: it holds a person's data.
fn claims(asked: &args::Explain) -> Result<Map<String, Value>, Failure> {
    let text = place::text_of(&asked.claims)?;
    serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let file = asked.claims.display();
        Failure::Misuse(format!("{file}:{line}:{column}: is not one JSON object of claims"))
    })
}

async fn for_client(config: &Config, id: Option<&str>) -> Result<Option<ForClient>, Failure> {
    let Some(id) = id.map(ClientId::new) else { return Ok(None) };
    let found: Option<Client> = known(config, &id).await?;
    Ok(Some(ForClient {
        known: found.is_some(),
        name: found.as_ref().map(|client| client.name.clone()),
        refresh_token: found.is_some_and(|client| client.refreshes),
        id,
    }))
}
