//! J: client metadata documents, which anybody may have us fetch.

use std::{net::TcpListener, time::Duration};

use countersign::{
    protocol::id::ClientId,
    upstream::{
        client_document::{ClientDocuments, DocumentFault},
        http::{FetchFault, Fetcher},
    },
};
use serde_json::json;

use super::{before::Before, j_registration::comes_as};
use crate::{
    harness::{REDIRECT, Service, Setup},
    limits::in_public,
    upstream::{
        clock,
        fault_server::{FaultServer, Manner},
    },
};

/// The same at a public service, to which this machine is a stranger's too.
#[tokio::test]
async fn j07_a_metadata_document_at_a_private_address_is_not_fetched() {
    let service = in_public(Setup::new()).start().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let before = Before::of(&service);
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[fd00::1]",
        "[fe80::1]",
        "[fd00:ec2::254]",
    ] {
        for scheme in ["https", "http"] {
            let id = format!("{scheme}://{host}:{port}/client.json");
            let ask = service.ask(&id).encoded();
            let path = format!("/authorize?{ask}");
            let answer = service.browser().get_with(&path, &[("host", "auth.example.com")]).await;
            assert_eq!(answer.page(), "400 This sign-in request cannot be used", "{id}");
            assert!(!answer.header("set-cookie").contains("session"), "{id}");
        }
    }
    assert!(listener.accept().is_err(), "nobody connected, by whatever name");
    before.stands(&service, &["s+t", "code_challenge"]);
}

#[tokio::test]
async fn j07_a_client_id_that_is_no_plain_https_url_is_not_fetched() {
    let service = Service::start().await;
    let host = FaultServer::start(FaultServer::json("{}")).await;
    let at = host.url.as_str().trim_end_matches("/document");
    let authority = at.trim_start_matches("http://");
    let before = Before::of(&service);
    for id in [
        format!("{at}/document?query=1"),
        format!("{at}/document#fragment"),
        format!("http://user:pass@{authority}/document"),
        format!("{at}/a/../document"),
        format!("{at}/./document"),
        format!("{at}/%2e%2e/document"),
        format!("{at}/a%2fdocument"),
        format!("{at}\\document"),
        format!("{at}/{}", "a".repeat(3 * 1024)),
        format!("{at}/"),
        at.to_owned(),
        format!("HTTP://{authority}/document"),
        "http://client.example/document".to_owned(),
        "ftp://client.example/document".to_owned(),
        "https://CLIENT.example/document".to_owned(),
        "https://client.example:443/document".to_owned(),
    ] {
        let page = comes_as(&service, &id).await.page();
        assert_eq!(page, "400 This sign-in request cannot be used", "{id}");
    }
    assert_eq!(host.hits(), 0);
    before.stands(&service, &["user:pass"]);
}

