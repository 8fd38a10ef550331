use http::HeaderMap;
use proptest::prelude::*;

use super::*;

fn one(body: &str) -> Result<Message, Unfit> {
    Message::read_all(body.as_bytes()).map(|mut all| all.remove(0))
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, value.parse().unwrap());
    }
    headers
}

fn unreadable(bodies: &[&str]) {
    for body in bodies {
        assert_eq!(one(body).err(), Some(Unfit::Unreadable), "{body}");
    }
}

#[test]
fn each_call_of_a_batch_is_seen() {
    let body = br#" [{"method":"tools/call","params":{"name":"a"}},{"id":1,"result":{}},
        {"method":"tools/call","params":{"name":"b","arguments":{"name":"x"}}},{"method":"ping"}]"#;
    let all = Message::read_all(body).unwrap();
    let asks: Vec<_> = all.iter().filter_map(|m| m.operation().unwrap()).collect();
    assert_eq!(asks, [Operation::Tool("a"), Operation::Tool("b"), Operation::Method("ping")]);
}

#[test]
fn a_member_that_stands_twice_is_refused() {
    unreadable(&[
        r#"{"method":"ping","method":"tools/call","params":{"name":"a"}}"#,
        r#"{"method":"tools/call","params":{"name":"a"},"params":{"name":"b"}}"#,
        r#"{"method":"tools/call","params":{"name":"a","name":"b"}}"#,
        r#"{"method":"tools/call","params":{"name":"a","\u006eame":"b"}}"#,
        r#"{"id":1,"id":2,"method":"ping"}"#,
        r#"{"id":null,"id":2,"method":"ping"}"#,
        r#"{"method":"tools/call","params":null,"params":{"name":"a"}}"#,
        r#"{"method":"tools/call","params":{"name":null,"name":"a"}}"#,
    ]);
}

#[test]
fn a_member_that_go_reads_as_one_of_ours_is_refused() {
    unreadable(&[
        r#"{"method":"ping","Method":"tools/call","params":{"name":"a"}}"#,
        r#"{"METHOD":"tools/call","params":{"name":"a"}}"#,
        r#"{"method":"tools/call","params":{"name":"a","NAME":"b"}}"#,
        r#"{"method":"tools/call","params":{"name":"a"},"paramſ":{"name":"b"}}"#,
        r#"{"method":"tasks/get","params":{"taskId":"a","tas\u212aId":"b"}}"#,
        r#"{"method":"ping","params":{"_META":{}}}"#,
        r#"{"method":"ping","JsonRPC":"2.0"}"#,
        r#"{"id":1,"method":"ping","Result":{}}"#,
        r#"{"method":"ping","method\u0000":"tools/call","params":{"name":"a"}}"#,
        r#"{"method":"tools/call","params":{"name":"a","name\u0000":"b"}}"#,
        r#"{"method":"resources/read","params":{"uri":"a","ur\u0131":"b"}}"#,
    ]);
}

