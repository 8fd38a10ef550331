//! The query of `GET /authorize`, to the request that a person is asked about or the answer to the client.

use std::{collections::BTreeSet, sync::LazyLock};

use countersign::{
    engine::{
        authorize::{Asked, ClientPart, MAX_STATE_BYTES, Terms},
        record::{AuthMethod, Client, ClientKind},
    },
    protocol::{
        error::{AuthorizationError, AuthorizationErrorCode},
        form::Params,
        id::{ClientId, ServerId},
        issuer::Issuer,
        redirect::RedirectUri,
        resource::Resource,
        response::AuthorizationResponse,
        scope::Scopes,
        secret::AuthorizationCode,
    },
};
use url::Url;

static ISSUER: LazyLock<Issuer> =
    LazyLock::new(|| Issuer::parse("https://auth.example").expect("an issuer"));

/// Nobody is answered at an address that is not the client's, and nothing unsaid is asked for.
pub fn run(data: &[u8]) -> bool {
    let Some(query) = super::text(data) else { return false };
    let Ok(params) = Params::parse_with_repeats(query) else { return false };
    let Ok(part) = ClientPart::read(&params) else { return false };
    let known = (part.client.as_str() == "app").then(client);
    let Ok(proven) = part.prove(known, &params) else { return false };
    let is_registered = |uri: &RedirectUri| {
        client().redirect_uris.iter().any(|registered| registered.matches(uri.as_str()))
    };
    assert!(is_registered(&proven.redirect_uri));
    match proven.ask(&params, &servers()) {
        Ok((client, asked)) => {
            assert_eq!(client.id, asked.client);
            assert!(is_registered(&asked.redirect_uri));
            is_whole(&asked, &params);
            true
        }
        Err(answer) => {
            assert!(is_registered(&answer.redirect_uri) && answer.outcome.is_err());
            is_answer(&answer);
            false
        }
    }
}

fn is_whole(asked: &Asked, params: &Params) {
    assert!(params.repeated().is_none(), "nothing is asked for that was said twice");
    let server = servers().into_iter().find(|server| server.id == asked.server);
    let server = server.expect("a server of ours");
    assert_eq!(server.resource.as_str(), asked.resource.as_str());
    assert!(server.scopes.covers(&asked.scopes) && !asked.scopes.is_empty());
    assert_eq!(asked.challenge.as_str().len(), 43);
    assert_eq!(params.one("code_challenge"), Some(asked.challenge.as_str()));
    assert_eq!(params.one("state"), asked.state.as_deref());
    assert!(asked.state.as_ref().is_none_or(|state| state.len() <= MAX_STATE_BYTES));
    let denied = AuthorizationError::new(AuthorizationErrorCode::AccessDenied, "No.");
    is_answer(&asked.answer(Err(denied)));
    is_answer(&asked.answer(Ok(AuthorizationCode::from_entropy([1; 32]))));
}

/// Each parameter of an answer stands in it once, whatever the registered address already had.
fn is_answer(answer: &AuthorizationResponse) {
    let location = Url::parse(&answer.location(&ISSUER)).expect("the answer leads somewhere");
    let registered = Url::parse(answer.redirect_uri.as_str()).expect("a redirect URI is a URL");
    let place =
        |url: &Url| (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port());
    assert_eq!((place(&location), location.path()), (place(&registered), registered.path()));
    let all = |name: &str| -> Vec<String> {
        let named = location.query_pairs().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.into_owned()).collect()
    };
    assert_eq!(all("iss"), [ISSUER.as_str()]);
    assert_eq!(all("state"), answer.state.clone().into_iter().collect::<Vec<_>>());
    assert_eq!(
        (all("code").len(), all("error").len()),
        if answer.outcome.is_ok() { (1, 0) } else { (0, 1) }
    );
    for description in all("error_description") {
        let fine = |b: u8| matches!(b, 0x20 | 0x21 | 0x23..=0x5B | 0x5D..=0x7E);
        assert!(description.bytes().all(fine), "RFC 6749 §4.1.2.1: {description:?}");
    }
}

fn client() -> Client {
    let uris = [
        "https://client.example/cb",
        "https://client.example/cb?iss=https://evil.example&code=x",
        "http://127.0.0.1/cb",
        "http://[::1]/cb?x=1",
        "com.example.app:/cb",
    ];
    Client {
        id: ClientId::new("app"),
        kind: ClientKind::Dynamic,
        name: "An app".to_owned(),
        uri: None,
        redirect_uris: uris.map(|uri| RedirectUri::parse(uri).expect("fit to register")).to_vec(),
        auth_methods: BTreeSet::from([AuthMethod::None]),
        secret: None,
        keys: None,
        refreshes: true,
        created_at: super::NOW,
        expires_at: None,
    }
}

fn servers() -> Vec<Terms> {
    let terms = |id: &str, url: &str, scopes: &str| Terms {
        id: ServerId::new(id),
        resource: Resource::new(url),
        scopes: Scopes::parse(scopes).expect("scopes"),
    };
    vec![
        terms("demo", "https://auth.example/mcp", "read write admin"),
        terms("files", "https://files.example:8443/mcp", "read"),
    ]
}