/// What is wrong with an answer, the answer, and how the page begins. `URL` is the document's own.
fn bad_answers(elsewhere: &str) -> Vec<(&'static str, Manner, &'static str)> {
    let about =
        |id: &str| json!({"client_id": id, "client_name": "A", "redirect_uris": [REDIRECT]});
    let raw = |head: &str, body: &str| {
        Manner::Raw(format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{head}\r\n{body}").into())
    };
    let kind = |kind: &str| format!("content-type: {kind}\r\n");
    let packed = format!("{}content-encoding: gzip\r\n", kind("application/json"));
    let json = |body: &str| raw(&kind("application/json"), body);
    let moved = FaultServer::status(&format!("302 Found\r\nlocation: {elsewhere}"));
    vec![
        ("redirect", moved, "400"),
        ("5 MB", json(&format!("{{\"padding\":\"{}\"}}", "x".repeat(5 << 20))), "400"),
        ("endless", Manner::Endless, "400"),
        ("HTML", raw(&kind("text/html"), &about("URL").to_string()), "400"),
        ("no type", raw("", &about("URL").to_string()), "400"),
        ("packed", raw(&packed, &about("URL").to_string()), "400"),
        ("another's id", json(&about(elsewhere).to_string()), "400"),
        ("no id", json(&json!({"redirect_uris": [REDIRECT]}).to_string()), "400"),
        ("an array", json("[]"), "400"),
        ("404", FaultServer::status("404 Not Found"), "400"),
        ("500", FaultServer::status("500 Oops"), "503"),
        ("slow", Manner::Trickle, "503"),
        ("and a good one is taken", json(&about("URL").to_string()), "200"),
    ]
}

#[tokio::test]
async fn j07_a_metadata_document_that_is_no_small_json_about_itself_is_refused() {
    let elsewhere = FaultServer::start(FaultServer::json("{}")).await;
    let mut service = Service::start().await;
    for (n, (what, manner, status)) in bad_answers(elsewhere.url.as_str()).into_iter().enumerate() {
        if n % 8 == 7 {
            // One host may be asked ten times a minute.
            service = service.restart().await;
        }
        let host = FaultServer::start(Manner::Reset).await;
        let id = host.url.as_str();
        host.become_so(match manner {
            Manner::Raw(bytes) => {
                let text = String::from_utf8(bytes).unwrap();
                Manner::Raw(text.replace("\"URL\"", &format!("{id:?}")).into())
            }
            other => other,
        });
        let (before, began) = (Before::of(&service), std::time::Instant::now());
        let answer = comes_as(&service, id).await;
        assert!(answer.page().starts_with(status), "{what}: {}", answer.page());
        assert!(began.elapsed() < Duration::from_secs(15), "{what}");
        assert_eq!(host.hits(), 1, "{what}");
        before.stands(&service, &[]);
    }
    assert_eq!(elsewhere.hits(), 0, "the redirect's target");
}

#[tokio::test]
async fn j09_a_flood_of_invented_client_ids_asks_one_host_ten_times_and_all_hosts_120_times() {
    let victim = FaultServer::start(FaultServer::status("404 Not Found")).await;
    let port = victim.url.port().unwrap();
    let documents = ClientDocuments::new(Fetcher::for_strangers().with_loopback(), clock());
    let mut busy = 0;
    let mut flood = async |host: &str, count: u32| {
        for number in 0..count {
            let id = ClientId::new(format!("http://{host}:{port}/c{number}"));
            busy += u32::from(matches!(
                documents.fetch(&id).await.unwrap_err(),
                DocumentFault::Busy { .. }
            ));
        }
    };
    flood("127.0.0.1", 3000).await;
    assert_eq!(victim.hits(), 10, "one host");
    for n in 2..200 {
        flood(&format!("127.0.0.{n}"), 2).await;
    }
    assert_eq!(victim.hits(), 10);
    assert_eq!(busy, 2990 + 2 * 198 - 110, "and all hosts together");
    let again = ClientId::new(format!("http://127.0.0.1:{port}/c0"));
    for _ in 0..1000 {
        let told = documents.fetch(&again).await.unwrap_err();
        let gone = FetchFault::Status { status: 404, retry_after: None };
        assert_eq!(told, DocumentFault::Fetch(gone), "a failure is remembered");
    }
    assert_eq!(victim.hits(), 10);
    assert!(format!("{documents:?}").contains("held: 0"));
}

#[tokio::test]
async fn j09_a_host_is_the_same_with_the_dot_of_the_root() {
    let documents = ClientDocuments::new(Fetcher::for_strangers(), clock());
    let ask =
        |host: &str, n: u32| documents.spend_on(&format!("https://{host}/{n}").parse().unwrap());
    assert!((0..5).all(|n| ask("victim.example", n).is_ok() && ask("victim.example.", n).is_ok()));
    for host in ["victim.example", "victim.example.", "VICTIM.example", "victim.example:8443"] {
        assert!(matches!(ask(host, 9), Err(DocumentFault::Busy { .. })), "{host}");
    }
    assert!(ask("other.example", 1).is_ok());
}