#[test]
fn what_is_no_message_is_refused() {
    unreadable(&[
        "",
        " ",
        "[]",
        "7",
        "{}",
        "[[]]",
        "{}x",
        "\u{feff}{}",
        r#"{"method":7}"#,
        r#"{"method":null}"#,
        r#"{"id":1}"#,
        r#"[{"params":"x"}]"#,
        r#"["ping"]"#,
        r#"{"method":"ping","params":["x"]}"#,
        r#"{"method":"ping","params":"x"}"#,
        r#"{"id":{},"method":"ping"}"#,
        r#"{"id":[1],"method":"ping"}"#,
        r#"{"id":true,"method":"ping"}"#,
        r#"{"id":"a\u0000","method":"ping"}"#,
        r#"{"id":{"$serde_json::private::RawValue":"1"},"method":"ping"}"#,
        r#"[{"method":"ping"},{"id":1}]"#,
    ]);
    assert!(one(r#"{"method":"ping","params":null,"id":null}"#).is_ok());
}

#[test]
fn a_request_that_is_also_a_response_is_refused() {
    unreadable(&[
        r#"{"id":1,"method":"tools/call","params":{"name":"a"},"result":{}}"#,
        r#"{"id":1,"method":"tools/call","params":{"name":"a"},"error":null}"#,
    ]);
}

#[test]
fn text_that_readers_end_or_mend_each_in_their_way_is_refused() {
    let deep =
        format!(r#"{{"method":"ping","params":{}1{}}}"#, r#"{"a":"#.repeat(127), "}".repeat(127));
    unreadable(&[
        r#"{"method":"ping","params":{"x":"\ud800"}}"#,
        r#"{"method":"ping","params":{"\udfff":1}}"#,
        r#"{"method":"tools/call\u0000","params":{}}"#,
        r#"{"method":"ping","params":{"x":1e999}}"#,
        r#"{"method":"ping","params":{"x":NaN}}"#,
        r#"{"method":"ping",}"#,
        r#"{"method":"ping"/**/}"#,
        &deep,
    ]);
    let latin = b"{\"method\":\"ping\",\"params\":{\"x\":\"\xE9\"}}";
    assert_eq!(Message::read_all(latin).err(), Some(Unfit::Unreadable));
}

#[test]
fn a_call_names_its_tool() {
    for params in ["{}", r#"{"name":7}"#, r#"{"name":null}"#, r#"{"name":"a\u0000b"}"#, "null"] {
        let nameless = one(&format!(r#"{{"method":"tools/call","params":{params}}}"#)).unwrap();
        assert_eq!(nameless.operation(), Err(Unfit::NoTool), "{params}");
    }
}

#[test]
fn a_batch_has_64_messages_at_most() {
    let batch = |many| format!("[{}]", vec![r#"{"method":"ping"}"#; many].join(","));
    assert_eq!(Message::read_all(batch(64).as_bytes()).map(|all| all.len()), Ok(64));
    assert_eq!(Message::read_all(batch(65).as_bytes()).err(), Some(Unfit::TooMany));
    let last = |last: &str| batch(65).replace("}]", &format!("}},{last}]"));
    assert_eq!(one(&last("7")).err(), Some(Unfit::TooMany));
    assert_eq!(one(&last("1e999")).err(), Some(Unfit::Unreadable));
}

#[test]
fn headers_that_contradict_the_body_are_refused() {
    let call = one(r#"{"method":"tools/call","params":{"name":"é"}}"#).unwrap();
    let good = [("mcp-method", "tools/call"), ("mcp-name", "=?base64?w6k=?=")];
    assert_eq!(call.agrees_with(&headers(&good)), Ok(()));
    assert_eq!(call.agrees_with(&headers(&[])), Ok(()));
    for bad in [
        &[("mcp-method", "ping")][..],
        &[("mcp-name", "public_tool")],
        &[("mcp-name", "=?base64?!?=")],
        &[("mcp-name", "=?base64?w6k?=")],
        &[("mcp-method", "tools/call"), ("mcp-method", "tools/call")],
    ] {
        assert!(matches!(call.agrees_with(&headers(bad)), Err(Unfit::Mismatch(_))), "{bad:?}");
    }
    let nameless = one(r#"{"method":"prompts/get"}"#).unwrap();
    let broken = nameless.agrees_with(&headers(&[("mcp-name", "=?base64?!?=")]));
    assert_eq!(broken, Err(Unfit::Mismatch("Mcp-Name")));
}

#[test]
fn a_response_agrees_with_any_header() {
    let response = one(r#"{"id":1,"result":{}}"#).unwrap();
    assert_eq!(response.agrees_with(&headers(&[("mcp-method", "ping")])), Ok(()));
}

/// What a reader finds who takes the last of several members of a name, and a name in any case and up to
/// a NUL: there may be several, for it to choose from.
fn leniently<'a>(object: &'a Value, name: &str) -> Vec<&'a Value> {
    let fold = |text: &str| {
        let whole = text.split('\0').next().unwrap_or_default();
        whole.replace('ſ', "s").replace(['ı', 'İ'], "i").to_lowercase()
    };
    let members = object.as_object().into_iter().flatten();
    members.filter(|(key, _)| fold(key) == fold(name)).map(|(_, value)| value).collect()
}

/// JSON with the names that matter, their look-alikes, repeats and escapes.
fn json() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "method",
        "Method",
        "\\u006dethod",
        "params",
        "param\u{17F}",
        "name",
        "NAME",
        "n\\u0061me",
        "name\\u0000",
        "id",
        "\u{131}d",
        "result",
        "taskId",
        "tas\u{212A}Id",
        "_meta",
        "jsonrpc",
        "arguments",
        "x",
    ]);
    let leaf = prop::sample::select(vec![
        "\"tools/call\"",
        "\"tools\\/call\"",
        "\"ping\"",
        "\"a\"",
        "\"b\"",
        "\"\\ud800\"",
        "1",
        "null",
        "1e999",
        "true",
        "",
        "\"a\\u0000\"",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(4, 24, 5, move |inner| {
        let member = (key.clone(), inner.clone()).prop_map(|(key, value)| format!("\"{key}\":{value}"));
        prop_oneof![
            4 => prop::collection::vec(member, 0..5).prop_map(|all| format!("{{{}}}", all.join(","))),
            1 => prop::collection::vec(inner, 0..3).prop_map(|all| format!("[{}]", all.join(","))),
        ]
    })
}

/// Requests that are near enough to good ones to be read, often.
fn request() -> impl Strategy<Value = String> {
    let more = prop_oneof![3 => Just(String::new()), 1 => ("[a-zA-Z]{1,6}", json()).prop_map(
        |(key, value)| format!(",\"{key}\":{value}"),
    )];
    let method =
        prop::sample::select(vec!["tools/call", "tools\\u002fcall", "ping", "prompts/get"]);
    (method, "[a-z]{0,3}", more.clone(), more).prop_map(|(method, name, inner, outer)| {
        format!(r#"{{"method":"{method}","params":{{"name":"{name}"{inner}}}{outer}}}"#)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn no_body_makes_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in json()) {
        let _ = Message::read_all(&bytes);
        let _ = Message::read_all(text.as_bytes());
    }

    #[test]
    fn what_is_read_is_what_the_most_lenient_reader_reads(text in prop_oneof![json(), request()]) {
        let Ok(messages) = Message::read_all(text.as_bytes()) else { return Ok(()) };
        let value: Value = serde_json::from_str(&text).unwrap();
        let values = value.as_array().cloned().unwrap_or_else(|| vec![value]);
        prop_assert_eq!(messages.len(), values.len());
        for (message, value) in messages.iter().zip(&values) {
            let methods = leniently(value, "method");
            prop_assert_eq!(methods, message.method.iter().collect::<Vec<_>>());
            let ids = leniently(value, "id");
            prop_assert!(ids.len() <= 1);
            let id = ids.into_iter().find(|id| !id.is_null());
            prop_assert_eq!(message.id.as_ref(), id);
            let params = leniently(value, "params");
            prop_assert!(params.len() <= 1);
            let params = params.first().copied().unwrap_or(&Value::Null);
            for (name, ours) in [
                ("name", &message.named.name),
                ("uri", &message.named.uri),
                ("taskId", &message.named.task_id),
            ] {
                let theirs = leniently(params, name);
                prop_assert!(theirs.len() <= 1);
                let theirs = theirs.into_iter().find_map(Value::as_str);
                prop_assert_eq!(ours.as_deref(), theirs.filter(|text| !text.contains('\0')));
            }
        }
    }

    #[test]
    fn a_name_in_a_header_agrees_iff_it_is_the_name(
        name in "[a-b\u{e9} ]{0,3}", said in "[a-b\u{e9} ]{0,3}", encoded: bool,
    ) {
        let body = serde_json::json!({ "method": "tools/call", "params": { "name": name } });
        let call = one(&body.to_string()).unwrap();
        let plain = said.is_ascii() && said.trim() == said;
        let value = if encoded || !plain {
            use base64::{Engine as _, engine::general_purpose::STANDARD};
            format!("=?base64?{}?=", STANDARD.encode(&said))
        } else {
            said.clone()
        };
        let agrees = call.agrees_with(&headers(&[("mcp-name", &value)])).is_ok();
        prop_assert_eq!(agrees, said == name);
    }

    #[test]
    fn a_method_in_a_header_agrees_iff_it_is_the_method(said in "(ping|pin|PING|ping |tools/list)") {
        let ping = one(r#"{"method":"ping"}"#).unwrap();
        let agrees = ping.agrees_with(&headers(&[("mcp-method", &said)])).is_ok();
        prop_assert_eq!(agrees, said == "ping");
    }
}
