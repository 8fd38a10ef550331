//! Lists of tools on their way back: what the caller may not use is taken out, and everything else
//! keeps its bytes.

mod events;

use std::{fmt, ops::Range};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::gateway::folding::folds_to;

pub(super) use self::events::Events;

/// It is no JSON: nobody can say what a client would read in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// Whether the caller may use the tool of this name.
pub(super) type Keep<'a> = &'a dyn Fn(&str) -> bool;

/// One JSON-RPC message, or a batch of them, without the tools that are not kept; none when nothing
/// changes. A member that some reader could take for `result` or `tools` counts as such, and a tool
/// without one readable name is not kept.
pub(super) fn without_hidden(json: &[u8], keep: Keep<'_>) -> Result<Option<Vec<u8>>, Unreadable> {
    let Some(first) = json.iter().find(|b| !b.is_ascii_whitespace()) else { return Ok(None) };
    let mut changes = Vec::new();
    if *first == b'[' {
        let batch: Vec<&RawValue> = serde_json::from_slice(json).map_err(|_| Unreadable)?;
        batch.into_iter().for_each(|message| in_message(message.get(), keep, &mut changes));
    } else {
        let message: &RawValue = serde_json::from_slice(json).map_err(|_| Unreadable)?;
        in_message(message.get(), keep, &mut changes);
    }
    Ok((!changes.is_empty()).then(|| spliced(json, changes)))
}

/// A part of the text, and what stands there instead.
struct Change<'a> {
    part: &'a str,
    instead: String,
}

fn in_message<'a>(message: &'a str, keep: Keep<'_>, changes: &mut Vec<Change<'a>>) {
    let lists = members(message, "result").flat_map(|result| members(result, "tools"));
    changes.extend(lists.filter_map(|part| {
        let tools: Vec<&RawValue> = serde_json::from_str(part).ok()?;
        let kept = tools.iter().map(|tool| tool.get()).filter(|tool| is_kept(tool, keep));
        let kept: Vec<&str> = kept.collect();
        let instead = || format!("[{}]", kept.join(","));
        (kept.len() < tools.len()).then(|| Change { part, instead: instead() })
    }));
}

fn is_kept(tool: &str, keep: Keep<'_>) -> bool {
    let mut names = members(tool, "name");
    let (Some(name), None) = (names.next(), names.next()) else { return false };
    serde_json::from_str::<String>(name).is_ok_and(|name| keep(&name))
}

/// The values of the members of `text` that some reader takes for `name`; none if it is no object.
fn members<'a>(text: &'a str, name: &'static str) -> impl Iterator<Item = &'a str> {
    let Members(members) = serde_json::from_str(text).unwrap_or_default();
    let named =
        move |(key, value): (String, &'a RawValue)| folds_to(&key, name).then_some(value.get());
    members.into_iter().filter_map(named)
}

/// Each change lies within `json`, one after the other.
fn spliced(json: &[u8], changes: Vec<Change<'_>>) -> Vec<u8> {
    let (mut text, mut from) = (Vec::with_capacity(json.len()), 0);
    for Change { part, instead } in changes {
        let Range { start, end } = place(json, part);
        text.extend_from_slice(&json[from..start]);
        text.extend_from_slice(instead.as_bytes());
        from = end;
    }
    text.extend_from_slice(&json[from..]);
    text
}

/// Where in `json` a part of it stands.
fn place(json: &[u8], part: &str) -> Range<usize> {
    let start = part.as_ptr().addr() - json.as_ptr().addr();
    start..start + part.len()
}

/// The members of an object, in their order, with their values as they stand in the text.
#[derive(Default)]
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Collector).map(Self)
    }
}

struct Collector;

impl<'de> Visitor<'de> for Collector {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry::<String, &RawValue>()? {
            members.push(member);
        }
        Ok(members)
    }
}
