//! ID tokens refused for their shape.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use crate::jose::{
    refusal::Refusal,
    tests::forge::{PROVIDER, assert_refused, claims, compact, merged, signed, signed_raw},
};

fn good() -> String {
    signed(&claims())
}

fn parts() -> [String; 3] {
    let token = good();
    let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    parts.try_into().unwrap()
}

/// The same token with its last character naming the same bytes by unused bits.
fn respelled(segment: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = segment.split_at(segment.len() - 1);
    let at = ALPHABET.iter().position(|c| *c == last.as_bytes()[0]).unwrap();
    format!("{rest}{}", char::from(ALPHABET[at ^ 1]))
}

#[test]
fn what_is_not_three_segments_of_canonical_base64url_is_refused() {
    let [head, body, tail] = parts();
    assert_ne!(tail.len() % 4, 0, "an RSA signature leaves unused bits");
    let segments = Refusal::Malformed("not three segments");
    assert_refused([
        ("empty", String::new(), segments),
        ("one segment", head.clone(), segments),
        ("F22 two segments", format!("{head}.{body}"), segments),
        ("four segments", format!("{head}.{body}.{tail}.{tail}"), segments),
        ("F24 five segments", format!("{head}.{body}.{body}.{body}.{tail}"), segments),
        (
            "F23 empty signature",
            format!("{head}.{body}."),
            Refusal::Malformed("signature is empty"),
        ),
        ("F27 padding", format!("{head}.{body}.{tail}=="), Refusal::Malformed("signature")),
        ("F28 leading space", format!(" {head}.{body}.{tail}"), Refusal::Malformed("header")),
        ("F28 newline", format!("{head}.{body}.{tail}\n"), Refusal::Malformed("signature")),
        ("F28 inner space", format!("{head}. {body}.{tail}"), Refusal::Malformed("payload")),
        (
            "F29 non-canonical signature",
            format!("{head}.{body}.{}", respelled(&tail)),
            Refusal::Malformed("signature"),
        ),
        ("standard alphabet", format!("{head}.{body}.+/{tail}"), Refusal::Malformed("signature")),
        ("F34 300 kB", format!("{head}.{}.{tail}", body.repeat(2000)), Refusal::TooLong),
    ]);
}

#[test]
fn a_changed_signature_payload_or_header_is_refused() {
    let [head, body, tail] = parts();
    let mut bytes = URL_SAFE_NO_PAD.decode(&tail).unwrap();
    bytes[40] ^= 1;
    let flipped = URL_SAFE_NO_PAD.encode(&bytes);
    let other = URL_SAFE_NO_PAD.encode(merged(claims(), &json!({ "sub": "root" })).to_string());
    let short = URL_SAFE_NO_PAD.encode(&bytes[..255]);
    let head_too = json!({ "alg": "RS256", "kid": PROVIDER.kid(), "x": 1 }).to_string();
    let head_too = URL_SAFE_NO_PAD.encode(head_too);
    assert_refused([
        ("F25 bit flip", format!("{head}.{body}.{flipped}"), Refusal::BadSignature),
        ("F26 payload swapped", format!("{head}.{other}.{tail}"), Refusal::BadSignature),
        ("header swapped", format!("{head_too}.{body}.{tail}"), Refusal::BadSignature),
        ("signature cut", format!("{head}.{body}.{short}"), Refusal::BadSignature),
        ("signature of zeros", format!("{head}.{body}.{}", "A".repeat(342)), Refusal::BadSignature),
    ]);
}

/// The claims' JSON with `text` put in front of the first member.
fn claims_after(text: &str) -> Vec<u8> {
    format!("{{{text},{}", claims().to_string().split_at(1).1).into_bytes()
}

#[test]
fn a_payload_that_is_not_one_plain_json_object_is_refused() {
    let payload = Refusal::Malformed("payload");
    let deep = format!("\"deep\":{}1{}", "[".repeat(64), "]".repeat(64));
    let deeper = format!("\"deep\":{}1{}", "[".repeat(7000), "]".repeat(7000));
    let mut not_utf8 = claims_after("\"x\":\"?\"");
    let at = not_utf8.iter().position(|byte| *byte == b'?').unwrap();
    not_utf8[at] = 0xFF;
    assert_refused([
        ("F30 duplicate sub", signed_raw(&claims_after("\"sub\":\"root\"")), payload),
        (
            "duplicate member deep inside",
            signed_raw(&claims_after("\"a\":[{\"b\":1,\"b\":2}]")),
            payload,
        ),
        ("F32 payload array", signed_raw(format!("[{}]", claims()).as_bytes()), payload),
        ("payload string", signed_raw(b"\"x\""), payload),
        ("payload empty", signed_raw(b""), payload),
        ("F33 invalid UTF-8", signed_raw(&not_utf8), payload),
        ("byte order mark", signed_raw(format!("\u{feff}{}", claims()).as_bytes()), payload),
        ("text after the object", signed_raw(format!("{}x", claims()).as_bytes()), payload),
        ("65 levels", signed_raw(&claims_after(&deep)), payload),
        ("7000 levels", signed_raw(&claims_after(&deeper)), Refusal::TooLong),
        ("NUL", signed_raw(&claims_after("\"x\":\"\\u0000\"")), payload),
        ("lone surrogate", signed_raw(&claims_after("\"x\":\"\\ud800\"")), payload),
        ("F56 1e400", signed_raw(&claims_after("\"x\":1e400")), payload),
    ]);
}

#[test]
fn a_header_that_is_not_one_plain_json_object_is_refused() {
    let header = |text: String| {
        compact(text.as_bytes(), claims().to_string().as_bytes(), |message| {
            PROVIDER.sign("RS256", message)
        })
    };
    let kid = PROVIDER.kid();
    let wrong = Refusal::Malformed("header");
    assert_refused([
        (
            "F31 duplicate alg",
            header(format!("{{\"alg\":\"none\",\"alg\":\"RS256\",\"kid\":\"{kid}\"}}")),
            wrong,
        ),
        (
            "duplicate kid",
            header(format!("{{\"alg\":\"RS256\",\"kid\":\"x\",\"kid\":\"{kid}\"}}")),
            wrong,
        ),
        ("array", header("[]".to_owned()), wrong),
        ("alg missing", header(format!("{{\"kid\":\"{kid}\"}}")), Refusal::Algorithm),
        ("alg number", header(format!("{{\"alg\":256,\"kid\":\"{kid}\"}}")), Refusal::Algorithm),
        (
            "typ number",
            header(format!("{{\"alg\":\"RS256\",\"typ\":1,\"kid\":\"{kid}\"}}")),
            Refusal::Malformed("typ"),
        ),
    ]);
}
