//! A client that is known to a server: what it asks, and the codes that wait for it.

use std::{net::SocketAddr, rc::Rc};

use countersign::protocol::{pkce::Verifier, secret::AuthorizationCode};

use crate::load::{Line, Request};

/// A client that is known to a server, and what it needs to ask for tokens.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) host: String,
    pub(crate) token_path: String,
    pub(crate) id: String,
    pub(crate) resource: String,
    pub(crate) verifier: String,
    pub(crate) challenge: String,
    /// Codes of other servers; ours follow from their number.
    pub(crate) codes: Vec<String>,
}

/// Such a client, shared.
pub(crate) type Registered = Rc<Client>;

impl Client {
    /// Where the client wants to be answered.
    pub(crate) const REDIRECT: &str = "http://127.0.0.1:7777/callback";

    /// The code of this number.
    pub(crate) fn code(&self, number: u64) -> String {
        let listed = usize::try_from(number).ok().and_then(|at| self.codes.get(at));
        listed.cloned().unwrap_or_else(|| code(number).reveal().to_owned())
    }

    /// The redemption of a code.
    pub(crate) fn redeems(&self, code: &str) -> Vec<u8> {
        Request::post(&self.host, &self.token_path).form(&[
            ("grant_type", "authorization_code"),
            ("client_id", &self.id),
            ("code", code),
            ("redirect_uri", Self::REDIRECT),
            ("code_verifier", &self.verifier),
            ("resource", &self.resource),
        ])
    }

    /// The use of a refresh token.
    pub(crate) fn refreshes(&self, token: &str) -> Vec<u8> {
        Request::post(&self.host, &self.token_path).form(&[
            ("grant_type", "refresh_token"),
            ("client_id", &self.id),
            ("refresh_token", token),
            ("resource", &self.resource),
        ])
    }

    /// A good authorization request of this client.
    pub(crate) fn asks(&self) -> [(&str, &str); 7] {
        [
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", Self::REDIRECT),
            ("state", "of-a-client"),
            ("resource", &self.resource),
            ("code_challenge", &self.challenge),
            ("code_challenge_method", "S256"),
        ]
    }
}

/// The code of a number, as it is put into databases beforehand.
pub(crate) fn code(number: u64) -> AuthorizationCode {
    let mut bytes = [7; 32];
    bytes.iter_mut().zip(number.to_be_bytes()).for_each(|(to, from)| *to = from);
    AuthorizationCode::from_entropy(bytes)
}

/// Registers the client of every run.
pub(crate) async fn registered(address: SocketAddr) -> anyhow::Result<Registered> {
    let host = format!("localhost:{}", address.port());
    let metadata = serde_json::json!({
        "client_name": "A client under load", "redirect_uris": [Client::REDIRECT],
        "token_endpoint_auth_method": "none",
    });
    let request = Request::post(&host, "/register").json(&metadata.to_string());
    let mut line = Line::new(address);
    let reply = line.ask(&request).await?;
    reply.expect(201)?;
    let verifier = Verifier::from_entropy([9; 32]);
    Ok(Rc::new(Client {
        token_path: "/token".to_owned(),
        id: reply.member("client_id")?,
        resource: format!("http://{host}/mcp"),
        challenge: verifier.challenge().as_str().to_owned(),
        verifier: verifier.reveal().to_owned(),
        codes: Vec::new(),
        host,
    }))
}
