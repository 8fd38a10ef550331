//! A browser without eyes: it keeps cookies, reads forms, and follows a redirect when told to.

use std::{collections::BTreeMap, sync::LazyLock};

use axum::{Router, body::Body};
use http::{HeaderMap, Request, header};

use super::{Answer, Form, send};

#[derive(Clone)]
pub(crate) struct Browser {
    /// The cookies of our origin, by name.
    pub(crate) cookies: BTreeMap<String, String>,
    app: Router,
    issuer: String,
}

impl Browser {
    pub(super) fn new(app: Router, issuer: &str) -> Self {
        Self { cookies: BTreeMap::new(), app, issuer: issuer.to_owned() }
    }

    /// Opens a URL, ours (a path will do) or that of an identity provider.
    pub(crate) async fn get(&mut self, url: &str) -> Answer {
        match self.own(url) {
            Some(path) => self.send(Request::get(path).body(Body::empty()).unwrap()).await,
            None => read(ELSEWHERE.get(url)).await,
        }
    }

    pub(crate) async fn post(&mut self, url: &str, form: &Form) -> Answer {
        let Some(path) = self.own(url) else {
            let kind = (header::CONTENT_TYPE.as_str(), FORM);
            let request = ELSEWHERE.post(url).header(kind.0, kind.1);
            return read(request.body(form.encoded())).await;
        };
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, FORM)
            .header("sec-fetch-site", "same-origin")
            .header(header::ORIGIN, "null")
            .body(Body::from(form.encoded()));
        self.send(request.unwrap()).await
    }

    /// Opens a path of ours with more headers than cookies.
    pub(crate) async fn get_with(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(with(Request::get(path).body(Body::empty()).unwrap(), headers)).await
    }

    /// Posts a form to a path of ours with these headers, and not with those of a browser.
    pub(crate) async fn post_with(
        &mut self,
        path: &str,
        form: &Form,
        headers: &[(&str, &str)],
    ) -> Answer {
        let request = Request::post(path).header(header::CONTENT_TYPE, FORM);
        self.send(with(request.body(Body::from(form.encoded())).unwrap(), headers)).await
    }

    /// Presses a button of the page's form.
    pub(crate) async fn press(
        &mut self,
        here: &str,
        page: &Answer,
        button: (&str, &str),
    ) -> Answer {
        let (name, value) = button;
        let shown = page.body.contains(&format!("name=\"{name}\" value=\"{value}\""));
        assert!(shown, "no button {name}={value}: {} {}", page.status, page.body);
        let (action, fields) = Form::on(&page.body);
        let target = url::Url::parse(here).unwrap().join(&action).unwrap();
        self.post(target.as_str(), &fields.and(name, value)).await
    }

    /// A request to ours as it is, with the cookies.
    pub(crate) async fn send(&mut self, mut request: Request<Body>) -> Answer {
        let pairs: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        if !pairs.is_empty() {
            request.headers_mut().insert(header::COOKIE, pairs.join("; ").parse().unwrap());
        }
        let answer = send(&self.app, request).await;
        self.keep(&answer.headers);
        answer
    }

    fn own<'a>(&self, url: &'a str) -> Option<&'a str> {
        if url.starts_with('/') { Some(url) } else { url.strip_prefix(&self.issuer) }
    }

    fn keep(&mut self, headers: &HeaderMap) {
        for line in headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// What leaves our origin goes over a real connection, one for each request: tests come and go.
#[expect(clippy::disallowed_methods, reason = "a test's own browser, not the service's client")]
static ELSEWHERE: LazyLock<reqwest::Client> = LazyLock::new(|| {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    client.pool_max_idle_per_host(0).build().unwrap()
});

async fn read(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    Answer { status, headers, body: response.text().await.unwrap() }
}

fn with(mut request: Request<Body>, headers: &[(&str, &str)]) -> Request<Body> {
    for (name, value) in headers {
        let name: header::HeaderName = name.parse().unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request
}

const FORM: &str = "application/x-www-form-urlencoded";
