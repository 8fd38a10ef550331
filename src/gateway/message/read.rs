//! From a body to its messages, in one reading of its text.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use super::{Message, Named, Unfit};
use crate::gateway::members::{IfText, PASSED, Sole};

impl Message {
    /// Reads a body: one message, or a batch of them (MCP 2025-03-26).
    pub(in crate::gateway) fn read_all(body: &[u8]) -> Result<Vec<Self>, Unfit> {
        let text = std::str::from_utf8(body).map_err(|_| Unfit::Unreadable)?;
        let read: Body = serde_json::from_str(text).map_err(|_| Unfit::Unreadable)?;
        if read.too_many { Err(Unfit::TooMany) } else { Ok(read.messages) }
    }
}

/// The messages of a body, and whether there are more than are read.
struct Body {
    messages: Vec<Message>,
    too_many: bool,
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(BodyReader)
    }
}

struct BodyReader;

impl<'de> Visitor<'de> for BodyReader {
    type Value = Body;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message or a batch")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Body, A::Error> {
        Ok(Body { messages: vec![MessageReader.visit_map(map)?], too_many: false })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Body, A::Error> {
        let mut messages = Vec::new();
        while messages.len() < MAX_BATCH {
            let Some(message) = seq.next_element()? else { break };
            messages.push(message);
        }
        if messages.is_empty() {
            return Err(no_message());
        }
        let mut too_many = false;
        while seq.next_element_seed(PASSED)?.is_some() {
            too_many = true;
        }
        Ok(Body { messages, too_many })
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(MessageReader)
    }
}

struct MessageReader;

impl<'de> Visitor<'de> for MessageReader {
    type Value = Message;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Message, A::Error> {
        let (mut id, mut method, mut named, mut answers) = (None, None, Named::default(), false);
        // What is read over here stands there once all the same.
        let mut members = Sole::of(map, ["id", "method", "params", "result", "error", "jsonrpc"]);
        while let Some(name) = members.next()? {
            match name {
                "id" => id = members.value::<Id>()?.0,
                "method" => method = Some(members.value_if(A_NAME)?.ok_or_else(no_message)?),
                "params" => named = members.value::<Option<Named>>()?.unwrap_or_default(),
                "result" | "error" => {
                    answers = true;
                    members.value_if(PASSED)?;
                }
                _ => drop(members.value_if(PASSED)?),
            }
        }
        if method.is_some() == answers {
            return Err(no_message());
        }
        Ok(Message { id, method, named })
    }
}

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(NamedReader)
    }
}

struct NamedReader;

impl<'de> Visitor<'de> for NamedReader {
    type Value = Named;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("parameters by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Named, A::Error> {
        let mut named = Named::default();
        let mut members = Sole::of(map, ["name", "uri", "taskId", "_meta"]);
        while let Some(name) = members.next()? {
            let text = members.value_if(A_NAME)?;
            match name {
                "name" => named.name = text,
                "uri" => named.uri = text,
                "taskId" => named.task_id = text,
                _ => {}
            }
        }
        Ok(named)
    }
}

/// An id to answer to, if there is one (JSON-RPC 2.0 §4): a string, a number or null. What is none of
/// them is refused before it is read.
struct Id(Option<Value>);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(IdReader)
    }
}

struct IdReader;

impl Visitor<'_> for IdReader {
    type Value = Id;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id")
    }

    fn visit_unit<E>(self) -> Result<Id, E> {
        Ok(Id(None))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Id, E> {
        Ok(Id(Some(number.into())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Id, E> {
        Ok(Id(Some(number.into())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Id, E> {
        Ok(Id(Some(number.into())))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Id, E> {
        a_name(text).map(|text| Id(Some(text.into()))).ok_or_else(no_message)
    }
}

fn no_message<E: de::Error>() -> E {
    E::custom("no message")
}

/// A name, without what some reader could end it at.
fn a_name(text: &str) -> Option<String> {
    (!text.contains('\0')).then(|| text.to_owned())
}

const A_NAME: IfText<String> = IfText(a_name);
const MAX_BATCH: usize = 64;
