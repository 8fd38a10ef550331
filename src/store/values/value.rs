//! One value of a statement, of a type that every engine has.

use std::{borrow::Cow, fmt};

use crate::{
    ambient::Timestamp,
    protocol::{id::GrantId, secret::Digest},
};

/// One parameter of a statement.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) enum Value<'a> {
    /// `TEXT`.
    Text(Cow<'a, str>),
    /// `BLOB`, or `BYTEA`.
    Bytes(Cow<'a, [u8]>),
    /// `BIGINT`.
    Int(i64),
    /// `BOOLEAN`.
    Flag(bool),
    /// Nothing, of any type.
    Null,
}

impl Value<'_> {
    /// The same, for longer than what it was made of.
    pub(in crate::store) fn into_owned(self) -> Value<'static> {
        match self {
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Bytes(bytes) => Value::Bytes(Cow::Owned(bytes.into_owned())),
            Self::Int(number) => Value::Int(number),
            Self::Flag(flag) => Value::Flag(flag),
            Self::Null => Value::Null,
        }
    }
}

/// The values of one row.
pub(in crate::store) type Values<'a> = Vec<Value<'a>>;

/// Drivers log what they are given; it may be a name, an address or a digest.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(Cow::Borrowed(bytes))
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Bytes(Cow::Borrowed(bytes))
    }
}

impl<'a> From<&'a Digest> for Value<'a> {
    fn from(digest: &'a Digest) -> Self {
        Self::Bytes(Cow::Borrowed(digest.as_bytes()))
    }
}

impl<'a> From<&'a GrantId> for Value<'a> {
    fn from(id: &'a GrantId) -> Self {
        Self::Bytes(Cow::Borrowed(id.as_bytes()))
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(moment: Timestamp) -> Self {
        Self::Int(moment.unix())
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}

impl From<u8> for Value<'_> {
    fn from(number: u8) -> Self {
        Self::Int(number.into())
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value<'_> {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl<'a, T> From<Option<T>> for Value<'a>
where
    Value<'a>: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Value::from)
    }
}

/// An array of values that are given in different types.
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        [$($crate::store::values::Value::from($value)),*]
    };
}

pub(in crate::store) use values;
