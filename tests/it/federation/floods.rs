//! Attacks on what we fetch: floods of key ids, and metadata that turn bad.

use super::{keys::ATTACKER, kind::Kind, token::Defect, world::World};

/// Cheap checks come before the fetch.
#[tokio::test]
async fn a_token_that_no_key_could_save_costs_no_fetch() {
    let hopeless: [Defect; 4] = [
        |draft| draft.claim("iss", "https://issuer.example"),
        |draft| draft.claim("aud", "another-client"),
        |draft| draft.claim("exp", draft.now() - 61),
        |draft| draft.head("alg", "none"),
    ];
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        for defect in hopeless {
            world.provider.now(|desk| desk.defect = defect);
            let answer = world.walk().await;
            world.was_refused(&answer, "server_error", "refused");
        }
        assert_eq!(world.provider.asked_for_keys().await, 0);
    }
}

pub(crate) const FLOOD: Defect = |draft| {
    draft.signer = &ATTACKER;
    let kid = format!("invented-{}", &draft.claims["nonce"].as_str().unwrap()[..8]);
    draft.head("kid", kid);
};

pub(crate) const BAD_METADATA: &[(&str, &str)] = &[
    ("issuer", "https://issuer.example"),
    ("issuer", "http://127.0.0.1"),
    ("token_endpoint", "http://token.example/token"),
    ("token_endpoint", "https://user:secret@token.example/token"),
    ("jwks_uri", "http://keys.example/keys"),
    ("jwks_uri", "file:///etc/passwd"),
    ("authorization_endpoint", "http://sign-in.example/authorize"),
    ("authorization_endpoint", "javascript:alert(1)"),
    ("authorization_endpoint", "$(touch /tmp/owned)"),
    ("end_session_endpoint", "javascript:alert(1)"),
];

pub(crate) fn why(name: &str) -> &'static str {
    if name == "issuer" { "it names another issuer" } else { "is not an https URL" }
}

/// Nobody is sent to the provider; the page offers the other.
pub(crate) async fn is_passed_over(world: &World) {
    let mut browser = world.service.browser();
    let here = format!("{}/authorize?{}", world.service.issuer, world.ask().encoded());
    let page = browser.get(&here).await;
    let again = browser.press(&here, &page, ("provider", world.kind.id())).await;
    assert_eq!((again.status.as_u16(), again.location()), (503, None));
    world.nothing_is_stored();
    world.chooses_the_other(&mut browser, &here, &again).await;
}
