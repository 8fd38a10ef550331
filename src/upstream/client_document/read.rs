//! The rules for a document's URL and for what stands in it. Pure.

use http::{HeaderMap, header::CONTENT_TYPE};
use serde::{Deserialize, de::IgnoredAny};
use url::Url;

use super::DocumentFault;
use crate::protocol::{id::ClientId, issuer::is_loopback, registration::UnverifiedMetadata};

/// The URL that a client id is, if it is one (draft §3): https — or http on this machine, when
/// `loopback` — with a path, and in its one canonical spelling. That rules out dot segments, also
/// percent-encoded ones, upper-case hosts, default ports, backslashes and blanks, because a URL with
/// any of these reads back differently.
pub(super) fn document_url(id: &str, loopback: bool) -> Result<Url, DocumentFault> {
    let refused = |why| Err(DocumentFault::Url(why));
    if id.len() > MAX_URL {
        return refused("it is longer than 2048 bytes");
    }
    let Ok(url) = Url::parse(id) else { return refused("it is no URL") };
    let http = loopback && url.scheme() == "http" && is_loopback(&url);
    if url.scheme() != "https" && !http {
        return refused("it is not https");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refused("it carries user information");
    }
    if url.fragment().is_some() || url.query().is_some() {
        return refused("it has a fragment or a query");
    }
    if matches!(url.path(), "" | "/") {
        return refused("it has no path");
    }
    // Dots and slashes that only the other side decodes.
    let lower = id.to_ascii_lowercase();
    if ["%2e", "%2f", "%5c"].iter().any(|coded| lower.contains(coded)) {
        return refused("it has an encoded dot or slash");
    }
    if url.as_str() != id {
        return refused("it is not in canonical form");
    }
    Ok(url)
}

/// Beside `client_secret`, a member that no document may have: it is public, so nothing in it is
/// secret (draft §4.1).
#[derive(Deserialize)]
struct Forbidden {
    client_secret_expires_at: Option<IgnoredAny>,
}

/// Reads the document of `client`.
pub(super) fn document(
    body: &[u8],
    headers: &HeaderMap,
    client: &ClientId,
) -> Result<UnverifiedMetadata, DocumentFault> {
    let refused = |why| Err(DocumentFault::Document(why));
    if !is_json(headers) {
        return refused("its content type is not JSON");
    }
    let (Some(metadata), Ok(forbidden)) =
        (UnverifiedMetadata::read(body), serde_json::from_slice::<Forbidden>(body))
    else {
        return refused("it is not a JSON object of client metadata");
    };
    if metadata.client_secret.is_some() || forbidden.client_secret_expires_at.is_some() {
        return refused("it has a client secret");
    }
    // Draft §4: simple string comparison (RFC 3986 §6.2.1).
    if metadata.client_id.as_deref() != Some(client.as_str()) {
        return refused("its client_id is not its URL");
    }
    if metadata.token_endpoint_auth_method.as_deref().is_some_and(is_symmetric) {
        return refused("it asks to be known by a shared secret");
    }
    Ok(metadata)
}

fn is_symmetric(method: &str) -> bool {
    method.starts_with("client_secret_")
}

/// `application/json` or `application/*+json`, parameters aside.
fn is_json(headers: &HeaderMap) -> bool {
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let suffix = media.strip_prefix("application/").unwrap_or_default();
    suffix == "json" || (suffix.len() > 5 && suffix.ends_with("+json"))
}

const MAX_URL: usize = 2048;

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::{Value, json};

    use super::*;

    const ID: &str = "https://client.example/mcp/client.json";

    fn read(body: &Value) -> Result<UnverifiedMetadata, DocumentFault> {
        let json = HeaderValue::from_static("application/json; charset=utf-8");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, json)]);
        document(body.to_string().as_bytes(), &headers, &ClientId::new(ID))
    }

    #[test]
    fn an_https_url_with_a_path_is_one() {
        for id in [
            ID,
            "https://client.example:8443/c",
            "https://client.example/a%20b",
            "https://[2606:4700::1]/c",
        ] {
            assert_eq!(document_url(id, false).map(String::from).as_deref(), Ok(id));
        }
    }

    #[test]
    fn every_other_kind_of_url_is_refused() {
        let long = format!("https://client.example/{}", "a".repeat(2048));
        for id in [
            "client-1",
            "",
            "http://client.example/c",
            "ftp://client.example/c",
            "javascript:alert(1)//c",
            "https://client.example",
            "https://client.example/",
            "https://client.example/c#f",
            "https://client.example/c#",
            "https://client.example/c?q=1",
            "https://client.example/c?",
            "https://u@client.example/c",
            "https://u:p@client.example/c",
            "https://client.example/a/../c",
            "https://client.example/./c",
            "https://client.example/c/..",
            "https://client.example/a/%2e%2e/c",
            "https://client.example/a/%2E/c",
            "https://client.example/a/.%2e/c",
            "https://client.example/a/%2e%2e%2fc",
            "https://client.example/a%5C..%5Cc",
            "https://client.example/a\\..\\c",
            "https://client.example:443/c",
            "https://CLIENT.example/c",
            "HTTPS://client.example/c",
            " https://client.example/c",
            "https://client.example/c\n",
            "https:client.example/c",
            "https:///client.example/c",
            "https://127.1/c",
            long.as_str(),
        ] {
            assert!(matches!(document_url(id, false), Err(DocumentFault::Url(_))), "{id}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_and_only_when_allowed() {
        assert!(document_url("http://localhost:6274/c", false).is_err());
        assert!(document_url("http://localhost:6274/c", true).is_ok());
        assert!(document_url("http://client.example/c", true).is_err());
    }

    #[test]
    fn a_document_about_itself_is_read() {
        let metadata = read(&json!({ "client_id": ID, "client_name": "A", "x": null })).unwrap();
        assert_eq!(metadata.client_name.as_deref(), Some("A"));
    }

    #[test]
    fn a_document_about_another_client_is_refused() {
        for id in [json!("https://client.example/mcp/other.json"), json!(null), json!([ID])] {
            assert!(read(&json!({ "client_id": id })).is_err(), "{id}");
        }
        assert!(read(&json!({})).is_err());
        assert!(read(&json!([ID])).is_err());
    }

    #[test]
    fn a_document_with_a_secret_is_refused() {
        for member in ["client_secret", "client_secret_expires_at"] {
            assert!(read(&json!({ "client_id": ID, member: "x" })).is_err(), "{member}");
        }
        for method in ["client_secret_basic", "client_secret_post", "client_secret_jwt"] {
            let asks = json!({ "client_id": ID, "token_endpoint_auth_method": method });
            assert!(read(&asks).is_err(), "{method}");
        }
    }

    #[test]
    fn only_json_types_are_json() {
        let said =
            |text| is_json(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(text))]));
        assert!(said("application/json") && said("Application/CIMD+JSON;v=1"));
        for text in ["", "text/html", "text/json", "application/javascript", "application/+json"] {
            assert!(!said(text), "{text}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
