//! Races, tried out rather than hoped for: requests through the real routes and flows, on a real store,
//! in every order that the store's verbs can take.

mod codes;
mod jwks;
mod keys;
mod refreshes;

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use countersign::{
    engine::record::{Code, Consent, Grant},
    protocol::{
        id::{GrantId, UserId},
        secret::AuthorizationCode,
    },
    store::{Nodes as _, People as _, Store as _},
};

use crate::harness::{Answer, Doing, Form, Service, Setup, in_every_order};

/// A person who signed in once, and as many codes of that sign-in as a test wants.
struct Person {
    service: Service,
    client: String,
    code: Code,
    consent: Consent,
    made: AtomicU32,
}

impl Person {
    async fn signed_in() -> Self {
        let service = Setup::new().variable("COUNTERSIGN_ADDRESS_LIMIT", "off").start().await;
        let (text, client) = (service.code("alice").await, service.client().await);
        let digest = AuthorizationCode::parse(&text).unwrap().digest();
        let code = service.store.code(&digest).await.unwrap().unwrap();
        let consents = service.store.consents_of(&code.authorization.user).await.unwrap();
        let consent = consents.into_iter().next().unwrap();
        Self { service, client, code, consent, made: AtomicU32::new(0) }
    }

    fn user(&self) -> &UserId {
        &self.code.authorization.user
    }

    /// Another code, such as the sign-in gave, and the grant that it would open.
    async fn another_code(&self) -> (String, GrantId) {
        let random = |length| {
            let number = self.made.fetch_add(1, Ordering::Relaxed);
            number.to_le_bytes().into_iter().cycle().take(length).collect::<Vec<_>>()
        };
        let code = AuthorizationCode::from_entropy(random(32).try_into().unwrap());
        let grant = GrantId::from_bytes(random(16).try_into().unwrap());
        let record = Code { digest: code.digest(), grant, ..self.code.clone() };
        self.service.store.put_code(&record, &self.consent).await.unwrap();
        (code.reveal().to_owned(), grant)
    }

    /// The exchange of a code, at this node or another.
    fn exchange<'a>(&'a self, node: &'a Service, code: &str) -> Doing<'a, Answer> {
        posted(node, self.service.exchange(&self.client, code))
    }

    fn refresh<'a>(&'a self, node: &'a Service, token: &str) -> Doing<'a, Answer> {
        posted(node, self.service.refresh(&self.client, token))
    }

    /// The tokens of a new grant: access and refresh.
    async fn tokens(&self) -> (String, String) {
        let (code, _) = self.another_code().await;
        let answer = self.exchange(&self.service, &code).await;
        (token(&answer, "access_token"), token(&answer, "refresh_token"))
    }

    async fn grant(&self, id: &GrantId) -> Option<Grant> {
        self.service.store.grant(id).await.unwrap()
    }

    /// Nothing that this answer gave is good for anything.
    async fn is_dead(&self, answer: &Answer) {
        if answer.status == 200 {
            assert_eq!(self.service.mcp(&token(answer, "access_token")).await, 401);
            let refresh = token(answer, "refresh_token");
            let again = self.refresh(&self.service, &refresh).await;
            assert_eq!(again.status, 400, "{}", again.body);
        }
    }
}

fn posted(node: &Service, form: Form) -> Doing<'_, Answer> {
    Box::pin(async move { node.token(&form).await })
}

fn token(answer: &Answer, name: &str) -> String {
    let json = answer.json();
    json[name].as_str().unwrap_or_else(|| panic!("{json}")).to_owned()
}

fn served(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.status == 200).count()
}

/// What such a test is worth: it finds a gate that reads, and then writes.
#[tokio::test]
async fn of_six_orders_four_let_two_through_a_gate_that_reads_first() {
    let service = Service::start().await;
    let (mut gates, mut both) = (0, 0);
    let orders = in_every_order(10, async |orders| {
        gates += 1;
        let gate = format!("gate {gates}");
        let enter = |_| -> Doing<'_, bool> {
            Box::pin(async {
                let (store, now) = (&service.store, service.now());
                let free = store.leased_until(&gate).await.unwrap().is_none();
                free && store
                    .lease(&gate, "us", now, now.plus(Duration::from_mins(1)))
                    .await
                    .unwrap()
            })
        };
        let entered = orders.run((0..2).map(enter).collect()).await;
        both += usize::from(entered == [true, true]);
    })
    .await;
    assert_eq!((orders, both), (6, 4));
}
