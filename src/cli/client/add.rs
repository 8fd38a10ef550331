//! `countersign client add`.

use std::{collections::BTreeSet, fmt::Write as _};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{is_of_the_environment, show};
use crate::{
    ambient::{Entropy, Timestamp, random},
    app,
    cli::{
        args::{ClientAdd, Confidential},
        faults::Failure,
        output::{Answer, Exit, WARN, facts, heading, paint, shown},
        place,
    },
    config::Config,
    engine::{
        record::{AuthMethod, Client, ClientKind},
        register::MAX_REDIRECT_URIS,
    },
    protocol::{id::ClientId, redirect::RedirectUri, secret::ClientSecret},
};

/// Registers a client and shows its secret, this once.
pub(super) async fn add(config: &Config, asked: &ClientAdd) -> Result<Answer, Failure> {
    let (clock, entropy) = (app::clock(), app::entropy());
    let now = clock.now();
    let secret = asked.confidential.map(|_| ClientSecret::from_entropy(random(&*entropy)));
    let client = client(asked, secret.as_ref(), &*entropy, now)?;
    let store = place::store(config).await?;
    let taken = store.client(&client.id, now).await?.is_some();
    if taken || is_of_the_environment(config, &client.id) {
        let why = format!("there is a client {} already; remove it first", client.id);
        return Err(Failure::Misuse(why));
    }
    store.put_client(&client).await?;
    Ok(told(&client, secret.as_ref()))
}

fn client(
    asked: &ClientAdd,
    secret: Option<&ClientSecret>,
    entropy: &dyn Entropy,
    now: Timestamp,
) -> Result<Client, Failure> {
    let method = match asked.confidential {
        None => AuthMethod::None,
        Some(Confidential::Basic) => AuthMethod::ClientSecretBasic,
        Some(Confidential::Post) => AuthMethod::ClientSecretPost,
    };
    Ok(Client {
        id: id(asked.id.as_deref(), entropy)?,
        kind: ClientKind::PreRegistered,
        name: name(&asked.name)?,
        uri: None,
        redirect_uris: redirects(&asked.redirect)?,
        auth_methods: BTreeSet::from([method]),
        secret: secret.map(ClientSecret::digest),
        keys: None,
        refreshes: !asked.no_refresh,
        created_at: now,
        expires_at: None,
    })
}

/// Letters that need no escaping anywhere; a URL would name a metadata document.
fn id(given: Option<&str>, entropy: &dyn Entropy) -> Result<ClientId, Failure> {
    let Some(id) = given else {
        let made = URL_SAFE_NO_PAD.encode(random::<16>(entropy));
        return Ok(ClientId::new(format!("app_{made}")));
    };
    let fine = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    if (2..=256).contains(&id.len()) && id.bytes().all(fine) {
        return Ok(ClientId::new(id));
    }
    Err(Failure::Misuse("--id: 2 to 256 letters, digits, dots, underscores and hyphens".to_owned()))
}

fn name(given: &str) -> Result<String, Failure> {
    let name = given.trim();
    let fine = !name.is_empty() && name.chars().count() <= 200 && shown(name) == name;
    let why = "--name: 1 to 200 characters that show";
    fine.then(|| name.to_owned()).ok_or_else(|| Failure::Misuse(why.to_owned()))
}

fn redirects(given: &[String]) -> Result<Vec<RedirectUri>, Failure> {
    if given.len() > MAX_REDIRECT_URIS {
        return Err(Failure::Misuse(format!("--redirect: at most {MAX_REDIRECT_URIS} of them")));
    }
    let parse = |text: &String| {
        RedirectUri::parse(text)
            .map_err(|fault| Failure::Misuse(format!("--redirect: {text:?} {fault}")))
    };
    given.iter().map(parse).collect()
}

fn told(client: &Client, secret: Option<&ClientSecret>) -> Answer {
    let mut json = show::json(client);
    let mut lines = vec![("Client id", client.id.to_string())];
    let mut text = format!("{}\n\n", heading(&format!("{} is registered", client.name)));
    if let Some(secret) = secret {
        lines.push(("Client secret", secret.reveal().to_owned()));
        if let Value::Object(members) = &mut json {
            members.insert("client_secret".to_owned(), Value::from(secret.reveal()));
        }
    }
    text.push_str(&facts(&lines));
    if secret.is_some() {
        let once = "The secret is shown this once; only its digest is kept.";
        let _ = writeln!(text, "\n  {}", paint(WARN, once));
    }
    Answer { text, json, exit: Exit::Good }
}
