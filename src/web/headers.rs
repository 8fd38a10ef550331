//! The security headers of pages and of their style sheet, as pure values.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
        STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    },
};

use crate::web::pages::Asset;

/// What a page's headers depend on.
#[derive(Clone, Copy, Debug)]
pub struct PageSafety<'a> {
    /// Where its forms may lead, redirects included. Empty: it has no form.
    pub forms: &'a [FormTarget],
    /// Whether a window that opened this one stays in touch with it.
    pub opener: Opener,
    /// Whether we are reached by https, so that browsers should insist on it.
    pub https: bool,
}

/// A source of the `form-action` directive. Browsers apply it to the whole redirect chain after a
/// POST, so the provider and the client's redirect URI must be in it too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FormTarget {
    /// Our own origin.
    Own,
    /// Any address of this scheme; made by [`FormTarget::of`].
    Scheme(Scheme),
}

/// A URI scheme that is safe to write into a policy; made by [`FormTarget::of`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scheme(String);

/// The relation to the window that opened this page (`Cross-Origin-Opener-Policy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opener {
    /// Cut off: pages outside a sign-in.
    Severed,
    /// Left alone. Web clients open the sign-in in a popup and wait for its `window.opener` or watch
    /// `closed`; one severing page or redirect on the way leaves them waiting for ever.
    Kept,
}

impl FormTarget {
    /// The target that allows `uri`, by its scheme alone. `None` when it has no scheme, or one that
    /// runs code or reads files.
    #[must_use]
    pub fn of(uri: &str) -> Option<Self> {
        let (scheme, _) = uri.split_once(':')?;
        let scheme = scheme.to_ascii_lowercase();
        let well_formed = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
        let safe = well_formed && !UNSAFE_SCHEMES.contains(&scheme.as_str());
        safe.then_some(Self::Scheme(Scheme(scheme)))
    }

    fn source(&self) -> String {
        match self {
            Self::Own => "'self'".to_owned(),
            Self::Scheme(Scheme(name)) => format!("{name}:"),
        }
    }
}

/// The headers of every page: nothing loads but our style sheet and logo, nobody frames it, nothing
/// is kept or told on (attacks F1, F7, E20).
#[must_use]
pub fn page_headers(page: &PageSafety<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_SECURITY_POLICY, content_policy(page.forms));
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if page.opener == Opener::Severed {
        headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    }
    if page.https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONE_YEAR));
    }
    headers
}

/// The headers of the page that runs the Firebase SDK: our own modules, Google's loader, the project's
/// one sign-in domain, and nothing else; its window stays in touch with the popup that it opens.
#[must_use]
pub fn sdk_headers(sdk: &SdkSafety<'_>, https: bool) -> HeaderMap {
    let mut headers = page_headers(&PageSafety { forms: &[], opener: Opener::Kept, https });
    if let Ok(policy) = HeaderValue::from_str(&sdk.policy()) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin-allow-popups"));
    headers
}

/// What the policy of the Firebase page names.
#[derive(Clone, Copy, Debug)]
pub struct SdkSafety<'a> {
    /// The project's `authDomain`, a plain host.
    pub auth_domain: &'a str,
    /// The emulator's origin.
    pub emulator: Option<&'a str>,
}

impl SdkSafety<'_> {
    fn policy(&self) -> String {
        let emulator = self.emulator.map(|origin| format!(" {origin}")).unwrap_or_default();
        format!(
            "{NOTHING_ELSE}; script-src 'self' https://apis.google.com; \
             connect-src 'self' https://identitytoolkit.googleapis.com \
             https://securetoken.googleapis.com{emulator}; \
             frame-src https://{}{emulator}; form-action 'none'",
            self.auth_domain,
        )
    }
}

/// The headers of a file under `/static`, whose URL changes with its content.
#[must_use]
pub fn asset_headers(asset: &Asset) -> HeaderMap {
    let fixed = [
        (CONTENT_TYPE, asset.content_type),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'"),
    ];
    fixed.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
}

fn content_policy(forms: &[FormTarget]) -> HeaderValue {
    let mut sources: Vec<String> = forms.iter().map(FormTarget::source).collect();
    sources.sort();
    sources.dedup();
    let allowed = if sources.is_empty() { "'none'".to_owned() } else { sources.join(" ") };
    let policy = format!("{NOTHING_ELSE}; form-action {allowed}");
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(STRICTEST))
}

const UNSAFE_SCHEMES: [&str; 7] =
    ["about", "blob", "data", "file", "filesystem", "javascript", "vbscript"];

