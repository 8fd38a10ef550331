//! A client metadata document: the client's id, the content type, then the body, in which `@ID` is the id.

use countersign::{
    engine::{
        limits::Limits,
        record::{AuthMethod, ClientKeys},
        register::from_document,
    },
    protocol::id::ClientId,
    upstream::client_document::fuzzing::answered,
};
use url::Url;

/// A document speaks of the URL it was found at, and of no secret.
pub fn run(data: &[u8]) -> bool {
    let Some(text) = super::text(data) else { return false };
    let mut lines = text.splitn(3, '\n');
    let (Some(id), Some(media), Some(body)) = (lines.next(), lines.next(), lines.next()) else {
        return false;
    };
    let body = body.replace("@ID", id);
    let headers = super::headers(&format!("content-type: {media}"));
    let Ok(metadata) = answered(id, false, &headers, body.as_bytes()) else { return false };
    is_canonical(id);
    assert_eq!(metadata.client_id.as_deref(), Some(id));
    assert!(metadata.client_secret.is_none());
    let limits = Limits::default();
    let Ok(client) = from_document(&ClientId::new(id), &metadata, &limits, super::NOW) else {
        return false;
    };
    assert_eq!(client.id.as_str(), id);
    super::registration::is_name(&client.name);
    assert!(client.secret.is_none() && !client.redirect_uris.is_empty());
    let known = [AuthMethod::None, AuthMethod::PrivateKeyJwt];
    assert!(!client.auth_methods.is_empty());
    assert!(client.auth_methods.iter().all(|method| known.contains(method)));
    let signs = client.auth_methods.contains(&AuthMethod::PrivateKeyJwt);
    assert!(!signs || client.keys.is_some(), "whoever signs has keys");
    if let Some(ClientKeys::Inline(keys)) = &client.keys {
        assert!(keys["keys"].is_array() && keys.to_string().len() <= 16 * 1024);
    }
    true
}

fn is_canonical(id: &str) {
    let url = Url::parse(id).expect("a client's id is a URL");
    assert_eq!((url.scheme(), url.as_str()), ("https", id));
    assert!(url.query().is_none() && url.fragment().is_none() && url.username().is_empty());
    assert!(url.host_str().is_some_and(|host| !host.is_empty()) && url.path().len() > 1);
    let dots = |segment: &str| matches!(segment, "." | "..");
    assert!(!url.path_segments().into_iter().flatten().any(dots));
}
