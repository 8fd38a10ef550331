//! `countersign key`, beside a service on the same database.

use serde_json::Value;

use super::{Folder, user::typed};
use crate::harness::{Service, Setup, claims};

async fn listed(service: &Service) -> Vec<Value> {
    let told = typed(service, &["key", "list", "--json"]).await;
    assert_eq!(told.code, 0, "{}{}", told.out, told.err);
    told.json().as_array().unwrap().clone()
}

fn stages(keys: &[Value]) -> Vec<&str> {
    keys.iter().map(|key| key["stage"].as_str().unwrap()).collect()
}

async fn tokens(service: &Service) -> (String, String) {
    let tokens = service.tokens("alice").await;
    let token = tokens["access_token"].as_str().unwrap().to_owned();
    let kid = claims(&token).0["kid"].as_str().unwrap().to_owned();
    (token, kid)
}

#[tokio::test]
async fn the_next_key_is_announced_listed_and_brought_forward() {
    let service = Service::start().await;
    let (_, signer) = tokens(&service).await;
    assert_eq!(stages(&listed(&service).await), ["active"]);
    let told = typed(&service, &["key", "rotate", "--json"]).await.json();
    assert_eq!(told["changed"], true);
    let again = typed(&service, &["key", "rotate", "--json"]).await;
    assert_eq!(
        (again.code, &again.json()["changed"], &again.json()["id"]),
        (0, &false.into(), &told["id"])
    );
    let keys = listed(&service).await;
    assert_eq!(stages(&keys), ["active", "announced"]);
    assert_eq!((&keys[0]["id"], &keys[1]["id"]), (&signer.into(), &told["id"]));
    assert_eq!(keys[1]["signs_from"], told["signs_from"]);
    assert_eq!(keys[0]["signs_until"], told["signs_from"]);
    let fortnight =
        keys[0]["published_until"].as_i64().unwrap() - keys[0]["signs_until"].as_i64().unwrap();
    assert_eq!((fortnight, &keys[0]["master_key"]["place"]), (14 * 86_400, &"first".into()));
    let table = typed(&service, &["key", "list"]).await.out;
    let id = told["id"].as_str().unwrap();
    assert!(
        table.contains(id) && table.contains("announced") && !table.contains("sealed"),
        "{table}"
    );

    let now = typed(&service, &["key", "rotate", "--now"]).await;
    assert!(now.code == 0 && now.out.contains(&format!("{id} signs from now on")), "{}", now.out);
    assert_eq!(stages(&listed(&service).await), ["retiring", "active"]);
}

#[tokio::test]
async fn a_retired_key_is_gone_and_another_signs() {
    let service = Service::start().await;
    let (token, signer) = tokens(&service).await;
    assert_eq!(service.mcp(&token).await, 200);
    let told = typed(&service, &["key", "retire", &signer, "--json"]).await;
    assert_eq!((told.code, &told.json()["was"]), (0, &"active".into()), "{}{}", told.out, told.err);
    let keys = listed(&service).await;
    assert_eq!((keys.len(), &keys[0]["id"]), (1, &told.json()["signs_now"]));
    service.wait(5);
    service.keys.tick().await.unwrap();
    assert_eq!(service.mcp(&token).await, 401);
    let inspected = typed(&service, &["token", "inspect", &token]).await;
    assert!(inspected.code == 1 && inspected.out.contains("none of ours"), "{}", inspected.out);
    let (fresh, _) = tokens(&service).await;
    assert_eq!(service.mcp(&fresh).await, 200);
    assert_eq!(typed(&service, &["token", "inspect", &fresh]).await.code, 0);
}

