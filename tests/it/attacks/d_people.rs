//! D: who a person is, and how identities come together. The key is provider, issuer and subject; no
//! address, name, order or mail ever is.

use futures_util::future::join_all;
use serde_json::json;

use super::before::Before;
use crate::{
    federation::{
        callback::EXPIRED,
        kind::{EMAIL, Kind, with_keys},
        refusals::{DENIED, refused},
        world::{World, way_back},
    },
    harness::{Answer, Browser, Setup},
    people::steps::{enter, person, press, session},
};

/// The user that a sign-in by the provider is, or one by the other provider.
async fn who(world: &World) -> String {
    world.user_of(&world.walk().await.landing()).await
}

async fn who_by_spare(world: &World) -> String {
    world.user_of(&world.walk_by_spare().await.landing()).await
}

#[tokio::test]
async fn d01_an_address_or_a_subject_of_another_issuer_is_nobodys_account() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let alice = who(&world).await;
        let before = Before::about(&world.service, &alice);
        let claims = world.provider.now(|desk| desk.person.clone());

        world.provider.now(|desk| desk.person["sub"] = json!("somebody-else"));
        let same_address = who(&world).await;
        world.spare.now(|desk| desk.person = claims);
        let same_everything = who_by_spare(&world).await;
        assert!(alice != same_address && alice != same_everything);
        assert_ne!(same_address, same_everything);
        before.stands(&world.service, &[EMAIL]);
        for id in [&alice, &same_address, &same_everything] {
            assert_eq!(world.user(id).await.email.as_deref(), Some(EMAIL), "shown, and no key");
        }
        assert_eq!((world.service.count("users"), world.service.count("identities")), (3, 3));
    }
}

#[tokio::test]
async fn d03_a_provider_is_believed_about_addresses_of_its_own_domains_alone() {
    let edit = |file: &str| with_keys(file, "trusted_email_domains = [\"corp.example\"]");
    let rows: &[crate::federation::refusals::Row] = &[
        ("another domain", WHY, |draft| draft.claim("email", "alice@gmail.com")),
        ("a domain below", WHY, |draft| draft.claim("email", "alice@evil.corp.example")),
        ("a look-alike", WHY, |draft| draft.claim("email", "alice@evil-corp.example")),
        ("two signs", WHY, |draft| draft.claim("email", "alice@corp.example@evil.example")),
        ("a domain in quotes", WHY, |draft| {
            draft.claim("email", "\"alice@corp.example\"@evil.example");
        }),
    ];
    for kind in Kind::ALL {
        refused(kind, edit, DENIED, rows).await;
        let world = World::with(kind, edit).await;
        world.provider.now(|desk| desk.person["email"] = json!("alice@corp.example"));
        assert_eq!(world.scopes().await, kind.scopes());
    }
    // Where no address is asked for, an address that is not believed gives nothing and is not passed on.
    let open = |file: &str| {
        let keys = "trusted_email_domains = [\"corp.example\"]\nunverified_email = \"allow\"";
        let rules = "[[grant]]\nwhen = { email = \"ceo@gmail.com\" }\nscopes = [\"write\"]\n";
        format!("{}\n{rules}", with_keys(file, keys))
    };
    let world = World::with(Kind::Google, open).await;
    world.provider.now(|desk| desk.person["email"] = json!("ceo@gmail.com"));
    let tokens = world.tokens(&world.walk().await.landing()).await;
    let (_, claims) = crate::harness::claims(tokens["access_token"].as_str().unwrap());
    assert_eq!((&claims["scope"], claims.get("email")), (&json!("read"), None));
}

const WHY: &str = "no verified e-mail address";

#[tokio::test]
async fn d04_an_account_made_early_under_the_victims_address_is_never_the_victims() {
    let world = World::of(Kind::Oidc).await;
    let open =
        |text: String| text.replacen("[[grant]]", "unverified_email = \"allow\"\n[[grant]]", 1);
    let world = world.changed(|setup| setup.edit("providers/spare.toml", open)).await;
    world.spare.now(|desk| {
        desk.person = json!({ "sub": "mallory", "email": EMAIL, "email_verified": false });
    });
    let mut attacker = world.service.browser();
    enter(&world, &mut attacker, "spare").await;
    let mallory = who_by_spare(&world).await;
    assert_eq!(world.user(&mallory).await.email, None, "an address nobody verified is not kept");

    let before = Before::about(&world.service, &mallory);
    let alice = who(&world).await;
    assert_ne!(alice, mallory);
    before.stands(&world.service, &[EMAIL]);
    let page = attacker.get("/account").await;
    assert!(!page.body.contains(EMAIL) && !page.body.contains("alice-at-oidc"), "{}", page.body);

    let before = Before::about(&world.service, &alice);
    assert_eq!(who_by_spare(&world).await, mallory);
    world.spare.now(|desk| desk.person["email_verified"] = json!(true));
    assert_eq!(who_by_spare(&world).await, mallory, "nor when it is verified later");
    before.stands(&world.service, &[EMAIL]);
}

