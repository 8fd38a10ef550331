//! How a client is told: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11),
//! and `Retry-After` (RFC 9110 §10.2.3).

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{Exceeded, Left, Policy, Standing, Wait};

/// The limits there are.
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// What is left of them.
pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

impl Left {
    /// Adds the headers. Those of a server behind us stay beside them: both are lists.
    pub fn tell(&self, headers: &mut HeaderMap) {
        add(headers, RATE_LIMIT_POLICY, self.0.iter().map(Standing::policy));
        add(headers, RATE_LIMIT, self.0.iter().map(Standing::rest));
    }
}

impl Exceeded {
    /// Adds the headers of a refusal.
    pub fn tell(&self, headers: &mut HeaderMap) {
        let standing = std::iter::once(&self.standing);
        add(headers, RATE_LIMIT_POLICY, standing.clone().map(Standing::policy));
        if let Wait::For(_) = self.wait {
            add(headers, RATE_LIMIT, standing.map(Standing::rest));
        }
        headers.insert(header::RETRY_AFTER, HeaderValue::from(self.retry_after()));
    }
}

impl Standing {
    fn policy(&self) -> String {
        let Policy { name, limit } = &self.policy;
        format!("\"{name}\";q={};w={}", limit.calls, seconds(limit.window))
    }

    fn rest(&self) -> String {
        format!("\"{}\";r={};t={}", self.policy.name, self.left, seconds(self.next))
    }
}

fn add(headers: &mut HeaderMap, name: HeaderName, items: impl Iterator<Item = String>) {
    let items: Vec<_> = items.collect();
    if let (false, Ok(value)) = (items.is_empty(), HeaderValue::try_from(items.join(", "))) {
        headers.append(name, value);
    }
}

/// A name as it stands within the quotes of a String (RFC 9651 §3.3.3), which is ASCII.
pub(super) fn name(text: &str) -> Arc<str> {
    let mut name = String::new();
    for c in text.chars() {
        match c {
            '"' | '\\' => name.extend(['\\', c]),
            ' '..='~' => name.push(c),
            _ => name.push('?'),
        }
    }
    name.into()
}

/// Whole seconds, rounded up, one at least.
pub(super) fn seconds(span: Duration) -> u64 {
    let more = u64::from(span.subsec_nanos() > 0);
    span.as_secs().saturating_add(more).max(1)
}
