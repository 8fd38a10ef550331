//! Attacks on what we fetch: floods of key ids, and metadata that turn bad.

use serde_json::{Value, json};

use super::{
    keys::{ATTACKER, CURRENT, NEXT},
    kind::Kind,
    token::Defect,
    world::{World, pass},
};

/// A1
#[tokio::test]
async fn a_flood_of_invented_key_ids_costs_one_fetch_and_locks_nobody_out() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        assert_eq!(world.scopes().await, kind.scopes());
        let rows = world.service.rows();
        pass(6).await;
        world.provider.now(|desk| desk.defect = FLOOD);
        for _ in 0..12 {
            let answer = world.walk().await;
            let told = answer.location().is_some_and(|to| to.contains("error=server_error"));
            assert!(told || answer.status == 503, "{} {}", answer.status, answer.body);
        }
        assert_eq!(world.provider.asked_for_keys().await, 2, "one beside the first");
        assert_eq!(world.service.rows(), rows);
        world.log_keeps_secrets();
        world.provider.now(|desk| desk.defect = |_| {});
        assert_eq!(world.scopes().await, kind.scopes(), "a known key is not locked out");
        pass(31).await;
        world.provider.now(|desk| desk.defect = FLOOD);
        let _refused = world.walk().await;
        assert_eq!(world.provider.asked_for_keys().await, 3, "one per 30 s");
    }
}

/// A2
#[tokio::test]
async fn bad_signatures_under_a_known_key_id_cost_no_fetch() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        assert_eq!(world.scopes().await, kind.scopes());
        let rows = world.service.rows();
        pass(31).await;
        world.provider.now(|desk| desk.defect = |draft| draft.signer = &ATTACKER);
        for _ in 0..5 {
            let answer = world.walk().await;
            world.was_told(&answer, "server_error", "the signature is wrong");
        }
        assert_eq!(world.provider.asked_for_keys().await, 1);
        assert_eq!(world.service.rows(), rows);
    }
}

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

/// A13
#[tokio::test]
async fn metadata_that_name_another_issuer_or_unsafe_endpoints_are_refused() {
    for kind in [Kind::Oidc, Kind::Auth0] {
        let count = if kind == Kind::Oidc { BAD_METADATA.len() } else { 3 };
        for (name, value) in &BAD_METADATA[..count] {
            let world = World::of(kind).await;
            world.provider.now(|desk| desk.metadata[*name] = json!(value));
            is_passed_over(&world).await;
            assert!(world.service.log.text().contains(why(name)), "{name} {value}");
        }
        let world = World::of(kind).await;
        world.provider.now(|desk| desk.metadata["token_endpoint"] = Value::Null);
        is_passed_over(&world).await;
    }
}

/// A13: an announcement decides nothing.
#[tokio::test]
async fn metadata_that_announce_no_algorithm_change_nothing() {
    for kind in [Kind::Oidc, Kind::Auth0] {
        let world = World::of(kind).await;
        world.provider.now(|desk| {
            let name = "id_token_signing_alg_values_supported";
            desk.metadata[name] = json!(["none", "HS256"]);
            desk.metadata["code_challenge_methods_supported"] = json!(["plain"]);
            desk.defect = |draft| {
                draft.head("alg", "none");
                draft.finish = |token| format!("{}.", token.rsplit_once('.').unwrap().0);
            };
        });
        let answer = world.walk().await;
        world.was_refused(&answer, "server_error", "the signature algorithm is not allowed");
        world.provider.now(|desk| desk.defect = |_| {});
        assert_eq!(world.scopes().await, kind.scopes());
    }
}

/// A13: metadata that turn bad do not displace the good ones.
#[tokio::test]
async fn good_metadata_stay_when_later_ones_are_refused() {
    for kind in [Kind::Oidc, Kind::Auth0] {
        for (name, value) in &BAD_METADATA[1..4] {
            let world = World::of(kind).await;
            assert_eq!(world.scopes().await, kind.scopes());
            world.provider.now(|desk| desk.metadata[*name] = json!(value));
            world.service.wait(2 * 3600);
            assert_eq!(world.scopes().await, kind.scopes(), "{kind:?} {name}");
            assert_eq!(world.provider.asked("/.well-known/openid-configuration").await, 2);
        }
    }
}

/// A17
#[tokio::test]
async fn one_key_id_at_two_providers_is_two_keys() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        world.provider.now(|desk| desk.keys = vec![CURRENT.jwk_with(&json!({ "kid": "k1" }))]);
        world.spare.now(|desk| {
            desk.keys = vec![NEXT.jwk_with(&json!({ "kid": "k1" }))];
            desk.defect = |draft| (draft.signer = &NEXT, draft.head("kid", "k1")).1;
        });
        let landing = world.walk_by_spare().await.landing();
        assert_eq!(world.scopes_of(&landing).await, "read");
        let rows = world.service.rows();
        world.provider.now(|desk| {
            desk.defect = |draft| (draft.signer = &NEXT, draft.head("kid", "k1")).1;
        });
        let answer = world.walk().await;
        world.was_told(&answer, "server_error", "the signature is wrong");
        assert_eq!(world.service.rows(), rows);
        world.provider.now(|desk| desk.defect = |draft| draft.head("kid", "k1"));
        assert_eq!(world.scopes().await, kind.scopes());
    }
}

const FLOOD: Defect = |draft| {
    draft.signer = &ATTACKER;
    let kid = format!("invented-{}", &draft.claims["nonce"].as_str().unwrap()[..8]);
    draft.head("kid", kid);
};

const BAD_METADATA: &[(&str, &str)] = &[
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

fn why(name: &str) -> &'static str {
    if name == "issuer" { "it names another issuer" } else { "is not an https URL" }
}

/// Nobody is sent to the provider; the page offers the other.
async fn is_passed_over(world: &World) {
    let mut browser = world.service.browser();
    let here = format!("{}/authorize?{}", world.service.issuer, world.ask().encoded());
    let page = browser.get(&here).await;
    let again = browser.press(&here, &page, ("provider", world.kind.id())).await;
    assert_eq!((again.status.as_u16(), again.location()), (503, None));
    world.nothing_is_stored();
    world.chooses_the_other(&mut browser, &here, &again).await;
}
