//! Clients as text and as JSON; never a digest of a secret.

use serde_json::{Value, json};

use crate::{
    ambient::Timestamp,
    cli::output::{DIM, PLAIN, Table, count, facts, heading},
    engine::record::{AuthMethod, Client, ClientKind},
    protocol::redirect::RedirectUri,
};

/// A client for programs.
pub(super) fn json(client: &Client) -> Value {
    json!({
        "client_id": client.id,
        "name": client.name,
        "kind": client.kind,
        "uri": client.uri,
        "redirect_uris": client.redirect_uris,
        "auth_methods": client.auth_methods,
        "refresh_tokens": client.refreshes,
        "created_at": client.created_at.unix(),
        "expires_at": client.expires_at.map(Timestamp::unix),
    })
}

/// Every client, one line each.
pub(super) fn table(clients: &[Client]) -> String {
    if clients.is_empty() {
        return "There are no clients yet. Most register themselves when they first connect."
            .to_owned();
    }
    let mut table = Table::new(["Id", "Name", "Kind", "Proof", "Returns to", "Since"]);
    for client in clients {
        let style = if client.kind == ClientKind::PreRegistered { PLAIN } else { DIM };
        table.row(
            style,
            [
                client.id.to_string(),
                client.name.clone(),
                kind(client.kind).to_owned(),
                proof(client),
                places(client),
                since(client),
            ],
        );
    }
    table.render()
}

/// One client, everything known.
pub(super) fn text(client: &Client) -> String {
    let mut lines = vec![
        ("Id", client.id.to_string()),
        ("Kind", kind(client.kind).to_owned()),
        ("Proof", proof(client)),
        ("Refreshes", if client.refreshes { "yes" } else { "no" }.to_owned()),
        ("Since", since(client)),
    ];
    lines.extend(client.expires_at.map(|at| ("Until", format!("{}, unless used", when(at)))));
    lines.extend(client.uri.iter().map(|uri| ("Home page", format!("{uri} (unverified)"))));
    lines.extend(client.redirect_uris.iter().map(|uri| ("Returns to", uri.as_str().to_owned())));
    format!("{}\n\n{}", heading(&client.name), facts(&lines))
}

/// A moment for people.
pub(in crate::cli) fn when(time: Timestamp) -> String {
    jiff::Timestamp::from_second(time.unix()).map_or_else(|_| time.to_string(), |t| t.to_string())
}

fn kind(kind: ClientKind) -> &'static str {
    match kind {
        ClientKind::PreRegistered => "by the operator",
        ClientKind::Dynamic => "by itself",
        ClientKind::Document => "by its document",
    }
}

fn proof(client: &Client) -> String {
    let name = |method: &AuthMethod| match method {
        AuthMethod::None => "public",
        AuthMethod::ClientSecretBasic => "secret (basic)",
        AuthMethod::ClientSecretPost => "secret (post)",
        AuthMethod::PrivateKeyJwt => "signed assertion",
    };
    client.auth_methods.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn places(client: &Client) -> String {
    let first = client.redirect_uris.first().map(RedirectUri::as_str).unwrap_or_default();
    let more = client.redirect_uris.len().saturating_sub(1);
    if more == 0 {
        first.to_owned()
    } else {
        format!("{first} and {}", count(more, "other", "others"))
    }
}

fn since(client: &Client) -> String {
    let configured = client.created_at == Timestamp::from_unix(0);
    if configured { "in the environment".to_owned() } else { when(client.created_at) }
}
