//! Every route × every kind of bearer token that is not good there: the expected refusal, nothing
//! changed, nothing told.

mod declared;
mod others;
mod servers;
mod table;
mod world;

use axum::body::Body;
use http::{Request, Uri, header};

use self::{
    declared::declared,
    table::{CONFIGURED, GUARDED, KINDS, METHODS, NOWHERE, ROWS, Row, Told},
    world::{Guarded, PING, World, parameter, registration, seen},
};
use crate::{
    harness::{Answer, Browser},
    people::signed_in,
};

#[test]
fn no_route_of_the_program_is_without_a_row() {
    let declared = declared();
    for route in &declared {
        let row = |row: &&Row| (row.0, row.1) == (route.method, route.path.as_str());
        assert!(ROWS.iter().any(|it| row(&it)), "{route:?} has no row in the table");
    }
    for (method, path, ..) in ROWS {
        let it = declared.iter().any(|it| (it.method, it.path.as_str()) == (*method, *path));
        assert!(it || [NOWHERE, CONFIGURED].contains(path), "{method} {path} is a row of no route");
    }
}

#[tokio::test]
async fn every_guarded_path_refuses_every_token_that_is_not_good_there() {
    let world = World::new().await;
    let before = (world.service.state(), world.reached());
    let mut wrong = Vec::new();
    assert_eq!(GUARDED.len(), world.servers.len() * METHODS.len(), "a row is of no server");
    for server in &world.servers {
        let bearers = world.bearers(Some(server));
        for method in METHODS {
            let row = GUARDED.iter().find(|row| (row.0, row.1) == (server.id.as_str(), method));
            let (.., cells) = row.unwrap_or_else(|| panic!("no row for {method} {}", server.id));
            for ((kind, expected), tokens) in KINDS.iter().zip(cells).zip(&bearers) {
                for token in tokens {
                    let answer = refused(&world, server, method, token.as_deref()).await;
                    let what = format!("{method} {} with {kind}", server.id);
                    if seen(&answer) != *expected {
                        wrong.push(format!("{what}: {} {}", seen(&answer), answer.body));
                    }
                    is_challenged(&answer, server, &what);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!((world.service.state(), world.reached()), before);
    for server in &world.servers {
        assert_eq!(world.alices_pings(server).await, [200, 200], "{}", server.id);
    }
    world.service.log.keeps(&world.secrets());
}

/// Whoever is told that alice's session is none could be told so of any: nothing says that it is one.
async fn refused(world: &World, server: &Guarded, method: &str, token: Option<&str>) -> Answer {
    let request = |session| server.request(method, PING, token, Some(session));
    let answer = world.service.send(request(&server.session)).await;
    let invented = world.service.send(request("invented")).await;
    assert_eq!(shown(&answer), shown(&invented), "{method} {}", server.id);
    answer
}

/// A 401 says where to sign in (RFC 9728 §5.1); what is refused otherwise does not ask to.
fn is_challenged(answer: &Answer, server: &Guarded, what: &str) {
    let challenge = answer.header("www-authenticate");
    if answer.status != 401 {
        assert_eq!(challenge, "", "{what}");
        return;
    }
    let mut metadata = server.url.clone();
    metadata.set_path(&format!("/.well-known/oauth-protected-resource{}", server.url.path()));
    assert!(challenge.starts_with("Bearer "), "{what}: {challenge}");
    assert_eq!(parameter(challenge, "resource_metadata"), Some(metadata.as_str()), "{what}");
    assert_eq!(answer.header("cache-control"), "no-store", "{what}");
    assert!(!answer.headers.contains_key(header::SET_COOKIE), "{what}");
}

#[tokio::test]
async fn a_bearer_token_opens_nothing_where_none_is_asked_for() {
    let world = World::new().await;
    let mut wrong = Vec::new();
    for Asked { what, row, token, answer } in asked_by(&world, &world.service.browser()).await {
        if seen(&answer) != row.4.to(token) {
            wrong.push(format!("{what}: {} {}", seen(&answer), answer.body));
        }
        // Words with a space or a sign: no sealed value of a form spells them by chance.
        for told in ["Alice Admin", "Bob Reader", "@example.com"] {
            assert!(!answer.body.contains(told), "{what}: {}", answer.body);
        }
        let cookies = answer.headers.get_all(header::SET_COOKIE).into_iter();
        for cookie in cookies.map(|cookie| cookie.to_str().unwrap()) {
            assert!(!cookie.starts_with("countersign-session="), "{what}");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_bearer_token_changes_nothing_of_what_the_signed_in_person_sees() {
    let world = World::new().await;
    let alice = signed_in(&world.service, "alice").await;
    for Asked { what, row, answer, .. } in asked_by(&world, &alice).await {
        if (row.0, row.1) == ("GET", "/account") {
            assert!(answer.body.contains("Alice Admin"), "{what}: {}", answer.body);
        }
        assert!(!answer.body.contains("Bob Reader"), "{what}: {}", answer.body);
    }
}

/// A row of the table, asked with a token of one kind.
struct Asked {
    what: String,
    row: &'static Row,
    token: bool,
    answer: Answer,
}

/// Every row of the table as one browser asks, with every token: nothing of it changes anything, and
/// the answer is the one that is given without a token.
async fn asked_by(world: &World, browser: &Browser) -> Vec<Asked> {
    let fill = Fill::of(world).await;
    let before = (world.service.state(), world.reached());
    let mut all = Vec::new();
    for row in ROWS {
        let without = browser.clone().send(fill.request(row, None)).await;
        for (kind, tokens) in KINDS.iter().zip(world.bearers(None)) {
            for token in tokens {
                let answer = browser.clone().send(fill.request(row, token.as_deref())).await;
                let what = format!("{} {} with {kind}", row.0, row.2);
                if matches!(row.4, Told::Alike(_)) {
                    assert_eq!(shown(&answer), shown(&without), "{what}");
                }
                all.push(Asked { what, row, token: token.is_some(), answer });
            }
        }
    }
    assert_eq!((world.service.state(), world.reached()), before);
    world.service.log.keeps(&world.secrets());
    all
}

/// What the table's requests are about.
struct Fill([(&'static str, String); 6]);

impl Fill {
    async fn of(world: &World) -> Self {
        let thief = world.thief().await;
        Self([
            ("{ask}", world.service.ask(&world.client).encoded()),
            ("{registration}", registration("Thief").to_string()),
            ("{client}", world.client.clone()),
            ("{thief}", thief),
            ("{alice}", world.servers[0].good[0].clone()),
            ("{token}", world.personal.clone()),
        ])
    }

    fn request(&self, (method, _, at, form, _): &Row, token: Option<&str>) -> Request<Body> {
        let filled = |text: &str| {
            self.0.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
        };
        let mut request = Request::builder().method(*method).uri(filled(at));
        if let Some(host) = request.uri_ref().and_then(Uri::authority).map(ToString::to_string) {
            request = request.header(header::HOST, host);
        }
        if *method == "POST" {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        request.body(Body::from(filled(form))).unwrap()
    }
}

/// An answer as far as it is the same each time: without its number, and what its forms are sealed with.
fn shown(answer: &Answer) -> (u16, Vec<String>, String) {
    let number = answer.header("x-request-id");
    let each = ["x-request-id", "content-length"];
    let headers = answer.headers.iter().filter(|(name, _)| !each.contains(&name.as_str()));
    let headers = headers.map(|(name, value)| format!("{name}: {value:?}")).collect();
    let body = answer.body.replace(number, "NUMBER");
    let mut parts = body.split("value=\"");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str(part.split_once('"').map_or("", |(_, rest)| rest));
    }
    (answer.status.as_u16(), headers, kept)
}
