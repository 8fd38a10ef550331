//! How many documents are asked for in a minute: of one host, and altogether.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use tokio::time::{Duration, Instant};

/// A count that starts anew each minute. Since the total is limited, so is the table of hosts.
#[derive(Default)]
pub(super) struct Limit(Mutex<Option<Minute>>);

struct Minute {
    began: Instant,
    total: u32,
    hosts: HashMap<String, u32>,
}

impl Limit {
    /// Counts one request to `host`, or says how long to wait.
    pub(super) fn spend(&self, host: &str) -> Result<(), Duration> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let current = slot.take().filter(|minute| minute.began.elapsed() < MINUTE);
        let minute = slot.insert(current.unwrap_or_else(Minute::new));
        let of_host = minute.hosts.get(host).copied().unwrap_or_default();
        if minute.total >= PER_MINUTE || of_host >= PER_HOST_AND_MINUTE {
            let left = MINUTE.saturating_sub(minute.began.elapsed());
            return Err(left.max(Duration::from_secs(1)));
        }
        minute.total += 1;
        minute.hosts.insert(host.to_owned(), of_host + 1);
        Ok(())
    }
}

impl Minute {
    fn new() -> Self {
        Self { began: Instant::now(), total: 0, hosts: HashMap::new() }
    }
}

const MINUTE: Duration = Duration::from_mins(1);
const PER_MINUTE: u32 = 120;
const PER_HOST_AND_MINUTE: u32 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_host_and_all_hosts_are_limited_for_a_minute() {
        let limit = Limit::default();
        assert!((0..10).all(|_| limit.spend("a.example").is_ok()));
        assert!(limit.spend("a.example").is_err());
        assert!((0..110).all(|n| limit.spend(&format!("{n}.example")).is_ok()));
        assert!(limit.spend("one-more.example").is_err());
        tokio::time::advance(MINUTE).await;
        assert_eq!(limit.spend("a.example"), Ok(()));
    }
}
