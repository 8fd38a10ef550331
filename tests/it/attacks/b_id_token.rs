//! B: ID tokens that must not be believed, at every kind of provider. What they have in common is checked
//! after each: the client is told an error and no more, every row is as it was, no session is opened, and
//! neither the answer nor the log holds a secret.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use countersign::ambient::ManualClock;
use serde_json::{Value, json};

use super::before::Before;
use crate::{
    federation::{
        fake::Manner,
        floods::FLOOD,
        keys::{ATTACKER, CURRENT, NEXT},
        kind::{Kind, with_keys},
        refusals::{
            DENIED, Row, UNTRUSTED,
            algorithms::{BROUGHT, EXTENSIONS, MACS, NONE, TYPES, UNKNOWN},
            binding::HASHES,
            keys, parties,
            people::{INVISIBLE, SUBJECTS},
            refused, refused_by_every_kind, shipped,
            structure::{READINGS, SPELLINGS},
            times::{BEGINNINGS, EXPIRIES},
        },
        token::Draft,
        world::{World, pass, with_param},
    },
    firebase::{self, later, refusals as firebase_refusals, service_account},
    harness::Setup,
};

/// Tries each row at every kind of provider, Firebase's page included.
async fn refused_everywhere(rows: &[Row]) {
    // An unknown key costs a fetch, and those are rationed: such a row gets a service of its own.
    let (alone, together): (Vec<Row>, Vec<Row>) =
        rows.iter().partition(|(_, why, _)| *why == UNKNOWN);
    for rows in alone.chunks(1).chain([together.as_slice()]) {
        refused_by_every_kind(rows).await;
        firebase_refusals::refused(&[], firebase::world::UNTRUSTED, rows).await;
    }
}

#[tokio::test]
async fn b01_alg_none_however_spelled_and_an_empty_signature_are_refused() {
    refused_everywhere(NONE).await;
}

#[tokio::test]
async fn b02_hs256_under_any_form_of_the_public_key_is_refused() {
    refused_everywhere(MACS).await;
}

#[tokio::test]
async fn b04_a_key_published_for_encryption_verifies_nothing() {
    for changes in [
        json!({ "use": "enc" }),
        json!({ "use": "enc", "alg": null }),
        json!({ "alg": "RSA-OAEP", "use": null }),
        json!({ "alg": "RSA-OAEP-256" }),
        json!({ "use": null, "key_ops": ["encrypt"] }),
        json!({ "use": "sig", "key_ops": ["wrapKey", "sign"] }),
    ] {
        keys::refused(|| NEXT.jwk_with(&changes), &NEXT, keys::UNKNOWN).await;
        let world = firebase::world::World::sdk().await;
        world.google.now(|desk| {
            desk.keys = vec![CURRENT.jwk(), NEXT.jwk_with(&changes)];
            desk.signer = &NEXT;
        });
        world.refuses(|_| {}, firebase::world::UNTRUSTED, keys::UNKNOWN).await;
    }
}

#[tokio::test]
async fn b05_a_key_that_the_token_brings_or_points_at_is_neither_used_nor_fetched() {
    refused_everywhere(BROUGHT).await;
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        world.provider.now(|desk| desk.defect = points_at_its_key);
        let before = Before::of(&world.service);
        world.was_refused(&world.walk().await, UNTRUSTED, UNKNOWN);
        before.stands(&world.service, &[]);
        assert_eq!(
            world.provider.asked("/attacker").await,
            0,
            "the key set was the only one asked"
        );
    }
}

fn points_at_its_key(draft: &mut Draft) {
    draft.signed_by(&ATTACKER);
    let url = format!("{}/attacker", draft.uri);
    for name in ["jku", "x5u"] {
        draft.head(name, url.clone());
    }
}

#[tokio::test]
async fn b07_critical_extensions_and_unencoded_payloads_are_refused() {
    refused_everywhere(EXTENSIONS).await;
}

#[tokio::test]
async fn b08_a_token_of_another_type_is_refused() {
    refused_everywhere(TYPES).await;
}

#[tokio::test]
async fn b10_an_audience_beside_us_without_azp_or_with_anothers_is_refused() {
    refused_by_every_kind(parties::PARTIES).await;
    let rows: &[Row] = &[
        ("a list of two", "claim `aud` is not one string", |draft| {
            draft.claim("aud", json!(["example-1a2b3", "other"]));
        }),
        ("another party", "claim `azp` is another client", |draft| draft.claim("azp", "other")),
    ];
    firebase_refusals::refused(&[], firebase::world::UNTRUSTED, rows).await;
}

#[tokio::test]
async fn b11_an_issuer_that_is_not_ours_byte_for_byte_is_refused() {
    refused_everywhere(parties::ISSUERS).await;
    refused(Kind::Google, shipped, UNTRUSTED, parties::GOOGLE).await;
}

