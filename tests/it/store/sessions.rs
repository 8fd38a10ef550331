use countersign::engine::record::Session;

use super::{AnyStore, samples::*};

pub(super) async fn a_session_comes_back_until_it_ends(store: AnyStore) {
    let given = session("s", 1);
    store.put_session(&given, None, None).await.unwrap();
    assert_eq!(store.session(&given.digest, NOW).await.unwrap().as_ref(), Some(&given));
    assert_eq!(store.session(&session("other", 1).digest, NOW).await.unwrap(), None);
    assert!(store.session(&given.digest, later(599)).await.unwrap().is_some());
    assert_eq!(store.session(&given.digest, later(600)).await.unwrap(), None, "it ended");
}

pub(super) async fn a_new_session_ends_the_one_it_replaces(store: AnyStore) {
    let (old, new, other) = (session("old", 1), session("new", 1), session("other", 1));
    store.put_session(&old, None, None).await.unwrap();
    store.put_session(&other, None, None).await.unwrap();
    store.put_session(&new, Some(&old.digest), None).await.unwrap();
    assert_eq!(store.session(&old.digest, NOW).await.unwrap(), None);
    assert_eq!(store.session(&new.digest, NOW).await.unwrap(), Some(new));
    assert_eq!(store.session(&other.digest, NOW).await.unwrap(), Some(other));
}

pub(super) async fn a_session_and_its_code_are_written_both_or_neither(store: AnyStore) {
    let (one, other) = (session("one", 1), session("other", 1));
    let (given, agreed) = (code(1, "c"), consent("c"));
    store.put_session(&one, None, Some((&given, &agreed))).await.unwrap();
    assert_eq!(store.code(&given.digest).await.unwrap().as_ref(), Some(&given));
    let consents = store.consents_of(&agreed.user).await.unwrap();
    assert_eq!(consents, std::slice::from_ref(&agreed));
    let twice = store.put_session(&other, Some(&one.digest), Some((&given, &agreed))).await;
    assert!(twice.is_err(), "that code is there already");
    assert_eq!(store.session(&other.digest, NOW).await.unwrap(), None);
    let kept = store.session(&one.digest, NOW).await.unwrap();
    assert_eq!(kept.as_ref(), Some(&one), "nothing was replaced");
    let unsaid = code(2, "c");
    let twice = store.put_session(&one, None, Some((&unsaid, &agreed))).await;
    assert!(twice.is_err(), "that session is there already");
    assert_eq!(store.code(&unsaid.digest).await.unwrap(), None);
}

pub(super) async fn who_was_locked_out_meanwhile_gets_no_session(store: AnyStore) {
    let (person, before, after) = (user(1), session("before", 1), session("after", 1));
    store.admit(&identity("1"), &person, b"claims").await.unwrap();
    store.put_session(&before, None, None).await.unwrap();
    assert!(store.disable(&person.id, true, NOW).await.unwrap());
    store.put_session(&after, None, None).await.unwrap();
    assert!(store.disable(&person.id, false, NOW).await.unwrap());
    for ended in [before, after] {
        assert_eq!(store.session(&ended.digest, NOW).await.unwrap(), None);
    }
}

pub(super) async fn a_sessions_use_prolongs_it(store: AnyStore) {
    let given = session("s", 1);
    store.put_session(&given, None, None).await.unwrap();
    store.touch_session(&given.digest, later(7), later(607)).await.unwrap();
    let touched = Session { seen_at: later(7), ends_at: later(607), ..given.clone() };
    assert_eq!(store.session(&given.digest, later(606)).await.unwrap(), Some(touched));
    assert_eq!(store.session(&given.digest, later(607)).await.unwrap(), None);
}

pub(super) async fn a_session_is_ended_once_and_no_use_revives_it(store: AnyStore) {
    let given = session("s", 1);
    store.put_session(&given, None, None).await.unwrap();
    assert!(store.end_session(&given.digest).await.unwrap());
    assert!(!store.end_session(&given.digest).await.unwrap());
    store.touch_session(&given.digest, later(9), later(609)).await.unwrap();
    assert_eq!(store.session(&given.digest, NOW).await.unwrap(), None);
}

pub(super) async fn a_persons_sessions_are_the_live_ones_latest_use_first(store: AnyStore) {
    let (early, late) = (session("early", 1), session("late", 1));
    let ended = Session { ends_at: later(10), ..session("ended", 1) };
    for given in [&early, &late, &ended, &session("strangers", 2)] {
        store.put_session(given, None, None).await.unwrap();
    }
    store.touch_session(&late.digest, later(7), later(607)).await.unwrap();
    let found = store.sessions_of(&user(1).id, later(10)).await.unwrap();
    let found: Vec<_> = found.iter().map(|session| session.digest).collect();
    assert_eq!(found, [late.digest, early.digest]);
}

pub(super) async fn sessions_that_ended_are_swept(store: AnyStore) {
    store.put_session(&session("s", 1), None, None).await.unwrap();
    assert_eq!(store.sweep(later(599), 100).await.unwrap(), 0);
    assert_eq!(store.sweep(later(601), 100).await.unwrap(), 1);
    assert!(!store.end_session(&session("s", 1).digest).await.unwrap(), "it is gone");
}

pub(super) async fn a_person_keeps_the_twenty_sessions_used_last(store: AnyStore) {
    for number in 0..25 {
        let name = format!("s{number}");
        let used = Session { seen_at: later(number), ..session(&name, 1) };
        store.put_session(&used, None, None).await.unwrap();
    }
    store.put_session(&session("another person's", 2), None, None).await.unwrap();
    let kept = store.sessions_of(&user(1).id, NOW).await.unwrap();
    assert_eq!((kept.len(), kept[0].seen_at, kept[19].seen_at), (20, later(24), later(5)));
}
