//! The files that pages load: style sheet and logo, and the modules of the Firebase page.

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

/// The module of the Firebase page.
pub(super) const FIREBASE_SIGN_IN: Asset = Asset {
    path: "/static/firebase-sign-in.js",
    content_type: SCRIPT,
    body: include_str!("../../../templates/firebase/sign-in.js"),
};

/// The Firebase SDK, as `scripts/firebase-sdk.sh` made it.
const FIREBASE_SDK: [Asset; 2] = [
    Asset {
        path: "/static/firebase-app.js",
        content_type: SCRIPT,
        body: include_str!("../../../templates/firebase/firebase-app.js"),
    },
    Asset {
        path: "/static/firebase-auth.js",
        content_type: SCRIPT,
        body: include_str!("../../../templates/firebase/firebase-auth.js"),
    },
];

/// Everything under `/static`.
pub const ASSETS: [Asset; 5] = [STYLE, LOGO, FIREBASE_SIGN_IN, FIREBASE_SDK[0], FIREBASE_SDK[1]];

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The text of the style sheet.
#[must_use]
pub const fn style() -> &'static str {
    STYLE.body
}
