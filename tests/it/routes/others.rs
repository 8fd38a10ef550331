//! What is somebody's, presented by somebody else: not there, or of no effect.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use countersign::{flow::account::name_of_identity, store::People as _};

use super::{
    servers::SECRET,
    signed_in,
    world::{World, seen},
};
use crate::{
    harness::{Answer, Browser, Form},
    tokens::person,
};

/// What bob does with what is alice's, at which route, the answer, and the tables that it changes: a
/// code is spent before it is looked at, so that whoever stole it cannot try again.
const OTHERS: &[(&str, &str, &str, &str)] = &[
    ("ends her token on his page", "/account", "303", ""),
    ("disconnects an app of hers on his page", "/account", "303", ""),
    ("takes her sign-in away on his page", "/account", "303", ""),
    ("ends her browser's session on his page", "/account", "303", ""),
    ("sends her page's form", "/account", "400", ""),
    ("sends her consent's form", "/authorize", "400", ""),
    ("opens the way back from her sign-in", "/callback/dev", "400", ""),
    ("redeems her code by another client", "/token", "400 invalid_grant", "codes"),
    ("renews her grant by another client", "/token", "400 invalid_grant", ""),
    ("renews her grant for another server", "/token", "400 invalid_target", ""),
    ("renews by her access token", "/token", "400 invalid_grant", ""),
    ("renews by her personal token", "/token", "400 invalid_grant", ""),
    ("ends her grant by another client", "/revoke", "200", ""),
    ("ends her access token by another client", "/revoke", "200", ""),
    ("ends her personal token by a client", "/revoke", "200", ""),
    ("asks as the demo server about a token of another", "/introspect", "200", ""),
    ("asks as the demo server about a refresh token", "/introspect", "200", ""),
];

