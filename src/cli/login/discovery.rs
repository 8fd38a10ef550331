//! From the URL of an MCP server to its authorization server (RFC 9728, RFC 8414).

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use http::StatusCode;
use serde::Deserialize;
use url::Url;

use super::{tool, web::Web};
use crate::protocol::resource::Resource;

/// Where to sign in, and for what.
pub(super) struct Target {
    pub(super) url: Url,
    pub(super) resource: String,
    pub(super) issuer: String,
    pub(super) endpoints: Endpoints,
    /// The scopes that the server names.
    pub(super) scope: Option<String>,
}

/// Authorization server metadata (RFC 8414 §2), as far as it is needed.
#[derive(Deserialize)]
pub(super) struct Endpoints {
    issuer: String,
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    pub(super) registration_endpoint: Option<Url>,
    pub(super) revocation_endpoint: Option<Url>,
    #[serde(default)]
    code_challenge_methods_supported: Vec<String>,
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

/// Protected resource metadata (RFC 9728 §2).
#[derive(Deserialize)]
struct Protected {
    resource: String,
    authorization_servers: Vec<String>,
    #[serde(default)]
    scopes_supported: Vec<String>,
}

/// Asks the server, then its authorization server.
pub(super) async fn find(web: &Web, url: &Url) -> Result<Target> {
    let challenge = challenge(web, url).await?;
    let protected = protected(web, url, &challenge).await?;
    let named = Resource::new(&*protected.resource).is_named_by(url.as_str());
    // RFC 9728 §3.3: else another server's tokens could be asked for.
    ensure!(named, "the metadata of {url} speaks of another server, {}", protected.resource);
    let issuer = protected.authorization_servers.into_iter().next();
    let issuer = issuer.ok_or_else(|| anyhow!("{url} names no authorization server"))?;
    let endpoints = endpoints(web, &issuer).await?;
    let scope = parameter(&challenge, "scope").map(str::to_owned);
    let supported =
        || (!protected.scopes_supported.is_empty()).then(|| protected.scopes_supported.join(" "));
    Ok(Target {
        url: url.clone(),
        resource: protected.resource.clone(),
        scope: scope.or_else(supported),
        issuer,
        endpoints,
    })
}

/// The challenge to a request without a token (RFC 9728 §5.1).
async fn challenge(web: &Web, url: &Url) -> Result<String> {
    let reply = tool::knock(web, url).await?;
    match reply.status {
        StatusCode::UNAUTHORIZED => {
            Ok(reply.header("www-authenticate").unwrap_or_default().to_owned())
        }
        status if status.is_success() => {
            bail!("{url} asks for no token: there is nothing to sign in to")
        }
        status => bail!("{url} answers with status {}, not with a challenge", status.as_u16()),
    }
}

async fn protected(web: &Web, url: &Url, challenge: &str) -> Result<Protected> {
    let place = match parameter(challenge, "resource_metadata") {
        Some(place) => place.to_owned(),
        None => Resource::new(url.as_str()).metadata_url(),
    };
    let place = Url::parse(&place).context("the challenge names no URL of metadata")?;
    let found = web.document(&place).await?;
    found.ok_or_else(|| anyhow!("there is no metadata at {place}"))
}

async fn endpoints(web: &Web, issuer: &str) -> Result<Endpoints> {
    let base = Url::parse(issuer).context("the authorization server's name is no URL")?;
    for place in places(&base) {
        let Some(found) = web.document::<Endpoints>(&place).await? else { continue };
        // RFC 8414 §3.3
        ensure!(found.issuer == issuer, "{place} speaks for {}, not for {issuer}", found.issuer);
        let pkce = found.code_challenge_methods_supported.iter().any(|method| method == "S256");
        ensure!(pkce, "{issuer} does not offer PKCE with S256");
        return Ok(found);
    }
    bail!("there is no authorization server metadata at {issuer}")
}

/// MCP: with the issuer's path behind the well-known name, and the OpenID name as another.
fn places(issuer: &Url) -> Vec<Url> {
    let path = issuer.path().trim_end_matches('/');
    let origin = issuer.origin().ascii_serialization();
    let texts = [
        format!("{origin}/.well-known/oauth-authorization-server{path}"),
        format!("{origin}/.well-known/openid-configuration{path}"),
        format!("{origin}{path}/.well-known/openid-configuration"),
    ];
    texts.iter().filter_map(|text| Url::parse(text).ok()).collect()
}

/// A quoted parameter of a challenge.
fn parameter<'a>(challenge: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = challenge;
    loop {
        let (before, after) = rest.split_once(name)?;
        let starts = before.is_empty() || before.ends_with([' ', ',']);
        match after.strip_prefix("=\"").and_then(|value| value.split_once('"')) {
            Some((value, _)) if starts => return Some(value),
            _ => rest = after,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_found_by_its_whole_name() {
        let text = r#"Bearer x_scope="no", scope="read write",resource_metadata="http://a/b""#;
        assert_eq!(parameter(text, "scope"), Some("read write"));
        assert_eq!(parameter(text, "resource_metadata"), Some("http://a/b"));
        assert_eq!(parameter(text, "error"), None);
    }

    #[test]
    fn an_issuer_with_a_path_is_looked_up_at_three_places() {
        let places = places(&Url::parse("https://a.example/t/").unwrap());
        let texts: Vec<_> = places.iter().map(Url::as_str).collect();
        assert_eq!(
            texts,
            [
                "https://a.example/.well-known/oauth-authorization-server/t",
                "https://a.example/.well-known/openid-configuration/t",
                "https://a.example/t/.well-known/openid-configuration",
            ]
        );
    }
}
