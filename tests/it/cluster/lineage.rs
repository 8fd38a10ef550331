//! A grant as its client knows it, and many of them under load.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    any,
    app::{App, Said, Tokens},
};

/// One line of the ledger: what a client was given, and what it holds now.
pub(super) struct Lineage {
    app: App,
    held: Tokens,
    given: Vec<String>,
    pub(super) heard: Heard,
}

/// How often a client was answered, and how.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Heard {
    /// Rotations that were answered.
    pub(super) answered: usize,
    /// Questions that went out and were not answered.
    pub(super) lost: usize,
    /// 503 with `Retry-After`.
    pub(super) later: usize,
}

impl Heard {
    pub(super) fn of(lines: &[Lineage]) -> Self {
        lines.iter().fold(Self::default(), |sum, Lineage { heard, .. }| Self {
            answered: sum.answered + heard.answered,
            lost: sum.lost + heard.lost,
            later: sum.later + heard.later,
        })
    }
}

impl Lineage {
    /// So many, begun with codes of their own.
    pub(super) async fn several(app: &App, count: usize) -> Vec<Self> {
        join_all((0..count).map(|_| Self::begin(app))).await
    }

    async fn begin(app: &App) -> Self {
        let said = app.redeem(any(app.doors.len()), &app.code().await).await;
        let Said::Granted(tokens) = said else { panic!("{said:?}") };
        Self::of(app, tokens)
    }

    pub(super) fn of(app: &App, held: Tokens) -> Self {
        let given = vec![held.refresh.clone()];
        Self { app: app.clone(), held, given, heard: Heard::default() }
    }

    /// Rotates at any node. Whoever hears nothing asks again with the same token, elsewhere or there:
    /// the token, or the successor that was lost with the answer, has to be good.
    async fn turn(&mut self) {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if self.turn_at(any(self.app.doors.len())).await {
                return;
            }
        }
        panic!("nobody answers");
    }

    /// Whether this node rotated.
    async fn turn_at(&mut self, door: usize) -> bool {
        match self.app.refresh(door, &self.held.refresh).await {
            Said::Granted(tokens) => {
                assert!(!self.given.contains(&tokens.refresh), "it is no new one");
                self.given.push(tokens.refresh.clone());
                self.held = tokens;
                self.heard.answered += 1;
                return true;
            }
            Said::Refused(why) => panic!("an answered rotation is lost at node {door}: {why}"),
            Said::Later => self.heard.later += 1,
            Said::Nothing { asked } => self.heard.lost += usize::from(asked),
        }
        tokio::time::sleep(PAUSE).await;
        false
    }

    /// What was answered last holds at every node.
    pub(super) async fn holds(&mut self) {
        for door in 0..self.app.doors.len() {
            assert!(self.app.is_let_in(door, &self.held.access).await, "at node {door}");
            assert!(self.turn_at(door).await, "node {door} is there");
        }
    }

    /// What was answered before is good nowhere: whoever brings it ends the grant, at every node. The
    /// one before the last would be given its successor again.
    pub(super) async fn ends_with_an_old_token(self) {
        let old = &self.given[any(self.given.len() - 2)];
        for token in [old, &self.held.refresh] {
            for door in 0..self.app.doors.len() {
                let said = self.app.refresh(door, token).await;
                assert!(matches!(said, Said::Refused(_)), "at node {door}: {said:?}");
            }
        }
    }
}

/// Lineages that rotate without a pause, until they are stopped.
pub(super) struct Load {
    enough: CancellationToken,
    tasks: Vec<JoinHandle<Lineage>>,
}

impl Load {
    pub(super) fn of(lines: Vec<Lineage>) -> Self {
        let enough = CancellationToken::new();
        let task = |mut line: Lineage| {
            let enough = enough.clone();
            tokio::spawn(async move {
                while !enough.is_cancelled() {
                    line.turn().await;
                }
                line
            })
        };
        let tasks = lines.into_iter().map(task).collect();
        Self { enough, tasks }
    }

    pub(super) async fn stop(self) -> Vec<Lineage> {
        self.enough.cancel();
        join_all(self.tasks).await.into_iter().map(Result::unwrap).collect()
    }
}

/// Longer than any outage of a test, also on a machine with much else to do.
const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(10);