#[tokio::test]
async fn what_is_somebodys_is_nothing_to_somebody_else() {
    let world = World::new().await;
    let desk = Desk::of(&world).await;
    let mut wrong = Vec::new();
    for (what, route, expected, change) in OTHERS {
        let before = (world.service.state(), world.reached());
        let answer = desk.does(what, route).await;
        if seen(&answer) != *expected {
            wrong.push(format!("{what}: {} {}", seen(&answer), answer.body));
        }
        assert_eq!(changed(&before.0, &world.service.state()), *change, "{what}");
        assert_eq!(world.reached(), before.1, "{what}");
        assert_eq!(answer.header("set-cookie"), "", "{what}");
        assert!(!answer.body.contains("Alice Admin"), "{what}: {}", answer.body);
        if *route == "/introspect" {
            assert_eq!(answer.body, r#"{"active":false}"#, "{what}");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for server in &world.servers {
        assert_eq!(world.alices_pings(server).await, [200, 200], "{}", server.id);
    }
    let (client, refresh) = (&world.client, &world.refresh);
    let form = world.service.refresh(client, refresh).with("resource", world.last().url.as_str());
    assert_eq!(world.service.token(&form).await.status, 200, "her grant goes on");
    world.service.log.keeps(&world.secrets());
    world.service.log.keeps(&[&desk.code]);
    desk.alice_may().await;
}

/// The tables whose rows differ; each row begins with its table.
fn changed(before: &[String], after: &[String]) -> String {
    let gone = before.iter().filter(|row| !after.contains(row));
    let new = after.iter().filter(|row| !before.contains(row));
    let tables = gone.chain(new).map(|row| row.split(' ').next().unwrap());
    tables.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ")
}

/// Everything that bob got hold of.
struct Desk<'a> {
    world: &'a World,
    bob: Browser,
    bobs_form: Form,
    alice: Browser,
    /// The buttons of alice's page: what one does, their names and values.
    hers: Vec<(&'static str, &'static str, String)>,
    alices_form: Form,
    consent: Form,
    way_back: String,
    code: String,
    thief: String,
}

impl<'a> Desk<'a> {
    async fn of(world: &'a World) -> Self {
        let service = &world.service;
        let mut alice = signed_in(service, "alice").await;
        let own = world.own_client().await;
        let ask = service.ask(&own);
        // One app that is connected, and a code that is not redeemed yet.
        let mut codes = Vec::new();
        for _ in 0..2 {
            let landing = service.walk(&mut service.browser(), &ask, "alice").await.landing();
            codes.push(landing["code"].clone());
        }
        let [connects, code] = codes.try_into().unwrap();
        assert_eq!(service.token(&service.exchange(&own, &connects)).await.status, 200);
        let page = alice.get("/account").await;
        let asked = format!("/authorize?{}", ask.encoded());
        let consent = Form::on(&alice.get(&asked).await.body).1.and("provider", "dev");
        let way_back = service.to_callback(&mut service.browser(), &ask, "alice").await;
        let mut bob = signed_in(service, "bob").await;
        let bobs_form = Form::on(&bob.get("/account").await.body).1;
        let user = person(service, "Alice Admin").await;
        let identities = service.store.identities_of(&user.id).await.unwrap();
        let identity = name_of_identity(&identities[0].key);
        let end = page.body.split("name=\"end\" value=\"").nth(1);
        let end = end.map(|rest| rest.split('"').next().unwrap().to_owned()).unwrap();
        let hers = vec![
            ("ends her token", "revoke", world.personal.clone()),
            ("disconnects", "disconnect", own),
            ("takes her sign-in", "remove", identity),
            ("ends her browser", "end", end),
        ];
        let alices_form = Form::on(&page.body).1.and("sign_out", "1");
        let thief = world.thief().await;
        Self { world, bob, bobs_form, alice, hers, alices_form, consent, way_back, code, thief }
    }

    /// What bob could not do is there to be done: alice does it.
    async fn alice_may(&self) {
        let mut alice = self.alice.clone();
        for (what, button, value) in &self.hers {
            let before = self.world.service.state();
            let form = Form::on(&alice.get("/account").await.body).1.and(button, value);
            assert_eq!(alice.post("/account", &form).await.status, 303, "{what}");
            // The one sign-in that she has cannot be taken away.
            let changes = *button != "remove";
            assert_eq!(before != self.world.service.state(), changes, "{what}");
        }
    }

    async fn does(&self, what: &str, route: &str) -> Answer {
        let mut bob = self.bob.clone();
        match route {
            "/account" if what.starts_with("sends") => bob.post(route, &self.alices_form).await,
            "/account" => {
                let (_, button, value) =
                    self.hers.iter().find(|(it, ..)| what.starts_with(it)).unwrap();
                bob.post(route, &self.bobs_form.clone().and(button, value)).await
            }
            "/authorize" => bob.post(route, &self.consent).await,
            "/callback/dev" => bob.get(&self.way_back).await,
            "/introspect" => self.asks(what).await,
            _ => self.by_a_client(what, route).await,
        }
    }

    async fn by_a_client(&self, what: &str, route: &str) -> Answer {
        let (service, world) = (&self.world.service, self.world);
        let (signed, personal) = (&world.servers[0].good[0], &world.servers[0].good[1]);
        let (thief, refresh) = (&self.thief, &world.refresh);
        let revoke = |token: &str| Form::of(&[("client_id", thief), ("token", token)]);
        let last = world.last().url.as_str();
        let form = match what {
            "redeems her code by another client" => service.exchange(thief, &self.code),
            "renews her grant by another client" => {
                service.refresh(thief, refresh).with("resource", last)
            }
            "renews her grant for another server" => service.refresh(&world.client, refresh),
            "renews by her access token" => service.refresh(&world.client, signed),
            "renews by her personal token" => service.refresh(&world.client, personal),
            "ends her grant by another client" => revoke(refresh),
            "ends her access token by another client" => revoke(signed),
            "ends her personal token by a client" => revoke(personal),
            _ => panic!("nobody knows how one {what}"),
        };
        service.post(route, &form, &[]).await
    }

    async fn asks(&self, what: &str) -> Answer {
        let world = self.world;
        let refresh = what.ends_with("refresh token");
        let token = if refresh { &world.refresh } else { &world.last().good[0] };
        let demo = format!("Basic {}", STANDARD.encode(format!("demo:{SECRET}")));
        let form = Form::of(&[("token", token)]);
        world.service.post("/introspect", &form, &[("authorization", &demo)]).await
    }
}
