use countersign::{
    engine::record::{Code, Consent, Grant, HeldIdentity, IdentityKey, Session, User},
    protocol::{
        id::{ClientId, UserId},
        scope::Scopes,
    },
    store::{Linked, Spent},
};
use futures_util::future::join_all;

use super::{AnyStore, codes::open, samples::*};

const CLAIMS: &[u8] = b"sealed claims";

fn held(subject: &str, number: u8) -> HeldIdentity {
    HeldIdentity {
        key: identity(subject),
        user: user(number).id,
        claims: Some(CLAIMS.to_vec()),
        created_at: later(1),
        seen_at: later(1),
    }
}

pub(super) async fn an_identity_holds_the_claims_last_given(store: AnyStore) {
    let key = identity("sub");
    assert_eq!(store.identity(&key).await.unwrap(), None);
    store.admit(&key, &user(1), CLAIMS).await.unwrap();
    store.admit(&key, &User { seen_at: later(9), ..user(2) }, b"fresher").await.unwrap();
    let expected = HeldIdentity {
        key: key.clone(),
        user: user(1).id,
        claims: Some(b"fresher".to_vec()),
        created_at: NOW,
        seen_at: later(9),
    };
    assert_eq!(store.identity(&key).await.unwrap(), Some(expected));
}

pub(super) async fn claims_are_held_for_known_identities_and_make_nobody(store: AnyStore) {
    for (number, subject) in [(1, "one"), (2, "two")] {
        store.admit(&identity(subject), &user(number), CLAIMS).await.unwrap();
    }
    store.hold_claims(&identity("one"), b"fresher").await.unwrap();
    store.hold_claims(&identity("nobody"), b"fresher").await.unwrap();
    let held = async |subject: &str| store.identity(&identity(subject)).await.unwrap();
    let one = held("one").await.unwrap();
    assert_eq!((one.claims, one.seen_at), (Some(b"fresher".to_vec()), NOW), "it is no sign-in");
    assert_eq!(held("two").await.unwrap().claims.as_deref(), Some(CLAIMS));
    assert_eq!(held("nobody").await, None);
}

pub(super) async fn a_linked_identity_finds_the_same_person(store: AnyStore) {
    store.admit(&identity("one"), &user(1), CLAIMS).await.unwrap();
    for _ in 0..2 {
        assert_eq!(store.link(&held("two", 1)).await.unwrap(), Linked::Theirs);
    }
    assert_eq!(store.admit(&identity("two"), &user(2), CLAIMS).await.unwrap().id, user(1).id);
    assert_eq!(store.user(&user(2).id).await.unwrap(), None);
    let held = store.identities_of(&user(1).id).await.unwrap();
    let keys: Vec<_> = held.into_iter().map(|held| held.key).collect();
    assert_eq!(keys, [identity("one"), identity("two")], "oldest first");
}

pub(super) async fn an_identity_of_somebody_else_is_never_moved(store: AnyStore) {
    store.admit(&identity("one"), &user(1), CLAIMS).await.unwrap();
    store.admit(&identity("two"), &user(2), CLAIMS).await.unwrap();
    let theft = HeldIdentity { claims: Some(b"forged".to_vec()), ..held("two", 1) };
    assert_eq!(store.link(&theft).await.unwrap(), Linked::SomebodyElses);
    let found = store.identity(&identity("two")).await.unwrap().unwrap();
    assert_eq!((found.user, found.claims.as_deref()), (user(2).id, Some(CLAIMS)));
}

pub(super) async fn of_64_people_who_link_one_identity_one_gets_it(store: AnyStore) {
    let links = (0..64).map(|number| {
        let store = store.clone();
        tokio::spawn(async move { store.link(&held("two", number)).await.unwrap() })
    });
    let linked = join_all(links).await.into_iter().map(Result::unwrap);
    assert_eq!(linked.filter(|linked| *linked == Linked::Theirs).count(), 1);
}

/// A person with two identities, and one grant by the second.
async fn two_identities(store: &AnyStore) -> Grant {
    store.admit(&identity("ada"), &user(1), CLAIMS).await.unwrap();
    store.link(&held("two", 1)).await.unwrap();
    let mut what = authorization("c");
    what.identity = identity("two");
    let code = Code { authorization: what.clone(), ..code(2, "c") };
    let grant = Grant { authorization: what, ..grant(2, "c") };
    store.put_code(&code, &consent("c")).await.unwrap();
    assert_eq!(store.spend(&code.digest, Some(&grant), None).await.unwrap(), Spent::First);
    grant
}

