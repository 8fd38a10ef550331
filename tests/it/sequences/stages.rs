//! The stages of a sign-in, in any order and from any browser, but for the one step that makes somebody:
//! a browser that opens the callback of its own sign-in with the provider's answer to it.
//!
//! By type there is no such way either: `Authorizer::code` takes a `Principal`, and the doc tests of
//! `provider::policy::Principal`, `provider::identity::Identity` and `jose::id_token::VerifiedIdToken` show
//! that nobody else makes one.

use proptest::prelude::*;
use url::Url;

use super::samples;
use crate::harness::{Answer, Browser, Form, Service};

/// One request, by one of two browsers.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Opens the consent page.
    Ask,
    /// Answers the page it last saw, or that the other one did.
    Consent { theirs: bool },
    /// Opens the callback with one of the states, and a code from nowhere or from the other's sign-in.
    Back { their_state: bool, their_code: bool },
    /// The same, with an error instead of a code.
    Fail,
    /// The same at a provider that posts its tokens.
    Post,
    /// Confirms an account that nobody proved.
    Confirm,
    /// Redeems what it calls a code.
    Redeem,
    /// Opens the account page.
    Account,
}

fn steps() -> impl Strategy<Value = Vec<(bool, Step)>> {
    let step = prop_oneof![
        6 => Just(Step::Ask),
        6 => any::<bool>().prop_map(|theirs| Step::Consent { theirs }),
        4 => any::<(bool, bool)>()
            .prop_map(|(their_state, their_code)| Step::Back { their_state, their_code }),
        1 => Just(Step::Fail),
        1 => Just(Step::Post),
        1 => Just(Step::Confirm),
        1 => Just(Step::Redeem),
        1 => Just(Step::Account),
    ];
    prop::collection::vec((any::<bool>(), step), 4..16)
}

/// A browser, and what it has seen.
struct Seat {
    browser: Browser,
    page: Form,
    state: String,
}

impl Seat {
    fn new(service: &Service) -> Self {
        let page = Form::of(&[("request", "x")]);
        Self { browser: service.browser(), page, state: "x".to_owned() }
    }

    /// Remembers the form of a page, and the state of a redirect to the provider.
    fn sees(&mut self, answer: &Answer) {
        if answer.body.contains("<form") {
            self.page = Form::on(&answer.body).1;
        }
        let state = answer.location().and_then(|location| parameter(location, "state"));
        self.state = state.unwrap_or_else(|| self.state.clone());
    }
}

fn parameter(url: &str, name: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let mut named = url.query_pairs().filter(|(known, _)| known == name);
    named.next().map(|(_, value)| value.into_owned())
}

async fn take(
    service: &Service,
    seats: &mut [Seat; 2],
    who: usize,
    step: Step,
    code: &str,
    client: &str,
) -> Answer {
    let (page, state) = (seats[1 - who].page.clone(), seats[1 - who].state.clone());
    let Seat { browser, page: own_page, state: own_state } = &mut seats[who];
    match step {
        Step::Ask => browser.get(&format!("/authorize?{}", service.ask(client).encoded())).await,
        Step::Consent { theirs } => {
            let page = if theirs { page } else { own_page.clone() };
            browser.post("/authorize", &page.and("provider", "dev")).await
        }
        Step::Back { their_state, their_code } => {
            let state = if their_state { &state } else { &*own_state };
            let code = if their_code { code } else { "from-nowhere" };
            let back = Form::of(&[("state", state), ("code", code)]);
            browser.get(&format!("/callback/dev?{}", back.encoded())).await
        }
        Step::Fail => {
            let back = Form::of(&[("state", own_state), ("error", "access_denied")]);
            browser.get(&format!("/callback/dev?{}", back.encoded())).await
        }
        Step::Post => browser.post("/callback/dev", &Form::of(&[("id_token", code)])).await,
        Step::Confirm => browser.post("/confirm/dev", &own_page.clone()).await,
        Step::Redeem => service.token(&service.exchange(client, code)).await,
        Step::Account => browser.get("/account").await,
    }
}

#[tokio::test]
async fn no_sequence_of_stages_without_a_verified_identity_leads_to_a_code() {
    let service = super::unlimited().await;
    let client = service.client().await;
    let ask = service.ask(&client);
    let (mut taken, mut left_for_provider) = (0, 0);
    for steps in samples(&steps(), 64) {
        // Somebody else's sign-in, gone as far as the provider's answer, which they have yet to open.
        let back = service.to_callback(&mut service.browser(), &ask, "alice").await;
        let code = parameter(&back, "code").unwrap();
        let mut seats = [Seat::new(&service), Seat::new(&service)];
        for (who, step) in &steps {
            let answer = take(&service, &mut seats, usize::from(*who), *step, &code, &client).await;
            let to = answer.location().unwrap_or_default();
            assert!(
                !to.contains("?code=") && !to.contains("&code="),
                "{step:?} of {steps:?} leads to {to}"
            );
            assert!(!answer.body.contains("access_token"), "{step:?} of {steps:?}");
            left_for_provider += usize::from(to.contains("code_challenge="));
            seats[usize::from(*who)].sees(&answer);
            taken += 1;
        }
    }
    for table in ["codes", "grants", "sessions", "users"] {
        assert_eq!(service.count(table), 0, "{table} after {taken} steps");
    }
    assert!(left_for_provider > 15, "of {taken} steps {left_for_provider} led to the provider");
    let landing = service.sign_in("alice").await;
    assert!(
        landing.contains_key("code"),
        "the one step that was left out makes a code: {landing:?}"
    );
}
