//! Client ID Metadata Documents: narrow, small, remembered and counted.

use std::{sync::Arc, time::Duration};

use countersign::{
    ambient::ManualClock,
    protocol::id::ClientId,
    upstream::{
        client_document::{ClientDocuments, DocumentFault},
        http::{FetchFault, Fetcher},
    },
};
use futures_util::future::join_all;
use serde_json::json;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use super::{
    clock,
    fault_server::{FaultServer, Manner},
    pass, seconds,
};

struct Host {
    server: MockServer,
    clock: Arc<ManualClock>,
    documents: ClientDocuments,
}

impl Host {
    async fn start() -> Self {
        let (server, clock) = (MockServer::start().await, clock());
        let documents = documents(&clock);
        Self { server, clock, documents }
    }

    fn id(&self, name: &str) -> ClientId {
        ClientId::new(format!("{}/{name}.json", self.server.uri()))
    }

    async fn serves(&self, answer: ResponseTemplate) {
        self.server.reset().await;
        Mock::given(any()).respond_with(answer).mount(&self.server).await;
    }

    /// Serves the good document of the client `name`.
    async fn serves_good(&self, name: &str) -> ClientId {
        let id = self.id(name);
        self.serves(ResponseTemplate::new(200).set_body_json(json!({ "client_id": id }))).await;
        id
    }

    async fn asked(&self) -> usize {
        self.server.received_requests().await.unwrap().len()
    }

    async fn fault(&self, id: &ClientId) -> DocumentFault {
        self.documents.fetch(id).await.unwrap_err()
    }
}

fn documents(clock: &Arc<ManualClock>) -> ClientDocuments {
    ClientDocuments::new(Fetcher::for_strangers().with_loopback(), clock.clone())
}

#[tokio::test]
async fn a_good_document_is_fetched_once_for_all_who_ask() {
    let host = Host::start().await;
    let id = host.id("a");
    let body =
        json!({ "client_id": id, "client_name": "A", "redirect_uris": ["http://127.0.0.1/"] });
    let slow = ResponseTemplate::new(200).set_body_json(body).set_delay(Duration::from_millis(100));
    host.serves(slow).await;
    let read = join_all((0..100).map(|_| host.documents.fetch(&id))).await;
    assert!(read.iter().all(|one| one.as_ref().unwrap().client_name.as_deref() == Some("A")));
    assert_eq!(host.asked().await, 1);
}

#[tokio::test]
async fn a_document_is_kept_at_least_five_minutes_and_at_most_a_day() {
    for (header, kept) in [("no-store", 299), ("max-age=1", 299), ("max-age=9999999", 86_399)] {
        let host = Host::start().await;
        let id = host.id("a");
        let good = ResponseTemplate::new(200).set_body_json(json!({ "client_id": id }));
        host.serves(good.insert_header("cache-control", header)).await;
        host.documents.fetch(&id).await.unwrap();
        host.clock.advance(seconds(kept));
        host.documents.fetch(&id).await.unwrap();
        assert_eq!(host.asked().await, 1, "{header}");
        host.clock.advance(seconds(2));
        host.documents.fetch(&id).await.unwrap();
        assert_eq!(host.asked().await, 2, "{header}");
    }
}

#[tokio::test]
async fn a_failure_is_remembered_for_a_minute_and_no_longer() {
    let host = Host::start().await;
    host.serves(ResponseTemplate::new(500)).await;
    let id = host.id("a");
    for _ in 0..50 {
        assert!(matches!(host.fault(&id).await, DocumentFault::Fetch(_)));
    }
    assert_eq!(host.asked().await, 1);
    host.serves_good("a").await;
    pass(seconds(61)).await;
    host.documents.fetch(&id).await.unwrap();
}

#[tokio::test]
async fn a_document_that_turned_bad_is_not_served_from_memory() {
    let host = Host::start().await;
    let id = host.serves_good("a").await;
    host.documents.fetch(&id).await.unwrap();
    host.serves(ResponseTemplate::new(404)).await;
    host.clock.advance(seconds(3601));
    assert!(matches!(host.fault(&id).await, DocumentFault::Fetch(_)));
}