/// Asserts that this browser gets nowhere by this URL, and that nothing comes of it.
async fn adds_nothing(world: &World, browser: &mut Browser, url: &str, page: &str) {
    let identities = world.service.count("identities");
    let session_before = session(browser);
    let answer = browser.get(url).await;
    assert_eq!(answer.page(), page);
    assert_eq!(session(browser), session_before);
    assert_eq!(world.service.count("identities"), identities);
    world.log_keeps_secrets();
}

/// Mallory begins to add an identity: the way back from the provider, yet to be opened.
async fn begun(world: &World, mallory: &mut Browser) -> String {
    let left = press(&world.service, mallory, ("add", "spare")).await;
    way_back(&world.spare, left.location().unwrap())
}

#[tokio::test]
async fn d06_a_link_that_the_attacker_began_is_not_finished_by_the_victim() {
    let world = World::of(Kind::Oidc).await;
    let mut mallory = world.service.browser();
    enter(&world, &mut mallory, "oidc").await;
    assert!(mallory.get("/account").await.body.contains("Continue with Spare"), "it is named");

    // The victim follows what was sent to them, signs in at the provider, and comes back.
    let mut victim = world.service.browser();
    let back = begun(&world, &mut mallory).await;
    let before = Before::of(&world.service);
    adds_nothing(&world, &mut victim, &back, EXPIRED).await;
    before.stands(&world.service, &[]);
    world.provider.now(|desk| desk.person["sub"] = json!("the-victim"));
    enter(&world, &mut victim, "oidc").await;
    let before = Before::of(&world.service);
    adds_nothing(&world, &mut victim, &back, EXPIRED).await;
    before.stands(&world.service, &[]);

    // Not even in the attacker's own browser with the victim's session in it.
    let kept = session(&mallory);
    mallory.cookies.insert("countersign-session".to_owned(), session(&victim));
    adds_nothing(&world, &mut mallory, &back, "403 Nothing was added").await;
    mallory.cookies.insert("countersign-session".to_owned(), kept);

    // And only by somebody who signed in a moment ago.
    world.service.wait(600);
    let answer = press(&world.service, &mut mallory, ("add", "spare")).await;
    assert_eq!(answer.page(), "403 Nothing was changed");
    assert_eq!(world.service.count("identities"), 2);
}

#[tokio::test]
async fn d07_a_provider_that_was_switched_off_vouches_for_nothing_at_any_step() {
    let world = World::of(Kind::Oidc).await;
    let mut one = world.service.browser();
    let to_sign_in = world.callback(&mut one).await;
    let mut two = world.service.browser();
    enter(&world, &mut two, "spare").await;
    let left = press(&world.service, &mut two, ("add", "oidc")).await;
    let to_add = way_back(&world.provider, left.location().unwrap());
    let mut three = world.service.browser();
    enter(&world, &mut three, "oidc").await;
    let tokens = world.tokens(&world.walk().await.landing()).await;
    let code = world.walk().await.landing()["code"].clone();

    let world = world.changed(|setup| setup.variable("COUNTERSIGN_PROVIDERS", "spare")).await;
    let before = Before::of(&world.service);
    for (cookies, url) in [(one.cookies, to_sign_in), (two.cookies, to_add)] {
        let mut here = world.service.browser();
        here.cookies = cookies;
        let answer = here.get(&url).await;
        world.was_shown(&answer, EXPIRED);
    }
    let mut here = world.service.browser();
    here.cookies = three.cookies;
    assert_eq!(person(&mut here).await, None, "no session by it");
    let path = format!("{}/authorize?{}", world.service.issuer, world.ask().encoded());
    let page = here.get(&path).await;
    let (action, form) = crate::harness::Form::on(&page.body);
    let answer = here.post(&action, &form.and("provider", "oidc")).await;
    assert!(answer.status.is_client_error(), "no way to it: {}", answer.status);
    before.stands(&world.service, &[&code]);

    let refresh = tokens["refresh_token"].as_str().unwrap();
    let redeemed = world.service.token(&world.service.exchange(&world.client, &code)).await;
    let turned = world.service.token(&world.service.refresh(&world.client, refresh)).await;
    was_invalid_grant(&[redeemed, turned]);
    assert_eq!(world.service.count("grants"), 1, "and no new one");
    world.log_keeps_secrets();
}

