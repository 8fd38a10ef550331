//! Provider metadata: believed only about itself, and kept through an outage.

use std::sync::Arc;

use countersign::{
    ambient::ManualClock,
    upstream::discovery::{Discovery, DiscoveryFault, ProviderMetadata},
};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use super::{clock, fetcher, seconds};

struct Provider {
    server: MockServer,
    clock: Arc<ManualClock>,
    discovery: Discovery,
}

impl Provider {
    async fn start() -> Self {
        let (server, clock) = (MockServer::start().await, clock());
        let discovery = Discovery::new(fetcher(), clock.clone());
        Self { server, clock, discovery }
    }

    /// What it should publish, with `changes` on top.
    fn document(&self, changes: Value) -> Value {
        let issuer = self.server.uri();
        let mut document = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/oauth/token"),
            "jwks_uri": "https://keys.example/certs",
            "authorization_response_iss_parameter_supported": true,
            "id_token_signing_alg_values_supported": ["none", "HS256"],
            "scopes_supported": 7,
        });
        let Value::Object(changes) = changes else { panic!("changes are an object") };
        document.as_object_mut().unwrap().extend(changes);
        document
    }

    async fn publishes(&self, answer: ResponseTemplate) {
        self.server.reset().await;
        let well_known = path("/.well-known/openid-configuration");
        Mock::given(well_known).respond_with(answer).mount(&self.server).await;
    }

    async fn read(&self) -> Result<Arc<ProviderMetadata>, DiscoveryFault> {
        self.discovery.metadata(&self.server.uri()).await
    }

    async fn verdict(changes: Value) -> Result<Arc<ProviderMetadata>, DiscoveryFault> {
        let provider = Self::start().await;
        let document = provider.document(changes);
        provider.publishes(ResponseTemplate::new(200).set_body_json(document)).await;
        provider.read().await
    }
}

#[tokio::test]
async fn a_good_document_is_read() {
    let metadata = Provider::verdict(json!({})).await.unwrap();
    assert_eq!(metadata.jwks_uri.as_str(), "https://keys.example/certs");
    assert!(metadata.sends_iss && metadata.end_session_endpoint.is_none());
}

#[tokio::test]
async fn an_issuer_s_trailing_slash_is_not_doubled_and_counts() {
    let provider = Provider::start().await;
    let issuer = format!("{}/", provider.server.uri());
    let document = provider.document(json!({ "issuer": issuer }));
    provider.publishes(ResponseTemplate::new(200).set_body_json(document)).await;
    provider.discovery.metadata(&issuer).await.unwrap();
    assert!(matches!(provider.read().await, Err(DiscoveryFault::Document(_))));
}

#[tokio::test]
async fn another_issuer_is_refused() {
    for issuer in [json!("https://evil.example"), json!(null), json!(["x"])] {
        let verdict = Provider::verdict(json!({ "issuer": issuer })).await;
        assert!(matches!(verdict, Err(DiscoveryFault::Document(_))), "{issuer}");
    }
}

#[tokio::test]
async fn endpoints_that_are_not_https_are_refused() {
    let names = ["authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint"];
    for name in names {
        for endpoint in [
            "http://idp.example/x",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "$(id)",
            "//idp.example/x",
            "https://u:p@idp.example/x",
            "https://idp.example/x#f",
            "",
        ] {
            let verdict = Provider::verdict(json!({ name: endpoint })).await;
            assert!(matches!(verdict, Err(DiscoveryFault::Document(_))), "{name} {endpoint}");
        }
    }
}

#[tokio::test]
async fn a_redirect_is_refused() {
    let provider = Provider::start().await;
    let elsewhere = format!("{}/elsewhere", provider.server.uri());
    let redirect = ResponseTemplate::new(302).insert_header("location", elsewhere.as_str());
    provider.publishes(redirect).await;
    assert!(matches!(provider.read().await, Err(DiscoveryFault::Fetch { .. })));
    assert_eq!(provider.server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_last_good_document_survives_an_outage_and_a_bad_one() {
    let provider = Provider::start().await;
    let good = provider.document(json!({}));
    provider.publishes(ResponseTemplate::new(200).set_body_json(good)).await;
    let first = provider.read().await.unwrap();
    let bad = provider.document(json!({ "token_endpoint": "http://evil.example/" }));
    let answers = [ResponseTemplate::new(500), ResponseTemplate::new(200).set_body_json(bad)];
    for answer in answers {
        provider.publishes(answer).await;
        provider.clock.advance(seconds(12 * 3600));
        assert_eq!(provider.read().await.unwrap(), first);
    }
    provider.clock.advance(seconds(25 * 3600));
    assert!(provider.read().await.is_err());
}

#[tokio::test]
async fn an_issuer_that_is_no_https_url_is_never_asked() {
    let discovery = Discovery::new(fetcher(), clock());
    for issuer in ["", "keycloak", "ftp://idp.example", "https://idp.example?x=1"] {
        assert_eq!(discovery.metadata(issuer).await, Err(DiscoveryFault::Issuer), "{issuer}");
    }
    let plain = discovery.metadata("http://idp.example").await;
    assert!(matches!(plain, Err(DiscoveryFault::Fetch { .. })));
}
