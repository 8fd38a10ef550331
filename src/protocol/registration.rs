//! Client metadata as clients send it (RFC 7591 §2): registration requests and Client ID Metadata
//! Documents are read by the same tolerant reader, unknown members ignored.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Client metadata, unverified. Members of a wrong type read as absent, except `redirect_uris`.
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
    #[serde(deserialize_with = "lenient")]
    pub redirect_uris: Option<Vec<String>>,
    #[serde(deserialize_with = "lenient")]
    pub grant_types: Option<Vec<String>>,
    #[serde(deserialize_with = "lenient")]
    pub response_types: Option<Vec<String>>,
    #[serde(deserialize_with = "lenient")]
    pub scope: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub token_endpoint_auth_method: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(deserialize_with = "lenient")]
    pub application_type: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub jwks: Option<Value>,
    #[serde(deserialize_with = "lenient")]
    pub jwks_uri: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub client_secret: Option<Value>,
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

impl UnverifiedMetadata {
    /// Reads a JSON object; an array, which serde would take for its members in order, is none.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        let object: Map<String, Value> = serde_json::from_slice(body).ok()?;
        serde_json::from_value(Value::Object(object)).ok()
    }
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
