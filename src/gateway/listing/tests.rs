use proptest::prelude::*;

use super::{Events, Unreadable, events::EventFault, without_hidden};

fn keep(name: &str) -> bool {
    !name.starts_with("secret")
}

fn listed(json: &str) -> Result<Option<String>, Unreadable> {
    let filtered = without_hidden(json.as_bytes(), &keep)?;
    Ok(filtered.map(|text| String::from_utf8(text).unwrap()))
}

#[test]
fn a_hidden_tool_goes_and_everything_else_keeps_its_bytes() {
    let json = r#" {"id": 1.0, "result" : { "tools" : [ {"name":"a", "x": 1e2},
        {"name":"secret"}, {"description":"\u00e9","name":"b"} ], "nextCursor":"c" } } "#;
    let without = r#" {"id": 1.0, "result" : { "tools" : [{"name":"a", "x": 1e2},{"description":"\u00e9","name":"b"}], "nextCursor":"c" } } "#;
    assert_eq!(listed(json), Ok(Some(without.to_owned())));
}

#[test]
fn what_lists_no_hidden_tool_stays_as_it_is() {
    for json in [
        r#"{"id":1,"result":{"tools":[{"name":"a"}]}}"#,
        r#"{"id":1,"result":{"tools":[]}}"#,
        r#"{"id":1,"result":{"tools":{"name":"secret"}}}"#,
        r#"{"id":1,"result":{"content":[{"name":"secret"}]}}"#,
        r#"{"method":"x","params":{"tools":[{"name":"secret"}]}}"#,
        r#"{"id":1,"error":{"code":1}}"#,
        "[]",
        "7",
        " ",
        "",
    ] {
        assert_eq!(listed(json), Ok(None), "{json}");
    }
}

#[test]
fn each_message_of_a_batch_is_filtered() {
    let json = r#"[{"result":{"tools":[{"name":"secret"}]}}, 7, {"result":{"tools":[{"name":"a"},{"name":"secret2"}]}}]"#;
    let without = r#"[{"result":{"tools":[]}}, 7, {"result":{"tools":[{"name":"a"}]}}]"#;
    assert_eq!(listed(json), Ok(Some(without.to_owned())));
}

