use serde_json::json;

use super::*;

const BODY: usize = 64 * 1024;

fn read(body: &str) -> UnverifiedMetadata {
    assert!(body.len() <= BODY);
    UnverifiedMetadata::read(body.as_bytes()).unwrap()
}

/// As many of `item` as fit into a document, in a list.
fn many(item: &str) -> String {
    let items = vec![item; (BODY - 100) / (item.len() + 1)];
    format!("[{}]", items.join(","))
}

#[test]
fn small_json_that_is_large_in_memory_is_not_kept() {
    for member in [
        "jwks",
        "client_secret",
        "client_id",
        "redirect_uris",
        "grant_types",
        "unheard_of",
        "token_endpoint_auth_methods_supported",
    ] {
        for item in [r#"{"":0}"#, "[]", "{}", "0", r#""""#] {
            let kept = read(&format!(r#"{{"{member}":{}}}"#, many(item))).kept_bytes();
            assert!(kept < 3 * 1024, "{member} {item} {kept}");
        }
    }
}

#[test]
fn what_is_kept_of_a_long_document_is_weighed_in_full() {
    let long = "x".repeat(BODY / 2);
    for member in ["client_id", "client_name", "client_uri", "scope", "jwks_uri"] {
        let kept = read(&json!({ member: long }).to_string()).kept_bytes();
        assert!(kept >= long.len(), "{member}");
    }
    for member in ["redirect_uris", "grant_types", "response_types"] {
        let kept = read(&json!({ member: [long] }).to_string()).kept_bytes();
        assert!(kept >= long.len(), "{member}");
    }
}

#[test]
fn keys_of_usual_length_come_back_and_a_list_beyond_its_end_is_still_too_long() {
    let keys = json!({ "keys": vec![json!({ "kty": "RSA", "n": "x".repeat(342) }); 30] });
    let uris = vec!["https://c.example/cb"; 1000];
    let metadata = read(&json!({ "jwks": keys, "redirect_uris": uris }).to_string());
    assert_eq!(metadata.jwks.unwrap().unverified_value(), keys);
    assert_eq!(metadata.redirect_uris.unwrap().len(), MAX_LISTED);
}

#[test]
fn of_a_key_set_only_flat_keys_are_kept_and_anything_else_is_none() {
    let read = |jwks: Value| {
        let body = json!({ "jwks": jwks }).to_string();
        UnverifiedMetadata::read(body.as_bytes()).unwrap().jwks.map(|keys| keys.unverified_value())
    };
    let deep = json!({ "keys": [{ "kty": "EC", "key_ops": ["verify"], "a": { "b": [{}] } }, 7] });
    let flat = json!({ "keys": [{ "kty": "EC", "key_ops": ["verify"] }] });
    assert_eq!(read(deep), Some(flat));
    let many = json!({ "keys": vec![json!({ "": 0 }); 65] });
    for other in [json!([{}]), json!({}), many] {
        assert_eq!(read(other), None);
    }
}

#[test]
fn of_a_list_in_a_key_64_texts_are_the_most_and_anything_but_text_is_left_out() {
    let kept = |ops: Value| {
        let body = json!({ "jwks": { "keys": [{ "kty": "EC", "key_ops": ops }] } }).to_string();
        let keys = read(&body).jwks.unwrap().unverified_value();
        keys["keys"][0].get("key_ops").is_some()
    };
    assert!(kept(json!(vec!["x"; 64])) && !kept(json!(vec!["x"; 65])));
    assert!(!kept(json!(["verify", 1])) && !kept(json!([["verify"]])));
}

#[test]
fn a_key_set_of_16_kib_is_kept_and_one_byte_more_is_none() {
    let kept = |bytes: usize| {
        let frame = json!({ "keys": [{ "n": "" }] }).to_string().len();
        let keys = json!({ "keys": [{ "n": "x".repeat(bytes - frame) }] });
        read(&json!({ "jwks": keys }).to_string()).jwks.is_some()
    };
    assert!(kept(16 * 1024) && !kept(16 * 1024 + 1));
}

#[test]
fn the_weight_is_the_record_and_each_text_and_the_keys_and_no_more() {
    let frame = size_of::<UnverifiedMetadata>();
    let weight = |body: Value| read(&body.to_string()).kept_bytes();
    assert_eq!(weight(json!({})), frame);
    let text = "x".repeat(100);
    let set = json!({ "keys": [{ "n": text }] });
    let keys = set.to_string().len();
    let all = json!({ "client_id": text, "redirect_uris": [text, text], "jwks": set });
    let expected = frame + 300 + 2 * size_of::<String>() + keys;
    // A list that grew may have some room to spare.
    assert!((expected..expected + 64).contains(&weight(all)));
}
