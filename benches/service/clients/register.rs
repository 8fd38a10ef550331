//! Registering clients (RFC 7591), no two of them alike.

use async_trait::async_trait;

use super::Stock;
use crate::{
    client::Client,
    load::{Line, Outcome, Request, Work},
};

pub(crate) struct Register {
    pub(crate) line: Line,
    pub(crate) host: String,
    pub(crate) path: &'static str,
    pub(crate) names: Stock,
}

#[async_trait(?Send)]
impl Work for Register {
    async fn once(&mut self) -> anyhow::Result<Outcome> {
        let Some(number) = self.names.take() else { return Ok(Outcome::Dry) };
        let metadata = serde_json::json!({
            "client_name": format!("Client {number}"), "redirect_uris": [Client::REDIRECT],
            "token_endpoint_auth_method": "none", "application_type": "native",
        });
        let request = Request::post(&self.host, self.path).json(&metadata.to_string());
        self.line.ask(&request).await?.expect(201)?;
        Ok(Outcome::Done)
    }
}
