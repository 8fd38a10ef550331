//! A process that keeps ending is not started anew at once: a person who meets a crash meets it
//! alone, and not at the speed of their client.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use super::pool::Owner;

#[derive(Default)]
pub(super) struct Troubles(HashMap<Owner, Trouble>);

struct Trouble {
    count: u32,
    last: Instant,
}

impl Troubles {
    /// A process that lived this long was sound.
    pub(super) const SOUND: Duration = Duration::from_mins(1);

    /// Notes that a process of `owner` ended soon after its start, or could not be started.
    pub(super) fn note(&mut self, owner: &Owner, now: Instant) {
        self.0.retain(|_, trouble| now.duration_since(trouble.last) < FORGOTTEN);
        let trouble = self.0.entry(owner.clone()).or_insert(Trouble { count: 0, last: now });
        trouble.count = trouble.count.saturating_add(1);
        trouble.last = now;
    }

    pub(super) fn forget(&mut self, owner: &Owner) {
        self.0.remove(owner);
    }

    /// How long `owner` has to wait; none: not at all. The first ones are started anew at once.
    pub(super) fn wait(&self, owner: &Owner, now: Instant) -> Option<Duration> {
        let trouble = self.0.get(owner)?;
        let doubled = 1_u64.checked_shl(trouble.count.checked_sub(FREE)?).unwrap_or(u64::MAX);
        let wait = Duration::from_secs(doubled).min(LONGEST);
        wait.checked_sub(now.duration_since(trouble.last)).filter(|wait| !wait.is_zero())
    }
}

const FREE: u32 = 3;
const LONGEST: Duration = Duration::from_mins(1);
const FORGOTTEN: Duration = Duration::from_mins(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_meets_crash_after_crash_waits_longer_and_longer_and_nobody_else_does() {
        let (mut troubles, now, owner) = (Troubles::default(), Instant::now(), None);
        let mut waits = Vec::new();
        for _ in 0..12 {
            troubles.note(&owner, now);
            waits.push(troubles.wait(&owner, now).map_or(0, |wait| wait.as_secs()));
        }
        assert_eq!(waits, [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
        assert_eq!(troubles.wait(&Some(crate::protocol::id::UserId::new("bob")), now), None);
        assert_eq!(troubles.wait(&owner, now + LONGEST), None);
        troubles.forget(&owner);
        assert_eq!(troubles.wait(&owner, now), None);
    }
}
