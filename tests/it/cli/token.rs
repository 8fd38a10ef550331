//! `countersign token create`, `list` and `revoke`, beside a service on the same database.

use countersign::{ambient::Clock as _, protocol::secret::OpaqueAccessToken};
use serde_json::Value;

use super::{Ended, Folder, user::typed};
use crate::harness::{Service, Setup};

/// Alice signed in; her id.
async fn alice() -> (Service, String) {
    let service = Service::start().await;
    service.tokens("alice").await;
    let id = service.store().users().await.unwrap()[0].id.to_string();
    (service, id)
}

async fn create(service: &Service, user: &str, more: &[&str]) -> Ended {
    let first = ["token", "create", "--server", "demo", "--user", user, "--name", "CI"];
    typed(service, &[&first[..], more].concat()).await
}

fn result<'a>(told: &'a Value, name: &str) -> &'a str {
    let checks = told["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["check"] == name);
    check.map_or("absent", |check| check["result"].as_str().unwrap())
}

#[tokio::test]
async fn a_token_is_made_shown_once_listed_explained_and_revoked() {
    let (service, user) = alice().await;
    let told = create(&service, &user, &["--scopes", "read", "--expires", "30d", "--json"]).await;
    assert_eq!(told.code, 0, "{}{}", told.out, told.err);
    let made = told.json();
    let (token, id) = (made["token"].as_str().unwrap(), made["id"].as_str().unwrap());
    let life = made["expires_at"].as_i64().unwrap() - made["created_at"].as_i64().unwrap();
    assert_eq!(
        (life, &made["scopes"], &made["server"]),
        (30 * 86_400, &"read".into(), &"demo".into())
    );
    assert_eq!(service.mcp(token).await, 200);

    let listed = typed(&service, &["token", "list", "--json"]).await;
    assert_eq!(listed.json()[0]["id"], id);
    let table = typed(&service, &["token", "list", "--user", &user]).await;
    assert!(table.out.contains(id) && table.out.contains("until "), "{}", table.out);
    for text in [&listed.out, &table.out] {
        assert!(!text.contains("cs_pat_") && !text.contains("digest"), "{text}");
    }
    let shown = typed(&service, &["user", "show", &user]).await;
    assert!(shown.out.contains("CI at demo: read, until") && !shown.out.contains("urn:"));
    let shown = typed(&service, &["user", "show", &user, "--json"]).await;
    assert_eq!(shown.json()["tokens"][0]["id"], id);
    let others = typed(&service, &["token", "list", "--user", "usr_nobody", "--json"]).await;
    assert_eq!((others.code, others.json()), (0, serde_json::json!([])));

    let told = typed(&service, &["token", "inspect", token, "--json"]).await;
    assert_eq!((told.code, &told.json()["kind"]), (0, &"personal_token".into()), "{}", told.out);
    for check in ["structure", "known", "revocation", "expiry", "standing", "scopes"] {
        assert_eq!(result(&told.json(), check), "ok", "{check}");
    }
    assert_eq!((&told.json()["facts"]["id"], told.out.contains(token)), (&id.into(), false));

    let told = typed(&service, &["token", "revoke", id]).await;
    assert_eq!(told.code, 0, "{}", told.err);
    service.revoker.recall(service.now(), service.clock.now()).await.unwrap();
    assert_eq!(service.mcp(token).await, 401);
    let told = typed(&service, &["token", "revoke", id, "--json"]).await;
    assert_eq!((told.code, &told.json()["changed"]), (0, &false.into()));
    assert!(typed(&service, &["token", "list"]).await.out.contains("revoked "));
    let told = typed(&service, &["token", "inspect", token, "--json"]).await;
    assert_eq!((told.code, result(&told.json(), "revocation")), (1, "refused"));
}

#[tokio::test]
async fn an_id_may_begin_with_a_hyphen() {
    let service = Service::start().await;
    for id in ["-vr6-vr6-vr6-vr6-vr6-g", "--r6-vr6-vr6-vr6-vr6-g", "-h_6-vr6-vr6-vr6-vr6-g"] {
        let told = typed(&service, &["token", "revoke", id, "--json"]).await;
        assert_eq!((told.code, &told.json()["id"]), (1, &id.into()), "{}{}", told.out, told.err);
    }
}

#[tokio::test]
async fn a_token_lives_ninety_days_when_nobody_says() {
    let (service, user) = alice().await;
    let told = create(&service, &user, &["--scopes", "read write"]).await;
    assert!(told.out.contains("cs_pat_") && told.out.contains("shown this once"), "{}", told.out);
    let made = &typed(&service, &["token", "list", "--json"]).await.json()[0];
    let life = made["expires_at"].as_i64().unwrap() - made["created_at"].as_i64().unwrap();
    assert_eq!(life, 90 * 86_400);
}

