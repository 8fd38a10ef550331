//! Providers that take their time. The person gets a page within the limits; nobody else waits.

use std::{future::Future, time::Duration};

use tokio::time::Instant;

use super::{
    fake::Manner,
    kind::Kind,
    world::{World, pass},
};
use crate::harness::Answer;

const LATE: Manner = Manner::Slowly(Duration::from_secs(10));

#[tokio::test]
async fn a_token_endpoint_that_is_slow_leads_to_a_page_after_five_seconds() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        world.provider.now(|desk| desk.token = LATE);
        gives_up(&world, 5).await;
    }
}

#[tokio::test]
async fn a_key_set_that_is_slow_leads_to_a_page_after_three_seconds() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        world.provider.now(|desk| desk.key_set = LATE);
        gives_up(&world, 3).await;
    }
}

#[tokio::test]
async fn a_discovery_that_is_slow_leads_to_the_page_with_the_others_after_five_seconds() {
    for kind in [Kind::Oidc, Kind::Auth0] {
        let world = World::of(kind).await;
        world.provider.now(|desk| desk.discovery = LATE);
        let mut browser = world.service.browser();
        let here = format!("{}/authorize?{}", world.service.issuer, world.ask().encoded());
        let page = browser.get(&here).await;
        let pressed = browser.press(&here, &page, ("provider", kind.id()));
        let again = within(&world, 5, pressed).await;
        assert_eq!(again.status, 503);
        assert!(again.body.contains("cannot be reached right now"), "{}", again.body);
        world.chooses_the_other(&mut browser, &here, &again).await;
        world.log_keeps_secrets();
    }
}

#[tokio::test]
async fn a_known_key_does_not_wait_for_a_key_set_that_is_slow_to_renew() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        assert_eq!(world.scopes().await, kind.scopes());
        world.provider.now(|desk| desk.key_set = LATE);
        let almost_stale = if kind == Kind::Google { 3500 } else { 290 };
        world.service.wait(almost_stale);
        let began = Instant::now();
        assert_eq!(world.scopes().await, kind.scopes());
        assert!(began.elapsed() < Duration::from_secs(2), "{kind:?}");
    }
}

#[tokio::test]
async fn a_provider_that_is_slow_but_not_too_slow_signs_people_in() {
    let world = World::of(Kind::Oidc).await;
    world.provider.now(|desk| {
        let late = Manner::Slowly(Duration::from_millis(300));
        (desk.discovery, desk.token, desk.key_set) = (late.clone(), late.clone(), late);
    });
    assert_eq!(world.scopes().await, "admin read write");
}

/// The callback gives up after so many seconds, and another provider can be chosen.
async fn gives_up(world: &World, seconds: u64) {
    let mut browser = world.service.browser();
    let back = world.callback(&mut browser).await;
    let answer = within(world, seconds, browser.get(&back)).await;
    world.another_can_be_chosen(&mut browser, &answer).await;
}

/// The answer, which comes after so many seconds; meanwhile others sign in.
async fn within(world: &World, seconds: u64, answer: impl Future<Output = Answer>) -> Answer {
    let began = Instant::now();
    let timed = async { (answer.await, began.elapsed()) };
    let others = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(world.service.get("/readyz").await.status, 200);
        let landing = world.walk_by_spare().await.landing();
        assert_eq!(world.scopes_of(&landing).await, "read");
        assert!(began.elapsed() < Duration::from_millis(2500), "{:?}", began.elapsed());
        pass(seconds).await;
    };
    let ((answer, took), ()) = tokio::join!(timed, others);
    let limit = Duration::from_secs(seconds);
    assert!((limit..limit + Duration::from_millis(3500)).contains(&took), "{took:?}");
    answer
}
