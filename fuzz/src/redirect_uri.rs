//! The comparison of a redirect URI with the registered one. Two lines: registered, presented.

use countersign::protocol::redirect::RedirectUri;
use url::Url;

/// What is accepted leads where the registration leads: only the port of a loopback host may differ.
pub fn run(data: &[u8]) -> bool {
    let Some((registered, presented)) = super::text(data).and_then(|text| text.split_once('\n'))
    else {
        return false;
    };
    let Ok(uri) = RedirectUri::parse(registered) else { return false };
    let url = is_fit_to_register(&uri, registered);
    if !uri.matches(presented) {
        assert_ne!(registered, presented, "a registration is itself");
        return false;
    }
    let other = Url::parse(presented).expect("what is accepted is a URL");
    assert_eq!(parts(&other), parts(&url));
    assert!(other.port() == url.port() || uri.is_loopback());
    assert!(registered == presented || uri.is_loopback());
    if let Ok(other) = RedirectUri::parse(presented) {
        assert!(other.matches(registered), "comparison has no direction");
    }
    true
}

fn is_fit_to_register(uri: &RedirectUri, registered: &str) -> Url {
    assert_eq!(uri.as_str(), registered, "kept as it was written");
    let url = Url::parse(registered).expect("what is registered is a URL");
    assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none());
    assert!(!uri.display_host().is_empty(), "a person sees where it leads");
    assert!(!["javascript", "data", "file", "blob", "about"].contains(&url.scheme()));
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    assert!(url.scheme() != "http" || loopback, "plain http stays on this machine");
    assert_eq!(uri.is_loopback(), url.scheme() == "http");
    url
}

/// Everything but the port.
fn parts(url: &Url) -> [Option<String>; 6] {
    let some = |text: &str| Some(text.to_owned());
    let user = url.password().is_some().then(|| url.username().to_owned());
    let query = url.query().map(str::to_owned);
    let fragment = url.fragment().map(str::to_owned);
    [some(url.scheme()), url.host_str().map(str::to_owned), some(url.path()), query, fragment, user]
}