#[tokio::test]
async fn what_a_person_may_not_have_ends_with_1_and_makes_nothing() {
    let service = Service::start().await;
    service.tokens("bob").await;
    let bob = service.store().users().await.unwrap()[0].id.to_string();
    let told = create(&service, &bob, &["--scopes", "read admin", "--json"]).await;
    assert_eq!(told.code, 1, "{}", told.out);
    assert!(told.json()["error"].as_str().unwrap().ends_with("at that server: admin."));
    let told = create(&service, "usr_nobody", &["--scopes", "read"]).await;
    assert!(told.code == 1 && told.out.contains("no user usr_nobody"), "{}", told.out);
    typed(&service, &["user", "disable", &bob]).await;
    let told = create(&service, &bob, &["--scopes", "read"]).await;
    assert!(told.code == 1 && told.out.contains("disabled"), "{}", told.out);
    assert_eq!(service.count("personal_tokens"), 0);
}

#[tokio::test]
async fn what_is_typed_wrongly_ends_with_2() {
    let (service, user) = alice().await;
    for wrong in [
        &["--scopes", "a\"b"][..],
        &["--scopes", "read", "--expires", "0d"],
        &["--scopes", "read", "--expires", "366d"],
        &["--scopes", "read", "--expires", "soon"],
        &["--scopes", "read", "--expires", "10s"],
        &["--scopes", "read", "--name", " "],
        &["--scopes", "read", "--name", "a\u{202e}b"],
        &["--scopes", "read", "--server", "nope"],
        &[],
    ] {
        let first = ["token", "create", "--user", &user];
        let usual = [["--server", "demo"], ["--name", "CI"]];
        let usual = usual.iter().filter(|pair| !wrong.contains(&pair[0])).flatten().copied();
        let all: Vec<&str> = first.into_iter().chain(usual).chain(wrong.iter().copied()).collect();
        let told = typed(&service, &all).await;
        assert_eq!((told.code, told.out.as_str()), (2, ""), "{wrong:?} {}", told.err);
    }
    assert_eq!(service.count("personal_tokens"), 0);
}

#[test]
fn a_token_nobody_knows_ends_with_1_and_looking_makes_no_database() {
    let folder = Folder::shipped();
    for id in ["1aSvJ4gAZSyPSYf9R0QJrQ", "x"] {
        let told = folder.run(&["token", "revoke", id]);
        assert!(told.code == 1 && told.out.contains("no token"), "{}", told.out);
    }
    let listed = folder.run(&["token", "list"]);
    assert!(listed.code == 0 && listed.out.contains("no personal access tokens"), "{}", listed.out);
    let secret = OpaqueAccessToken::from_entropy([1; 32]).reveal().to_owned();
    for (token, kind) in
        [(secret.clone(), "opaque_token"), (secret.replace("_at_", "_pat_"), "personal_token")]
    {
        let told = folder.run_with(&["token", "inspect", "--json"], &token).json();
        assert_eq!((&told["kind"], result(&told, "known")), (&kind.into(), "refused"));
        let told = folder.run_with(&["token", "inspect", "--json"], &token[..40]).json();
        assert_eq!((&told["kind"], result(&told, "structure")), (&kind.into(), "refused"));
    }
    assert!(!folder.path().join("data").exists());
}

#[tokio::test]
async fn an_opaque_token_is_explained() {
    let opaque = |text: String| format!("tokens = \"opaque\"\n{text}");
    let service = Setup::new().edit("servers/demo.toml", opaque).start().await;
    let tokens = service.tokens("alice").await;
    let access = tokens["access_token"].as_str().unwrap();
    let told = typed(&service, &["token", "inspect", access, "--json"]).await;
    assert_eq!((told.code, &told.json()["kind"]), (0, &"opaque_token".into()), "{}", told.out);
    for check in ["known", "issuer", "audience", "expiry", "grant", "user", "scopes"] {
        assert_eq!(result(&told.json(), check), "ok", "{check}");
    }
    assert!(!told.out.contains(access));
}

#[test]
fn a_static_token_is_traced_to_the_file_that_names_it() {
    let folder = Folder::shipped();
    let file = include_str!("../../../servers/demo.toml");
    let token = "[[token]]\nuser = \"ci\"\nscopes = [\"read\"]\n\
        sha256 = \"4c5dc9b7708905f77f5e5d16316b5dfb425e68cb326dcd55a860e90a7707031e\"\n";
    folder.write("servers/demo.toml", &format!("{file}{token}"));
    let told = folder.run_with(&["token", "inspect", "--json"], "test-token");
    assert_eq!((told.code, &told.json()["kind"]), (0, &"static_token".into()));
    assert_eq!(told.json()["facts"]["user"], "ci");
    let checked = folder.run(&["check"]);
    assert!(checked.out.contains("takes static tokens"), "{}", checked.out);
}
