//! A guard elsewhere, which fetches the keys.
