//! MCP over HTTP, as much of it as one call of `whoami` takes.

use anyhow::{Context as _, Result, anyhow, bail};
use http::Method;
use serde_json::{Value, json};
use url::Url;

use super::web::{Reply, Web};

/// Knocks without a token.
pub(super) async fn knock(web: &Web, url: &Url) -> Result<Reply> {
    let request = web.request(Method::POST, url)?.header("accept", ACCEPT);
    web.send(request.json(&initialize()), |body| has_answer(body, 1)).await
}

/// What `whoami` answers; none when the server has no such tool.
pub(super) async fn whoami(web: &Web, url: &Url, token: &str) -> Result<Option<Value>> {
    let mut session = Session { web, url, token, id: None, version: None };
    session.open().await.context("the server refuses to begin")?;
    let called = session.call().await;
    session.close().await;
    called
}

/// A conversation with the server.
struct Session<'a> {
    web: &'a Web,
    url: &'a Url,
    token: &'a str,
    id: Option<String>,
    version: Option<String>,
}

impl Session<'_> {
    async fn open(&mut self) -> Result<()> {
        let reply = self.post(&initialize(), 1).await?;
        let begun = reply.answer(1)?;
        self.id = reply.header("mcp-session-id").map(str::to_owned);
        let version = begun.pointer("/result/protocolVersion").and_then(Value::as_str);
        self.version = Some(version.ok_or_else(|| anyhow!("no protocol version"))?.to_owned());
        self.post(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }), 0).await?;
        Ok(())
    }

    async fn call(&self) -> Result<Option<Value>> {
        let params = json!({ "name": "whoami", "arguments": {} });
        let call = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params });
        let answer = self.post(&call, 2).await?.answer(2)?;
        match answer.get("error").map(|error| (error.get("code"), error.get("message"))) {
            None => Ok(answer.get("result").map(result)),
            Some((Some(code), _)) if UNKNOWN.iter().any(|unknown| code == unknown) => Ok(None),
            Some((_, message)) => {
                bail!("whoami: {}", message.and_then(Value::as_str).unwrap_or("refused"))
            }
        }
    }

    /// Politeness; a server without sessions has nothing to end.
    async fn close(&self) {
        if self.id.is_none() {
            return;
        }
        if let Ok(request) = self.request(Method::DELETE) {
            let _ = self.web.send(request, |_| false).await;
        }
    }

    async fn post(&self, message: &Value, id: u64) -> Result<Reply> {
        let request = self.request(Method::POST)?.json(message);
        self.web.send(request, |body| has_answer(body, id)).await
    }

    fn request(&self, method: Method) -> Result<reqwest::RequestBuilder> {
        let request = self.web.request(method, self.url)?;
        let mut request = request.header("accept", ACCEPT).bearer_auth(self.token);
        let named = [("mcp-session-id", &self.id), ("mcp-protocol-version", &self.version)];
        for (name, value) in named {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        Ok(request)
    }
}

impl Reply {
    /// The answer to request `id`, from a JSON body or from an event stream.
    fn answer(&self, id: u64) -> Result<Value> {
        let found = answer(&self.body, id);
        found.ok_or_else(|| match self.lacking() {
            Some(scopes) => {
                anyhow!("the token does not cover what it needs; sign in with --scope \"{scopes}\"")
            }
            None => anyhow!("status {}, and no answer", self.status.as_u16()),
        })
    }

    /// The scopes that a refusal names (RFC 6750 §3.1).
    fn lacking(&self) -> Option<&str> {
        let challenge = self.header("www-authenticate").filter(|_| self.status.as_u16() == 403)?;
        challenge.split_once("scope=\"")?.1.split('"').next()
    }
}

fn has_answer(body: &[u8], id: u64) -> bool {
    body.ends_with(b"\n") && answer(body, id).is_some()
}

fn answer(body: &[u8], id: u64) -> Option<Value> {
    let text = std::str::from_utf8(body).ok()?;
    let lines = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let mut messages =
        std::iter::once(text).chain(lines).filter_map(|text| serde_json::from_str(text).ok());
    messages.find(|message: &Value| message.get("id").and_then(Value::as_u64) == Some(id))
}

/// What a tool answered: structured when it is, its text otherwise.
fn result(result: &Value) -> Value {
    let text = || result.pointer("/content/0/text").cloned();
    result.get("structuredContent").cloned().or_else(text).unwrap_or_default()
}

fn initialize() -> Value {
    json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": { "name": "countersign-login", "version": env!("CARGO_PKG_VERSION") },
        },
    })
}

const ACCEPT: &str = "application/json, text/event-stream";
/// Method not found, and invalid params: what servers say of a tool they do not have.
const UNKNOWN: [i64; 2] = [-32601, -32602];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_found_in_json_and_in_an_event_stream() {
        let json = br#"{"jsonrpc":"2.0","id":2,"result":{"content":[]}}"#;
        let stream =
            b"event: message\ndata: {\"id\":1}\n\nid: 7\ndata: {\"id\":2,\"result\":1}\n\n";
        assert!(answer(json, 2).is_some() && answer(json, 1).is_none());
        assert_eq!(answer(stream, 2).unwrap()["result"], 1);
        assert!(has_answer(stream, 2) && !has_answer(stream, 3));
    }
}
