//! A sign-in whose ID token comes from the page: of the identity provider it needs the keys alone.

use std::rc::Rc;

use anyhow::Context as _;
use async_trait::async_trait;
use url::Url;

use super::{
    Place, Stock,
    exchange::Tokens,
    sign_in::{Step, code_of},
};
use crate::{
    client::Registered,
    load::{Outcome, Request, Work},
};

/// Somebody who signs in with Firebase, each time in a browser without cookies.
pub(crate) struct Posted {
    pub(crate) service: Place,
    pub(crate) client: Registered,
    /// ID tokens, each good for one sign-in.
    pub(crate) proofs: Rc<Vec<String>>,
    pub(crate) stock: Stock,
}

impl Posted {
    /// To the end; none when there are no ID tokens left.
    pub(crate) async fn tokens(&mut self) -> anyhow::Result<Option<Tokens>> {
        let number = self.stock.take().and_then(|number| usize::try_from(number).ok());
        let Some(proof) = number.and_then(|at| self.proofs.get(at)).cloned() else {
            return Ok(None);
        };
        let here = self.service.begin(&self.client);
        let page = self.service.open(&here).await?.page()?;
        let leads = self.service.press(&here, &page, ("provider", "firebase")).await?.leads()?;
        let there = Url::parse(&here)?.join(&leads)?;
        self.service.open(there.as_str()).await?.page()?;
        let next = self.post(&there, &proof).await?;
        let confirm = there.join(&next)?;
        let page = self.service.open(confirm.as_str()).await?.page()?;
        let landing = self.service.press(confirm.as_str(), &page, ("confirm", "1")).await?;
        let request = self.client.redeems(&code_of(&landing.leads()?)?);
        let reply = self.service.line.ask(&request).await?;
        reply.expect(200)?;
        Tokens::read(&reply).map(Some)
    }

    /// What the page's script does; where it goes on.
    async fn post(&mut self, page: &Url, proof: &str) -> anyhow::Result<String> {
        let state = page.query_pairs().find(|(name, _)| name == "state");
        let state = state.context("no state")?.1;
        let body = serde_json::json!({ "state": state, "id_token": proof });
        let request = Request::post(self.service.host(), "/callback/firebase")
            .header("origin", &self.service.origin)
            .header("sec-fetch-site", "same-origin")
            .header("x-countersign", "sign-in");
        let request = self.service.with_cookies(request).json(&body.to_string());
        let answer: serde_json::Value = match self.service.step(&request).await? {
            Step::Read(text) => serde_json::from_str(&text)?,
            Step::Follow(to) => anyhow::bail!("the script was sent to {to}"),
        };
        let next = answer.get("next").and_then(|next| next.as_str());
        Ok(next.context("nowhere to go on")?.to_owned())
    }
}

#[async_trait(?Send)]
impl Work for Posted {
    async fn once(&mut self) -> anyhow::Result<Outcome> {
        Ok(if self.tokens().await?.is_some() { Outcome::Done } else { Outcome::Dry })
    }
}
