//! What a process writes beside its messages: in our log, and nowhere else.

use serde_json::json;

use super::{Setup, call, next, patient, text, until};
use crate::harness::Log;

#[tokio::test]
async fn errors_go_to_the_log_line_by_line_and_into_no_answer() {
    let log = Log::capture();
    let setup = Setup::of(patient(""));
    let session = setup.open("usr_alice").await;
    let told = text(session.post(&call(1, "crash", &json!({}))).await).await;
    assert!(!told.contains("secret-of-the-server"), "{told}");
    until("it is logged", || log.text().contains("secret-of-the-server")).await;
    let text = log.text();
    let line = text.lines().find(|line| line.contains("secret-of-the-server")).unwrap();
    assert!(line.contains("countersign::stdio") && line.contains("server=files"), "{line}");
}

#[tokio::test]
async fn a_line_cannot_forge_another_nor_act_on_a_terminal() {
    let log = Log::capture();
    let setup = Setup::of(patient(""));
    let session = setup.open("usr_alice").await;
    let lines = ["red \u{1b}[31m and\rback", "turned \u{202e}round", &"long".repeat(2000)];
    session.call("errors", &json!({"lines": lines})).await;
    until("all are logged", || log.text().contains("longlong")).await;
    let text = log.text();
    assert!(
        text.contains(r"red \u{1b}[31m and\u{d}back") && text.contains(r"turned \u{202e}round")
    );
    assert!(!text.contains(['\u{1b}', '\r', '\u{202e}']));
    assert!(text.lines().filter(|line| line.contains("longlong")).all(|line| line.len() < 3000));
}

#[tokio::test]
async fn a_flood_is_passed_over_and_counted() {
    let log = Log::capture();
    let setup = Setup::of(patient(""));
    let session = setup.open("usr_alice").await;
    let lines: Vec<_> = (0..1000).map(|number| format!("flood {number}")).collect();
    session.call("errors", &json!({"lines": lines})).await;
    session.post(&call(1, "crash", &json!({}))).await;
    until("it is counted", || log.text().contains("more lines were passed over")).await;
    let floods = log.text().matches("flood ").count();
    assert!((1..=200).contains(&floods), "{floods}");
}

#[tokio::test]
async fn what_strays_into_the_output_is_logged_and_the_messages_go_on() {
    let log = Log::capture();
    let setup = Setup::of(patient(""));
    let session = setup.open("usr_alice").await;
    let mut listening = session.listen().await.into_body();
    session.call("stray", &json!({})).await;
    session.call("log_after", &json!({})).await;
    assert_eq!(next(&mut listening).await["params"]["data"], "after");
    assert!(log.text().contains(r"Listening on port 3000 \u{1b}[31m"));
}
