//! How processes end: by themselves, by us, and with everything that they started.

use std::time::Duration;

use countersign::{
    engine::policy::Processes,
    gateway::stdio::{StdioSettings, Times},
};
use http::Method;
use serde_json::json;

use super::{Setup, call, gone, initialize, last, next, patient, runs, settings, text, until};

#[tokio::test]
async fn a_crash_is_an_error_to_every_request_under_way_and_the_end_of_the_session() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    let held = session.post(&call("held", "hold", &json!({}))).await;
    let listening = session.listen().await;
    let crash = session.post(&call("crash", "crash", &json!({}))).await;
    for (response, id) in [(held, "held"), (crash, "crash")] {
        let told = last(response).await;
        assert_eq!(told["id"], id);
        assert_eq!(told["error"]["message"], "The server process ended (exit code 3).");
    }
    assert_eq!(text(listening).await, "");
    let after = session.post(&call(1, "where", &json!({}))).await;
    assert_eq!(after.status(), 404);
}

#[tokio::test]
async fn a_crash_before_anything_was_said_is_502() {
    let setup = Setup::of(patient(""));
    for accept in ["application/json", "application/json, text/event-stream"] {
        let session = setup.open("usr_alice").await;
        let body = call("mine", "crash", &json!({})).to_string();
        let response = session.send(Method::POST, &[("accept", accept)], &body).await;
        assert_eq!(response.status(), 502);
        assert_eq!(response.headers()["content-type"], "application/json");
        let told = text(response).await;
        assert!(told.contains("\"mine\"") && !told.contains("secret-of-the-server"), "{told}");
    }
}

#[tokio::test]
async fn after_a_crash_the_next_initialize_starts_a_fresh_process() {
    let setup = Setup::of(patient(""));
    let session = setup.open("usr_alice").await;
    let before = session.pid().await;
    session.post(&call(1, "crash", &json!({}))).await;
    let fresh = setup.open("usr_alice").await;
    assert_ne!(fresh.pid().await, before);
}

#[tokio::test]
async fn a_process_that_crashes_again_and_again_is_not_started_at_the_clients_speed() {
    let setup = Setup::of(settings("crash"));
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let response = setup.initialize("usr_alice").await;
        let waits = response.headers().contains_key("retry-after");
        statuses.push((response.status().as_u16(), waits));
        assert!(!text(response).await.contains("secret-of-the-server"));
    }
    assert_eq!(statuses[..3], [(502, false), (502, false), (502, false)]);
    assert_eq!(statuses[3], (503, true));
    assert_eq!(setup.initialize("usr_bob").await.status(), 502, "nobody else waits for alice's");
}

#[tokio::test]
async fn what_was_said_before_the_end_is_heard() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    assert_eq!(session.call("last_words", &json!({})).await, json!({"last": true}));
}

#[tokio::test]
async fn a_process_that_closes_its_output_ends_and_is_not_waited_for() {
    let setup = Setup::of(StdioSettings { times: brief(), ..settings("") });
    let session = setup.open("usr_alice").await;
    let pid = session.pid().await;
    let told = last(session.post(&call(1, "mute", &json!({}))).await).await;
    assert_eq!(told["error"]["message"], "The server process ended: it closed its output.");
    gone(pid).await;
}

#[tokio::test]
async fn a_line_that_is_too_long_ends_the_process_and_one_that_is_not_passes() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    let most = 4 * 1024 * 1024;
    let fits = session.call("text", &json!({"size": most - 200})).await;
    assert_eq!(fits["text"].as_str().unwrap().len(), most - 200);
    let told = last(session.post(&call(1, "text", &json!({"size": most}))).await).await;
    assert_eq!(told["error"]["message"], "The server process ended: its message is too long.");
    assert_eq!(session.post(&call(1, "where", &json!({}))).await.status(), 404);
}

