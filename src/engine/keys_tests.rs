use std::time::Duration;

use super::*;
use crate::protocol::id::KeyId;

const DAY: u64 = 24 * 60 * 60;

fn day(number: u64) -> Timestamp {
    Timestamp::from_unix(1_800_000_000).plus(Duration::from_secs(number * DAY))
}

fn key(algorithm: &str, generation: u32, active_at: Timestamp) -> SigningKeyRecord {
    SigningKeyRecord {
        id: KeyId::new(format!("{algorithm}-{generation}")),
        algorithm: algorithm.to_owned(),
        generation,
        sealed: Vec::new(),
        created_at: active_at,
        active_at,
        retired_at: None,
    }
}

fn es256(generation: u32, active: u64) -> SigningKeyRecord {
    key("ES256", generation, day(active))
}

/// The stage of each key, who signs, and whether the next key is due.
fn told(records: &[SigningKeyRecord], algorithm: &str, now: Timestamp) -> String {
    let limits = Limits::default();
    let ring = Ring { records, algorithm, limits: &limits, now };
    let stages = records.iter().map(|key| ring.life(key).stage.name());
    let signer = ring.signer().map_or("nobody", |key| key.id.as_str());
    let stages = stages.collect::<Vec<_>>().join(" ");
    let due = ring.due().map(|at| at.since(now).as_secs() / 3600);
    format!("{stages}; {signer}; {}", due.map_or("not due".to_owned(), |h| format!("due in {h} h")))
}

#[test]
fn the_first_key_is_due_at_once_and_signs_at_once() {
    assert_eq!(told(&[], "ES256", day(0)), "; nobody; due in 0 h");
    assert_eq!(told(&[es256(0, 0)], "ES256", day(0)), "active; ES256-0; not due");
}

#[test]
fn the_next_key_is_due_a_day_before_ninety_days_are_over_and_then_no_more() {
    let first = es256(0, 0);
    let before = day(89).minus(Duration::from_secs(1));
    assert_eq!(told(std::slice::from_ref(&first), "ES256", before), "active; ES256-0; not due");
    assert_eq!(
        told(std::slice::from_ref(&first), "ES256", day(89)),
        "active; ES256-0; due in 24 h"
    );
    let both = [first, es256(1, 90)];
    assert_eq!(told(&both, "ES256", day(89)), "active announced; ES256-0; not due");
}

#[test]
fn a_key_whose_service_slept_signs_until_the_next_is_a_day_old() {
    let late = told(&[es256(0, 0)], "ES256", day(400));
    assert_eq!(late, "active; ES256-0; due in 24 h");
}

#[test]
fn a_key_retires_when_the_next_one_signs_and_is_gone_fourteen_days_later() {
    let keys = [es256(0, 0), es256(1, 90)];
    let second = Duration::from_secs(1);
    let at = |now| told(&keys, "ES256", now);
    assert_eq!(at(day(90).minus(second)), "active announced; ES256-0; not due");
    assert_eq!(at(day(90)), "retiring active; ES256-1; not due");
    assert_eq!(at(day(104).minus(second)), "retiring active; ES256-1; not due");
    assert_eq!(at(day(104)), "gone active; ES256-1; not due");
}

#[test]
fn two_keys_of_one_second_follow_one_another_by_their_numbers() {
    assert_eq!(
        told(&[es256(4, 1), es256(3, 1)], "ES256", day(1)),
        "active retiring; ES256-4; not due"
    );
}

#[test]
fn keys_of_another_algorithm_retire_when_ours_sign() {
    let keys = [es256(0, 0), key("EdDSA", 0, day(50))];
    assert_eq!(told(&keys, "EdDSA", day(50)), "retiring active; EdDSA-0; not due");
    assert_eq!(told(&keys, "EdDSA", day(64)), "gone active; EdDSA-0; not due");
    // A node that has the old setting yet neither retires the new key nor needs one.
    assert_eq!(told(&keys, "ES256", day(64)), "active active; ES256-0; not due");
}

#[test]
fn a_key_from_a_clock_that_is_ahead_signs_rather_than_none() {
    let ahead = key("ES256", 0, day(0).plus(Duration::from_secs(5)));
    assert_eq!(told(&[ahead], "ES256", day(0)), "announced; ES256-0; not due");
}

#[test]
fn what_says_itself_when_it_retires_is_believed() {
    let retired = SigningKeyRecord { retired_at: Some(day(3)), ..es256(0, 0) };
    assert_eq!(told(&[retired], "ES256", day(3)), "retiring; nobody; due in 0 h");
}

#[test]
fn a_life_says_when_each_stage_ends() {
    let keys = [es256(0, 0), es256(1, 90)];
    let limits = Limits::default();
    let ring = Ring { records: &keys, algorithm: "ES256", limits: &limits, now: day(1) };
    let [first, second] = [ring.life(&keys[0]), ring.life(&keys[1])];
    assert_eq!((first.signs_until, first.published_until), (Some(day(90)), Some(day(104))));
    assert_eq!((second.stage, second.signs_until), (Stage::Announced, None));
    assert_eq!(ring.next_generation(), 2);
}

#[test]
fn a_key_is_published_until_it_is_gone_and_then_its_row_may_go() {
    let keys = [es256(0, 0), es256(1, 90), es256(2, 180)];
    let limits = Limits::default();
    let at = |now| Ring { records: &keys, algorithm: "ES256", limits: &limits, now };
    let numbers = |keys: Vec<&SigningKeyRecord>| -> Vec<_> {
        keys.into_iter().map(|key| key.generation).collect()
    };
    for (now, published, gone) in [
        (day(103), vec![0, 1, 2], vec![]),
        (day(104), vec![1, 2], vec![0]),
        (day(194), vec![2], vec![0, 1]),
    ] {
        assert_eq!(numbers(at(now).published().collect()), published);
        assert_eq!(numbers(at(now).gone().collect()), gone);
    }
    assert_eq!(numbers(at(day(103)).announced().collect()), [2]);
}
