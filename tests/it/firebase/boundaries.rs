//! Tokens at the edge of a rule, on its good side.

use serde_json::json;

use super::world::World;
use crate::federation::token::Defect;

#[tokio::test]
async fn every_token_at_the_edge_of_a_rule_is_accepted() {
    let world = World::sdk().await;
    for (name, change) in EDGES {
        let mut browser = world.service.browser();
        let page = world.open(&mut browser).await;
        let token = world.google.bad_token(*change);
        let answer = world.post(&mut browser, &page.state, &token).await;
        assert_eq!(answer.status, 200, "{name}: {} {}", answer.body, world.service.log.text());
        let here = world.next_of(&answer);
        let answer = world.says_yes(&mut browser, &here).await;
        assert!(answer.landing().contains_key("code"), "{name}");
    }
    world.log_keeps_secrets();
}

const EDGES: &[(&str, Defect)] = &[
    ("as it is", |_| {}),
    ("a uid of one character", |draft| uid(draft, "a")),
    ("a uid of 128 characters", |draft| uid(draft, &"u".repeat(128))),
    ("a uid with a slash", |draft| uid(draft, "corp/alice")),
    ("no user_id", |draft| draft.without("user_id")),
    ("issued exactly 30 s before the sign-in began, and signed in then", |draft| {
        let then = draft.now() - 30;
        draft.claim("auth_time", then);
        draft.claim("iat", then);
    }),
    ("signed in 30 s before, issued now", |draft| draft.claim("auth_time", draft.now() - 30)),
    ("a clock a minute ahead", |draft| {
        let then = draft.now() + 60;
        draft.claim("auth_time", then);
        draft.claim("iat", then);
    }),
    ("no type", |draft| draft.head("typ", json!(null))),
    ("more of Firebase's own claims", |draft| {
        draft.claim("phone_number", "+15550100");
        draft.claims["firebase"]["sign_in_second_factor"] = json!("phone");
        draft.claims["firebase"]["sign_in_attributes"] = json!({ "groups": ["a"] });
    }),
    ("a name that turns text around", |draft| draft.claim("name", "Alice \u{202E}<b>Liddell\r\n")),
    ("no name", |draft| draft.without("name")),
];

fn uid(draft: &mut crate::federation::token::Draft, uid: &str) {
    draft.claim("sub", uid);
    draft.claim("user_id", uid);
}