/// Asserts that none of these answers of the token endpoint gives anything.
pub(super) fn was_invalid_grant(answers: &[Answer]) {
    for answer in answers {
        let told = (answer.status.as_u16(), answer.json()["error"].clone());
        assert_eq!(told, (400, json!("invalid_grant")), "{}", answer.body);
        assert!(!answer.body.contains("token\":"), "{}", answer.body);
    }
}

#[tokio::test]
async fn d09_a_name_of_power_or_another_users_id_gives_neither_account_nor_scope() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let alice = who(&world).await;
        let before = Before::about(&world.service, &alice);
        world.provider.now(|desk| {
            desk.person = json!({
                "sub": "mallory", "email": "mallory@example.com", "email_verified": true,
                "name": "admin", "preferred_username": "admin", "nickname": alice, "upn": "root",
                "username": alice, "user_id": alice, "id": alice, "uid": alice,
            });
        });
        let landing = world.walk().await.landing();
        assert_eq!(world.scopes_of(&landing).await, "read", "{kind:?}");
        assert_ne!(who(&world).await, alice);
        before.stands(&world.service, &[]);
        world.provider.now(|desk| desk.person["sub"] = json!(alice));
        assert_ne!(who(&world).await, alice, "our id is no subject of theirs");
    }
}

#[tokio::test]
async fn d16_a_recycled_account_brings_nothing_back() {
    // An id that passes on is no key: the file that says so does not start.
    for claim in ["email", "preferred_username", "upn", "name", "phone_number"] {
        let setup = Kind::Oidc.configure(Setup::new(), "https://issuer.example", str::to_owned);
        let setup = setup.variable("COUNTERSIGN_PROVIDERS", "oidc");
        let keys = format!("profile = {{ subject = \"{claim}\" }}");
        let setup = setup.edit("providers/oidc.toml", |file| with_keys(&file, &keys));
        let faults = format!("{:?}", setup.load().expect_err("it passes on"));
        assert!(faults.contains("profile.subject"), "{claim}: {faults}");
    }
    let world = World::of(Kind::Oidc).await;
    let mut browser = world.service.browser();
    enter(&world, &mut browser, "oidc").await;
    let back = begun(&world, &mut browser).await;
    assert_eq!(browser.get(&back).await.location(), Some("/account"));
    let alice = who(&world).await;

    // Her old address under another subject; then the identity that she took away herself.
    let before = Before::about(&world.service, &alice);
    world.spare.now(|desk| desk.person["sub"] = json!("her-successor"));
    assert_ne!(who_by_spare(&world).await, alice);
    before.stands(&world.service, &[]);
    world.spare.now(|desk| desk.person["sub"] = json!("alice-at-spare"));
    gone(&world, "alice-at-spare");
    let before = Before::about(&world.service, &alice);
    assert_ne!(who_by_spare(&world).await, alice, "a stranger from then on");
    before.stands(&world.service, &[]);
}

/// Takes an identity away, as its person does.
fn gone(world: &World, subject: &str) {
    world.service.execute("DELETE FROM identities WHERE subject = ?", subject);
}

#[tokio::test]
async fn d21_the_first_person_of_an_empty_database_is_nobody_special() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        assert_eq!(world.service.count("users"), 0);
        let mut had = Vec::new();
        for subject in ["the-first", "the-second"] {
            world.provider.now(|desk| {
                desk.person = json!({ "sub": subject, "email": EMAIL, "email_verified": true });
            });
            let tokens = world.tokens(&world.walk().await.landing()).await;
            let access = tokens["access_token"].as_str().unwrap();
            let (_, claims) = crate::harness::claims(access);
            had.push(claims["scope"].as_str().unwrap().to_owned());
            let more =
                ["role", "roles", "admin", "groups"].iter().find(|it| claims.get(it).is_some());
            assert_eq!(more, None);
        }
        assert_eq!(had, ["read", "read"], "{kind:?}: what the rules give, by whatever order");
    }
}

#[tokio::test]
async fn d22_first_sign_ins_of_one_person_in_parallel_make_one_user() {
    for kind in Kind::ALL {
        let world = World::of(kind).await;
        let mut browsers: Vec<_> = (0..8).map(|_| world.service.browser()).collect();
        let mut waiting = Vec::new();
        for browser in &mut browsers {
            let back = world.callback(browser).await;
            waiting.push(async move { browser.get(&back).await });
        }
        let answers = join_all(waiting).await;
        let rows = "clients 1, codes 8, consents 1, identities 1, users 1";
        assert_eq!(world.service.rows(), rows);
        let mut users = Vec::new();
        for answer in &answers {
            users.push(world.user_of(&answer.landing()).await);
        }
        users.dedup();
        assert_eq!(users.len(), 1);
        world.log_keeps_secrets();
    }
}
