//! A person at a browser that is none: pages are read, buttons pressed, cookies kept.

use std::collections::HashMap;

use url::Url;

use super::http;
use crate::harness::Form;

/// A person who reads the pages and presses the buttons, without a browser.
pub(crate) struct Person {
    http: reqwest::Client,
    cookies: HashMap<String, String>,
}

impl Person {
    pub(crate) fn new() -> Self {
        Self::with(http())
    }

    /// Whose browser connects as this client does.
    pub(crate) fn with(http: reqwest::Client) -> Self {
        Self { http, cookies: HashMap::new() }
    }

    /// Signs in with the development provider and returns the URL the client was called at.
    pub(crate) async fn sign_in(&mut self, authorize: &str, user: &str) -> String {
        let client = redirect_uri(authorize);
        let mut buttons = [("provider", "dev"), ("user", user)].into_iter();
        let mut request = self.http.get(authorize);
        for _ in 0..20 {
            let response = self.send(request).await;
            let here = response.url().clone();
            if let Some(location) = response.headers().get("location") {
                let next = here.join(location.to_str().unwrap()).unwrap();
                if next.as_str().starts_with(&client) {
                    return next.into();
                }
                request = self.http.get(next);
            } else {
                let page = response.text().await.unwrap();
                let Some((name, value)) = buttons.next() else { panic!("stuck at {here}: {page}") };
                assert!(page.contains(&format!("name=\"{name}\" value=\"{value}\"")), "{page}");
                let (action, fields) = Form::on(&page);
                let body = fields.and(name, value).encoded();
                let post = self.http.post(here.join(&action).unwrap()).body(body);
                request = post.header("content-type", "application/x-www-form-urlencoded");
            }
        }
        panic!("more than twenty hops");
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> reqwest::Response {
        let sent: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = request.header("cookie", sent.join("; ")).send().await.unwrap();
        for line in response.headers().get_all("set-cookie") {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.into(), value.into());
        }
        response
    }
}

fn redirect_uri(authorize: &str) -> String {
    let url = Url::parse(authorize).unwrap();
    url.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned()
}
