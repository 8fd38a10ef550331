//! `countersign user`, beside a service on the same database.

use std::process::Command;

use serde_json::Value;

use super::{Ended, Folder};
use crate::harness::Service;

/// The program on the database of a running service.
pub(crate) async fn typed(service: &Service, arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.current_dir(service.root()).env_clear().envs(service.variables()).args(arguments);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    Ended {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

async fn refresh(service: &Service, tokens: &Value) -> Value {
    let client = service.client().await;
    let form = service.refresh(&client, tokens["refresh_token"].as_str().unwrap());
    service.token(&form).await.json()
}

#[tokio::test]
async fn a_person_is_listed_shown_disabled_and_enabled() {
    let service = Service::start().await;
    let tokens = service.tokens("alice").await;
    let listed = typed(&service, &["user", "list", "--json"]).await.json();
    assert_eq!(listed[0]["email"], "alice@example.com");
    let id = listed[0]["id"].as_str().unwrap().to_owned();
    let shown = typed(&service, &["user", "show", &id]).await;
    for fact in ["Alice Admin", "dev: alice", "at demo: admin read write", "Browser"] {
        assert!(shown.out.contains(fact), "{fact}: {}", shown.out);
    }
    let shown = typed(&service, &["user", "show", &id, "--json"]).await;
    assert_eq!(shown.json()["identities"][0]["subject"], "alice");
    assert_eq!(shown.json()["browsers"].as_array().unwrap().len(), 1);
    assert!(!shown.out.contains("claims") && !shown.out.contains("digest"), "{}", shown.out);

    let disabled = typed(&service, &["user", "disable", &id, "--json"]).await;
    assert_eq!(disabled.code, 0, "{}", disabled.out);
    assert_eq!(disabled.json()["disabled"], true);
    assert_eq!(refresh(&service, &tokens).await["error"], "invalid_grant");
    assert_eq!(service.sign_in("alice").await["error"], "access_denied");
    assert!(!service.rows().contains("sessions"), "{}", service.rows());
    assert!(typed(&service, &["user", "list"]).await.out.contains("no, disabled"));

    assert_eq!(typed(&service, &["user", "enable", &id]).await.code, 0);
    assert_eq!(refresh(&service, &tokens).await["error"], "invalid_grant", "ended for good");
    service.tokens("alice").await;
}

#[tokio::test]
async fn a_person_signed_out_by_the_operator_may_sign_in_again() {
    let service = Service::start().await;
    let tokens = service.tokens("bob").await;
    let listed = typed(&service, &["user", "list", "--json"]).await.json();
    let id = listed[0]["id"].as_str().unwrap().to_owned();
    let told = typed(&service, &["user", "sign-out", &id]).await;
    assert!(told.out.contains("every app is disconnected"), "{}", told.out);
    assert_eq!(refresh(&service, &tokens).await["error"], "invalid_grant");
    let revoker = countersign::ambient::Timestamp::from_unix(0);
    assert_eq!(service.store().revoked_since(revoker).await.unwrap().len(), 1);
    assert!(!service.rows().contains("sessions"), "{}", service.rows());
    service.tokens("bob").await;
}

#[test]
fn somebody_unknown_ends_with_1_and_looking_makes_no_database() {
    let folder = Folder::shipped();
    for verb in ["show", "disable", "enable", "sign-out"] {
        let told = folder.run(&["user", verb, "usr_nobody"]);
        assert_eq!(told.code, 1, "{verb}: {}", told.err);
        assert!(told.out.contains("no user usr_nobody"), "{}", told.out);
    }
    let listed = folder.run(&["user", "list"]);
    assert!(listed.code == 0 && listed.out.contains("Nobody has signed in yet"));
    assert!(!folder.path().join("data").exists());
    assert_eq!(folder.run(&["user"]).code, 2);
}
