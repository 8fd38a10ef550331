//! Each kind of provider when all is well: from the client's request to a token that works.

use serde_json::json;

use super::{
    keys::{ATTACKER, CURRENT, CURVE, NEXT},
    kind::{Kind, with_keys},
    token::Defect,
    world::{World, query, way_back, with_param},
};

#[tokio::test]
async fn every_kind_signs_a_person_in_with_the_scopes_of_its_file() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        assert_eq!(world.scopes().await, kind.scopes(), "{kind:?}");
        let rows = "clients 1, codes 1, consents 1, grants 1, identities 1, users 1";
        assert_eq!(world.service.rows(), rows);
        world.log_keeps_secrets();
        assert_eq!(world.provider.asked_for_keys().await, 1);
        assert_eq!(world.provider.asked(kind.token_path()).await, 1);
        for _ in 0..3 {
            assert_eq!(world.scopes().await, kind.scopes());
        }
        assert_eq!(world.provider.asked_for_keys().await, 1, "the key set is kept");
        assert_eq!(
            world.service.rows(),
            "clients 1, codes 4, consents 1, grants 4, identities 1, users 1"
        );
    }
}

#[tokio::test]
async fn auth0_is_asked_for_the_connection_and_the_organization_of_the_file() {
    let edit = |file: &str| {
        with_keys(file, "connection = \"google-oauth2\"\norganization = \"org_example\"")
    };
    let world = World::with(Kind::Auth0, edit).await;
    world.provider.now(|desk| desk.person["org_id"] = json!("org_example"));
    let mut browser = world.service.browser();
    let leaving = world.leave(&mut browser, "auth0").await;
    assert_eq!(query(&leaving, "connection").as_deref(), Some("google-oauth2"));
    assert_eq!(query(&leaving, "organization").as_deref(), Some("org_example"));
    assert_eq!(query(&leaving, "audience"), None, "only a sign-in is wanted, no API token");
    let landing = browser.get(&way_back(&world.provider, &leaving)).await.landing();
    assert_eq!(world.scopes_of(&landing).await, "admin read write");
}

#[tokio::test]
async fn an_organization_named_in_words_is_compared_in_lower_case() {
    let edit = |file: &str| with_keys(file, "organization = \"Example\"");
    let world = World::with(Kind::Auth0, edit).await;
    world.provider.now(|desk| desk.person["org_name"] = json!("example"));
    assert_eq!(world.scopes().await, "admin read write");
}

#[tokio::test]
async fn people_of_the_workspace_enter_and_google_is_asked_for_it() {
    let world = World::with(Kind::Google, |file| with_keys(file, "hd = \"example.com\"")).await;
    let mut browser = world.service.browser();
    let leaving = world.leave(&mut browser, "google").await;
    assert_eq!(query(&leaving, "hd").as_deref(), Some("example.com"));
    assert_eq!(query(&leaving, "prompt").as_deref(), Some("select_account"));
    let landing = browser.get(&way_back(&world.provider, &leaving)).await.landing();
    assert_eq!(world.scopes_of(&landing).await, "read");
}

#[tokio::test]
async fn both_spellings_of_googles_issuer_are_one_person() {
    let world = World::of(Kind::Google).await;
    let full = world.user_of(&world.walk().await.landing()).await;
    world.provider.now(|desk| {
        desk.defect = |draft| draft.claim("iss", "accounts.google.com");
    });
    assert_eq!(world.user_of(&world.walk().await.landing()).await, full);
    let mut browser = world.service.browser();
    let back = world.callback(&mut browser).await;
    let answer = browser.get(&with_param(&back, "iss", Some("https://accounts.google.com"))).await;
    assert_eq!(world.user_of(&answer.landing()).await, full);
}

#[tokio::test]
async fn a_provider_is_asked_how_long_ago_the_person_may_have_signed_in() {
    for kind in Kind::ALL {
        let world = World::with(kind, |file| with_keys(file, "max_age = \"1h\"")).await;
        world.provider.now(|desk| {
            desk.defect = |draft| draft.claim("auth_time", draft.now() - 3600);
        });
        let mut browser = world.service.browser();
        let leaving = world.leave(&mut browser, kind.id()).await;
        assert_eq!(query(&leaving, "max_age").as_deref(), Some("3600"));
        let landing = browser.get(&way_back(&world.provider, &leaving)).await.landing();
        assert_eq!(world.scopes_of(&landing).await, kind.scopes());
    }
}

#[tokio::test]
async fn every_correct_way_to_write_a_token_is_accepted() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        for (name, defect) in WAYS {
            world.provider.now(|desk| desk.defect = *defect);
            let landing = world.walk().await.landing();
            assert!(landing.contains_key("code"), "{kind:?}, {name}: {landing:?}");
        }
        world.log_keeps_secrets();
    }
}

#[tokio::test]
async fn a_key_set_of_mixed_quality_serves() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        world.provider.now(|desk| {
            let bare = CURRENT.jwk_with(&json!({ "alg": null, "use": null }));
            let double = ATTACKER.jwk_with(&json!({ "kid": CURRENT.kid() }));
            let newer = json!({ "kty": "AKP", "alg": "ML-DSA-65", "kid": "pq", "pub": "AAAA" });
            let broken = json!({ "kty": "RSA", "kid": 1, "n": [], "e": "AQAB" });
            desk.keys = vec![newer, broken, double, bare, CURVE.jwk(), NEXT.jwk()];
        });
        assert_eq!(world.scopes().await, kind.scopes(), "{kind:?}");
    }
}

#[tokio::test]
async fn the_whole_rest_of_the_claims_may_be_anything() {
    let world = World::of(Kind::Oidc).await;
    world.provider.now(|desk| {
        desk.person["address"] = json!({ "country": null, "list": [[], {}, 1.5, "é"] });
        desk.person["name"] = json!("Alice \u{202E}<b>Liddell</b>\r\n");
    });
    assert_eq!(world.scopes().await, "admin read write");
}

const WAYS: &[(&str, Defect)] = &[
    ("as it is", |_| {}),
    ("one audience in a list", |draft| {
        let audience = draft.claims["aud"].take();
        draft.claim("aud", json!([audience]));
    }),
    ("several audiences, and we are the party", |draft| {
        let audience = draft.claims["aud"].take();
        draft.claim("azp", audience.clone());
        draft.claim("aud", json!(["https://api.example", audience]));
    }),
    ("no type", |draft| draft.head("typ", json!(null))),
    ("the type in full", |draft| draft.head("typ", "application/jwt")),
    ("times with fractions", |draft| {
        let (iat, exp) = (draft.now(), draft.now() + 3600);
        let text = draft.claims.to_string();
        let old = format!("\"exp\":{}", draft.claims["exp"]);
        let text = text.replace(&old, &format!("\"exp\":{exp}.5"));
        let text = text.replace(&format!("\"iat\":{iat}"), &format!("\"iat\":{iat}.25"));
        draft.claims_bytes = Some(text.into_bytes());
    }),
    ("a clock a minute ahead", |draft| draft.claim("iat", draft.now() + 60)),
    ("ten minutes old", |draft| draft.claim("iat", draft.now() - 600)),
    ("a sign-in of long ago that nobody asked about", |draft| draft.claim("auth_time", 0)),
    ("a subject of 255 characters", |draft| draft.claim("sub", "x".repeat(255))),
];
