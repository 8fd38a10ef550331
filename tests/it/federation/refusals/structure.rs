//! Texts that are no token, or one that two readers could read differently.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use super::{Row, refused_by_every_kind};
use crate::federation::token::Draft;

#[tokio::test]
async fn a_token_without_the_form_of_one_is_refused() {
    refused_by_every_kind(FORMS).await;
    refused_by_every_kind(ANSWERS).await;
}

#[tokio::test]
async fn a_token_whose_key_id_is_none_is_refused() {
    refused_by_every_kind(KEY_IDS).await;
}

pub(crate) const FORMS: &[Row] = &[
    ("two segments", "not three segments", |draft| {
        draft.finish = |token| token.rsplit_once('.').unwrap().0.to_owned();
    }),
    ("a flipped bit", "signature is wrong", |draft| {
        draft.finish = |token| changed(&token, 2, |signature| signature[17] ^= 1);
    }),
    ("another payload under the signature", "signature is wrong", |draft| {
        draft.finish = |token| {
            changed(&token, 1, |payload| {
                let text = String::from_utf8(payload.clone()).unwrap();
                *payload = text.replace("Alice", "Malice").into_bytes();
            })
        };
    }),
    ("no token at all", "not three segments", |draft| draft.finish = |_| "token".to_owned()),
];

/// What the token endpoint's answer is refused for before any token is read.
const ANSWERS: &[Row] = &[
    ("300 kB", "it is too long", |draft| draft.claim("padding", "x".repeat(300_000))),
    ("an empty text", "no ID token", |draft| draft.finish = |_| String::new()),
];

/// Other spellings of a good token.
pub(crate) const SPELLINGS: &[Row] = &[
    ("base64 with padding", "malformed", |draft| draft.finish = |token| format!("{token}==")),
    ("padding behind the header", "malformed", |draft| {
        draft.finish = |token| token.replacen('.', "=.", 1);
    }),
    ("white space behind", "malformed", |draft| draft.finish = |token| format!("{token}\n")),
    ("white space before", "malformed", |draft| draft.finish = |token| format!(" {token}")),
    ("white space inside", "malformed", |draft| draft.finish = |token| token.replace('.', ".\t")),
    ("the other alphabet", "malformed: signature", |draft| {
        draft.finish = |token| {
            let (statement, signature) = token.rsplit_once('.').unwrap();
            let other = signature.replace('-', "+").replace('_', "/");
            assert_ne!(signature, other);
            format!("{statement}.{other}")
        };
    }),
    ("unused bits", "malformed: signature", |draft| {
        // 256 bytes end in a character of which four bits are unused: the next one means the same.
        draft.finish = |mut token| {
            let last = token.pop().unwrap();
            token.push(char::from(u8::try_from(u32::from(last)).unwrap() + 1));
            token
        };
    }),
];

/// What two parsers may read differently, or one not survive.
pub(crate) const READINGS: &[Row] = &[
    ("the subject twice", "malformed: payload", |draft| {
        let text = draft.claims.to_string();
        let twice = text.replacen('{', "{\"sub\":\"mallory\",", 1);
        draft.claims_bytes = Some(twice.into_bytes());
    }),
    ("the subject twice, spelled otherwise", "malformed: payload", |draft| {
        let text = draft.claims.to_string();
        let twice = text.replacen('{', "{\"s\\u0075b\":\"mallory\",", 1);
        draft.claims_bytes = Some(twice.into_bytes());
    }),
    ("the algorithm twice", "malformed: header", |draft| {
        let text = draft.header.to_string();
        draft.header_bytes = Some(text.replacen('{', "{\"alg\":\"none\",", 1).into_bytes());
    }),
    ("a list for claims", "malformed: payload", |draft| {
        draft.claims_bytes = Some(format!("[{}]", draft.claims).into_bytes());
    }),
    ("no UTF-8", "malformed: payload", |draft| {
        let mut bytes = draft.claims.to_string().replace("Liddell", "Lidd?ll").into_bytes();
        let at = bytes.iter().position(|byte| *byte == b'?').unwrap();
        bytes[at] = 0xFF;
        draft.claims_bytes = Some(bytes);
    }),
    ("a byte order mark", "malformed: payload", |draft| {
        let text = draft.claims.to_string();
        draft.claims_bytes = Some([b"\xEF\xBB\xBF", text.as_bytes()].concat());
    }),
    ("65 levels of JSON", "malformed: payload", |draft| nested(draft, 65)),
    ("3000 levels of JSON", "malformed: payload", |draft| nested(draft, 3000)),
    ("10 000 levels of JSON", "too long", |draft| nested(draft, 10_000)),
    ("16 KiB and more", "too long", |draft| draft.claim("padding", "x".repeat(13_000))),
    ("a number beyond all numbers", "malformed: payload", |draft| {
        let exp = format!("\"exp\":{}", draft.claims["exp"]);
        let text = draft.claims.to_string().replace(&exp, "\"exp\":1e400");
        draft.claims_bytes = Some(text.into_bytes());
    }),
];

/// Key ids that are none.
pub(crate) const KEY_IDS: &[Row] = &[
    ("a key id beyond ASCII", "malformed: kid", |draft| draft.head("kid", "schlüssel")),
    ("a key id that is a number", "malformed: kid", |draft| draft.head("kid", 1)),
    ("a key id of 10 kB", "malformed: kid", |draft| draft.head("kid", "k".repeat(10_000))),
];

fn nested(draft: &mut Draft, levels: usize) {
    let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
    draft.claim("deep", json!("?"));
    let text = draft.claims.to_string().replace("\"?\"", &format!("{open}{close}"));
    draft.claims_bytes = Some(text.into_bytes());
}

/// The token with the bytes of one segment changed.
fn changed(token: &str, index: usize, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let mut bytes = URL_SAFE_NO_PAD.decode(&parts[index]).unwrap();
    change(&mut bytes);
    parts[index] = URL_SAFE_NO_PAD.encode(bytes);
    parts.join(".")
}
