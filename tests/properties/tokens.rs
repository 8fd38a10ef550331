//! Tokens, bit by bit and second by second.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign::{
    ambient::Timestamp, jose::access_token::verify_access_token, protocol::resource::Resource,
};
use proptest::prelude::*;
use serde_json::json;

use super::{
    ACCESS_TOKEN, ASSERTION, ID_TOKEN, ISSUER, KEY, KEYS, NOW, accepts_access_token,
    accepts_assertion, accepts_id_token,
};

type Accepts = fn(&str) -> bool;

fn kinds() -> [(&'static str, Accepts); 3] {
    [
        (&ID_TOKEN, |raw| accepts_id_token(raw, NOW)),
        (&ACCESS_TOKEN, accepts_access_token),
        (&ASSERTION, accepts_assertion),
    ]
}

#[test]
fn a_token_with_any_one_bit_of_its_text_changed_is_refused() {
    for (token, accepts) in kinds() {
        assert!(accepts(token));
        for at in 0..token.len() {
            for bit in 0..7 {
                let mut bytes = token.as_bytes().to_vec();
                bytes[at] ^= 1 << bit;
                let changed = String::from_utf8(bytes).expect("ASCII");
                assert!(!accepts(&changed), "byte {at}, bit {bit}");
            }
        }
    }
}

#[test]
fn a_token_with_any_one_bit_of_what_its_segments_mean_changed_is_refused() {
    for (token, accepts) in kinds() {
        let segments: Vec<Vec<u8>> = token
            .split('.')
            .map(|segment| URL_SAFE_NO_PAD.decode(segment).expect("base64url"))
            .collect();
        let encoded = |segments: &[Vec<u8>]| {
            segments.iter().map(|it| URL_SAFE_NO_PAD.encode(it)).collect::<Vec<_>>().join(".")
        };
        assert_eq!(encoded(&segments), token);
        for segment in 0..3 {
            for bit in 0..segments[segment].len() * 8 {
                let mut changed = segments.clone();
                changed[segment][bit / 8] ^= 1 << (bit % 8);
                assert!(!accepts(&encoded(&changed)), "segment {segment}, bit {bit}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn acceptance_of_an_access_token_is_an_interval_in_time(
        iat in -5000_i64..5000,
        life in -100_i64..5000,
        leeway in 0_u64..200,
        moments in prop::collection::vec(-12_000_i64..12_000, 48),
    ) {
        let (iat, exp) = (NOW + iat, NOW + iat + life);
        let claims = json!({
            "iss": ISSUER, "sub": "usr_x", "aud": "https://mcp.example/mcp", "client_id": "c",
            "scope": "read", "jti": "t", "iat": iat, "exp": exp, "auth_time": NOW,
            "idp": "dev", "grant_id": "AAAAAAAAAAAAAAAAAAAAAA",
        });
        let token = KEY.sign(Some("at+jwt"), &claims).expect("a token");
        let (resource, span) = (Resource::new("https://mcp.example/mcp"), i64::try_from(leeway).expect("small"));
        let (from, to) = (iat - span, exp + span);
        for now in moments.into_iter().map(|offset| NOW + offset).chain([from - 1, from, to - 1, to]) {
            let leeway = std::time::Duration::from_secs(leeway);
            let read = verify_access_token(&token, &KEYS, ISSUER, &resource, Timestamp::from_unix(now), leeway);
            prop_assert_eq!(read.is_ok(), (from..to).contains(&now), "{}", now);
        }
    }
}
