//! What is put into databases before a run, through the library's own verbs.

use std::time::Duration;

use countersign::{
    ambient::{Clock as _, SystemClock},
    engine::record::Code,
    protocol::{id::GrantId, pkce::Challenge, secret::Digest},
    store::Store,
};
use futures_util::future::try_join_all;

use crate::world::{Client, Granted, World, code};

/// Codes that are good for a day, with the numbers from 0 on.
pub(crate) async fn codes(store: &dyn Store, world: &World, count: u64) -> anyhow::Result<()> {
    let expires_at = SystemClock.now().plus(Duration::from_hours(24));
    let Granted { authorization, consent } = &world.granted;
    let challenge = Challenge::parse(&world.client.challenge);
    let challenge = challenge.ok_or_else(|| anyhow::anyhow!("the challenge is none"))?;
    let record = |number| Code {
        digest: code(number).digest(),
        grant: grant(number),
        authorization: authorization.clone(),
        redirect_uri: Client::REDIRECT.to_owned(),
        challenge: challenge.clone(),
        expires_at,
    };
    for start in (0..count).step_by(TOGETHER) {
        let end = count.min(start.saturating_add(TOGETHER as u64));
        let codes: Vec<Code> = (start..end).map(record).collect();
        try_join_all(codes.iter().map(|code| store.put_code(code, consent))).await?;
    }
    Ok(())
}

/// The grant that a code opens.
pub(crate) fn grant(number: u64) -> GrantId {
    let digest = Digest::of(&format!("grant {number}"));
    let mut id = [0; 16];
    id.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
    GrantId::from_entropy(id)
}

/// How many are written together.
const TOGETHER: usize = 512;