#[tokio::test]
async fn what_is_said_of_a_retirement_is_what_happens() {
    let service = Service::start().await;
    let (_, signer) = tokens(&service).await;
    let next = typed(&service, &["key", "rotate", "--json"]).await.json();
    let told = typed(&service, &["key", "retire", &signer]).await;
    let next = next["id"].as_str().unwrap();
    assert!(told.out.contains(&format!("{next} signs from now on")), "{}", told.out);
    let announced = typed(&service, &["key", "rotate", "--json"]).await.json();
    let told = typed(&service, &["key", "retire", announced["id"].as_str().unwrap()]).await;
    assert!(told.out.contains("before it signed anything"), "{}", told.out);
    assert_eq!(stages(&listed(&service).await), ["active"]);
}

#[tokio::test]
async fn an_unknown_key_ends_with_2_and_the_known_ones() {
    let service = Service::start().await;
    let (_, signer) = tokens(&service).await;
    let told = typed(&service, &["key", "retire", "nope"]).await;
    assert!(told.code == 2 && told.err.contains(&signer), "{}{}", told.out, told.err);
    for id in ["nope", "-nope", "--nope", "-h_-"] {
        let told = typed(&service, &["key", "retire", id, "--json"]).await;
        let error = told.json()["error"].as_str().unwrap().to_owned();
        assert!(told.code == 2 && error.contains(&format!("no signing key {id}")), "{error}");
    }
    assert_eq!(stages(&listed(&service).await), ["active"]);
}

#[tokio::test]
async fn everything_is_resealed_under_the_first_master_key() {
    const OLD: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";
    const BOTH: &str =
        "ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-P0A,AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";
    let keys =
        |keys: &'static str| move |setup: Setup| setup.variable("COUNTERSIGN_MASTER_KEY", keys);
    let service = keys(OLD)(Setup::new()).start().await;
    service.tokens("alice").await;
    let service = service.restart_with(keys(BOTH)).await;
    let before = listed(&service).await;
    assert_eq!(before[0]["master_key"]["place"], "older");
    assert!(typed(&service, &["key", "list"]).await.out.contains("not the first"));
    let told = typed(&service, &["key", "reseal", "--json"]).await;
    assert_eq!((told.code, told.err.as_str()), (0, ""), "{}", told.out);
    let told = told.json();
    assert_eq!((&told["signing_keys"], &told["identities"]), (&1.into(), &1.into()));
    let after = listed(&service).await;
    assert_eq!(
        (&after[0]["master_key"]["place"], &after[0]["id"]),
        (&"first".into(), &before[0]["id"])
    );
    assert_eq!(after[0]["master_key"]["id"], told["master_key"]);
    let again = typed(&service, &["key", "reseal"]).await;
    assert!(again.code == 0 && again.out.contains("the others may go"), "{}", again.out);
}

#[test]
fn looking_makes_nothing_and_there_is_nothing_to_change() {
    let folder = Folder::shipped();
    let listed = folder.run(&["key", "list"]);
    assert!(listed.code == 0 && listed.out.contains("no signing keys yet"), "{}", listed.out);
    assert_eq!(folder.run(&["key", "list", "--json"]).json(), serde_json::json!([]));
    for verb in [&["key", "rotate"][..], &["key", "retire", "x"], &["key", "reseal"]] {
        let told = folder.run(verb);
        assert!(
            told.code == 1 && told.out.contains("no signing keys yet"),
            "{verb:?} {}",
            told.out
        );
    }
    assert!(!folder.path().join("data").exists());
    assert_eq!(folder.run(&["key"]).code, 2);
}

#[tokio::test]
async fn a_master_key_file_that_is_lost_is_not_made_anew_by_a_command() {
    let service = Service::start().await;
    std::fs::remove_file(service.root().join("data/master.key")).unwrap();
    assert_eq!(listed(&service).await[0]["master_key"]["place"], "missing");
    for verb in [&["key", "rotate", "--now"][..], &["key", "reseal"]] {
        let told = typed(&service, verb).await;
        assert!(told.code == 2 && told.err.contains("restore it from a backup"), "{}", told.err);
    }
    assert!(!service.root().join("data/master.key").exists());
    assert_eq!(service.count("signing_keys"), 1);
}
