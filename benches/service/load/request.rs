//! Requests as bytes, ready to be sent.

use std::fmt::Write as _;

/// A request under way.
pub(crate) struct Request {
    text: String,
}

impl Request {
    pub(crate) fn get(host: &str, path: &str) -> Self {
        Self { text: format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n") }
    }

    pub(crate) fn post(host: &str, path: &str) -> Self {
        Self { text: format!("POST {path} HTTP/1.1\r\nhost: {host}\r\n") }
    }

    pub(crate) fn delete(host: &str, path: &str) -> Self {
        Self { text: format!("DELETE {path} HTTP/1.1\r\nhost: {host}\r\n") }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let _ = write!(self.text, "{name}: {value}\r\n");
        self
    }

    /// Without a body.
    pub(crate) fn bytes(self) -> Vec<u8> {
        (self.text + "\r\n").into_bytes()
    }

    pub(crate) fn form(self, fields: &[(&str, &str)]) -> Vec<u8> {
        let body = encoded(fields);
        self.body("application/x-www-form-urlencoded", &body)
    }

    pub(crate) fn json(self, body: &str) -> Vec<u8> {
        self.body("application/json", body)
    }

    fn body(self, kind: &str, body: &str) -> Vec<u8> {
        let mut whole = self.header("content-type", kind);
        let _ = write!(whole.text, "content-length: {}\r\n\r\n{body}", body.len());
        whole.text.into_bytes()
    }
}

/// `application/x-www-form-urlencoded`.
pub(crate) fn encoded(fields: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