pub(super) async fn unlinking_ends_what_came_by_that_identity_and_nothing_else(store: AnyStore) {
    let by_two = two_identities(&store).await;
    let by_other = open(&store, 1, "c").await;
    let kept = session("kept", 1);
    let of_two = Session { identity: identity("two"), ..session("two", 1) };
    store.put_session(&kept, None, None).await.unwrap();
    store.put_session(&of_two, None, None).await.unwrap();
    assert!(store.unlink(&identity("two"), &user(1).id, later(3)).await.unwrap());
    assert_eq!(store.identity(&identity("two")).await.unwrap(), None);
    assert_eq!(store.grants_of(&user(1).id, NOW).await.unwrap(), [by_other]);
    assert_eq!(store.revoked_since(later(3)).await.unwrap(), [by_two.id]);
    assert_eq!(store.sessions_of(&user(1).id, NOW).await.unwrap(), [kept]);
}

pub(super) async fn the_last_identity_and_those_of_others_stay(store: AnyStore) {
    store.admit(&identity("ada"), &user(1), CLAIMS).await.unwrap();
    store.put_session(&session("s", 1), None, None).await.unwrap();
    let opened = open(&store, 1, "c").await;
    store.admit(&identity("theirs"), &user(2), CLAIMS).await.unwrap();
    store.link(&held("theirs too", 2)).await.unwrap();
    for key in [identity("ada"), identity("theirs"), identity("nobody's")] {
        assert!(!store.unlink(&key, &user(1).id, NOW).await.unwrap(), "{}", key.subject);
    }
    assert_eq!(store.identities_of(&user(1).id).await.unwrap().len(), 1);
    assert_eq!(store.identities_of(&user(2).id).await.unwrap().len(), 2);
    assert_eq!(store.grants_of(&user(1).id, NOW).await.unwrap(), [opened]);
    assert_eq!(store.sessions_of(&user(1).id, NOW).await.unwrap().len(), 1);
}

pub(super) async fn of_two_parallel_unlinks_one_identity_stays(store: AnyStore) {
    let both = |number: u8| [format!("one {number}"), format!("two {number}")];
    for number in 0..24 {
        let [one, two] = both(number);
        store.admit(&identity(&one), &user(number), CLAIMS).await.unwrap();
        assert_eq!(store.link(&held(&two, number)).await.unwrap(), Linked::Theirs);
    }
    let unlink = |number: u8, key: IdentityKey| {
        let store = store.clone();
        tokio::spawn(async move { store.unlink(&key, &user(number).id, NOW).await.unwrap() })
    };
    let pairs = (0..24).map(|number| both(number).map(|name| unlink(number, identity(&name))));
    for (number, pair) in (0..).zip(pairs.collect::<Vec<_>>()) {
        let done = join_all(pair).await.into_iter().filter(|done| *done.as_ref().unwrap());
        assert_eq!(done.count(), 1, "{number}");
        assert_eq!(store.identities_of(&user(number).id).await.unwrap().len(), 1);
    }
}

pub(super) async fn a_consent_comes_back_as_it_was_given_last(store: AnyStore) {
    let given = consent("c");
    let find = |host: &'static str| {
        let (store, key) = (store.clone(), consent("c"));
        async move { store.consent(&key.user, &key.client, &key.server, host).await.unwrap() }
    };
    assert_eq!(find("127.0.0.1").await, None);
    store.put_code(&code(1, "c"), &given).await.unwrap();
    assert_eq!(find("127.0.0.1").await.as_ref(), Some(&given));
    assert_eq!(find("evil.example").await, None);
    let last = Consent { scopes: Scopes::parse("admin").unwrap(), at: later(5), ..given };
    store.put_code(&code(2, "c"), &last).await.unwrap();
    assert_eq!(find("127.0.0.1").await, Some(last));
}

pub(super) async fn a_persons_consents_are_listed_the_latest_first(store: AnyStore) {
    let mut theirs = consent("theirs");
    theirs.user = user(2).id;
    let elsewhere = Consent { redirect_host: "::1".to_owned(), at: later(2), ..consent("a") };
    let later = Consent { at: later(9), ..consent("b") };
    for (number, given) in [(1, &consent("a")), (2, &later), (3, &elsewhere), (4, &theirs)] {
        store.put_code(&code(number, given.client.as_str()), given).await.unwrap();
    }
    let found = store.consents_of(&user(1).id).await.unwrap();
    assert_eq!(found, [later, elsewhere, consent("a")]);
    assert_eq!(store.consents_of(&user(3).id).await.unwrap(), []);
}

