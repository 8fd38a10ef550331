//! A whole federated sign-in, as a browser and its client do it: the authorize page, the consent, the
//! development identity provider, the callback, the token request.

use std::collections::BTreeMap;

use anyhow::Context as _;
use async_trait::async_trait;
use url::Url;

use super::exchange::Tokens;
use crate::{
    client::{Client, Registered},
    load::{Line, Outcome, Reply, Request, Work, encoded},
};

/// Where a browser goes, and what it was given there.
pub(crate) struct Place {
    pub(crate) line: Line,
    pub(crate) origin: String,
    cookies: BTreeMap<String, String>,
}

/// Somebody who signs in, each time in a browser without cookies.
pub(crate) struct SignIn {
    pub(crate) service: Place,
    pub(crate) provider: Place,
    pub(crate) client: Registered,
    /// The user of the development provider.
    pub(crate) user: &'static str,
}

impl Place {
    pub(crate) fn new(line: Line, origin: String) -> Self {
        Self { line, origin, cookies: BTreeMap::new() }
    }

    /// A browser without cookies.
    pub(super) fn forget(&mut self) {
        self.cookies.clear();
    }

    /// The same, sent here by a client: the URL.
    pub(super) fn begin(&mut self, client: &Client) -> String {
        self.forget();
        format!("{}/authorize?{}", self.origin, encoded(&client.asks()))
    }

    pub(super) fn host(&self) -> &str {
        self.origin.trim_start_matches("http://")
    }

    /// A page's text, or where it leads.
    pub(super) async fn open(&mut self, url: &str) -> anyhow::Result<Step> {
        let request = Request::get(self.host(), self.path(url)?);
        let request = self.with_cookies(request).bytes();
        self.step(&request).await
    }

    /// Presses a button of the one form on a page.
    pub(super) async fn press(
        &mut self,
        url: &str,
        page: &str,
        button: (&str, &str),
    ) -> anyhow::Result<Step> {
        let (action, mut fields) = form(page).context("a page without a form")?;
        fields.push((button.0.to_owned(), button.1.to_owned()));
        let target = Url::parse(url)?.join(&action)?;
        let request = Request::post(self.host(), self.path(target.as_str())?)
            .header("origin", &self.origin)
            .header("sec-fetch-site", "same-origin");
        let fields: Vec<_> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let request = self.with_cookies(request).form(&fields);
        self.step(&request).await
    }

    pub(super) async fn step(&mut self, request: &[u8]) -> anyhow::Result<Step> {
        let reply = self.line.ask(request).await?;
        for line in reply.headers("set-cookie") {
            if let Some((name, value)) =
                line.split(';').next().and_then(|pair| pair.split_once('='))
            {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Step::of(&reply)
    }

    fn path<'a>(&self, url: &'a str) -> anyhow::Result<&'a str> {
        let path = url.strip_prefix(self.origin.as_str());
        path.with_context(|| format!("{url} is not at {}", self.origin))
    }

    pub(super) fn with_cookies(&self, request: Request) -> Request {
        if self.cookies.is_empty() {
            return request;
        }
        let pairs: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        request.header("cookie", &pairs.join("; "))
    }
}

/// What an answer asks a browser to do.
pub(super) enum Step {
    Read(String),
    Follow(String),
}

impl Step {
    fn of(reply: &Reply<'_>) -> anyhow::Result<Self> {
        if let Some(location) = reply.header("location") {
            return Ok(Self::Follow(location.to_owned()));
        }
        reply.expect(200)?;
        Ok(Self::Read(reply.text().into_owned()))
    }

    pub(super) fn page(self) -> anyhow::Result<String> {
        match self {
            Self::Read(page) => Ok(page),
            Self::Follow(to) => anyhow::bail!("led to {to} instead of showing a page"),
        }
    }

    pub(super) fn leads(self) -> anyhow::Result<String> {
        match self {
            Self::Follow(to) => Ok(to),
            Self::Read(page) => anyhow::bail!("showed a page instead of leading on: {page}"),
        }
    }
}

impl SignIn {
    /// As far as the client's redirect URI: the code.
    pub(crate) async fn code(&mut self) -> anyhow::Result<String> {
        self.provider.forget();
        let here = self.service.begin(&self.client);
        let page = self.service.open(&here).await?.page()?;
        let there = self.service.press(&here, &page, ("provider", "dev")).await?.leads()?;
        let page = self.provider.open(&there).await?.page()?;
        let back = self.provider.press(&there, &page, ("user", self.user)).await?.leads()?;
        let landing = self.service.open(&back).await?.leads()?;
        code_of(&landing)
    }

    /// To the end.
    pub(crate) async fn tokens(&mut self) -> anyhow::Result<Tokens> {
        let code = self.code().await?;
        let request = self.client.redeems(&code);
        let reply = self.service.line.ask(&request).await?;
        reply.expect(200)?;
        Tokens::read(&reply)
    }
}

#[async_trait(?Send)]
impl Work for SignIn {
    async fn once(&mut self) -> anyhow::Result<Outcome> {
        self.tokens().await?;
        Ok(Outcome::Done)
    }
}

/// The code that the client is given.
pub(super) fn code_of(landing: &str) -> anyhow::Result<String> {
    let landing = Url::parse(landing)?;
    let code = landing.query_pairs().find(|(name, _)| name == "code");
    Ok(code.with_context(|| format!("no code in {landing}"))?.1.into_owned())
}

/// The action and the hidden fields of the one form on a page.
fn form(page: &str) -> Option<(String, Vec<(String, String)>)> {
    let form = page.split("<form").nth(1)?;
    let hidden = form.split("<input type=\"hidden\"").skip(1);
    let fields = hidden.map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)));
    Some((attribute(form, "action")?, fields.collect::<Option<_>>()?))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split(&format!("{name}=\"")).nth(1)?.split('"').next()?;
    let codes = [("&#x2f;", "/"), ("&#x27;", "'"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">")];
    let plain = codes.iter().fold(value.to_owned(), |text, (code, c)| text.replace(code, c));
    Some(plain.replace("&amp;", "&"))
}
