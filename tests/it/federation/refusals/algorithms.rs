//! Tokens that name their own way of being verified.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use super::{Row, refused_by_every_kind};
use crate::federation::{
    keys::{ATTACKER, CURRENT},
    kind::SECRET,
    token::Draft,
};

#[tokio::test]
async fn a_token_of_another_algorithm_is_refused() {
    refused_by_every_kind(ALGORITHMS).await;
}

#[tokio::test]
async fn a_token_under_another_key_is_refused() {
    let (unknown, known): (Vec<Row>, Vec<Row>) =
        KEYS.iter().partition(|(_, why, _)| *why == UNKNOWN);
    for row in unknown {
        refused_by_every_kind(&[row]).await; // Each costs a fetch, and those are rationed.
    }
    refused_by_every_kind(&known).await;
}

const ALGORITHM: &str = "the signature algorithm is not allowed";

/// Nobody signed them.
pub(crate) const NONE: &[Row] = &[
    ("none, without a signature", ALGORITHM, |draft| unsigned(draft, "none")),
    ("None", ALGORITHM, |draft| unsigned(draft, "None")),
    ("nOnE", ALGORITHM, |draft| unsigned(draft, "nOnE")),
    ("none, with a signature", ALGORITHM, |draft| draft.head("alg", "none")),
    ("RS256, without a signature", "signature is empty", |draft| unsigned(draft, "RS256")),
];

/// A shared secret where a key pair was asked for.
pub(crate) const MACS: &[Row] = &[
    ("HS256 under the public key as PEM", ALGORITHM, |draft| {
        hs256(draft, CURRENT.public_pem().into_bytes());
    }),
    ("HS256 under the public key as PEM without its last line end", ALGORITHM, |draft| {
        hs256(draft, CURRENT.public_pem().trim_end().to_owned().into_bytes());
    }),
    ("HS256 under the public key as DER", ALGORITHM, |draft| hs256(draft, CURRENT.public_der())),
    ("HS256 under the public key as JWK", ALGORITHM, |draft| {
        hs256(draft, CURRENT.jwk().to_string().into_bytes());
    }),
    ("HS256 under the client secret", ALGORITHM, |draft| hs256(draft, SECRET.into())),
    ("HS256 under nothing", ALGORITHM, |draft| hs256(draft, Vec::new())),
    ("HS256 under the modulus", ALGORITHM, |draft| {
        let modulus = CURRENT.jwk()["n"].as_str().unwrap().to_owned();
        hs256(draft, URL_SAFE_NO_PAD.decode(modulus).unwrap());
    }),
];

pub(crate) const ALGORITHMS: &[Row] = &[
    ("RS384", ALGORITHM, |draft| draft.head("alg", "RS384")),
    ("RS512", ALGORITHM, |draft| draft.head("alg", "RS512")),
    ("PS256 where RS256 is pinned", ALGORITHM, |draft| draft.head("alg", "PS256")),
    ("no algorithm", ALGORITHM, |draft| draft.head("alg", json!(null))),
    ("a list of algorithms", ALGORITHM, |draft| draft.head("alg", json!(["RS256", "none"]))),
];

const WRONG: &str = "the signature is wrong";
pub(crate) const UNKNOWN: &str = "the token's key is unknown";

pub(crate) const KEYS: &[Row] = &[
    ("the attacker's key under a known id", WRONG, |draft| draft.signer = &ATTACKER),
    ("an unknown key", UNKNOWN, |draft| draft.signed_by(&ATTACKER)),
    ("no key id", "names no key", |draft| draft.head("kid", json!(null))),
    ("a path for a key id", UNKNOWN, |draft| draft.head("kid", "../../../../dev/null")),
];

/// The attacker's key comes along, by itself or by an address.
pub(crate) const BROUGHT: &[Row] = &[
    ("jku", UNKNOWN, |draft| {
        draft.signed_by(&ATTACKER);
        let url = format!("{}/attacker/keys", draft.uri);
        draft.head("jku", url);
    }),
    ("jwk", UNKNOWN, |draft| {
        draft.signed_by(&ATTACKER);
        draft.head("jwk", ATTACKER.jwk());
    }),
    ("jwk under a known id", WRONG, |draft| {
        draft.signer = &ATTACKER;
        draft.head("jwk", ATTACKER.jwk_with(&json!({ "kid": CURRENT.kid() })));
    }),
    ("x5u", UNKNOWN, |draft| {
        draft.signed_by(&ATTACKER);
        let url = format!("{}/attacker/certificate", draft.uri);
        draft.head("x5u", url);
    }),
    ("x5c", WRONG, |draft| {
        draft.signer = &ATTACKER;
        draft.head("x5c", json!(["MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"]));
    }),
];

pub(crate) const EXTENSIONS: &[Row] = &[
    ("crit", "extension", |draft| {
        draft.head("crit", json!(["exp"]));
        draft.head("exp", 0);
    }),
    ("an empty crit", "extension", |draft| draft.head("crit", json!([]))),
    ("an unencoded payload", "extension", |draft| draft.head("b64", false)),
];

/// Tokens of other kinds, by their header.
pub(crate) const TYPES: &[Row] = &[
    ("an access token", "of another type", |draft| draft.head("typ", "at+jwt")),
    ("an access token, in full", "of another type", |draft| {
        draft.head("typ", "application/at+jwt");
    }),
    ("a logout token", "of another type", |draft| draft.head("typ", "logout+jwt")),
    ("a DPoP proof", "of another type", |draft| draft.head("typ", "dpop+jwt")),
    ("a client's assertion", "of another type", |draft| {
        draft.head("typ", "client-authentication+jwt");
    }),
    ("a type that is a number", "malformed: typ", |draft| draft.head("typ", 1)),
];

fn unsigned(draft: &mut Draft, alg: &str) {
    draft.head("alg", alg);
    draft.finish = |token| format!("{}.", token.rsplit_once('.').unwrap().0);
}

fn hs256(draft: &mut Draft, secret: Vec<u8>) {
    draft.head("alg", "HS256");
    draft.secret = Some(secret);
}
