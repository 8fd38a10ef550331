//! Floor 5: what browsers and programs meet over HTTP.

pub mod headers;
pub mod pages;
