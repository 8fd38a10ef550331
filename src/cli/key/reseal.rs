//! `countersign key reseal`.

use std::fmt::Write as _;

use serde_json::json;

use crate::{
    cli::{
        faults::Failure,
        output::{Answer, Exit, count, tell},
    },
    config::Config,
    flow::keys::Resealing,
};

/// Seals everything with the first master key; tells on standard error how far it is.
pub(super) async fn reseal(config: &Config) -> Result<Answer, Failure> {
    let Some(manager) = super::manager(config).await? else { return Ok(super::no_keys()) };
    let mut told = 0;
    let done = manager
        .reseal(|so_far| {
            if so_far.looked_at >= told + EVERY {
                told = so_far.looked_at;
                tell(&format!("{} identities looked at, {} resealed", told, so_far.claims));
            } else if so_far.looked_at < told {
                told = 0;
            }
        })
        .await?;
    let good = done.complete && done.closed == 0;
    let json = json!({
        "good": good,
        "signing_keys": done.keys,
        "identities": done.claims,
        "closed": done.closed,
        "complete": done.complete,
        "master_key": manager.vault.ids().next().map(|id| id.to_string()),
    });
    let exit = if good { Exit::Good } else { Exit::Finding };
    Ok(Answer { text: text(&done), json, exit })
}

fn text(done: &Resealing) -> String {
    let keys =
        count(usize::try_from(done.keys).unwrap_or(usize::MAX), "signing key", "signing keys");
    let claims = format!("the claims of {} identities", done.claims);
    let mut text = format!("Sealed anew with the first master key: {keys} and {claims}.\n");
    if done.closed > 0 {
        let _ = writeln!(
            text,
            "{} cannot be opened with any master key given here. Give the one that sealed them and run this \
             again; without it, people whose claims they are sign in again.",
            done.closed
        );
    }
    text.push_str(match (done.complete, done.closed) {
        (false, _) => "Somebody still seals with another key: put the new one in front at every node, restart, and run this again.",
        (true, 0) => "Nothing in the database needs the other master keys any more. When every node has the first one in front, the others may go.",
        (true, _) => "Everything else is sealed with the first one.",
    });
    text
}

/// How many identities between two lines.
const EVERY: u64 = 10_000;
