use super::*;
use crate::{
    engine::{
        record::AuthMethod,
        samples::{NOW, client, code, seconds, verifier},
    },
    protocol::id::ClientId,
};

fn attempt(change: &[(&str, Option<&str>)], after: u64, id: &str) -> Result<(), TokenErrorCode> {
    let verifier = verifier();
    let mut all =
        vec![("redirect_uri", "http://127.0.0.1:5000/cb"), ("code_verifier", verifier.reveal())];
    for (name, value) in change {
        all.retain(|(known, _)| known != name);
        all.extend(value.map(|value| (*name, value)));
    }
    let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish();
    let mut known = client(AuthMethod::None, None);
    known.id = ClientId::new(id);
    let proof = crate::engine::client_auth::Proof::None;
    let known = AuthenticatedClient::by_secret(Some(known), &proof).unwrap();
    let params = Params::parse(&text).unwrap();
    redeem(&code(), &known, &params, NOW.plus(seconds(after))).map_err(|error| error.code)
}

#[test]
fn a_code_is_good_with_everything_repeated_until_it_expires() {
    assert_eq!(attempt(&[], 59, "app"), Ok(()));
    assert_eq!(attempt(&[("resource", Some("http://localhost:8000/mcp"))], 0, "app"), Ok(()));
    assert_eq!(attempt(&[], 60, "app"), Err(TokenErrorCode::InvalidGrant));
}

#[test]
fn another_client_redirect_uri_verifier_or_resource_is_refused() {
    use TokenErrorCode::{InvalidGrant, InvalidTarget};
    let other = "x".repeat(43);
    assert_eq!(attempt(&[], 0, "other"), Err(InvalidGrant));
    for (change, expected) in [
        (("redirect_uri", None), InvalidGrant),
        (("redirect_uri", Some("http://127.0.0.1:5001/cb")), InvalidGrant),
        (("code_verifier", None), InvalidGrant),
        (("code_verifier", Some(other.as_str())), InvalidGrant),
        (("resource", Some("http://localhost:8000/other")), InvalidTarget),
    ] {
        assert_eq!(attempt(&[change], 0, "app"), Err(expected), "{change:?}");
    }
}

#[test]
fn a_use_promises_ninety_days_and_is_written_once_a_day() {
    let (limits, hour) = (Limits::default(), seconds(60 * 60));
    let promised = NOW.plus(limits.client_idle);
    let left = |expires_at| {
        let known = Client { expires_at, ..client(AuthMethod::None, None) };
        prolonged(&known, &limits, NOW)
    };
    assert_eq!(left(Some(NOW.plus(hour))), Some(promised.plus(24 * hour)));
    assert_eq!(left(Some(promised.minus(seconds(1)))), Some(promised.plus(24 * hour)));
    assert_eq!(left(Some(promised)), None);
    assert_eq!(left(Some(promised.plus(23 * hour))), None);
    assert_eq!(left(None), None);
}
