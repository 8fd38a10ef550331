//! Codes that are put into databases before a run, through the library's own verbs.

use std::{ops::Range, time::Duration};

use anyhow::Context as _;
use countersign::{
    ambient::{Clock as _, SystemClock},
    engine::record::{Authorization, Code},
    protocol::{id::GrantId, pkce::Challenge, secret::Digest},
    store::Store,
};
use futures_util::future::try_join_all;

use crate::{
    client::{Client, code},
    world::World,
};

/// Codes with these numbers.
pub(crate) async fn codes(
    store: &dyn Store,
    world: &World,
    numbers: Range<u64>,
) -> anyhow::Result<()> {
    let granted = &world.granted;
    for start in numbers.clone().step_by(TOGETHER) {
        let end = numbers.end.min(start.saturating_add(TOGETHER as u64));
        let codes = (start..end).map(|number| record(number, &granted.authorization, world));
        let codes: Vec<Code> = codes.collect::<Result<_, _>>()?;
        try_join_all(codes.iter().map(|code| store.put_code(code, &granted.consent))).await?;
    }
    Ok(())
}

/// One of them, good for a day.
pub(crate) fn record(number: u64, of: &Authorization, world: &World) -> anyhow::Result<Code> {
    Ok(Code {
        digest: code(number).digest(),
        grant: grant(number),
        authorization: of.clone(),
        redirect_uri: Client::REDIRECT.to_owned(),
        challenge: Challenge::parse(&world.client.challenge).context("a PKCE challenge")?,
        expires_at: SystemClock.now().plus(Duration::from_hours(24)),
    })
}

/// The grant that a code opens, as if the service had made eight codes in each millisecond.
pub(crate) fn grant(number: u64) -> GrantId {
    let millis = FIRST_GRANT + number / 8;
    GrantId::new(millis, bytes(&format!("grant {number}")))
}

/// Bytes that look random and follow from a text.
pub(crate) fn bytes<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.iter_mut().zip(Digest::of(text).as_bytes()).for_each(|(to, from)| *to = *from);
    bytes
}

/// When the first grant was made, in milliseconds since 1970: in November 2026.
const FIRST_GRANT: u64 = 1_795_000_000_000;
/// How many are written together.
pub(crate) const TOGETHER: usize = 512;
