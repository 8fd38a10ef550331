//! A grant's family: every refresh token that followed from one sign-in, and every access token.

use proptest::prelude::*;

use super::samples;

#[derive(Debug)]
struct Life {
    /// How often the token turns.
    turns: usize,
    /// Which of the old ones comes again.
    again: prop::sample::Index,
    /// How long after the last turn.
    wait: u64,
}

fn life() -> impl Strategy<Value = Life> {
    (2_usize..6, any::<prop::sample::Index>(), 0_u64..90).prop_map(|(turns, again, wait)| Life {
        turns,
        again,
        wait,
    })
}

#[tokio::test]
async fn once_any_old_refresh_token_comes_again_no_member_of_its_family_works() {
    let service = super::unlimited().await;
    for life in samples(&life(), 24) {
        let tokens = service.tokens("alice").await;
        let text = |it: &serde_json::Value, name: &str| it[name].as_str().unwrap().to_owned();
        let client = service.client().await;
        let mut refresh = vec![text(&tokens, "refresh_token")];
        let mut access = vec![text(&tokens, "access_token")];
        for _ in 0..life.turns {
            let answer = service.token(&service.refresh(&client, refresh.last().unwrap())).await;
            let answer = answer.json();
            refresh.push(text(&answer, "refresh_token"));
            access.push(text(&answer, "access_token"));
        }
        for token in &access {
            assert_eq!(service.mcp(token).await, 200, "{life:?}");
        }
        service.wait(life.wait);
        // The last but one may be that of a client that lost an answer; those before it are reused.
        let old = &refresh[life.again.index(life.turns - 1)];
        let reuse = service.token(&service.refresh(&client, old)).await.refusal();
        assert!(reuse.contains("the grant is revoked"), "{life:?}: {reuse}");
        for token in &refresh {
            let answer = service.token(&service.refresh(&client, token)).await;
            assert_eq!(answer.status, 400, "{life:?}");
        }
        for token in &access {
            assert_eq!(service.mcp(token).await, 401, "{life:?}");
        }
    }
}