#[tokio::test]
async fn b13_another_tenant_is_refused_and_a_template_is_no_issuer_without_a_list() {
    refused(Kind::Auth0, shipped, UNTRUSTED, parties::AUTH0).await;
    refused(Kind::Oidc, parties::entra, UNTRUSTED, parties::ENTRA).await;
    refused(Kind::Oidc, parties::entra, DENIED, parties::TENANTS).await;
    let template = "https://login.microsoftonline.com/{tenant}/v2.0";
    for (issuer, keys) in [
        (template, ""),
        (template, "tenants = []"),
        ("https://login.microsoftonline.com/common/v2.0", ""),
        ("https://login.microsoftonline.com/organizations/v2.0", ""),
        (template, "tenants = [\"common\"]"),
    ] {
        let setup = Kind::Oidc.configure(Setup::new(), issuer, str::to_owned);
        let setup = setup.variable("COUNTERSIGN_PROVIDERS", "oidc");
        let setup = setup.edit("providers/oidc.toml", |file| with_keys(&file, keys));
        let faults = setup.load().expect_err("nothing starts that lets in people of any tenant");
        assert!(format!("{faults:?}").contains("enan"), "{issuer} {keys}: {faults:?}");
    }
}

#[tokio::test]
async fn b14_an_expiry_that_is_missing_past_far_or_no_number_is_refused() {
    refused_everywhere(EXPIRIES).await;
}

#[tokio::test]
async fn b16_a_token_that_is_not_valid_yet_is_refused() {
    refused_everywhere(BEGINNINGS).await;
}

#[tokio::test]
async fn b17_a_subject_that_is_no_printable_text_of_1_to_255_is_refused() {
    refused_everywhere(SUBJECTS).await;
    for kind in Kind::ALL {
        refused(kind, shipped, DENIED, INVISIBLE).await;
    }
    firebase_refusals::refused(&[], firebase::world::DENIED, INVISIBLE).await;
}

#[tokio::test]
async fn b19_a_token_beside_another_access_token_or_code_is_refused() {
    refused_by_every_kind(HASHES).await;
}

#[tokio::test]
async fn b20_json_that_two_parsers_read_differently_or_one_does_not_survive_is_refused() {
    refused_everywhere(READINGS).await;
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let endless = json!({
            "access_token": "x", "token_type": "Bearer", "id_token": "x".repeat(10 * 1024 * 1024),
        });
        world.provider.now(|desk| desk.token = Manner::Body(200, endless.to_string()));
        world.was_refused(&world.walk().await, UNTRUSTED, "it is too long");
    }
}

#[tokio::test]
async fn b22_jwe_zip_and_pbes2_are_refused_before_any_work() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        for (name, why, defect) in ENCRYPTED {
            world.provider.now(|desk| desk.defect = *defect);
            let before = Before::of(&world.service);
            world.was_refused(&world.walk().await, UNTRUSTED, why);
            before.stands(&world.service, &[]);
            assert_eq!(world.provider.asked_for_keys().await, 0, "{name}: no key was wanted");
        }
    }
    firebase_refusals::refused(&[], firebase::world::UNTRUSTED, ENCRYPTED).await;
}

const ALGORITHM: &str = "the signature algorithm is not allowed";
const ENCRYPTED: &[Row] = &[
    ("a JWE", "not three segments", |draft| {
        draft.finish = |_| jwe(&json!({ "alg": "RSA-OAEP", "enc": "A256GCM" }));
    }),
    ("a JWE that is compressed", "not three segments", |draft| {
        draft.finish = |_| jwe(&json!({ "alg": "dir", "enc": "A128GCM", "zip": "DEF" }));
    }),
    ("a JWE under a password", "not three segments", |draft| draft.finish = |_| jwe(&pbes2())),
    ("a JWS that says it is under a password", ALGORITHM, |draft| draft.header = pbes2()),
    ("a JWS that says it is encrypted", "extension", |draft| draft.head("enc", "A256GCM")),
    ("a JWS that says it is compressed", "extension", |draft| draft.head("zip", "DEF")),
    ("a bomb", "extension", |draft| {
        draft.head("zip", "DEF");
        draft.claims_bytes = Some(DEFLATED.to_vec());
    }),
];

/// The stored block of deflate that says it is followed by 65 535 bytes.
const DEFLATED: &[u8] = &[0, 0xFF, 0xFF, 0, 0];

fn jwe(header: &Value) -> String {
    format!("{}.AAAA.AAAA.AAAA.AAAA", URL_SAFE_NO_PAD.encode(header.to_string()))
}

fn pbes2() -> Value {
    let rounds = 2_147_483_648_u32;
    json!({ "alg": "PBES2-HS256+A128KW", "enc": "A128GCM", "p2s": "AAAAAAAAAAA", "p2c": rounds })
}

