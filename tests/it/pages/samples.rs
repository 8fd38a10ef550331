//! Sample contexts: one of every page, in its fullest and its barest form.

use countersign::{
    engine::record::ClientKind,
    web::pages::{
        AccountPage, AuthorizePage, ConnectLine, DevSignInPage, DevUserButton, ErrorPage, HomePage,
        Link, MadeTokenPage, Pages, ProviderButton, ScopeLine, ServerBox, SignedOutPage, TokenLine,
        TokenOffer,
    },
};

pub(super) fn consent() -> AuthorizePage {
    AuthorizePage {
        client_name: "Claude Code".into(),
        client_host: Some("claude.ai".into()),
        client_kind: ClientKind::Document,
        redirect_host: "claude.ai".into(),
        loopback: false,
        server_name: "Demo tools".into(),
        server_url: "https://tools.example.com/mcp".into(),
        scopes: vec![
            scope("read", "See your profile and read data"),
            scope("write", "Add and change data"),
        ],
        providers: vec![
            button("google", "Continue with Google", None),
            button("auth0", "Continue with Auth0", Some("Not reachable right now")),
        ],
        form: "c2VhbGVk".into(),
        known: None,
        unreachable: None,
    }
}

fn scope(name: &str, says: &str) -> ScopeLine {
    ScopeLine { name: name.into(), says: says.into() }
}

pub(super) fn button(id: &str, label: &str, note: Option<&str>) -> ProviderButton {
    ProviderButton { id: id.into(), label: label.into(), note: note.map(str::to_owned) }
}

pub(super) fn claimed(name: &str) -> AuthorizePage {
    AuthorizePage {
        client_name: name.into(),
        client_host: None,
        client_kind: ClientKind::Dynamic,
        redirect_host: "localhost".into(),
        loopback: true,
        ..consent()
    }
}

pub(super) fn link(href: &str, label: &str) -> Link {
    Link { href: href.into(), label: label.into() }
}

pub(super) fn failure() -> ErrorPage {
    ErrorPage {
        status: 400,
        title: "This sign-in was already used or is too old".into(),
        detail: "Each sign-in works once and for ten minutes. This one cannot be continued.".into(),
        remedy: Some("Go back to the program you came from and start again from there.".into()),
        request_id: "01J9ZC8Q4T".into(),
        retry: Some(link("/authorize?again=1", "Try again")),
        back: Some(link("https://claude.ai/", "Go back")),
    }
}

fn home() -> HomePage {
    let connect = |client: &str, command: &str| ConnectLine {
        client: client.into(),
        command: command.into(),
    };
    HomePage {
        servers: vec![
            ServerBox {
                name: "Demo tools".into(),
                url: "http://localhost:8000/mcp".into(),
                sign_in: true,
                connect: vec![
                    connect(
                        "Claude Code",
                        "claude mcp add --transport http demo http://localhost:8000/mcp",
                    ),
                    connect(
                        "VS Code",
                        r#"code --add-mcp '{"name":"demo","type":"http","url":"http://localhost:8000/mcp"}'"#,
                    ),
                ],
            },
            ServerBox {
                name: "Weather".into(),
                url: "http://localhost:8000/weather".into(),
                sign_in: false,
                connect: vec![],
            },
        ],
        metadata_url: "/.well-known/oauth-authorization-server".into(),
    }
}

pub(super) fn dev() -> DevSignInPage {
    let user = |value: &str, name: &str, note: &str| DevUserButton {
        value: value.into(),
        name: name.into(),
        email: format!("{value}@example.com"),
        note: note.into(),
    };
    DevSignInPage {
        client_name: "Countersign".into(),
        action: "/authorize".into(),
        hidden: vec![("state".into(), "a\"b".into())],
        users: vec![
            user("alice", "Alice Admin", "May do everything"),
            user("bob", "Bob Reader", "May only read"),
            user("eve", "Eve Outsider", "Is not admitted"),
            user("dora", "Dora", ""),
        ],
    }
}

fn signed_out() -> SignedOutPage {
    SignedOutPage { provider: Some("Google".into()), back: Some(link("/", "Back to the start")) }
}

/// A person's own page with tokens, and nothing else on it.
fn tokens() -> AccountPage {
    let token = |name: &str, scopes: Vec<ScopeLine>| TokenLine {
        id: "1aSvJ4gAZSyPSYf9R0QJrQ".into(),
        name: name.into(),
        server: "Demo tools".into(),
        scopes,
        since: "2026-11-25".into(),
        ends: "2027-02-23".into(),
    };
    let offer = |id: &str, name: &str, scopes: Vec<ScopeLine>| TokenOffer {
        id: id.into(),
        name: name.into(),
        scopes,
    };
    AccountPage {
        name: Some("Alice Admin".into()),
        providers: vec![button("google", "Continue with Google", None)],
        form: "c2VhbGVk".into(),
        identities: vec![],
        apps: vec![],
        tokens: vec![
            token("Nightly report", vec![scope("read", "See your profile and read data")]),
            token(&"W<script>\u{202e}".repeat(40), vec![]),
        ],
        offers: vec![
            offer("demo", "Demo tools", vec![scope("read", "See your profile and read data")]),
            offer("open", "Open tools", vec![]),
        ],
        browsers: vec![],
    }
}

fn made_token() -> MadeTokenPage {
    MadeTokenPage {
        token: "cs_pat_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE".into(),
        name: "Nightly report".into(),
        server: "Demo tools".into(),
        url: "https://tools.example.com/mcp".into(),
        ends: "2027-02-23".into(),
    }
}

/// One of everything, by file name.
pub(super) fn every_page() -> Vec<(&'static str, String)> {
    let pages = Pages::new();
    let app = AuthorizePage {
        client_kind: ClientKind::PreRegistered,
        client_host: None,
        client_name: "Cursor".into(),
        redirect_host: "cursor:".into(),
        unreachable: Some("Continue with Auth0".into()),
        ..consent()
    };
    let bare = AuthorizePage { scopes: vec![], providers: vec![], ..consent() };
    let plain_error = ErrorPage { remedy: None, retry: None, back: None, ..failure() };
    vec![
        ("authorize", pages.authorize(&consent())),
        ("authorize-loopback", pages.authorize(&claimed("Claude Code"))),
        ("authorize-app", pages.authorize(&app)),
        ("authorize-bare", pages.authorize(&bare)),
        ("authorize-hostile", pages.authorize(&claimed(&"W<script>".repeat(1200)))),
        ("error", pages.error(&failure())),
        ("error-bare", pages.error(&plain_error)),
        ("account-tokens", pages.account(&tokens())),
        ("token", pages.made_token(&made_token())),
        ("signed-out", pages.signed_out(&signed_out())),
        ("signed-out-bare", pages.signed_out(&SignedOutPage { provider: None, back: None })),
        ("home", pages.home(&home())),
        ("home-bare", pages.home(&HomePage { servers: vec![], ..home() })),
        ("dev-sign-in", pages.dev_sign_in(&dev())),
        ("dev-sign-in-bare", pages.dev_sign_in(&DevSignInPage { users: vec![], ..dev() })),
    ]
}
