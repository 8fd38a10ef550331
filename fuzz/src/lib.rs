//! The bodies of the fuzz targets. Each takes any bytes, calls the code that a request with them would
//! reach, and holds its answer to what must be so whatever came. True says that the input was accepted.
//!
//! `cargo test` includes these files and runs every seed (`tests/properties/seeds.rs`), so that what
//! they assert is checked at every change, and linked to no fuzzer.

pub mod authorize;
pub mod cache_control;
pub mod client_document;
pub mod id_token;
mod lenient;
pub mod provider_file;
pub mod redirect_uri;
pub mod registration;
pub mod rpc_policy;
pub mod server_file;

/// A target: any bytes in; whether they were accepted out.
pub type Body = fn(&[u8]) -> bool;

/// Every target by its name, which is that of its file in `fuzz_targets/` and of its folder in `seeds/`.
pub const TARGETS: [(&str, Body); 9] = [
    ("authorize", authorize::run),
    ("cache_control", cache_control::run),
    ("client_document", client_document::run),
    ("id_token", id_token::run),
    ("provider_file", provider_file::run),
    ("redirect_uri", redirect_uri::run),
    ("registration", registration::run),
    ("rpc_policy", rpc_policy::run),
    ("server_file", server_file::run),
];

const NOW: countersign::ambient::Timestamp =
    countersign::ambient::Timestamp::from_unix(1_800_000_000);

/// The text of an input, without the newline that editors end a file with.
fn text(data: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(data).ok()?;
    Some(text.strip_suffix('\n').unwrap_or(text))
}

/// The headers in `lines`, those that no server would read left out.
fn headers(lines: &str) -> http::HeaderMap {
    let mut headers = http::HeaderMap::new();
    for (name, value) in lines.lines().filter_map(|line| line.split_once(": ")) {
        if let (Ok(name), Ok(value)) = (name.parse::<http::HeaderName>(), value.parse()) {
            headers.append(name, value);
        }
    }
    headers
}