#[tokio::test]
async fn b23_base64_in_another_spelling_is_refused() {
    refused_everywhere(SPELLINGS).await;
}

#[tokio::test]
async fn b25_a_token_that_another_party_got_under_our_client_id_is_refused() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        assert!(world.walk().await.landing().contains_key("code"));
        let replied = world.provider.now(|desk| desk.replied.clone());
        let before = Before::of(&world.service);

        let mut browser = world.service.browser();
        let implicit = with_param(&world.callback(&mut browser).await, "code", None);
        let token = replied["id_token"].as_str();
        let answer = browser.get(&with_param(&implicit, "id_token", token)).await;
        world.was_told(&answer, UNTRUSTED, "");
        before.stands(&world.service, &[]);

        world.provider.now(|desk| desk.token = Manner::Body(200, replied.to_string()));
        let answer = world.walk().await;
        world.was_told(&answer, UNTRUSTED, "claim `nonce` is not the one we sent");
        before.stands(&world.service, &[]);
    }
    let world = firebase::world::World::sdk().await;
    let (old, fresh) = (world.google.token(), world.google.token());
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    assert_eq!(world.post(&mut browser, &page.state, &fresh).await.status, 200);
    world.refuses_token(&fresh, "400 replayed", "").await;
    world.service.wait(31);
    let why = "before the sign-in began";
    world.refuses_token(&old, firebase::world::UNTRUSTED, why).await;
}

#[tokio::test]
async fn b26_an_account_disabled_deleted_or_signed_out_at_firebase_gets_and_keeps_nothing() {
    for (why, change) in GONE {
        let world = service_account::world(&[]).await;
        let (mut browser, refresh) = later::signed_in(&world).await;
        world.service.wait(1);
        let code = world.walk().await.landing()["code"].clone();
        world.service.wait(1);
        assert!(later::is_known(&mut browser).await);
        let now = world.service.now().unix();
        world.google.now(|desk| change(&mut desk.toolkit.accounts, now));

        world.refuses(|_| {}, firebase::world::DENIED, why).await;
        let redeemed = world.service.token(&world.service.exchange(&world.client, &code)).await;
        let turned = world.service.token(&world.service.refresh(&world.client, &refresh)).await;
        for answer in [redeemed, turned] {
            assert_eq!(
                (answer.status.as_u16(), &answer.json()["error"]),
                (400, &json!("invalid_grant"))
            );
        }
        assert!(!later::is_known(&mut browser).await, "no browser of theirs goes on");
        world.log_keeps_secrets();
    }
}

type Gone = (&'static str, fn(&mut Vec<Value>, i64));

const GONE: &[Gone] = &[
    ("no longer stands: disabled", |accounts, _| accounts[0]["disabled"] = json!(true)),
    ("no longer stands: USER_NOT_FOUND", |accounts, _| accounts.clear()),
    ("no longer stands: signed out everywhere", |accounts, now| {
        accounts[0]["validSince"] = json!((now + 1).to_string());
    }),
];

#[tokio::test]
async fn b28_a_clock_that_jumps_refuses_tokens_and_says_so_but_frees_and_freezes_no_cooldown() {
    let two_hours = std::time::Duration::from_hours(2);
    for back in [true, false] {
        let world = World::of(Kind::Oidc).await;
        let truth = world.service.now();
        let jumped = if back { truth.minus(two_hours) } else { truth.plus(two_hours) };
        assert_eq!(world.scopes().await, Kind::Oidc.scopes());
        let before = Before::of(&world.service);

        // Ours alone jumps: the provider's tokens are of another time.
        world.provider.now(|desk| desk.clock = Arc::new(ManualClock::new(truth)));
        world.service.clock.set(jumped);
        let why = if back { "not valid yet" } else { "the token has expired" };
        world.was_told(&world.walk().await, UNTRUSTED, why);
        before.stands(&world.service, &[]);

        // Both jump: pauses are measured by neither.
        world.provider.now(|desk| desk.clock = Arc::clone(&world.service.clock));
        world.service.clock.set(truth);
        pass(6).await;
        world.provider.now(|desk| desk.defect = FLOOD);
        world.was_told(&world.walk().await, UNTRUSTED, UNKNOWN);
        let asked = world.provider.asked_for_keys().await;
        world.service.clock.set(truth.plus(std::time::Duration::from_mins(1)));
        assert_eq!(world.walk().await.status, 503, "the pause is not over by the wall clock");
        world.service.clock.set(truth.minus(two_hours));
        assert_eq!(world.walk().await.status, 503);
        assert_eq!(world.provider.asked_for_keys().await, asked);
        pass(31).await;
        world.was_told(&world.walk().await, UNTRUSTED, UNKNOWN);
        assert_eq!(world.provider.asked_for_keys().await, asked + 1, "nor frozen by it");
        world.service.clock.set(truth);
        before.stands(&world.service, &[]);
    }
}
