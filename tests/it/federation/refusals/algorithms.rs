//! Tokens that name their own way of being verified.

use serde_json::json;

use super::{Row, refused_by_every_kind, refused_by_every_kind_at_first};
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
async fn a_token_that_brings_its_own_key_is_refused() {
    let (foreign, borrowed): (Vec<Row>, Vec<Row>) =
        KEYS.iter().partition(|(_, why, _)| *why == UNKNOWN);
    refused_by_every_kind_at_first(&foreign).await;
    refused_by_every_kind(&borrowed).await;
}

#[tokio::test]
async fn a_token_that_asks_for_an_extension_or_is_of_another_type_is_refused() {
    refused_by_every_kind(HEADERS).await;
}

const ALGORITHM: &str = "the signature algorithm is not allowed";

pub(crate) const ALGORITHMS: &[Row] = &[
    ("none, without a signature", ALGORITHM, |draft| unsigned(draft, "none")),
    ("None", ALGORITHM, |draft| unsigned(draft, "None")),
    ("nOnE", ALGORITHM, |draft| unsigned(draft, "nOnE")),
    ("none, with a signature", ALGORITHM, |draft| draft.head("alg", "none")),
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

pub(crate) const HEADERS: &[Row] = &[
    ("crit", "extension", |draft| {
        draft.head("crit", json!(["exp"]));
        draft.head("exp", 0);
    }),
    ("an empty crit", "extension", |draft| draft.head("crit", json!([]))),
    ("an unencoded payload", "extension", |draft| draft.head("b64", false)),
    ("a compressed payload", "extension", |draft| draft.head("zip", "DEF")),
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
