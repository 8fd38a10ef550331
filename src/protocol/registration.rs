//! Client metadata as clients send it (RFC 7591 §2): registration requests and Client ID Metadata
//! Documents are read by the same tolerant reader, unknown members ignored. Anyone may send them, so
//! what is kept is flat and short whatever came: no JSON of a stranger outlives its reading.

use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::{Map, Value};

/// Client metadata, unverified. Members of a wrong type read as absent, except `redirect_uris`; lists
/// end at their 64th entry.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "each field is the registered metadata member of its own name")]
pub struct UnverifiedMetadata {
    #[serde(deserialize_with = "lenient")]
    pub client_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub client_name: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub client_uri: Option<String>,
    #[serde(deserialize_with = "list")]
    pub redirect_uris: Option<Vec<String>>,
    #[serde(deserialize_with = "list")]
    pub grant_types: Option<Vec<String>>,
    #[serde(deserialize_with = "list")]
    pub response_types: Option<Vec<String>>,
    #[serde(deserialize_with = "lenient")]
    pub scope: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub token_endpoint_auth_method: Option<String>,
    #[serde(deserialize_with = "list")]
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(deserialize_with = "lenient")]
    pub application_type: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub jwks: Option<InlineKeys>,
    #[serde(deserialize_with = "lenient")]
    pub jwks_uri: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub client_secret: Option<IgnoredAny>,
}

fn lenient<'de, D, T>(from: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::de::DeserializeOwned,
{
    // A null is an absent member, also where any value would do (`jwks: null`).
    let value = Option::<Value>::deserialize(from)?;
    Ok(value.and_then(|value| serde_json::from_value(value).ok()))
}

fn list<'de, D>(from: D) -> Result<Option<Vec<String>>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    let read: Option<Vec<String>> = lenient(from)?;
    Ok(read.map(|list| list.into_iter().take(MAX_LISTED).collect::<Box<[_]>>().into_vec()))
}

impl UnverifiedMetadata {
    /// Reads a JSON object; an array, which serde would take for its members in order, is none.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        let object: Map<String, Value> = serde_json::from_slice(body).ok()?;
        serde_json::from_value(Value::Object(object)).ok()
    }

    /// How many bytes it takes to keep it.
    #[must_use]
    pub fn kept_bytes(&self) -> usize {
        let texts = [
            &self.client_id,
            &self.client_name,
            &self.client_uri,
            &self.scope,
            &self.token_endpoint_auth_method,
            &self.application_type,
            &self.jwks_uri,
        ];
        let lists = [
            &self.redirect_uris,
            &self.grant_types,
            &self.response_types,
            &self.token_endpoint_auth_methods_supported,
        ];
        let listed = lists.into_iter().flatten().flatten();
        let in_lists: usize = listed.map(|text| size_of::<String>() + text.capacity()).sum();
        let in_texts: usize = texts.into_iter().flatten().map(String::capacity).sum();
        let in_keys = self.jwks.as_ref().map_or(0, |keys| keys.0.len());
        size_of::<Self>() + in_texts + in_lists + in_keys
    }
}

/// A key set that stands in the metadata (`jwks`, RFC 7517 §5): of each key the members that are texts or
/// lists of texts, as all that count are; kept as short text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InlineKeys(Box<str>);

impl InlineKeys {
    /// The JSON, unverified.
    #[must_use]
    pub fn unverified_value(&self) -> Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for InlineKeys {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let flat = flat(&Value::deserialize(from)?);
        let text = flat.ok_or_else(|| serde::de::Error::custom("it is no key set"))?.to_string();
        if text.len() > MAX_KEYS_BYTES {
            return Err(serde::de::Error::custom("the key set is too long"));
        }
        Ok(Self(text.into_boxed_str()))
    }
}

fn flat(set: &Value) -> Option<Value> {
    let keys = set.get("keys")?.as_array().filter(|keys| keys.len() <= MAX_LISTED)?;
    let keys = keys.iter().filter_map(Value::as_object).map(|key| {
        let texts = |value: &Value| match value {
            Value::String(_) => true,
            Value::Array(list) => list.len() <= MAX_LISTED && list.iter().all(Value::is_string),
            _ => false,
        };
        let members = key.iter().filter(|(_, value)| texts(value)).take(MAX_LISTED);
        members.map(|(name, value)| (name.clone(), value.clone())).collect::<Value>()
    });
    Some(serde_json::json!({ "keys": keys.collect::<Vec<_>>() }))
}

/// The answer to a registration (RFC 7591 §3.2.1): what was kept, nothing null.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "each field is the registered metadata member of its own name")]
pub struct RegistrationResponse {
    pub client_id: String,
    pub client_id_issued_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_expires_at: Option<i64>,
    pub client_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    pub redirect_uris: Vec<String>,
    pub grant_types: Vec<String>,
    pub response_types: Vec<String>,
    pub token_endpoint_auth_method: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// More than any list of ours may have.
const MAX_LISTED: usize = 64;

/// Thirty RSA keys, or three with a chain of certificates.
const MAX_KEYS_BYTES: usize = 16 * 1024;

#[cfg(test)]
#[path = "registration_tests.rs"]
mod tests;
