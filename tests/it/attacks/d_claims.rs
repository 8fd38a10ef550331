//! D, claims: what a statement of a provider is worth in scopes, when it is missing, taken away, named like
//! ours, or about somebody locked out; and that every entry asks the same rules.

use countersign::store::People as _;
use serde_json::{Value, json};

use super::{before::Before, d_people::was_invalid_grant};
use crate::{
    federation::{
        kind::{Kind, with_keys},
        refusals::DENIED,
        world::World,
    },
    harness::{Form, Setup},
    people::{
        refresh::{family, scopes},
        steps::{enter, person},
    },
    tokens::{DEMO_SECRET, basic, introspect_as, is_inactive, two_servers},
};

#[tokio::test]
async fn d10_a_claim_named_like_ours_is_no_setting_and_reaches_no_token() {
    let reserved = ["sub", "aud", "scope", "iss", "client_id", "act", "exp", "jti", "cnf", "azp"];
    for name in reserved {
        let setup = Kind::Oidc.configure(Setup::new(), "https://issuer.example", str::to_owned);
        let setup = setup.variable("COUNTERSIGN_PROVIDERS", "oidc");
        let keys = format!("profile = {{ {name} = \"groups\" }}");
        let setup = setup.edit("providers/oidc.toml", |file| with_keys(&file, &keys));
        let faults = format!("{:?}", setup.load().expect_err("the claim is the protocol's"));
        assert!(faults.contains("is a claim that the protocol writes"), "{name}: {faults}");
    }
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        world.provider.now(|desk| {
            desk.person = json!({
                "sub": "mallory", "email": "mallory@example.com", "email_verified": true,
                "scope": "admin", "scp": ["admin"], "client_id": "admin", "act": { "sub": "alice" },
                "may_act": { "sub": "alice" }, "cnf": { "jkt": "x" }, "jti": "chosen", "idp": "spare",
                "grant_id": "chosen", "resource": "https://other.example", "roles": ["admin"],
                "permissions": ["admin"], "amr": ["mfa"], "acr": "high",
            });
        });
        let tokens = world.tokens(&world.walk().await.landing()).await;
        let (_, claims) = crate::harness::claims(tokens["access_token"].as_str().unwrap());
        let names: Vec<&str> = claims.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, MINTED, "{kind:?}");
        let text = |name: &str| claims[name].as_str().unwrap();
        assert_eq!((text("scope"), text("idp")), ("read", kind.id()));
        assert_eq!((text("client_id"), text("aud")), (&*world.client, &*world.service.resource));
        assert_eq!(text("iss"), world.service.issuer);
        assert!(
            text("sub") != "mallory" && text("jti") != "chosen" && text("grant_id") != "chosen"
        );
    }
}

const MINTED: [&str; 12] = [
    "aud",
    "auth_time",
    "client_id",
    "email",
    "exp",
    "grant_id",
    "iat",
    "idp",
    "iss",
    "jti",
    "scope",
    "sub",
];

#[tokio::test]
async fn d12_a_group_of_one_provider_is_worth_nothing_at_another() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        world.spare.now(|desk| {
            desk.person["groups"] = json!(["mcp-admins", "oidc:mcp-admins"]);
            desk.person["https://example.com/roles"] = json!(["admin"]);
            desk.person["hd"] = json!("example.com");
        });
        let landing = world.walk_by_spare().await.landing();
        assert_eq!(world.scopes_of(&landing).await, "read");
        world.log_keeps_secrets();
    }
}

#[tokio::test]
async fn d13_a_group_taken_away_is_gone_at_the_next_sign_in_and_at_every_refresh_after_it() {
    let (world, mut family) = family().await;
    assert_eq!(scopes(&world, &mut family).await, "admin read write");
    for (groups, left) in [(json!(["mcp-writers"]), "read write"), (json!([]), "read")] {
        world.provider.now(|desk| desk.person["groups"] = groups);
        assert_eq!(world.scopes().await, left, "at the sign-in");
        assert_eq!(scopes(&world, &mut family).await, left, "in what was granted before");
    }
    world.provider.now(|desk| desk.person["groups"] = json!(["mcp-admins"]));
    assert_eq!(world.scopes().await, "admin read write");
    assert_eq!(scopes(&world, &mut family).await, "read", "nobody agreed to it anew");
    world.log_keeps_secrets();
}

#[tokio::test]
async fn d15_a_claim_that_is_missing_or_of_another_type_gives_nothing() {
    for (kind, claim) in [(Kind::Oidc, "groups"), (Kind::Auth0, "https://example.com/roles")] {
        let world = World::of(kind).await;
        for value in [
            json!(null),
            json!("admin"),
            json!("mcp-admins"),
            json!({ "admin": true, "mcp-admins": true }),
            json!([["admin", "mcp-admins"]]),
            json!(["Admin", "MCP-ADMINS"]),
            json!(["admin ", " mcp-admins"]),
            json!(true),
        ] {
            world.provider.now(|desk| desk.person[claim] = value.clone());
            let landing = world.walk().await.landing();
            assert_eq!(world.scopes_of(&landing).await, "read", "{value}");
        }
        world.provider.now(|desk| desk.person.as_object_mut().unwrap().remove(claim));
        let landing = world.walk().await.landing();
        assert_eq!(world.scopes_of(&landing).await, "read");
    }
}

