//! `countersign login`: signs in as an MCP client would, through the browser, and asks the server who
//! came in. The token is never printed unless that is what was asked for.

mod callback;
mod discovery;
mod grant;
mod tool;
mod web;

use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use url::Url;

use self::{callback::Callback, discovery::Target, grant::Granted, web::Web};
use super::{
    args,
    faults::Failure,
    output::{self, Answer, BOLD, Exit, GOOD, facts, paint},
    place::{self, Place},
};
use crate::engine::policy::Auth;

/// Signs in; the answer is `whoami`'s, or the token alone.
pub(super) async fn login(place: &Place, asked: &args::Login) -> Result<Option<Answer>, Failure> {
    let url = url_of(place, asked)?;
    let web = Web::new();
    let target = discovery::find(&web, &url).await?;
    let granted = sign_in(&web, &target, asked).await?;
    if asked.print_token {
        output::put(&granted.token);
        return Ok(None);
    }
    let who = tool::whoami(&web, &target.url, &granted.token).await;
    grant::end(&web, &target, &granted).await;
    Ok(Some(answer(&target, &granted, who?.as_ref())))
}

fn url_of(place: &Place, asked: &args::Login) -> Result<Url, Failure> {
    let text = match &asked.url {
        Some(url) => url.clone(),
        None => configured(place, asked.server.as_deref())?,
    };
    Url::parse(&text).map_err(|error| Failure::Misuse(format!("--url {text:?}: {error}")))
}

fn configured(place: &Place, id: Option<&str>) -> Result<String, Failure> {
    let config = place.config()?;
    let servers = place::servers(&config, id)?;
    let mut guarded = servers.iter().filter(|server| server.auth == Auth::Required);
    let server = guarded.next();
    let none = || Failure::Misuse("no configured server asks for a token".to_owned());
    server.map(|server| server.resource.to_string()).ok_or_else(none)
}

async fn sign_in(web: &Web, target: &Target, asked: &args::Login) -> Result<Granted, Failure> {
    let callback = Callback::listen().await?;
    let ask = grant::prepare(web, target, callback.redirect_uri(), asked.scope.as_deref()).await?;
    show(&ask.url, asked.no_browser).await;
    let waited = tokio::time::timeout(PATIENCE, callback.code(ask.expected(target))).await;
    let code = waited.context("nobody signed in within five minutes")??;
    output::tell("Signed in; fetching the token.");
    Ok(grant::redeem(web, target, &ask, &code).await?)
}

/// The browser is started apart: some wait for their window to close.
async fn show(url: &Url, no_browser: bool) {
    let hint = if no_browser { "Open this address:" } else { "Your browser opens; if not, open:" };
    output::tell(&format!("{hint}\n\n  {}\n", paint(BOLD, url.as_str())));
    if no_browser {
        return;
    }
    let url = url.to_string();
    let opened = tokio::task::spawn_blocking(move || {
        let mut options = webbrowser::BrowserOptions::new();
        options.with_suppress_output(true);
        webbrowser::open_browser_with_options(webbrowser::Browser::Default, &url, &options)
    });
    if !matches!(tokio::time::timeout(BROWSER, opened).await, Ok(Ok(Ok(()))) | Err(_)) {
        output::tell("No browser could be started here.");
    }
}

fn answer(target: &Target, granted: &Granted, who: Option<&Value>) -> Answer {
    let json = json!({
        "server": target.url,
        "issuer": target.issuer,
        "scopes": granted.scope,
        "whoami": who,
    });
    let title = paint(GOOD, &format!("Signed in to {}", target.url));
    let mut lines = vec![("Scopes", granted.scope.clone())];
    match who {
        Some(Value::Object(members)) => lines.extend(
            LABELS.iter().filter_map(|(name, label)| Some((*label, plain(members.get(*name)?)))),
        ),
        Some(other) => lines.push(("whoami", plain(other))),
        None => lines.push(("whoami", "the server has no such tool".to_owned())),
    }
    Answer { text: format!("{title}\n\n{}", facts(&lines)), json, exit: Exit::Good }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Members of `whoami`'s answer, and what we call them; not when the token ends, which it has already.
const LABELS: [(&str, &str); 5] = [
    ("user_id", "User"),
    ("name", "Name"),
    ("email", "E-mail"),
    ("provider", "Provider"),
    ("client_id", "Client"),
];
const PATIENCE: Duration = Duration::from_mins(5);
const BROWSER: Duration = Duration::from_secs(3);
