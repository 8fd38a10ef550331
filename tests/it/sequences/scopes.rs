//! Scopes from the request to the last refresh: each step may take some, none may add one.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::samples;
use crate::harness::{Answer, Form, Service, claims};

type Names = BTreeSet<String>;

const SERVER: [&str; 3] = ["admin", "read", "write"];

fn names(among: &'static [&'static str]) -> impl Strategy<Value = Names> {
    let some = prop::sample::subsequence(among, 0..=among.len());
    some.prop_map(|names| names.into_iter().map(str::to_owned).collect())
}

fn text(names: &Names) -> String {
    names.iter().cloned().collect::<Vec<_>>().join(" ")
}

/// The scopes of the access token in this answer.
fn given(answer: &Answer) -> Names {
    let json = answer.json();
    let said = claims(json["access_token"].as_str().unwrap()).1;
    let given: Names =
        said["scope"].as_str().unwrap().split_whitespace().map(str::to_owned).collect();
    assert_eq!(json["scope"], text(&given).as_str(), "the answer says what the token says");
    given
}

/// Asked ∩ the server's ∩ the person's; nothing asked means all.
fn to_be_had(asked: &Names, reader: bool) -> Names {
    let asked: Names = asked.iter().filter(|name| *name != "openid").cloned().collect();
    let all = SERVER.iter().filter(|name| asked.is_empty() || asked.contains(**name));
    all.filter(|name| !reader || **name == "read").map(|name| (*name).to_owned()).collect()
}

/// What the client hears, whether the request goes back at once or after the sign-in.
async fn landing_of(service: &Service, ask: &Form, user: &str) -> BTreeMap<String, String> {
    let mut browser = service.browser();
    let here = browser.get(&format!("/authorize?{}", ask.encoded())).await;
    match here.location() {
        Some(_) => here.landing(),
        None => service.walk(&mut browser, ask, user).await.landing(),
    }
}

#[tokio::test]
async fn what_a_token_may_was_asked_for_is_the_servers_and_is_the_persons_and_never_grows() {
    let service = super::unlimited().await;
    let client = service.client().await;
    let asked = names(&["admin", "read", "write", "root", "openid"]);
    let narrowing = prop::collection::vec(names(&["admin", "read", "write", "root"]), 1..5);
    let (mut let_in, mut refused) = (0, 0);
    for (asked, narrowing, reader) in samples(&(asked, narrowing, any::<bool>()), 40) {
        let user = if reader { "bob" } else { "alice" };
        let ask = service.ask(&client).and("scope", &text(&asked));
        let landing = landing_of(&service, &ask, user).await;
        let most = to_be_had(&asked, reader);
        let Some(code) = landing.get("code") else {
            assert!(most.is_empty(), "{user} asked for {asked:?}: {landing:?}");
            refused += 1;
            continue;
        };
        let_in += 1;
        let first = service.token(&service.exchange(&client, code)).await;
        assert_eq!(given(&first), most, "{user} asked for {asked:?}");
        let mut refresh = first.json()["refresh_token"].as_str().unwrap().to_owned();
        for wanted in narrowing {
            let form = service.refresh(&client, &refresh).and("scope", &text(&wanted));
            let answer = service.token(&form).await;
            if !wanted.is_subset(&most) {
                assert!(
                    answer.refusal().starts_with("400 invalid_scope"),
                    "{wanted:?} of {most:?}"
                );
                continue;
            }
            assert_eq!(given(&answer), if wanted.is_empty() { most.clone() } else { wanted });
            answer.json()["refresh_token"].as_str().unwrap().clone_into(&mut refresh);
        }
    }
    assert!(let_in > 10 && refused > 2, "{let_in} let in, {refused} refused");
}
