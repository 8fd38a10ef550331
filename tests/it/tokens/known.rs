//! Static tokens: named by digest in the file of a server.

use super::*;
use http::{Request, header};

const CI: &str = "[[token]]\n\
    sha256 = \"4c5dc9b7708905f77f5e5d16316b5dfb425e68cb326dcd55a860e90a7707031e\" # test-token\n\
    user = \"ci\"\nname = \"CI\"\nemail = \"ci@example.com\"\nscopes = [\"read\"]\n";

async fn service() -> Service {
    let setup = two_servers("", "").edit("servers/demo.toml", |text| text + CI);
    setup.start().await
}

/// The status with which a tool of the demo server answers.
async fn tool(service: &Service, token: &str, name: &str) -> (u16, String) {
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{name}","arguments":{{}},"_meta":{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{{}}}}}}}}"#
    );
    let request = Request::post("/mcp")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", name)
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    let answer = service.send(request.body(body.into()).unwrap()).await;
    (answer.status.as_u16(), answer.body)
}

#[tokio::test]
async fn a_static_token_is_good_for_its_scopes_at_its_server() {
    let service = service().await;
    let (status, body) = tool(&service, "test-token", "whoami").await;
    assert!(status == 200 && body.contains("ci@example.com"), "{status} {body}");
    assert!(body.contains("9999-12-30T00:00:00Z"), "an end that can be told: {body}");
    assert_eq!(tool(&service, "test-token", "read_data").await.0, 200);
    assert_eq!(tool(&service, "test-token", "secure_operation").await.0, 403);
    assert_eq!(tool(&service, "test-token", "user_profile").await.0, 200, "with no account");
    service.log.keeps(&["test-token"]);
}

#[tokio::test]
async fn whoever_guesses_it_or_sends_its_digest_or_puts_it_elsewhere_is_refused() {
    let service = service().await;
    let digest = "4c5dc9b7708905f77f5e5d16316b5dfb425e68cb326dcd55a860e90a7707031e";
    for token in ["test-tokem", "Test-Token", digest] {
        assert_eq!(service.mcp(token).await, 401, "{token}");
    }
    let there = service.get("/mcp?access_token=test-token").await;
    assert_eq!(there.status, 400);
    is_inactive(&introspect(&service, "test-token").await);
    let refresh = service.refresh(&service.client().await, "test-token");
    assert_eq!(service.token(&refresh).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn its_own_server_may_introspect_it() {
    let service = service().await;
    let told = introspect_as(&service, &basic("demo", DEMO_SECRET), "test-token").await.json();
    assert_eq!((&told["active"], &told["sub"]), (&true.into(), &"ci".into()), "{told}");
    assert_eq!(told["client_id"], "urn:countersign:static-token");
}

#[tokio::test]
async fn the_start_says_loudly_that_there_are_some() {
    let service = service().await;
    let notes: Vec<_> = service.config.notes.iter().map(|note| note.what.as_str()).collect();
    assert!(notes.iter().any(|note| note.contains("static tokens") && note.ends_with("as: ci")));
    let good = two_servers("", "").load().unwrap();
    assert!(good.notes.iter().all(|note| !note.what.contains("static tokens")));
}
