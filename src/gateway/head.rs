//! The heads of what travels on and of what comes back. Inbound, whatever only we may say is taken
//! out in every spelling; outbound, only what an MCP client needs passes.

use axum::http::{HeaderMap, HeaderName, header};

/// What is left of a request's headers for the server behind: not the hop's own (RFC 9110 §7.6.1), no
/// credentials, no cookies of ours, nothing about who forwarded it, and nothing in the place of ours.
pub(super) fn onward(headers: &HeaderMap) -> HeaderMap {
    let hop = named_by_connection(headers);
    let stays = |name: &HeaderName| {
        !hop.contains(name) && is_plain(name.as_str()) && !is_taken_out(name.as_str())
    };
    let kept = headers.iter().filter(|(name, _)| stays(name));
    kept.fold(roomy(headers), |mut kept, (name, value)| {
        kept.append(name.clone(), value.clone());
        kept
    })
}

/// What a client gets to see of the answer's headers. Cookies and policies of the server behind would
/// be ours in the eyes of a browser; its challenge would send the client to sign in where it cannot.
pub(super) fn back(headers: &HeaderMap) -> HeaderMap {
    let kept = headers.iter().filter(|(name, _)| comes_back(name.as_str()));
    kept.fold(roomy(headers), |mut kept, (name, value)| {
        kept.append(name.clone(), value.clone());
        kept
    })
}

/// None yet, with room for those of `headers` and for ours.
fn roomy(headers: &HeaderMap) -> HeaderMap {
    HeaderMap::with_capacity(headers.len() + 8)
}

/// The headers that `Connection` declares to be the hop's own.
fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let lines = headers.get_all(header::CONNECTION).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).filter_map(|name| name.trim().parse().ok()).collect()
}

/// Servers that make variables of headers (CGI, WSGI, Rack, PHP) read `_`, `.` and more like `-`: under
/// such a name anything could stand in the place of ours, or of the session that we opened.
fn is_plain(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn is_taken_out(name: &str) -> bool {
    OURS.iter().any(|prefix| name.starts_with(prefix)) || TAKEN_OUT.contains(&name)
}

fn comes_back(name: &str) -> bool {
    BACK.contains(&name) || name.starts_with("mcp-")
}

/// What only a gateway or a proxy may say.
const OURS: [&str; 5] =
    ["x-countersign-", "x-forwarded-", "x-original-", "x-auth-request-", "proxy-"];

const TAKEN_OUT: [&str; 19] = [
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "max-forwards",
    "origin",
    "referer",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-countersign",
    "x-real-ip",
];

const BACK: [&str; 11] = [
    "allow",
    "cache-control",
    "content-encoding",
    "content-language",
    "content-length",
    "content-type",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "traceresponse",
    "x-accel-buffering",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        headers
    }

    fn names(headers: &HeaderMap) -> Vec<&str> {
        headers.keys().map(HeaderName::as_str).collect()
    }

    #[test]
    fn whatever_only_we_may_say_is_taken_out_in_every_spelling() {
        for name in [
            "X-Countersign-User",
            "x_countersign_user",
            "X-COUNTERSIGN_Scopes",
            "X.Countersign.User",
            "x-countersign~scopes",
            "Mcp_Session_Id",
            "mcp.method",
            "x-countersign-anything-at-all",
            "x-countersign",
            "X_Forwarded_For",
            "x-forwarded-user",
            "Forwarded",
            "X_Real_IP",
            "Authorization",
            "Proxy-Authorization",
            "Cookie",
            "Host",
            "Origin",
        ] {
            assert_eq!(names(&onward(&headers(&[(name, "x")]))), [""; 0], "{name}");
        }
    }

    #[test]
    fn what_the_client_says_to_the_server_travels_on() {
        let said = [
            ("accept", "text/event-stream"),
            ("content-type", "application/json"),
            ("mcp-session-id", "s"),
            ("mcp-protocol-version", "2026-07-28"),
            ("last-event-id", "7"),
            ("x-api-version", "2"),
            ("traceparent", "00-a-b-01"),
        ];
        assert_eq!(onward(&headers(&said)), headers(&said));
    }

    #[test]
    fn connection_takes_out_what_it_names_and_itself() {
        let said = [
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("connection", "x_other"),
            ("x_other", "1"),
            ("a", "b"),
        ];
        assert_eq!(names(&onward(&headers(&said))), ["a"]);
    }

    #[test]
    fn neither_cookies_nor_challenges_nor_policies_come_back() {
        let said = [
            ("content-type", "application/json"),
            ("mcp-session-id", "s"),
            ("set-cookie", "a=b"),
            ("www-authenticate", "Bearer"),
            ("access-control-allow-origin", "*"),
            ("strict-transport-security", "max-age=1"),
            ("location", "http://10.0.0.1/"),
            ("server", "x"),
            ("clear-site-data", "*"),
            ("transfer-encoding", "chunked"),
        ];
        assert_eq!(names(&back(&headers(&said))), ["content-type", "mcp-session-id"]);
    }

    /// `name` with any of its letters in capitals and any of its hyphens as what some take for one.
    fn respelled(name: &'static str) -> impl Strategy<Value = String> {
        let one = |letter: char| match letter {
            '-' => prop::sample::select(vec!['-', '_', '.', '~', '+']).boxed(),
            letter => prop_oneof![Just(letter), Just(letter.to_ascii_uppercase())].boxed(),
        };
        let letters: Vec<_> = name.chars().map(one).collect();
        letters.prop_map(|letters| letters.into_iter().collect())
    }

    proptest! {
        #[test]
        fn no_spelling_of_ours_gets_through(
            prefix in prop_oneof![respelled("x-countersign-"), respelled("x-forwarded-")],
            rest in "[A-Za-z0-9_-]{0,20}",
        ) {
            let name = format!("{prefix}{rest}");
            prop_assert!(onward(&headers(&[(&name, "root")])).is_empty());
        }

        #[test]
        fn no_header_is_invented_or_changed(
            sent in prop::collection::vec(("[a-z][a-z0-9_-]{0,15}", "[ -~]{0,20}"), 0..8),
        ) {
            let pairs: Vec<_> = sent.iter().map(|(n, v)| (n.as_str(), v.trim())).collect();
            let sent = headers(&pairs);
            for (name, _) in &onward(&sent) {
                let all = |headers: &HeaderMap| headers.get_all(name).iter().cloned().collect::<Vec<_>>();
                prop_assert_eq!(all(&onward(&sent)), all(&sent));
            }
        }

        #[test]
        fn what_connection_names_goes_no_further(name in "[a-z][a-z0-9-]{0,15}") {
            let sent = headers(&[("connection", &name), (&name, "x")]);
            prop_assert!(onward(&sent).is_empty());
        }
    }
}
