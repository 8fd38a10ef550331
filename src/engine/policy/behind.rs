//! How a server behind us is spoken to.

use std::time::Duration;

use http::HeaderMap;

/// How a server behind us is spoken to, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behind {
    /// How it learns who calls.
    pub identity: IdentityTo,
    /// What it is told with every request besides, such as a key that it asks for; none of it prints.
    pub headers: HeaderMap,
    /// Origins of web pages that may call, besides our own.
    pub origins: Vec<String>,
    /// How long it may take.
    pub timeouts: Timeouts,
    /// The longest request, in bytes.
    pub max_body: usize,
}

impl Default for Behind {
    fn default() -> Self {
        Self {
            identity: IdentityTo::default(),
            headers: HeaderMap::new(),
            origins: Vec::new(),
            timeouts: Timeouts::default(),
            max_body: 4 * 1024 * 1024,
        }
    }
}

/// How a server behind us learns who calls. The caller's own token never reaches it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdentityTo {
    /// From `X-Countersign-*` headers.
    #[default]
    Headers,
    /// From a short-lived token that we sign for it.
    Assertion,
    /// Not at all.
    Nothing,
}

/// How long a server behind us may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until it is connected.
    pub connect: Duration,
    /// From the whole request to the head of the response.
    pub first_byte: Duration,
    /// Between two pieces of a response.
    pub idle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_mins(2),
            idle: Duration::from_mins(10),
        }
    }
}
