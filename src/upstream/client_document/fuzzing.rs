//! A way in for the fuzz targets, and for nobody else: what comes back, without the network.

use http::HeaderMap;

use super::{DocumentFault, read};
use crate::protocol::{id::ClientId, registration::UnverifiedMetadata};

/// The metadata that a host answers when it is asked for the document at `id`.
///
/// # Errors
/// [`DocumentFault`], as for a document that was fetched.
pub fn answered(
    id: &str,
    loopback: bool,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<UnverifiedMetadata, DocumentFault> {
    read::document_url(id, loopback)?;
    read::document(body, headers, &ClientId::new(id))
}
