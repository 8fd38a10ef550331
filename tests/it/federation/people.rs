//! Who a person is, and what their claims are worth: attacks on identities and on mappings.

use futures_util::future::join_all;
use serde_json::json;

use super::{
    kind::{EMAIL, Kind, with_keys},
    world::World,
};

/// D1
#[tokio::test]
async fn the_same_address_under_another_subject_is_another_person() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let alice = world.user_of(&world.walk().await.landing()).await;
        world.provider.now(|desk| desk.person["sub"] = json!("somebody-else"));
        let other = world.user_of(&world.walk().await.landing()).await;
        assert_ne!(alice, other);
        let (alice, other) = (world.user(&alice).await, world.user(&other).await);
        assert_eq!((alice.email.as_deref(), other.email.as_deref()), (Some(EMAIL), Some(EMAIL)));
        assert!(
            world.service.rows().contains("identities 2")
                && world.service.rows().contains("users 2")
        );
    }
}

#[tokio::test]
async fn another_address_under_the_same_subject_is_the_same_person() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let alice = world.user_of(&world.walk().await.landing()).await;
        world.provider.now(|desk| {
            desk.person["email"] = json!("alice@new.example");
            desk.person["name"] = json!("Alice Pleasance");
        });
        assert_eq!(world.user_of(&world.walk().await.landing()).await, alice);
        let user = world.user(&alice).await;
        assert_eq!(user.email.as_deref(), Some("alice@new.example"));
        assert_eq!(user.name.as_deref(), Some("Alice Pleasance"));
    }
}

/// D1: a second provider vouches for its own people only.
#[tokio::test]
async fn the_same_subject_and_address_at_another_provider_is_another_person() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let alice = world.user_of(&world.walk().await.landing()).await;
        let subject = world.provider.now(|desk| desk.person["sub"].clone());
        world.spare.now(|desk| desk.person["sub"] = subject);
        let other = world.user_of(&world.walk_by_spare().await.landing()).await;
        assert_ne!(alice, other);
    }
}

/// D9
#[tokio::test]
async fn a_name_of_power_gives_none() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let alice = world.user_of(&world.walk().await.landing()).await;
        world.provider.now(|desk| {
            desk.person = json!({
                "sub": "mallory", "email": "mallory@example.com", "email_verified": true,
                "name": "admin", "preferred_username": "admin", "nickname": alice, "upn": "root",
                "scope": "admin", "roles": ["admin"], "permissions": ["admin"],
                "client_id": "admin", "act": { "sub": alice },
            });
        });
        let landing = world.walk().await.landing();
        assert_eq!(world.scopes_of(&landing).await, "read", "{kind:?}");
        let mallory = world.user_of(&world.walk().await.landing()).await;
        assert_ne!(mallory, alice);
    }
}

/// D12
#[tokio::test]
async fn a_group_of_one_provider_is_worth_nothing_at_another() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        world.spare.now(|desk| {
            desk.person["groups"] = json!(["mcp-admins"]);
            desk.person["https://example.com/roles"] = json!(["admin"]);
            desk.person["hd"] = json!("example.com");
        });
        let landing = world.walk_by_spare().await.landing();
        assert_eq!(world.scopes_of(&landing).await, "read");
    }
}

/// D15
#[tokio::test]
async fn a_claim_that_is_missing_or_of_another_type_gives_nothing() {
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

/// D15
#[tokio::test]
async fn a_person_whose_claims_give_no_scope_is_refused_and_not_stored() {
    let strict = |file: String| {
        let head = with_keys(&file, "");
        let head = head.split("[[grant]]").next().unwrap();
        format!(
            "{head}[[grant]]\nwhen = {{ claim = \"staff\", equals = true }}\nscopes = [\"read\"]\n"
        )
    };
    for kind in Kind::ALL {
        let world = World::with(kind, strict).await;
        let answer = world.walk().await;
        world.was_refused(&answer, "access_denied", "");
        world.provider.now(|desk| desk.person["staff"] = json!(true));
        assert_eq!(world.scopes().await, "read");
    }
}

/// D13
#[tokio::test]
async fn a_group_that_was_taken_away_is_gone_at_the_next_sign_in() {
    let world = World::of(Kind::Oidc).await;
    assert_eq!(world.scopes().await, "admin read write");
    world.provider.now(|desk| desk.person["groups"] = json!(["mcp-writers"]));
    assert_eq!(world.scopes().await, "read write");
    world.provider.now(|desk| desk.person["groups"] = json!([]));
    assert_eq!(world.scopes().await, "read");
}

/// D18
#[tokio::test]
async fn a_disabled_person_neither_signs_in_nor_redeems_nor_refreshes() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let tokens = world.tokens(&world.walk().await.landing()).await;
        let early = world.walk().await.landing();
        world.disable_everybody();
        let rows = world.service.rows();
        let answer = world.walk().await;
        world.was_told(&answer, "access_denied", "");
        assert_eq!(world.service.rows(), rows);

        let redeemed = world.service.token(&world.service.exchange(&world.client, &early["code"]));
        assert_eq!(redeemed.await.json()["error"], "invalid_grant");
        let refresh = tokens["refresh_token"].as_str().unwrap();
        let refreshed = world.service.token(&world.service.refresh(&world.client, refresh)).await;
        assert_eq!(refreshed.json()["error"], "invalid_grant");
    }
}

/// D22
#[tokio::test]
async fn first_sign_ins_of_one_person_at_the_same_time_make_one_user() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let mut browsers: Vec<_> = (0..8).map(|_| world.service.browser()).collect();
        let mut waiting = Vec::new();
        for browser in &mut browsers {
            let back = world.callback(browser).await;
            waiting.push(async move { browser.get(&back).await });
        }
        let answers = join_all(waiting).await;
        let rows = "clients 1, codes 8, consents 1, identities 1, users 1";
        assert_eq!(world.service.rows(), rows);
        let mut users = Vec::new();
        for answer in &answers {
            users.push(world.user_of(&answer.landing()).await);
        }
        users.dedup();
        assert_eq!(users.len(), 1);
    }
}
