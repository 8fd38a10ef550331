use super::*;
use crate::{
    engine::{
        record::AuthMethod,
        samples::{NOW, client, grant, refresh, seconds},
    },
    protocol::id::ClientId,
};

fn app(id: &str) -> AuthenticatedClient {
    let mut known = client(AuthMethod::None, None);
    known.id = ClientId::new(id);
    AuthenticatedClient::by_secret(Some(known), &crate::engine::client_auth::Proof::None).unwrap()
}

fn turn(grant: &Grant, generation: u32, after: u64) -> Turn {
    judge(grant, &refresh(generation), &app("app"), &Limits::default(), NOW.plus(seconds(after)))
}

fn once_rotated() -> Grant {
    rotated(&grant(), refresh(1).digest(), vec![1], &Limits::default(), NOW)
}

#[test]
fn the_current_token_rotates_and_an_older_one_is_reuse() {
    assert_eq!(turn(&grant(), 0, 0), Turn::Rotate);
    let twice = rotated(&once_rotated(), refresh(2).digest(), vec![2], &Limits::default(), NOW);
    assert_eq!(turn(&twice, 2, 0), Turn::Rotate);
    assert_eq!(turn(&twice, 1, 0), Turn::Again);
    assert_eq!(turn(&twice, 0, 0), Turn::Reuse);
}

#[test]
fn the_previous_token_yields_its_successor_for_thirty_seconds_and_three_times() {
    let mut grant = once_rotated();
    assert_eq!(turn(&grant, 0, 29), Turn::Again);
    assert_eq!(turn(&grant, 0, 30), Turn::Reuse);
    for _ in 0..3 {
        assert_eq!(turn(&grant, 0, 1), Turn::Again);
        grant = given_again(&grant);
    }
    assert_eq!(turn(&grant, 0, 1), Turn::Reuse);
}

#[test]
fn another_client_a_revoked_or_an_ended_grant_is_refused_without_a_trace() {
    let limits = Limits::default();
    let other = judge(&grant(), &refresh(0), &app("other"), &limits, NOW);
    assert!(matches!(other, Turn::Refused(_)));
    let revoked = Grant { revoked_at: Some(NOW), ..grant() };
    assert!(matches!(turn(&revoked, 0, 0), Turn::Refused(_)));
    assert!(matches!(turn(&grant(), 0, limits.refresh_idle.as_secs()), Turn::Refused(_)));
}

#[test]
fn rotation_never_outlives_the_absolute_end() {
    let limits = Limits::default();
    let late = NOW.plus(limits.refresh_absolute).minus(seconds(5));
    let after = rotated(&grant(), refresh(1).digest(), vec![], &limits, late);
    assert_eq!(after.idle_at, after.expires_at);
    assert_eq!(after.expires_at, NOW.plus(limits.refresh_absolute));
}

#[test]
fn scopes_only_ever_shrink() {
    let granted = Scopes::parse("read write").unwrap();
    let asked = |text: &str| {
        let params = Params::parse(&format!("scope={text}")).unwrap();
        narrowed(&granted, &params).map(|scopes| scopes.to_string()).map_err(|error| error.code)
    };
    assert_eq!(asked("read"), Ok("read".to_owned()));
    assert_eq!(asked("read+offline_access"), Ok("read".to_owned()));
    assert_eq!(asked(""), Ok("read write".to_owned()));
    assert_eq!(asked("read+admin"), Err(TokenErrorCode::InvalidScope));
}

#[test]
fn the_current_and_the_previous_token_stand_in_the_grant_and_no_other() {
    let twice = rotated(&once_rotated(), refresh(2).digest(), vec![2], &Limits::default(), NOW);
    let standing: Vec<_> = (0..4).filter(|number| stands(&twice, &refresh(*number))).collect();
    assert_eq!(standing, [1, 2]);
    assert!(!stands(&Grant { current: None, ..grant() }, &refresh(0)));
}

#[test]
fn a_rotation_is_one_further_seals_its_successor_and_has_no_grace_used() {
    let limits = Limits::default();
    let worn = Grant { graces: 3, ..grant() };
    let later = NOW.plus(seconds(100));
    let next = rotated(&worn, refresh(1).digest(), vec![7], &limits, later);
    assert_eq!((next.generation, next.graces, next.successor.as_deref()), (1, 0, Some(&[7][..])));
    assert_eq!((next.rotated_at, next.idle_at), (later, later.plus(limits.refresh_idle)));
    assert_eq!((next.current, next.previous), (Some(refresh(1).digest()), worn.current));
}
