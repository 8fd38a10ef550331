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
