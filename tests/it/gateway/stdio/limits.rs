//! How many there may be, and how much of everything.

use std::time::Duration;

use countersign::{
    engine::policy::Processes,
    gateway::stdio::{StdioSettings, Times},
};
use http::Method;
use http_body_util::BodyExt as _;
use serde_json::json;

use super::{Setup, call, gone, last, messages, patient, runs, settings, text};

fn limited(processes: Processes) -> StdioSettings {
    let mut settings = settings("");
    settings.command.processes = processes;
    settings
}

#[tokio::test]
async fn the_process_that_was_quiet_longest_makes_room_for_another_of_its_person() {
    let setup = Setup::of(limited(Processes { per_person: 2, ..Processes::default() }));
    let others = setup.open("usr_bob").await;
    let first = setup.open("usr_alice").await;
    let second = setup.open("usr_alice").await;
    let (pid, kept) = (second.pid().await, first.pid().await);
    setup.open("usr_alice").await;
    gone(pid).await;
    assert!(runs(kept) && runs(others.pid().await));
    assert_eq!(second.post(&call(1, "where", &json!({}))).await.status(), 404);
}

#[tokio::test]
async fn a_process_with_a_request_under_way_makes_room_for_nobody() {
    let setup = Setup::of(limited(Processes { per_person: 1, ..Processes::default() }));
    let session = setup.open("usr_alice").await;
    let held = session.post(&call(1, "hold", &json!({"key": 1}))).await;
    let full = setup.initialize("usr_alice").await;
    assert_eq!(
        (full.status().as_u16(), full.headers()["retry-after"].to_str().unwrap()),
        (503, "10")
    );
    session.call("release", &json!({})).await;
    assert_eq!(last(held).await["result"]["key"], 1);
}

#[tokio::test]
async fn there_are_so_many_of_all_people_and_no_more() {
    let setup = Setup::of(limited(Processes { per_person: 2, total: 3, ..Processes::default() }));
    let mut sessions = Vec::new();
    for user in ["usr_a", "usr_b", "usr_c"] {
        sessions.push(setup.open(user).await);
    }
    let full = setup.initialize("usr_d").await;
    assert_eq!((full.status().as_u16(), full.headers().contains_key("retry-after")), (503, true));
    let pid = sessions[0].pid().await;
    sessions[0].send(Method::DELETE, &[], "").await;
    gone(pid).await;
    for _ in 0..400 {
        if setup.initialize("usr_d").await.status() == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("there is no room again");
}

#[tokio::test]
async fn a_process_has_the_memory_of_the_file_and_no_more() {
    let processes = Processes { memory: Some(64 << 20), ..Processes::default() };
    let setup = Setup::of(limited(processes));
    let session = setup.open("usr_alice").await;
    let eat = |size: u32| json!({"size": size});
    assert_eq!(session.call("eat", &eat(8 << 20)).await["eaten"], 8 << 20);
    assert_eq!(session.call("eat", &eat(256 << 20)).await["eaten"], 0);
}

#[tokio::test]
async fn a_process_has_the_processor_time_of_the_file() {
    let processes = Processes { cpu: Some(Duration::from_secs(7)), ..Processes::default() };
    let setup = Setup::of(limited(processes));
    let pid = setup.open("usr_alice").await.pid().await;
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let cpu = limits.lines().find(|line| line.starts_with("Max cpu time")).unwrap();
    assert_eq!(cpu.split_whitespace().skip(3).take(2).collect::<Vec<_>>(), ["7", "7"]);
}

#[tokio::test]
async fn there_are_so_many_requests_under_way_and_no_more() {
    let mut settings = settings("");
    settings.times.head = Duration::from_millis(1);
    let setup = Setup::of(settings);
    let session = setup.open("usr_alice").await;
    let mut held = Vec::new();
    for number in 0..64 {
        held.push(session.post(&call(number, "hold", &json!({"key": number}))).await);
    }
    let busy = session.post(&call(64, "release", &json!({}))).await;
    assert_eq!((busy.status().as_u16(), busy.headers().contains_key("retry-after")), (503, true));
    held.truncate(32);
    session.call("release", &json!({})).await;
    for (number, response) in held.into_iter().enumerate() {
        assert_eq!(last(response).await["result"]["key"], number);
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_holds_the_process_back_and_loses_its_stream() {
    let mut settings = settings("");
    settings.times = Times { stalled: Duration::from_millis(500), ..settings.times };
    let setup = Setup::of(settings);
    let session = setup.open("usr_alice").await;
    // 32 MiB, of which 8 wait at most.
    let many = call(1, "many", &json!({"count": 32, "size": 1 << 20}));
    let unread = session.post(&many).await;
    let result = session.call("echo", &json!({})).await;
    assert_eq!(result["arguments"], json!({}));
    let bytes = unread.into_body().collect().await.unwrap().to_bytes();
    assert!(bytes.len() < 10 << 20, "{}", bytes.len());
}

#[tokio::test]
async fn a_client_that_reads_gets_everything_however_much_it_is() {
    let setup = Setup::new();
    let session = setup.open("usr_alice").await;
    let many = call(1, "many", &json!({"count": 32, "size": 1 << 20}));
    assert_eq!(messages(session.post(&many).await).await.len(), 33);
}

#[tokio::test]
async fn a_process_that_does_not_read_is_told_of_and_not_waited_for() {
    let mut settings = patient("");
    settings.times.stalled = Duration::from_millis(300);
    settings.times.grace = Duration::from_millis(200);
    let setup = Setup::of(settings);
    let session = setup.open("usr_alice").await;
    session.call("deaf", &json!({})).await;
    let body = call(1, "echo", &json!({"text": "x".repeat(1 << 20)})).to_string();
    let headers = [("accept", "application/json")];
    let posts = (0..3).map(|_| async {
        let sent = session.send(Method::POST, &headers, &body);
        match tokio::time::timeout(Duration::from_secs(3), sent).await {
            Ok(response) => text(response).await,
            Err(_) => String::new(), // it is in the pipe, and waits for its answer
        }
    });
    let told = futures_util::future::join_all(posts).await;
    assert!(told.iter().any(|it| it.contains("does not take requests")), "{told:?}");
}
