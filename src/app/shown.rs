//! What the pages and documents say about this configuration.

use std::sync::Arc;

use crate::{
    app::Hands,
    config::Config,
    devidp::{DevPage, RenderDevPage},
    engine::policy::{Auth, ServerSettings, Upstream},
    flow::{keys::Keys, providers::Provider},
    protocol::scope::Scopes,
    provider::file::DevUser,
    upstream::jwks::KeysState,
    web::{
        GuardedServer, HealthChecks, ProviderHealth, PublishedMetadata, Shown, ShownServer,
        cookies::CookieJar,
        pages::{
            ConnectLine, DevSignInPage, DevUserButton, HomePage, Pages, ProviderButton, ScopeLine,
            ServerBox,
        },
    },
};

/// The published documents.
pub(super) fn published(config: &Config, keys: &Keys) -> PublishedMetadata {
    let guarded = || config.servers.iter().filter(|server| server.auth == Auth::Required);
    let scopes = guarded().fold(Scopes::default(), |scopes, server| scopes.union(&server.scopes()));
    let servers: Vec<GuardedServer> = guarded()
        .filter(|server| server.upstream != Upstream::Elsewhere)
        .filter(|server| server.resource.origin() == config.public_url.as_str())
        .map(|server| GuardedServer {
            resource: server.resource.clone(),
            name: server.name.clone(),
            scopes: server.scopes(),
        })
        .collect();
    let algorithm = config.signing_algorithm.name();
    PublishedMetadata::new(&config.public_url, &scopes, &servers, algorithm, keys.clone())
}

/// The words of the pages.
pub(super) fn shown(config: &Config) -> Shown {
    let button = |settings: &crate::provider::settings::ProviderSettings| ProviderButton {
        id: settings.id.to_string(),
        label: settings.label.clone(),
        note: None,
    };
    let endpoints = config.providers.iter().flat_map(|settings| {
        let authorization = settings.endpoints.authorization.as_ref().map(ToString::to_string);
        settings.issuers.first().cloned().into_iter().chain(authorization)
    });
    Shown {
        issuer: config.public_url.clone(),
        cookies: CookieJar::of(&config.public_url),
        pages: Pages::new(),
        servers: config.servers.iter().map(server).collect(),
        buttons: config.providers.iter().map(button).collect(),
        form_targets: endpoints.collect(),
        home: HomePage {
            servers: config.servers.iter().map(server_box).collect(),
            metadata_url: config.public_url.join("/.well-known/oauth-authorization-server"),
        },
    }
}

fn server(settings: &ServerSettings) -> ShownServer {
    let line = |rule: &crate::engine::policy::ScopeRule| ScopeLine {
        name: rule.name.to_string(),
        says: rule.says.clone(),
    };
    ShownServer {
        id: settings.id.clone(),
        name: settings.name.clone(),
        scopes: settings.policy.scope_rules().iter().map(line).collect(),
    }
}

fn server_box(settings: &ServerSettings) -> ServerBox {
    let connect =
        |(client, command): (&str, String)| ConnectLine { client: client.to_owned(), command };
    ServerBox {
        name: settings.name.clone(),
        url: settings.resource.to_string(),
        sign_in: settings.auth == Auth::Required,
        connect: connect_lines(settings).into_iter().map(connect).collect(),
    }
}

/// The page on which a developer chooses whom to be.
pub(super) fn dev_page() -> RenderDevPage {
    let pages = Pages::new();
    Arc::new(move |page: &DevPage| {
        pages.dev_sign_in(&DevSignInPage {
            client_name: page.client.clone(),
            action: page.action.clone(),
            hidden: page.hidden.clone(),
            users: page.users.iter().map(dev_user).collect(),
        })
    })
}

fn dev_user(user: &DevUser) -> DevUserButton {
    let note = if user.email_verified { "" } else { "e-mail not verified" };
    DevUserButton {
        value: user.sub.clone(),
        name: user.name.clone(),
        email: user.email.clone(),
        note: note.to_owned(),
    }
}

/// How well-known clients are connected to a server: client and command, for the page and the banner.
#[must_use]
pub fn connect_lines(settings: &ServerSettings) -> Vec<(&'static str, String)> {
    let (id, url) = (&settings.id, &settings.resource);
    vec![
        (
            "MCP Inspector",
            format!("npx @modelcontextprotocol/inspector --transport http --server-url {url}"),
        ),
        ("Claude Code", format!("claude mcp add --transport http {id} {url}")),
        (
            "VS Code",
            format!("code --add-mcp '{{\"name\":\"{id}\",\"type\":\"http\",\"url\":\"{url}\"}}'"),
        ),
        ("curl", format!("curl -i {url}")),
    ]
}

/// Readiness by a real write; providers by a look at their caches.
pub(super) fn health(hands: &Hands, providers: Arc<[Provider]>, config: &Config) -> HealthChecks {
    let Hands { store, clock, leaving, .. } = hands.clone();
    let probe = Arc::new(move || {
        let (store, now) = (Arc::clone(&store), clock.now());
        Box::pin(async move { store.probe(now).await.is_ok() }) as _
    });
    let look = Arc::new(move || providers.iter().map(health_of).collect());
    HealthChecks::new(probe, look, config.trusted_proxies.clone(), leaving)
}

fn health_of(provider: &Provider) -> ProviderHealth {
    let states = provider.keys.health();
    let state = match states.first().map(|keys| keys.state) {
        _ if !provider.answers() => "down",
        None | Some(KeysState::Fresh) => "ok",
        Some(KeysState::Stale { .. }) => "stale",
        Some(KeysState::Down) => "down",
    };
    ProviderHealth { provider: provider.id().to_string(), state }
}
