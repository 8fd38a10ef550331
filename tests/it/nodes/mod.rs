//! Several nodes on one database: what one does, all stand by.

mod grace;
mod revocation;

use crate::harness::Service;

/// A service of two nodes, and a person who let one client in.
pub(crate) struct Nodes {
    pub(crate) here: Service,
    pub(crate) there: Service,
    pub(crate) client: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Nodes {
    pub(crate) async fn of(user: &str) -> Self {
        Self::on(Service::start().await, user).await
    }

    pub(crate) async fn on(here: Service, user: &str) -> Self {
        let there = here.replica().await;
        let tokens = here.tokens(user).await;
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        let (access, refresh) = (text("access_token"), text("refresh_token"));
        Self { client: here.client().await, here, there, access, refresh }
    }

    /// The answer of a node to this refresh token: the successor, or the refusal.
    pub(crate) async fn turn(&self, node: &Service, token: &str) -> Result<String, String> {
        let answer = node.token(&node.refresh(&self.client, token)).await;
        match answer.status.as_u16() {
            200 => Ok(answer.json()["refresh_token"].as_str().unwrap().to_owned()),
            _ => Err(answer.refusal()),
        }
    }
}
