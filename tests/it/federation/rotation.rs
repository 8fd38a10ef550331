//! Keys that change while people are signing in.

use super::{
    keys::{CURRENT, NEXT},
    kind::Kind,
    world::{World, pass},
};

#[tokio::test]
async fn a_key_published_only_after_the_first_fetch_signs_people_in() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        assert_eq!(world.scopes().await, kind.scopes());
        pass(6).await;
        world.provider.now(|desk| {
            desk.keys = vec![NEXT.jwk(), CURRENT.jwk()];
            desk.signer = &NEXT;
        });
        assert_eq!(world.scopes().await, kind.scopes(), "{kind:?}");
        assert_eq!(world.provider.asked_for_keys().await, 2);
        world.provider.now(|desk| desk.signer = &CURRENT);
        assert_eq!(world.scopes().await, kind.scopes(), "the key before it is still good");
        assert_eq!(world.provider.asked_for_keys().await, 2);
        world.log_keeps_secrets();
    }
}

#[tokio::test]
async fn a_key_published_in_advance_signs_people_in_without_a_fetch() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        world.provider.now(|desk| desk.keys.push(NEXT.jwk()));
        assert_eq!(world.scopes().await, kind.scopes());
        world.provider.now(|desk| desk.signer = &NEXT);
        assert_eq!(world.scopes().await, kind.scopes());
        assert_eq!(world.provider.asked_for_keys().await, 1);
    }
}

#[tokio::test]
async fn a_rotation_while_the_person_is_at_the_provider_goes_unnoticed() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        assert_eq!(world.scopes().await, kind.scopes());
        let mut browser = world.service.browser();
        let back = world.callback(&mut browser).await;
        pass(6).await;
        world.provider.now(|desk| {
            desk.keys = vec![NEXT.jwk()];
            desk.signer = &NEXT;
        });
        assert_eq!(world.scopes_of(&browser.get(&back).await.landing()).await, kind.scopes());
    }
}

#[tokio::test]
async fn a_key_too_new_to_be_judged_is_no_attack_and_works_a_moment_later() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        assert_eq!(world.scopes().await, kind.scopes());
        let rows = world.service.rows();
        world.provider.now(|desk| {
            desk.keys.push(NEXT.jwk());
            desk.signer = &NEXT;
        });
        let answer = world.walk().await;
        world.was_shown(&answer, "503 The sign-in was interrupted");
        assert_eq!(world.service.rows(), rows, "the sign-in is over, and nothing was stored");
        assert_eq!(world.provider.asked_for_keys().await, 1, "5 s lie between two fetches");
        pass(6).await;
        assert_eq!(world.scopes().await, kind.scopes());
    }
}
