//! The two files every page loads: style sheet and logo.

use sha2::{Digest, Sha256};

/// A file that is part of the program and served as it is.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Where it is served.
    pub path: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// What it says.
    pub body: &'static str,
}

impl Asset {
    /// The path with a digest of the content, so that it may be cached for ever.
    #[must_use]
    pub fn url(&self) -> String {
        let digest = Sha256::digest(self.body);
        let version = digest.iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        format!("{}?v={version:016x}", self.path)
    }
}

/// The style sheet of every page.
pub const STYLE: Asset = Asset {
    path: "/static/style.css",
    content_type: "text/css; charset=utf-8",
    body: include_str!("../../../templates/style.css"),
};

/// The logo, also the icon of the browser's tab.
pub const LOGO: Asset = Asset {
    path: "/static/logo.svg",
    content_type: "image/svg+xml",
    body: include_str!("../../../templates/logo.svg"),
};

/// Everything under `/static`.
pub const ASSETS: [Asset; 2] = [STYLE, LOGO];

/// The text of the style sheet.
#[must_use]
pub const fn style() -> &'static str {
    STYLE.body
}
