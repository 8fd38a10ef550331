//! An answer, read to its end.

use std::collections::BTreeMap;

use http::{HeaderMap, StatusCode, header};
use serde_json::Value;
use url::Url;

#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{} {}", self.status, self.body))
    }

    /// Where it redirects to.
    pub(crate) fn location(&self) -> Option<&str> {
        self.headers.get(header::LOCATION).map(|value| value.to_str().unwrap())
    }

    /// The parameters it sends the browser on with, by name; one given twice is a failure.
    pub(crate) fn landing(&self) -> BTreeMap<String, String> {
        let Some(location) = self.location() else { panic!("{} {}", self.status, self.body) };
        assert_eq!(self.status, 303);
        let mut landing = BTreeMap::new();
        for (name, value) in Url::parse(location).unwrap().query_pairs() {
            let before = landing.insert(name.to_string(), value.to_string());
            assert_eq!(before, None, "{name} is given twice in {location}");
        }
        landing
    }

    /// Asserts that it signs nobody in.
    pub(crate) fn opens_no_session(&self) {
        let lines = self.headers.get_all(header::SET_COOKIE).iter();
        let opened =
            lines.filter_map(|line| line.to_str().ok()).find(|line| line.contains("=cs_se_"));
        assert_eq!(opened, None, "a session was opened");
    }

    /// Status and error document, in one line for a snapshot.
    pub(crate) fn refusal(&self) -> String {
        let document = self.json();
        let text = |name: &str| document[name].as_str().unwrap_or("-").to_owned();
        format!("{} {}: {}", self.status.as_u16(), text("error"), text("error_description"))
    }

    /// The heading and the sentence of an error page.
    pub(crate) fn page(&self) -> String {
        assert_eq!(self.location(), None);
        assert!(self.header("content-type").starts_with("text/html"), "{}", self.body);
        let heading = self.body.split("<h1>").nth(1).and_then(|rest| rest.split("</h1>").next());
        format!("{} {}", self.status.as_u16(), heading.unwrap_or("-").trim())
    }
}
