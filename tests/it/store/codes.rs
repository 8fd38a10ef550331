use countersign::{
    engine::record::Grant,
    protocol::{id::ClientId, secret::Digest},
    store::{Person, Presented, Spent},
};
use futures_util::future::join_all;

use super::{AnyStore, samples::*};

/// Opens grant `number` of `client` through a code.
pub(super) async fn open(store: &AnyStore, number: u8, client: &str) -> Grant {
    let (code, grant) = (code(number, client), grant(number, client));
    store.put_code(&code, &consent(client)).await.unwrap();
    assert_eq!(store.spend(&code.digest, Some(&grant), None).await.unwrap(), Spent::First);
    grant
}

pub(super) async fn a_code_comes_back_as_it_was_put_even_when_spent(store: AnyStore) {
    let given = code(1, "c");
    store.put_code(&given, &consent("c")).await.unwrap();
    assert_eq!(store.code(&given.digest).await.unwrap().as_ref(), Some(&given));
    store.spend(&given.digest, None, None).await.unwrap();
    assert_eq!(store.code(&given.digest).await.unwrap(), Some(given));
}

pub(super) async fn of_64_parallel_spends_one_is_first_and_the_grant_is_written_once(
    store: AnyStore,
) {
    let given = code(1, "c");
    store.put_code(&given, &consent("c")).await.unwrap();
    let spends = (0..64_u32).map(|number| {
        let (store, digest) = (store.clone(), given.digest);
        // Each brings a grant that tells whose it was.
        let grant = Grant { generation: number, ..grant(1, "c") };
        tokio::spawn(
            async move { (number, store.spend(&digest, Some(&grant), None).await.unwrap()) },
        )
    });
    let spends: Vec<_> = join_all(spends).await.into_iter().map(Result::unwrap).collect();
    let firsts: Vec<_> = spends.iter().filter(|(_, spent)| *spent == Spent::First).collect();
    let agains = spends.iter().filter(|(_, spent)| *spent == Spent::Again(given.grant));
    assert_eq!((firsts.len(), agains.count()), (1, 63));
    let written = store.grant(&given.grant).await.unwrap().unwrap();
    assert_eq!(written.generation, firsts[0].0);
}

pub(super) async fn a_code_spent_without_a_grant_opens_none_later(store: AnyStore) {
    let given = code(1, "c");
    store.put_code(&given, &consent("c")).await.unwrap();
    assert_eq!(store.spend(&given.digest, None, None).await.unwrap(), Spent::First);
    let again = store.spend(&given.digest, Some(&grant(1, "c")), None).await.unwrap();
    assert_eq!(again, Spent::Again(given.grant));
    assert_eq!(store.grant(&given.grant).await.unwrap(), None);
}

pub(super) async fn an_unknown_code_is_unknown(store: AnyStore) {
    let found = store.spend(&Digest::of("nothing"), Some(&grant(1, "c")), None).await.unwrap();
    assert_eq!(found, Spent::Unknown);
    assert_eq!(store.code(&Digest::of("nothing")).await.unwrap(), None);
    assert_eq!(store.grant(&grant(1, "c").id).await.unwrap(), None);
}

pub(super) async fn a_spend_whose_grant_cannot_be_written_leaves_the_code_unspent(store: AnyStore) {
    open(&store, 1, "c").await;
    let given = code(2, "c");
    store.put_code(&given, &consent("c")).await.unwrap();
    assert!(store.spend(&given.digest, Some(&grant(1, "c")), None).await.is_err());
    let spent = store.spend(&given.digest, Some(&grant(2, "c")), None).await.unwrap();
    assert_eq!(spent, Spent::First);
}

/// Sixty-four writes at once, every other one of which must fail.
pub(super) async fn a_failing_job_spoils_no_other(store: AnyStore) {
    open(&store, 255, "c").await;
    let codes: Vec<_> = (0..64).map(|number| code(number, "c")).collect();
    let consent = consent("c");
    let puts = codes.iter().map(|code| store.put_code(code, &consent));
    assert!(join_all(puts).await.iter().all(Result::is_ok));
    let grants: Vec<_> =
        (0..64).map(|number| grant(if number % 2 == 0 { number } else { 255 }, "c")).collect();
    let spends = codes.iter().zip(&grants).map(|(c, g)| store.spend(&c.digest, Some(g), None));
    for (number, spent) in (0..).zip(join_all(spends).await) {
        assert_eq!(spent.is_ok(), number % 2 == 0, "{number}: {spent:?}");
    }
    for number in 0..64 {
        let written = store.grant(&grant(number, "c").id).await.unwrap();
        assert_eq!(written.is_some(), number % 2 == 0, "{number}");
    }
}

pub(super) async fn a_code_is_presented_with_its_client_and_the_person_behind_it(store: AnyStore) {
    let given = code(1, "c");
    let nobody = Presented { client: None, record: None, person: Person::default() };
    let known = client("c");
    let ask = |id: &'static str, now| {
        let (store, digest) = (store.clone(), given.digest);
        async move { store.present_code(Some(&ClientId::new(id)), &digest, now).await.unwrap() }
    };
    assert_eq!(ask("c", NOW).await, nobody);
    store.put_client(&known).await.unwrap();
    assert_eq!(ask("c", NOW).await, Presented { client: Some(known.clone()), ..nobody.clone() });
    store.put_code(&given, &consent("c")).await.unwrap();
    let alone = Presented { record: Some(given.clone()), ..nobody.clone() };
    assert_eq!(ask("other", NOW).await, alone);
    assert_eq!(ask("c", later(100)).await, alone, "the client expired");
    let user = store.admit(&given.authorization.identity, &user(1), b"claims").await.unwrap();
    assert_eq!(user.id, given.authorization.user);
    let identity = store.identity(&given.authorization.identity).await.unwrap();
    let person = Person { user: Some(user), identity };
    assert_eq!(ask("c", NOW).await, Presented { client: Some(known), person, ..alone });
    assert_eq!(store.present_code(None, &code(2, "c").digest, NOW).await.unwrap(), nobody);
}

pub(super) async fn an_identity_of_somebody_else_stands_behind_nothing(store: AnyStore) {
    let opened = open(&store, 1, "c").await;
    let key = &opened.authorization.identity.clone();
    store.admit(&identity("mine"), &user(1), b"claims").await.unwrap();
    store.admit(key, &user(2), b"claims").await.unwrap();
    let person = Person { user: store.user(&user(1).id).await.unwrap(), identity: None };
    assert!(person.user.is_some());
    assert_eq!(store.person(&user(1).id, key).await.unwrap(), person);
    let presented = store.present_grant(None, &opened.id, NOW).await.unwrap();
    assert_eq!(presented, Presented { client: None, record: Some(opened), person });
    assert_eq!(store.person(&user(3).id, key).await.unwrap(), Person::default());
}