const NOTHING_ELSE: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";
const STRICTEST: &str =
    "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";
const ONE_YEAR: &str = "max-age=31536000";
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

const ALWAYS: [(HeaderName, &str); 6] = [
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (CACHE_CONTROL, "no-store"),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(forms: &[FormTarget]) -> String {
        let page = PageSafety { forms, opener: Opener::Kept, https: false };
        page_headers(&page)[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned()
    }

    #[test]
    fn a_page_loads_and_frames_nothing_and_is_not_kept() {
        let headers =
            page_headers(&PageSafety { forms: &[], opener: Opener::Severed, https: true });
        let mut lines: Vec<_> = headers.iter().map(|(n, v)| format!("{n}: {v:?}")).collect();
        lines.sort();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        cache-control: "no-store"
        content-security-policy: "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"
        content-type: "text/html; charset=utf-8"
        cross-origin-opener-policy: "same-origin"
        permissions-policy: "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        referrer-policy: "no-referrer"
        strict-transport-security: "max-age=31536000"
        x-content-type-options: "nosniff"
        x-frame-options: "DENY"
        "#);
    }

    #[test]
    fn a_form_may_lead_to_the_provider_and_on_to_the_client() {
        let forms = [
            Some(FormTarget::Own),
            FormTarget::of("https://tenant.auth0.com/authorize"),
            FormTarget::of("http://localhost:8001/authorize"),
            FormTarget::of("CURSOR://anysphere.cursor-mcp/oauth/callback"),
            FormTarget::of("https://client.example/cb"),
        ];
        let forms: Vec<_> = forms.into_iter().flatten().collect();
        assert!(policy(&forms).ends_with("; form-action 'self' cursor: http: https:"));
    }

    #[test]
    fn a_page_without_a_form_may_post_nowhere() {
        assert!(policy(&[]).ends_with("; form-action 'none'"));
    }

    #[test]
    fn the_firebase_page_reaches_the_projects_one_domain_and_google_s_loader() {
        let emulator = Some("http://127.0.0.1:9099");
        let policy = |emulator| {
            let sdk = SdkSafety { auth_domain: "p.firebaseapp.com", emulator };
            let headers = sdk_headers(&sdk, true);
            assert_eq!(headers[OPENER_POLICY], "same-origin-allow-popups");
            assert_eq!(headers[X_FRAME_OPTIONS], "DENY");
            assert!(headers.contains_key(STRICT_TRANSPORT_SECURITY));
            headers[CONTENT_SECURITY_POLICY].to_str().unwrap().replace("; ", ";\n")
        };
        insta::assert_snapshot!(policy(None), @r"
        default-src 'none';
        style-src 'self';
        img-src 'self';
        base-uri 'none';
        frame-ancestors 'none';
        script-src 'self' https://apis.google.com;
        connect-src 'self' https://identitytoolkit.googleapis.com https://securetoken.googleapis.com;
        frame-src https://p.firebaseapp.com;
        form-action 'none'
        ");
        insta::assert_snapshot!(policy(emulator), @r"
        default-src 'none';
        style-src 'self';
        img-src 'self';
        base-uri 'none';
        frame-ancestors 'none';
        script-src 'self' https://apis.google.com;
        connect-src 'self' https://identitytoolkit.googleapis.com https://securetoken.googleapis.com http://127.0.0.1:9099;
        frame-src https://p.firebaseapp.com http://127.0.0.1:9099;
        form-action 'none'
        ");
    }

    #[test]
    fn a_redirect_uri_cannot_write_into_the_policy() {
        for uri in
            ["x; script-src *:", "x *:", "'self':", "1a:", ":", "", "no-scheme", "ü:x", "a\r\nb:"]
        {
            assert_eq!(FormTarget::of(uri), None, "{uri}");
        }
    }

    #[test]
    fn schemes_that_run_code_are_no_target() {
        for uri in ["javascript:alert(1)", "JavaScript:x", "data:text/html,x", "file:///etc/passwd"]
        {
            assert_eq!(FormTarget::of(uri), None, "{uri}");
        }
    }

    #[test]
    fn a_page_inside_a_sign_in_keeps_its_opener_and_plain_http_is_not_pinned() {
        let headers = page_headers(&PageSafety { forms: &[], opener: Opener::Kept, https: false });
        assert!(!headers.contains_key(OPENER_POLICY));
        assert!(!headers.contains_key(STRICT_TRANSPORT_SECURITY));
    }
}