#[tokio::test]
async fn documents_with_any_fault_are_refused() {
    let host = Host::start().await;
    let good = json!({ "client_id": host.id("a") });
    let json_of = |body| ResponseTemplate::new(200).set_body_json(body);
    let other = json!({ "client_id": host.id("b") });
    let secret = json!({ "client_id": host.id("a"), "client_secret": null });
    let symmetric =
        json!({ "client_id": host.id("a"), "token_endpoint_auth_method": "client_secret_basic" });
    for (what, answer) in [
        ("another client", json_of(other)),
        ("a secret", json_of(secret)),
        ("a secret method", json_of(symmetric)),
        ("no object", json_of(json!([1]))),
        ("html", ResponseTemplate::new(200).set_body_raw(good.to_string(), "text/html")),
        ("no type", ResponseTemplate::new(200).set_body_bytes(good.to_string())),
        ("no json", ResponseTemplate::new(200).set_body_raw("{", "application/json")),
    ] {
        let host = Host { documents: documents(&clock()), clock: clock(), ..Host::start().await };
        host.serves(answer).await;
        let fault = host.fault(&host.id("a")).await;
        assert!(matches!(fault, DocumentFault::Document(_)), "{what}: {fault}");
    }
}

#[tokio::test]
async fn answers_that_are_not_a_plain_200_are_refused() {
    for (status, fault) in [
        (201, FetchFault::Status { status: 201, retry_after: None }),
        (204, FetchFault::Status { status: 204, retry_after: None }),
        (302, FetchFault::Redirect),
        (304, FetchFault::Status { status: 304, retry_after: None }),
        (404, FetchFault::Status { status: 404, retry_after: None }),
    ] {
        let host = Host::start().await;
        host.serves(ResponseTemplate::new(status).insert_header("location", "/b.json")).await;
        assert_eq!(host.fault(&host.id("a")).await, DocumentFault::Fetch(fault));
        assert_eq!(host.asked().await, 1);
    }
}

#[tokio::test]
async fn a_long_document_is_cut() {
    let server = FaultServer::start(Manner::Endless).await;
    let fault = documents(&clock()).fetch(&ClientId::new(server.url.as_str())).await.unwrap_err();
    assert_eq!(fault, DocumentFault::Fetch(FetchFault::TooLarge));
}

#[tokio::test]
async fn private_addresses_are_refused_even_in_development() {
    let documents = documents(&clock());
    for id in [
        "https://10.0.0.1/c",
        "https://192.168.1.1/c",
        "https://169.254.169.254/latest/meta-data",
        "https://[fd00::1]/c",
        "https://[::ffff:7f00:1]/c",
    ] {
        let fault = documents.fetch(&ClientId::new(id)).await.unwrap_err();
        assert_eq!(fault, DocumentFault::Fetch(FetchFault::Address), "{id}");
    }
}

#[tokio::test]
async fn plain_http_is_refused_outside_development() {
    let strict = ClientDocuments::new(Fetcher::for_strangers(), clock());
    for id in ["http://localhost:1/c", "http://client.example/c", "client-7"] {
        let fault = strict.fetch(&ClientId::new(id)).await.unwrap_err();
        assert!(matches!(fault, DocumentFault::Url(_)), "{id}");
    }
}

#[tokio::test]
async fn a_flood_of_invented_clients_reaches_one_host_ten_times_a_minute() {
    let host = Host::start().await;
    let known = host.serves_good("known").await;
    host.documents.fetch(&known).await.unwrap();
    host.serves(ResponseTemplate::new(404)).await;
    let invented: Vec<ClientId> = (0..500).map(|n| host.id(&format!("c{n}"))).collect();
    let faults = join_all(invented.iter().map(|id| host.fault(id))).await;
    assert_eq!(host.asked().await, 9);
    let busy = faults.iter().filter(|fault| matches!(fault, DocumentFault::Busy { .. }));
    assert_eq!(busy.count(), 491);
    host.serves_good("known").await;
    host.clock.advance(seconds(3601));
    host.documents.fetch(&known).await.unwrap();
}

#[tokio::test]
async fn a_flood_of_addresses_that_are_never_dialled_uses_no_count_up() {
    let host = Host::start().await;
    for n in 0..500 {
        for private in ["10.0.0", "192.168.1", "169.254.169"] {
            let id = ClientId::new(format!("https://{private}.{}/c{n}", n % 256));
            assert_eq!(host.fault(&id).await, DocumentFault::Fetch(FetchFault::Address));
        }
    }
    let known = host.serves_good("known").await;
    host.documents.fetch(&known).await.unwrap();
}