#[tokio::test]
async fn a_process_that_does_not_answer_initialize_is_ended() {
    let times = Times { start: Duration::from_millis(300), ..brief() };
    let setup = Setup::of(StdioSettings { times, ..settings("silent") });
    let response = setup.initialize("usr_alice").await;
    assert_eq!((response.status().as_u16(), response.headers().get("mcp-session-id")), (504, None));
    assert!(text(response).await.contains("did not answer in time"));
    setup.stop.cancel();
    setup.stdio.ended().await;
}

#[tokio::test]
async fn a_client_that_leaves_before_there_is_a_session_leaves_no_process() {
    let setup = Setup::of(settings("silent"));
    let opening = setup.initialize("usr_alice");
    let left = tokio::time::timeout(Duration::from_millis(200), opening).await;
    assert!(left.is_err());
    setup.stdio.ended().await;
}

#[tokio::test]
async fn an_idle_process_ends_and_one_with_an_open_stream_does_not() {
    let mut settings = settings("");
    settings.command.processes =
        Processes { idle: Duration::from_millis(400), ..Processes::default() };
    let setup = Setup::of(settings);
    let (idle, busy) = (setup.open("usr_alice").await, setup.open("usr_alice").await);
    let (one, other) = (idle.pid().await, busy.pid().await);
    let mut listening = busy.listen().await.into_body();
    gone(one).await;
    assert_eq!(idle.post(&call(1, "where", &json!({}))).await.status(), 404);
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert!(runs(other));
    busy.call("log_after", &json!({})).await;
    assert_eq!(next(&mut listening).await["params"]["data"], "after");
    drop(listening);
    gone(other).await;
}

#[tokio::test]
async fn what_a_process_started_ends_with_it() {
    for stubborn in ["", "stubborn"] {
        let setup = Setup::of(StdioSettings { times: brief(), ..settings(stubborn) });
        let session = setup.open("usr_alice").await;
        let pid = session.pid().await;
        let grandchild = session.call("grandchild", &json!({})).await["pid"].as_u64().unwrap();
        assert!(runs(pid) && runs(grandchild));
        session.send(Method::DELETE, &[], "").await;
        gone(pid).await;
        gone(grandchild).await;
    }
}

#[tokio::test]
async fn what_a_process_started_ends_with_it_when_it_crashes() {
    let setup = Setup::of(patient(""));
    let session = setup.open("usr_alice").await;
    let grandchild = session.call("grandchild", &json!({})).await["pid"].as_u64().unwrap();
    let told = session.post(&call(1, "crash", &json!({}))).await;
    assert_eq!(told.status(), 502, "though its child holds the pipe open");
    gone(grandchild).await;
}

#[tokio::test]
async fn everything_ends_when_the_service_stops() {
    let setup = Setup::of(StdioSettings { times: brief(), ..settings("stubborn") });
    let session = setup.open("usr_alice").await;
    let grandchild = session.call("grandchild", &json!({})).await["pid"].as_u64().unwrap();
    let alone = setup.stateless("usr_alice", "where", &json!({})).await["pid"].as_u64().unwrap();
    let pids = [session.pid().await, grandchild, alone];
    let listening = session.listen().await;
    setup.stop.cancel();
    setup.stdio.ended().await;
    for pid in pids {
        gone(pid).await;
    }
    assert_eq!(text(listening).await, "");
    let late = setup.send("usr_alice", Method::POST, &[], initialize().to_string()).await;
    assert_eq!(late.status(), 503);
}

#[test]
fn everything_ends_with_the_runtime_at_the_latest() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let pids = runtime.block_on(async {
        let setup = Setup::of(settings("stubborn"));
        let session = setup.open("usr_alice").await;
        let grandchild = session.call("grandchild", &json!({})).await["pid"].as_u64().unwrap();
        [session.pid().await, grandchild]
    });
    assert_eq!(pids.map(runs), [true; 2]);
    drop(runtime);
    let waiting = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    waiting.block_on(until("both are gone", || pids.iter().all(|pid| !runs(*pid))));
}

fn brief() -> Times {
    Times { grace: Duration::from_millis(200), ..settings("").times }
}