pub(super) async fn ending_an_identity_ends_what_came_by_it_and_leaves_it(store: AnyStore) {
    let by_two = two_identities(&store).await;
    let by_other = open(&store, 1, "c").await;
    let kept = session("kept", 1);
    let of_two = Session { identity: identity("two"), ..session("two", 1) };
    for session in [&kept, &of_two] {
        store.put_session(session, None, None).await.unwrap();
    }
    for moment in [later(3), later(4)] {
        store.end_identity(&identity("two"), moment).await.unwrap();
    }
    let ended = store.grant(&by_two.id).await.unwrap().unwrap();
    assert_eq!(ended.revoked_at, Some(later(3)), "the first time stays");
    assert_eq!(store.grants_of(&user(1).id, NOW).await.unwrap(), [by_other]);
    assert_eq!(store.sessions_of(&user(1).id, NOW).await.unwrap(), [kept]);
    assert!(store.identity(&identity("two")).await.unwrap().is_some());
}

pub(super) async fn a_persons_grants_are_those_that_live(store: AnyStore) {
    let (one, two) = (open(&store, 1, "c").await, open(&store, 2, "c").await);
    store.revoke_grant(&two.id, NOW).await.unwrap();
    assert_eq!(store.grants_of(&user(1).id, NOW).await.unwrap(), [one]);
    assert_eq!(store.grants_of(&user(1).id, later(1000)).await.unwrap(), []);
    assert_eq!(store.grants_of(&user(2).id, NOW).await.unwrap(), []);
}

pub(super) async fn disconnecting_ends_one_clients_grants_codes_and_consent(store: AnyStore) {
    let (one, other) = (open(&store, 1, "app").await, open(&store, 2, "other").await);
    store.put_code(&code(3, "app"), &consent("app")).await.unwrap();
    let app = ClientId::new("app");
    store.disconnect(&user(2).id, &app, later(1)).await.unwrap();
    assert_eq!(store.revoked_since(NOW).await.unwrap(), [], "it is another person's");
    store.disconnect(&user(1).id, &app, later(1)).await.unwrap();
    assert_eq!(store.revoked_since(NOW).await.unwrap(), [one.id]);
    assert_eq!(store.spend(&code(3, "").digest, None, None).await.unwrap(), Spent::Unknown);
    assert_eq!(store.grants_of(&user(1).id, NOW).await.unwrap(), [other]);
    for (client, left) in [("app", None), ("other", Some(consent("other")))] {
        let Consent { user, client, server, redirect_host, .. } = consent(client);
        let found = store.consent(&user, &client, &server, &redirect_host).await.unwrap();
        assert_eq!(found, left);
    }
}

/// One grant, one unspent code and one session of the first person, and a session of the second.
async fn busy(store: &AnyStore) -> Grant {
    store.admit(&identity("ada"), &user(1), CLAIMS).await.unwrap();
    let opened = open(store, 1, "c").await;
    store.put_code(&code(2, "c"), &consent("c")).await.unwrap();
    store.put_session(&session("s", 1), None, None).await.unwrap();
    store.put_session(&session("stranger", 2), None, None).await.unwrap();
    opened
}

async fn everything_ended(store: &AnyStore, opened: &Grant) {
    assert_eq!(store.revoked_since(later(1)).await.unwrap(), [opened.id]);
    assert_eq!(store.sessions_of(&user(1).id, NOW).await.unwrap(), []);
    assert_eq!(store.spend(&code(2, "").digest, None, None).await.unwrap(), Spent::Unknown);
    assert_eq!(store.sessions_of(&user(2).id, NOW).await.unwrap().len(), 1);
}

pub(super) async fn a_disabled_person_loses_everything_and_may_be_let_in_again(store: AnyStore) {
    let opened = busy(&store).await;
    assert!(store.disable(&user(1).id, true, later(1)).await.unwrap());
    assert!(store.user(&user(1).id).await.unwrap().unwrap().disabled);
    everything_ended(&store, &opened).await;
    assert!(store.disable(&user(1).id, false, later(2)).await.unwrap());
    assert!(!store.user(&user(1).id).await.unwrap().unwrap().disabled);
    assert!(!store.disable(&UserId::new("usr_nobody"), true, NOW).await.unwrap());
}

pub(super) async fn signing_out_ends_one_persons_browsers_codes_and_grants(store: AnyStore) {
    let opened = busy(&store).await;
    store.sign_out(&UserId::new("usr_nobody"), NOW).await.unwrap();
    assert_eq!(store.revoked_since(NOW).await.unwrap(), []);
    store.sign_out(&user(1).id, later(1)).await.unwrap();
    everything_ended(&store, &opened).await;
    assert!(!store.user(&user(1).id).await.unwrap().unwrap().disabled);
}

pub(super) async fn people_are_listed_the_one_seen_last_first(store: AnyStore) {
    let newer = User { seen_at: later(5), ..user(2) };
    store.admit(&identity("one"), &user(1), CLAIMS).await.unwrap();
    store.admit(&identity("two"), &newer, CLAIMS).await.unwrap();
    assert_eq!(store.users().await.unwrap(), [newer, user(1)]);
}
