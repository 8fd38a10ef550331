//! How often a person may call: the server's limit and the tool's own, told in every answer.

use http::Method;
use serde_json::{Value, json};

use axum::body::Body;
use http::Response;

use super::{Setup, call, ping, text};

/// Status and limits, without the seconds, which pass while a test runs.
fn told(response: &Response<Body>) -> String {
    let line = |name: &str| response.headers().get(name).map(|line| line.to_str().unwrap());
    let left = line("ratelimit").unwrap_or_default().split(", ");
    let left: Vec<_> = left.map(|item| item.split(";t=").next().unwrap()).collect();
    let policy = line("ratelimit-policy").unwrap_or_default();
    format!("{} [{policy}] [{}]", response.status().as_u16(), left.join(", "))
}

#[tokio::test]
async fn calls_are_counted_for_each_person_and_what_is_left_is_told() {
    let setup = Setup::new().await;
    let both = r#""user";q=8;w=3600, "tool:slow";q=2;w=3600"#;
    let first = told(&setup.post(&call("slow")).await);
    assert_eq!(first, format!(r#"200 [{both}] ["user";r=7, "tool:slow";r=1]"#));
    let second = told(&setup.post(&call("slow")).await);
    assert_eq!(second, format!(r#"200 [{both}] ["user";r=6, "tool:slow";r=0]"#));
    let refused = setup.post(&call("slow")).await;
    assert_eq!(told(&refused), r#"429 ["tool:slow";q=2;w=3600] ["tool:slow";r=0]"#);
    let wait: u32 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=1800).contains(&wait));
    let said: Value = serde_json::from_str(&text(refused).await).unwrap();
    assert_eq!((&said["id"], &said["error"]["code"]), (&json!(7), &json!(-32000)));
    assert!(said["error"]["message"].as_str().unwrap().starts_with("The limit is 2 in "));
    assert_eq!(setup.post(&call("look")).await.status(), 200);
    let bobs = setup.request_of("usr_bob", Method::POST, &[], &call("slow").to_string());
    assert_eq!(setup.send(bobs).await.status(), 200);
}

#[tokio::test]
async fn neither_a_refused_call_nor_anything_but_a_call_counts() {
    let setup = Setup::new().await;
    for _ in 0..9 {
        assert_eq!(setup.post(&call("delete")).await.status(), 403);
        assert_eq!(told(&setup.post(&ping()).await), "200 [] []");
    }
    assert_eq!(setup.post(&call("slow")).await.status(), 200);
}

#[tokio::test]
async fn a_batch_counts_for_each_of_its_calls_or_not_at_all() {
    let setup = Setup::new().await;
    let three = json!([call("slow"), call("slow"), call("slow")]);
    assert_eq!(setup.post(&three).await.status(), 429);
    assert_eq!(setup.post(&json!([call("slow"), call("slow")])).await.status(), 200);
    assert_eq!(setup.post(&call("slow")).await.status(), 429);
}
