use std::time::Duration;

use countersign::{engine::record::Grant, protocol::id::GrantId};
use futures_util::future::join_all;

use super::{AnyStore, codes::open, samples::*};

pub(super) async fn a_grant_comes_back_as_it_was_written(store: AnyStore) {
    let opened = open(&store, 1, "c").await;
    assert_eq!(store.grant(&opened.id).await.unwrap().as_ref(), Some(&opened));
    let next = Grant { generation: u32::MAX, graces: u8::MAX, ..rotated(&opened) };
    assert!(store.swap_grant(&opened, &next).await.unwrap());
    assert_eq!(store.grant(&opened.id).await.unwrap(), Some(next));
    assert_eq!(store.grant(&GrantId::from_bytes([9; 16])).await.unwrap(), None);
}

pub(super) async fn a_grant_that_is_refreshed_is_kept_until_its_new_end(store: AnyStore) {
    let given = code(1, "c");
    store.put_code(&given, &consent("c")).await.unwrap();
    let mut grant = Grant { expires_at: later(90 * DAY), ..grant(1, "c") };
    store.spend(&given.digest, Some(&grant), None).await.unwrap();
    for days in 1..=3 {
        let next = Grant { idle_at: later(days * DAY), ..rotated(&grant) };
        assert!(store.swap_grant(&grant, &next).await.unwrap());
        grant = next;
    }
    store.sweep(later(4 * DAY), 100).await.unwrap();
    assert_eq!(store.grant(&grant.id).await.unwrap(), Some(grant.clone()));
    store.sweep(later(5 * DAY + 1), 100).await.unwrap();
    assert_eq!(store.grant(&grant.id).await.unwrap(), None);
}

pub(super) async fn grants_that_end_together_go_half_a_day_from_the_times_of_their_making(
    store: AnyStore,
) {
    let end = NOW.plus(Duration::from_secs(1000));
    let mut ids = Vec::new();
    for (number, hours_before) in [(1, 12), (2, 20)] {
        let made = end.minus(Duration::from_hours(hours_before)).unix();
        let id = GrantId::new(u64::try_from(made).unwrap() * 1000, [number; 10]);
        let given = code(number, "c");
        store.put_code(&given, &consent("c")).await.unwrap();
        let grant = Grant { id, idle_at: end, ..grant(number, "c") };
        store.spend(&given.digest, Some(&grant), None).await.unwrap();
        ids.push(id);
    }
    let kept = async || [is_kept(&store, &ids[0]).await, is_kept(&store, &ids[1]).await];
    let days_after = |days, seconds| end.plus(Duration::from_secs(days * DAY + seconds));
    store.sweep(days_after(1, 0), 100).await.unwrap();
    assert_eq!(kept().await, [true, true]);
    store.sweep(days_after(1, 1), 100).await.unwrap();
    assert_eq!(kept().await, [false, true]);
    store.sweep(days_after(1, 16 * 3600), 100).await.unwrap();
    assert_eq!(kept().await, [false, true]);
    store.sweep(days_after(1, 16 * 3600 + 1), 100).await.unwrap();
    assert_eq!(kept().await, [false, false]);
}

async fn is_kept(store: &AnyStore, grant: &GrantId) -> bool {
    store.grant(grant).await.unwrap().is_some()
}

pub(super) async fn of_64_parallel_swaps_one_wins(store: AnyStore) {
    let before = open(&store, 1, "c").await;
    let after: Vec<_> =
        (0..64).map(|n| Grant { rotated_at: later(n), ..rotated(&before) }).collect();
    let won = join_all(after.iter().map(|after| store.swap_grant(&before, after))).await;
    let winners: Vec<_> = won
        .into_iter()
        .zip(&after)
        .filter_map(|(won, after)| won.unwrap().then_some(after))
        .collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(store.grant(&before.id).await.unwrap().as_ref(), Some(winners[0]));
}

pub(super) async fn a_swap_loses_to_a_moved_generation(store: AnyStore) {
    let before = open(&store, 1, "c").await;
    let next = rotated(&before);
    assert!(store.swap_grant(&before, &next).await.unwrap());
    assert!(!store.swap_grant(&before, &rotated(&before)).await.unwrap());
    assert_eq!(store.grant(&before.id).await.unwrap().as_ref(), Some(&next));
    assert!(store.swap_grant(&next, &rotated(&next)).await.unwrap());
}

pub(super) async fn a_swap_loses_to_a_given_grace(store: AnyStore) {
    let before = open(&store, 1, "c").await;
    let graced = Grant { graces: 1, ..before.clone() };
    assert!(store.swap_grant(&before, &graced).await.unwrap());
    assert!(!store.swap_grant(&before, &graced).await.unwrap());
    assert!(!store.swap_grant(&before, &rotated(&before)).await.unwrap());
    assert!(store.swap_grant(&graced, &rotated(&graced)).await.unwrap());
}

pub(super) async fn a_revoked_grant_cannot_be_swapped(store: AnyStore) {
    let before = open(&store, 1, "c").await;
    assert!(store.revoke_grant(&before.id, later(1)).await.unwrap());
    assert!(!store.swap_grant(&before, &rotated(&before)).await.unwrap());
    let revoked = Grant { revoked_at: Some(later(1)), ..before };
    assert!(!store.swap_grant(&revoked, &rotated(&revoked)).await.unwrap());
    assert_eq!(store.grant(&revoked.id).await.unwrap(), Some(revoked));
}

pub(super) async fn a_grant_is_revoked_once_and_keeps_the_first_time(store: AnyStore) {
    let opened = open(&store, 1, "c").await;
    let revocations = (1..=64).map(|second| store.revoke_grant(&opened.id, later(second)));
    let done = join_all(revocations).await.into_iter().filter(|done| *done.as_ref().unwrap());
    assert_eq!(done.count(), 1);
    let first = store.grant(&opened.id).await.unwrap().unwrap().revoked_at;
    assert!(!store.revoke_grant(&opened.id, later(99)).await.unwrap());
    assert_eq!(store.grant(&opened.id).await.unwrap().unwrap().revoked_at, first);
    assert!(!store.revoke_grant(&GrantId::from_bytes([9; 16]), NOW).await.unwrap());
}

pub(super) async fn revoked_grants_are_listed_from_a_moment_on(store: AnyStore) {
    for number in 1..=4 {
        let opened = open(&store, number, "c").await;
        if number < 4 {
            store.revoke_grant(&opened.id, later(u64::from(number))).await.unwrap();
        }
    }
    let id = |number| grant(number, "c").id;
    assert_eq!(store.revoked_since(later(2)).await.unwrap(), [id(2), id(3)]);
    assert_eq!(store.revoked_since(later(4)).await.unwrap(), []);
}
