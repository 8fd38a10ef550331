//! The HTTP client keeps its limits whatever the other side does.

use std::time::Instant;

use countersign::upstream::http::{FetchFault, FetchPolicy, Fetched, Fetcher};
use url::Url;

use super::{
    fault_server::{FaultServer, Manner},
    fetcher, seconds,
};

const LIMIT: usize = 64 * 1024;

async fn get(fetcher: &Fetcher, url: &str) -> Result<usize, FetchFault> {
    let url = Url::parse(url).unwrap();
    match fetcher.get(&url, "application/json", None).await? {
        Fetched::Body { body, .. } => Ok(body.len()),
        Fetched::NotModified { .. } => Ok(0),
    }
}

async fn answer_to(manner: Manner) -> Result<usize, FetchFault> {
    let server = FaultServer::start(manner).await;
    let began = Instant::now();
    let outcome = get(&fetcher(), server.url.as_str()).await;
    assert!(began.elapsed() < seconds(3));
    outcome
}

#[tokio::test]
async fn a_body_of_64_kib_is_read_and_one_byte_more_is_not() {
    assert_eq!(answer_to(FaultServer::json(&" ".repeat(LIMIT))).await, Ok(LIMIT));
    let longer = FaultServer::json(&" ".repeat(LIMIT + 1));
    assert_eq!(answer_to(longer).await, Err(FetchFault::TooLarge));
}

#[tokio::test]
async fn a_trickling_body_is_cut() {
    assert_eq!(answer_to(Manner::Trickle).await, Err(FetchFault::Timeout));
}

#[tokio::test]
async fn a_server_that_hangs_or_resets_is_given_up() {
    assert_eq!(answer_to(Manner::Hang).await, Err(FetchFault::Timeout));
    assert_eq!(answer_to(Manner::Reset).await, Err(FetchFault::Unreachable));
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let target = FaultServer::start(FaultServer::json("{}")).await;
    for code in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let line = format!("{code}\r\nlocation: {}", target.url);
        assert_eq!(
            answer_to(FaultServer::status(&line)).await,
            Err(FetchFault::Redirect),
            "{code}"
        );
    }
    assert_eq!(target.hits(), 0);
}

#[tokio::test]
async fn a_304_that_was_not_asked_for_is_a_fault() {
    let fault = answer_to(FaultServer::status("304 Not Modified")).await.unwrap_err();
    assert!(matches!(fault, FetchFault::Status { status: 304, .. }));
}

#[tokio::test]
async fn loopback_development_opens_this_machine_to_strangers_and_nothing_else() {
    let server = FaultServer::start(FaultServer::json("{}")).await;
    let strangers = Fetcher::for_strangers().with_loopback();
    assert_eq!(get(&strangers, server.url.as_str()).await, Ok(2));
    let by_name = server.url.as_str().replace("127.0.0.1", "localhost");
    assert_eq!(get(&strangers, &by_name).await, Ok(2));
    for url in ["https://10.0.0.1/", "https://169.254.169.254/", "https://[::ffff:127.0.0.1]/"] {
        assert_eq!(get(&strangers, url).await, Err(FetchFault::Address), "{url}");
    }
}

#[tokio::test]
async fn the_operator_s_url_may_be_private_but_never_special_or_plain() {
    let operator = Fetcher::for_operator();
    let vet = |url: &str| operator.vet(&Url::parse(url).unwrap());
    assert_eq!(vet("https://10.0.0.1/realms/a"), Ok(()));
    assert_eq!(vet("https://[fd12::1]/realms/a"), Ok(()));
    assert_eq!(vet("https://169.254.169.254/"), Err(FetchFault::Address));
    assert_eq!(vet("https://[::ffff:10.0.0.1]/"), Err(FetchFault::Address));
    for url in
        ["http://10.0.0.1/", "http://localhost/", "file:///etc/passwd", "https://u:p@a.example/"]
    {
        assert!(matches!(vet(url), Err(FetchFault::Url(_))), "{url}");
    }
    let loopback = Fetcher::new(FetchPolicy { loopback: true, ..FetchPolicy::for_operator() });
    assert_eq!(loopback.vet(&Url::parse("http://localhost:8001/").unwrap()), Ok(()));
    assert!(loopback.vet(&Url::parse("http://keycloak.example/").unwrap()).is_err());
}