#[tokio::test]
async fn d15_without_a_claim_that_is_required_nobody_enters_and_nothing_is_stored() {
    let required = |file: &str| with_keys(file, "require = { staff = true }");
    let granted = |file: &str| {
        let head = with_keys(file, "");
        let head = head.split("[[grant]]").next().unwrap().to_owned();
        let rule = "[[grant]]\nwhen = { claim = \"staff\", equals = true }\nscopes = [\"read\"]\n";
        head + rule
    };
    for kind in Kind::ALL {
        for edit in [required as fn(&str) -> String, granted] {
            let world = World::with(kind, edit).await;
            let before = Before::of(&world.service);
            for value in [json!(null), json!("true"), json!(1), json!([true])] {
                world.provider.now(|desk| desk.person["staff"] = value);
                world.was_refused(&world.walk().await, DENIED, "");
            }
            before.stands(&world.service, &[]);
            world.provider.now(|desk| desk.person["staff"] = json!(true));
            assert!(world.scopes().await.contains("read"));
        }
    }
}

#[tokio::test]
async fn d18_somebody_locked_out_neither_signs_in_nor_redeems_nor_refreshes() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let mut browser = world.service.browser();
        enter(&world, &mut browser, kind.id()).await;
        let tokens = world.tokens(&world.walk().await.landing()).await;
        let code = world.walk().await.landing()["code"].clone();
        world.disable_everybody();
        let rows = world.service.rows();
        world.was_told(&world.walk().await, DENIED, "");
        assert_eq!(person(&mut browser).await, None);
        assert_eq!(world.service.rows(), rows);
        let refresh = tokens["refresh_token"].as_str().unwrap();
        was_invalid_grant(&[
            world.service.token(&world.service.exchange(&world.client, &code)).await,
            world.service.token(&world.service.refresh(&world.client, refresh)).await,
        ]);
        assert_eq!(world.service.count("grants"), 1);
        world.log_keeps_secrets();
    }
}

#[tokio::test]
async fn d18_a_token_of_somebody_locked_out_is_inactive_and_opens_nothing() {
    let service = two_servers("", "").start().await;
    let tokens = service.tokens("alice").await;
    let access = tokens["access_token"].as_str().unwrap();
    let asker = basic("demo", DEMO_SECRET);
    assert_eq!(introspect_as(&service, &asker, access).await.json()["active"], true);
    assert_eq!(service.mcp(access).await, 200);
    let (_, claims) = crate::harness::claims(access);
    let alice = countersign::protocol::id::UserId::new(claims["sub"].as_str().unwrap());
    assert!(service.store.disable(&alice, true, service.now()).await.unwrap());
    service.look().await;
    let before = Before::of(&service);
    is_inactive(&introspect_as(&service, &asker, access).await);
    assert_eq!(service.mcp(access).await, 401);
    before.stands(&service, &[access, DEMO_SECRET]);
}

/// A restriction, its provider, and how somebody comes to fall under it.
type Restriction = (Kind, fn(&str) -> String, fn(&mut Value), fn(&mut Value));

const RESTRICTIONS: [Restriction; 3] = [
    (
        Kind::Google,
        |file| with_keys(file, "hd = \"example.com\""),
        |_| {},
        |person| person["hd"] = json!("elsewhere.example"),
    ),
    (
        Kind::Auth0,
        |file| with_keys(file, "organization = \"org_example\""),
        |person| person["org_id"] = json!("org_example"),
        |person| person["org_id"] = json!("org_other"),
    ),
    (
        Kind::Oidc,
        |file| with_keys(file, "require = { tid = \"t1\" }"),
        |person| person["tid"] = json!("t1"),
        |person| person["tid"] = json!("t2"),
    ),
];

#[tokio::test]
async fn d19_a_restriction_holds_at_sign_in_session_code_and_refresh_alike() {
    for (kind, edit, member, outsider) in RESTRICTIONS {
        let world = World::with(kind, edit).await;
        world.provider.now(|desk| member(&mut desk.person));
        let mut browser = world.service.browser();
        enter(&world, &mut browser, kind.id()).await;
        let tokens = world.tokens(&world.walk().await.landing()).await;
        let code = world.walk().await.landing()["code"].clone();
        assert!(person(&mut browser).await.is_some());

        world.provider.now(|desk| outsider(&mut desk.person));
        let rows = world.service.rows();
        world.was_told(&world.walk().await, DENIED, "person not admitted");
        assert_eq!(world.service.rows(), rows);
        assert_eq!(person(&mut browser).await, None, "what was refused there counts here too");
        let refresh = tokens["refresh_token"].as_str().unwrap();
        was_invalid_grant(&[
            world.service.token(&world.service.exchange(&world.client, &code)).await,
            world.service.token(&world.service.refresh(&world.client, refresh)).await,
        ]);
        // There is no other entry.
        let access = tokens["access_token"].as_str().unwrap();
        let exchange = Form::of(&[
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("client_id", &world.client),
            ("subject_token", access),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ]);
        let answer = world.service.token(&exchange).await;
        assert_eq!(answer.json()["error"], "unsupported_grant_type");
        world.log_keeps_secrets();
        world.service.log.keeps(&[access]);
    }
}
