use countersign::{
    engine::record::{Grant, OpaqueToken, PersonalToken},
    protocol::{
        access::AccessClaims,
        id::{ClientId, GrantId, TokenId},
        secret::Digest,
    },
};

use super::{AnyStore, codes::open, samples::*};

fn claims(grant: &Grant) -> AccessClaims {
    let what = grant.authorization.clone();
    AccessClaims {
        iss: "https://auth.example".to_owned(),
        sub: what.user,
        aud: what.resource,
        client_id: what.client,
        scope: what.scopes,
        jti: TokenId::new("t"),
        iat: NOW,
        exp: later(3600),
        auth_time: what.auth_time,
        idp: what.identity.provider,
        grant_id: grant.id,
        name: Some("Ada".to_owned()),
        email: None,
    }
}

pub(super) fn opaque(text: &str, grant: &Grant) -> OpaqueToken {
    OpaqueToken { digest: Digest::of(text), claims: claims(grant) }
}

/// A token of user 1, made so many seconds later and good for 5000.
pub(super) fn personal(number: u8, made: u64) -> PersonalToken {
    let grant = (GrantId::from_bytes([number; 16]), authorization("ignored"));
    let (digest, times) = (Digest::of(&format!("p{number}")), (later(made), later(made + 5000)));
    PersonalToken::new(digest, format!("Token {number}"), grant, times)
}

pub(super) async fn an_opaque_token_stands_for_what_was_put(store: AnyStore) {
    let token = opaque("a", &open(&store, 1, "c").await);
    store.put_opaque_token(&token).await.unwrap();
    assert_eq!(store.opaque_token(&token.digest).await.unwrap(), Some(token.claims));
    assert_eq!(store.opaque_token(&Digest::of("b")).await.unwrap(), None);
}

pub(super) async fn an_opaque_token_of_a_revoked_grant_stands_for_nothing(store: AnyStore) {
    let (one, other) = (open(&store, 1, "c").await, open(&store, 2, "c").await);
    for (text, grant) in [("a", &one), ("b", &other)] {
        store.put_opaque_token(&opaque(text, grant)).await.unwrap();
    }
    store.revoke_grant(&one.id, NOW).await.unwrap();
    assert_eq!(store.opaque_token(&Digest::of("a")).await.unwrap(), None);
    assert!(store.opaque_token(&Digest::of("b")).await.unwrap().is_some());
}

pub(super) async fn opaque_tokens_are_swept_an_hour_after_their_end(store: AnyStore) {
    let token = opaque("a", &grant(1, "c"));
    store.put_opaque_token(&token).await.unwrap();
    assert_eq!(store.sweep(later(7200), 100).await.unwrap(), 0);
    assert!(store.opaque_token(&token.digest).await.unwrap().is_some(), "for the leeway of guards");
    assert_eq!(store.sweep(later(7201), 100).await.unwrap(), 1);
    assert_eq!(store.opaque_token(&token.digest).await.unwrap(), None);
}

pub(super) async fn a_personal_token_comes_back_with_its_grant_also_when_revoked(store: AnyStore) {
    let token = personal(1, 0);
    assert_eq!(token.grant.authorization.client, ClientId::new(PersonalToken::CLIENT));
    store.put_personal_token(&token).await.unwrap();
    assert_eq!(store.personal_token(&token.digest).await.unwrap().as_ref(), Some(&token));
    assert_eq!(store.personal_token(&Digest::of("x")).await.unwrap(), None);
    assert_eq!(store.grant(&token.grant.id).await.unwrap().as_ref(), Some(&token.grant));
    assert!(store.revoke_grant(&token.grant.id, later(1)).await.unwrap());
    let found = store.personal_token(&token.digest).await.unwrap().unwrap();
    assert_eq!(found.grant.revoked_at, Some(later(1)));
    assert!(token.is_live(later(4999)) && !token.is_live(later(5000)) && !found.is_live(NOW));
    assert_eq!(store.revoked_since(NOW).await.unwrap(), [token.grant.id]);
}

pub(super) async fn a_personal_token_that_cannot_be_written_leaves_no_grant(store: AnyStore) {
    let (first, second) = (personal(1, 0), personal(2, 0));
    store.put_personal_token(&first).await.unwrap();
    let clash = PersonalToken { digest: first.digest, ..second };
    assert!(store.put_personal_token(&clash).await.is_err());
    assert_eq!(store.grant(&clash.grant.id).await.unwrap(), None);
    let clash = PersonalToken { digest: Digest::of("fresh"), ..first };
    assert!(store.put_personal_token(&clash).await.is_err(), "a grant has one token");
    assert_eq!(store.personal_token(&clash.digest).await.unwrap(), None);
}

pub(super) async fn personal_tokens_are_listed_the_newest_first(store: AnyStore) {
    let mut theirs = personal(3, 7);
    theirs.grant.authorization.user = user(2).id;
    for token in [&personal(1, 0), &personal(2, 9), &theirs] {
        store.put_personal_token(token).await.unwrap();
    }
    store.revoke_grant(&personal(1, 0).grant.id, NOW).await.unwrap();
    let names = |tokens: Vec<PersonalToken>| tokens.into_iter().map(|token| token.name);
    let all = store.personal_tokens(None).await.unwrap();
    assert_eq!(names(all).collect::<Vec<_>>(), ["Token 2", "Token 3", "Token 1"]);
    let of = store.personal_tokens(Some(&user(1).id)).await.unwrap();
    assert_eq!(names(of).collect::<Vec<_>>(), ["Token 2", "Token 1"]);
}

pub(super) async fn personal_tokens_are_no_connected_apps(store: AnyStore) {
    let app = open(&store, 1, "c").await;
    store.put_personal_token(&personal(2, 0)).await.unwrap();
    assert_eq!(store.grants_of(&user(1).id, NOW).await.unwrap(), [app]);
}

pub(super) async fn what_ends_a_person_ends_their_personal_tokens(store: AnyStore) {
    let mut theirs = personal(9, 0);
    theirs.grant.authorization.user = user(2).id;
    theirs.grant.authorization.identity = identity("bob");
    store.put_personal_token(&theirs).await.unwrap();
    for number in 1..=3 {
        let token = personal(number, 0);
        store.put_personal_token(&token).await.unwrap();
        match number {
            1 => store.sign_out(&user(1).id, NOW).await.unwrap(),
            2 => store.end_identity(&identity("ada"), NOW).await.unwrap(),
            _ => drop(store.disable(&user(1).id, true, NOW).await.unwrap()),
        }
        let found = store.personal_token(&token.digest).await.unwrap().unwrap();
        assert_eq!(found.grant.revoked_at, Some(NOW), "{number}");
    }
    assert_eq!(store.personal_token(&theirs.digest).await.unwrap(), Some(theirs));
}

pub(super) async fn personal_tokens_are_swept_a_day_after_their_end(store: AnyStore) {
    let token = personal(1, 0);
    store.put_personal_token(&token).await.unwrap();
    assert_eq!(store.sweep(later(5000 + DAY), 100).await.unwrap(), 0);
    assert!(store.personal_token(&token.digest).await.unwrap().is_some());
    assert_eq!(store.sweep(later(5001 + DAY), 100).await.unwrap(), 1);
    assert_eq!(store.personal_token(&token.digest).await.unwrap(), None);
    assert_eq!(store.sweep(later(5001 + 2 * DAY), 100).await.unwrap(), 1, "its grant");
    assert_eq!(store.personal_tokens(None).await.unwrap(), []);
}
