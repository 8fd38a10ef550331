//! Tokens that were accepted once, or belong to somebody else's sign-in.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::world::{UNTRUSTED, World};
use crate::federation::keys::CURRENT;

#[tokio::test]
async fn a_token_that_was_accepted_is_refused_in_the_same_sign_in() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    let token = world.google.token();
    assert_eq!(world.post(&mut browser, &page.state, &token).await.status, 200);
    let rows = world.service.rows();
    let answer = world.post(&mut browser, &page.state, &token).await;
    world.was_told(&answer, "400 expired", "");
    assert_eq!(world.service.rows(), rows);
}

#[tokio::test]
async fn a_token_that_was_accepted_is_refused_in_another_sign_in() {
    let world = World::sdk().await;
    let token = world.google.token();
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    assert_eq!(world.post(&mut browser, &page.state, &token).await.status, 200);
    world.refuses_token(&token, "400 replayed", "").await;
    let mut same = browser.clone();
    let page = world.open(&mut same).await;
    let answer = world.post(&mut same, &page.state, &token).await;
    world.was_told(&answer, "400 replayed", "");
}

#[tokio::test]
async fn a_token_is_refused_again_after_its_sign_in_is_over() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    let token = world.google.token();
    let here = world.next_of(&world.post(&mut browser, &page.state, &token).await);
    assert!(world.says_yes(&mut browser, &here).await.landing().contains_key("code"));
    world.refuses_token(&token, "400 replayed", "").await;
    world.service.wait(29);
    world.refuses_token(&token, "400 replayed", "").await;
    world.service.wait(2);
    world.refuses_token(&token, UNTRUSTED, "before the sign-in began").await;
}

#[tokio::test]
async fn of_two_posts_at_once_one_is_accepted() {
    let world = World::sdk().await;
    let token = world.google.token();
    let (mut one, mut two) = (world.service.browser(), world.service.browser());
    let (first, second) = (world.open(&mut one).await, world.open(&mut two).await);
    let (a, b) = tokio::join!(
        one.send(world.post_of(&first.state, &token)),
        two.send(world.post_of(&second.state, &token)),
    );
    let mut answers = [a.status.as_u16(), b.status.as_u16()];
    answers.sort_unstable();
    assert_eq!(answers, [200, 400]);
    assert!(world.service.rows().contains("spent_digests 1"));
}

#[tokio::test]
async fn the_same_statement_spelled_otherwise_is_no_other_token() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    let token = world.google.token();
    assert_eq!(world.post(&mut browser, &page.state, &token).await.status, 200);
    let spellings = [
        unused_bits(&token),
        format!("{token}="),
        format!("{token}=="),
        format!("{token} "),
        token.replacen('.', "=.", 1),
    ];
    for spelling in spellings {
        assert_ne!(spelling, token);
        world.refuses_token(&spelling, UNTRUSTED, "malformed").await;
    }
}

#[tokio::test]
async fn another_signature_over_the_same_statement_is_no_other_token() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    let token = world.google.token();
    assert_eq!(world.post(&mut browser, &page.state, &token).await.status, 200);
    let (statement, signature) = token.rsplit_once('.').unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    bytes[0] ^= 1;
    let other = format!("{statement}.{}", URL_SAFE_NO_PAD.encode(bytes));
    world.refuses_token(&other, UNTRUSTED, "the signature is wrong").await;
    let again = CURRENT.sign("RS256", statement.as_bytes());
    let again = format!("{statement}.{}", URL_SAFE_NO_PAD.encode(again));
    world.refuses_token(&again, "400 replayed", "").await;
}

#[tokio::test]
async fn a_token_that_was_refused_is_not_spent() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    let token = world.google.token();
    world.refuses_token(&unused_bits(&token), UNTRUSTED, "malformed").await;
    let answer = world.post(&mut browser, &page.state, &token).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_token_stays_refused_after_a_restart() {
    let mut world = World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    let token = world.google.token();
    assert_eq!(world.post(&mut browser, &page.state, &token).await.status, 200);
    world.service = world.service.restart().await;
    world.judged.set(0);
    world.refuses_token(&token, "400 replayed", "").await;
}

#[tokio::test]
async fn the_store_holds_no_token() {
    let world = World::sdk().await;
    let mut browser = world.service.browser();
    let page = world.open(&mut browser).await;
    let token = world.google.token();
    assert_eq!(world.post(&mut browser, &page.state, &token).await.status, 200);
    for part in token.split('.').skip(1) {
        assert!(!world.service.database_holds(part));
    }
    assert!(!world.service.database_holds("alice.liddell@example.com"));
}

/// 256 bytes end in a character of which four bits are unused: the next one means the same.
fn unused_bits(token: &str) -> String {
    let mut token = token.to_owned();
    let last = token.pop().unwrap();
    token.push(char::from(u8::try_from(u32::from(last)).unwrap() + 1));
    token
}
