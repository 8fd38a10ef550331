//! Our cookies: `__Host-` and `Secure` on https, host-only, `HttpOnly`, `SameSite=Lax` everywhere.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::protocol::{
    issuer::Issuer,
    secret::{BrowserToken, SessionToken},
};

/// Names, reads and writes cookies for one public URL.
#[derive(Clone, Copy, Debug)]
pub struct CookieJar {
    secure: bool,
}

/// The cookie that ties a shown page to the browser it was shown in.
const PAGE: &str = "countersign-page";
/// The cookie of one sign-in under way; its suffix follows from the state.
const SIGN_IN: &str = "countersign-sign-in-";
/// The cookie of a signed-in browser. It goes with the browser; the store says when it ends.
const SESSION: &str = "countersign-session";
/// Ten minutes, as long as a page or a sign-in lives.
const MAX_AGE: u32 = 600;
/// A day, as long as a session lives at most.
const SESSION_AGE: u32 = 24 * 60 * 60;

impl CookieJar {
    /// The jar of a public URL.
    #[must_use]
    pub fn of(issuer: &Issuer) -> Self {
        Self { secure: issuer.is_https() }
    }

    /// The page cookie, when it is one of ours.
    #[must_use]
    pub fn page(self, headers: &HeaderMap) -> Option<BrowserToken> {
        BrowserToken::parse(self.read(headers, PAGE)?)
    }

    /// The session of this browser.
    #[must_use]
    pub fn session(self, headers: &HeaderMap) -> Option<SessionToken> {
        SessionToken::parse(self.read(headers, SESSION)?)
    }

    /// `Set-Cookie` for a session.
    #[must_use]
    pub fn set_session(self, token: &SessionToken) -> Option<HeaderValue> {
        self.write(SESSION, token.reveal(), SESSION_AGE)
    }

    /// `Set-Cookie` that removes the session.
    #[must_use]
    pub fn clear_session(self) -> Option<HeaderValue> {
        self.write(SESSION, "", 0)
    }

    /// The cookie of the sign-in with this suffix.
    #[must_use]
    pub fn sign_in(self, headers: &HeaderMap, suffix: &str) -> Option<BrowserToken> {
        BrowserToken::parse(self.read(headers, &format!("{SIGN_IN}{suffix}"))?)
    }

    /// `Set-Cookie` for the page cookie.
    #[must_use]
    pub fn set_page(self, token: &BrowserToken) -> Option<HeaderValue> {
        self.write(PAGE, token.reveal(), MAX_AGE)
    }

    /// `Set-Cookie` for a sign-in.
    #[must_use]
    pub fn set_sign_in(self, suffix: &str, token: &BrowserToken) -> Option<HeaderValue> {
        self.write(&format!("{SIGN_IN}{suffix}"), token.reveal(), MAX_AGE)
    }

    /// `Set-Cookie` that removes the cookie of a finished sign-in.
    #[must_use]
    pub fn clear_sign_in(self, suffix: &str) -> Option<HeaderValue> {
        self.write(&format!("{SIGN_IN}{suffix}"), "", 0)
    }

    fn prefix(self) -> &'static str {
        if self.secure { "__Host-" } else { "" }
    }

    fn read<'a>(self, headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
        let name = format!("{}{name}", self.prefix());
        let lines =
            headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
        let mut values = pairs.filter(|(known, _)| known.trim() == name).map(|(_, value)| value);
        // Two cookies of one name: somebody planted one. Believe neither.
        match (values.next(), values.next()) {
            (Some(value), None) => Some(value.trim()),
            _ => None,
        }
    }

    fn write(self, name: &str, value: &str, max_age: u32) -> Option<HeaderValue> {
        let prefix = self.prefix();
        let secure = if self.secure { "; Secure" } else { "" };
        let line = format!(
            "{prefix}{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}"
        );
        let mut line = HeaderValue::try_from(line).ok()?;
        line.set_sensitive(true);
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jar(url: &str) -> CookieJar {
        CookieJar::of(&Issuer::parse(url).unwrap())
    }

    #[test]
    fn on_https_cookies_are_host_bound_and_secure() {
        let token = BrowserToken::from_entropy([1; 32]);
        let line = jar("https://a.example").set_page(&token).unwrap();
        let line = line.to_str().unwrap().replace(token.reveal(), "VALUE");
        insta::assert_snapshot!(line, @"__Host-countersign-page=VALUE; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure");
    }

    #[test]
    fn a_cookie_given_twice_is_believed_neither_way() {
        let (one, two) = (BrowserToken::from_entropy([1; 32]), BrowserToken::from_entropy([2; 32]));
        let both = format!("countersign-page={}; countersign-page={}", one.reveal(), two.reveal());
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, both.parse().unwrap());
        assert!(jar("http://localhost:8000").page(&headers).is_none());
        headers.insert(
            header::COOKIE,
            format!("a=b; countersign-page={}", one.reveal()).parse().unwrap(),
        );
        assert!(jar("http://localhost:8000").page(&headers).is_some());
    }
}