#[test]
fn a_tool_without_one_readable_name_is_hidden() {
    for tool in [
        "{}",
        "7",
        r#"{"name":7}"#,
        r#"{"name":"a","name":"secret"}"#,
        r#"{"name":"a","Name":"secret"}"#,
        r#"{"name":"\ud800"}"#,
        r#"{"\ud800":1,"name":"a"}"#,
    ] {
        let json = format!(r#"{{"result":{{"tools":[{tool}]}}}}"#);
        assert_eq!(listed(&json), Ok(Some(r#"{"result":{"tools":[]}}"#.to_owned())), "{tool}");
    }
}

#[test]
fn a_list_under_a_name_that_some_client_reads_is_filtered_too() {
    let json =
        r#"{"result":{},"Result":{"TOOLS":[{"name":"secret"}],"tools\u0000":[{"name":"secret"}]}}"#;
    let without = r#"{"result":{},"Result":{"TOOLS":[],"tools\u0000":[]}}"#;
    assert_eq!(listed(json), Ok(Some(without.to_owned())));
}

#[test]
fn what_nobody_can_be_sure_to_read_is_refused() {
    for json in ["{", "{}x", "\u{feff}{}", "{\"a\":NaN}", r#"{"\ud800":1,"result":{"tools":[]}}"#] {
        assert_eq!(listed(json), Err(Unreadable), "{json}");
    }
    assert_eq!(without_hidden(b"\"\xFF\"", &keep), Err(Unreadable));
}

fn streamed(pieces: &[&[u8]]) -> Result<String, EventFault> {
    let mut events = Events::new(1000);
    let mut out = Vec::new();
    for piece in pieces {
        out.extend(events.feed(piece, &keep)?);
    }
    out.extend(events.finish(&keep));
    Ok(String::from_utf8(out).unwrap())
}

const LIST: &str = r#"{"result":{"tools":[{"name":"secret"},{"name":"a"}]}}"#;
const SHORT: &str = r#"{"result":{"tools":[{"name":"a"}]}}"#;

#[test]
fn the_list_in_an_event_is_filtered_and_its_other_lines_stay() {
    for end in ["\n", "\r\n", "\r"] {
        let event = |data: &str| {
            format!(
                ": hi{end}event: message{end}id: 7{end}data:{data}{end}retry: 5{end}x{end}{end}"
            )
        };
        let text = [event(LIST), event(SHORT)].concat();
        let expected = [event(&format!(" {SHORT}")), event(SHORT)].concat();
        assert_eq!(streamed(&[text.as_bytes()]), Ok(expected));
    }
}

#[test]
fn data_over_several_lines_is_one_message() {
    let (first, second) = LIST.split_once(":[").unwrap();
    let text = format!("\u{feff}data: {first}\r\nid: 1\r\ndata: :[{second}\r\n\r\n");
    let expected =
        format!("\u{feff}data: {first}\r\ndata: :[{{\"name\":\"a\"}}]}}}}\r\nid: 1\r\n\r\n");
    assert_eq!(streamed(&[text.as_bytes()]), Ok(expected));
}

#[test]
fn an_event_without_a_message_and_a_comment_go_on_at_once() {
    let mut events = Events::new(50);
    for piece in [": ping\r", "\n: ping\n", "id: 1\ndata:\n\n", "data\n\n", "\n", "event: x\n\n"] {
        assert_eq!(events.feed(piece.as_bytes(), &keep), Ok(piece.as_bytes().to_vec()));
    }
}

#[test]
fn an_event_goes_on_as_soon_as_it_is_whole() {
    let mut events = Events::new(50);
    assert_eq!(events.feed(b"data: 1\r\rdata: 2", &keep), Ok(b"data: 1\r\r".to_vec()));
    assert_eq!(events.feed(b"\r", &keep), Ok(vec![]));
    assert_eq!(events.feed(b"\n\r", &keep), Ok(b"data: 2\r\n\r".to_vec()));
    assert_eq!(events.feed(b"\n", &keep), Ok(b"\n".to_vec()));
}

#[test]
fn an_event_cut_short_is_filtered_as_well() {
    assert_eq!(streamed(&[b"data: ", LIST.as_bytes()]), Ok(format!("data: {SHORT}")));
    assert_eq!(streamed(&[b"data: {\"result\""]), Ok(String::new()));
    assert_eq!(streamed(&[b"id: 1"]), Ok("id: 1".to_owned()));
}

#[test]
fn an_event_that_is_too_long_or_no_json_ends_the_stream() {
    let long = format!("data: {}\n\n", "1".repeat(1000));
    assert_eq!(streamed(&[long.as_bytes()]), Err(EventFault::TooLong));
    assert_eq!(streamed(&["x\n".repeat(600).as_bytes()]), Err(EventFault::TooLong));
    assert_eq!(streamed(&[b"data: {\n\n"]), Err(EventFault::Unreadable));
    let many = "data: 1\n\n: a comment\n".repeat(200);
    assert_eq!(streamed(&[many.as_bytes()]), Ok(many));
}

/// Events of every shape, of which those with the tool `secret` change.
fn event_text() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        2 => Just("data: {\"id\":1}".to_owned()),
        2 => Just(format!("data:{LIST}")),
        1 => "(: [a-z]{0,3}|id: 1|event:x|retry: 5|data|datax: 1|[a-z]{1,4})",
    ];
    let end = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    let lines = prop::collection::vec(line, 0..4);
    let event = (lines, end, "[\r\n]{0,2}").prop_map(|(lines, end, more)| {
        let mut data = false;
        let one_message = lines.into_iter().filter(|line| {
            !(line == "data" || line.starts_with("data:")) || !std::mem::replace(&mut data, true)
        });
        one_message.map(|line| line + end).collect::<String>() + end + &more
    });
    let events = prop::collection::vec(event, 0..5);
    ("\u{feff}?", events, "(|data: 1|: x|id)")
        .prop_map(|(mark, events, tail)| [mark, events.concat(), tail].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn pieces_of_any_size_give_the_same_stream(
        text in event_text(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..9),
    ) {
        let whole = streamed(&[text.as_bytes()]);
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let pieces: Vec<_> = cuts.windows(2).map(|cut| &text.as_bytes()[cut[0]..cut[1]]).collect();
        prop_assert_eq!(streamed(&pieces), whole.clone());
        let bytes: Vec<_> = text.as_bytes().chunks(1).collect();
        prop_assert_eq!(streamed(&bytes), whole);
    }

    #[test]
    fn a_stream_without_hidden_tools_keeps_every_byte(text in event_text()) {
        let nothing_hidden = text.replace("secret", "public");
        prop_assert_eq!(streamed(&[nothing_hidden.as_bytes()]), Ok(nothing_hidden.clone()));
    }

    #[test]
    fn no_hidden_tool_comes_through(text in event_text()) {
        let expected = text.replace(&format!("data:{LIST}"), &format!("data: {SHORT}"));
        prop_assert_eq!(streamed(&[text.as_bytes()]), Ok(expected));
    }

    #[test]
    fn no_bytes_make_the_stream_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut events = Events::new(100);
        let _ = events.feed(&bytes, &keep);
        let _ = events.finish(&keep);
        let _ = without_hidden(&bytes, &keep);
    }
}
