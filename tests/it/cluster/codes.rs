//! A code as its client knows it: it is good once, wherever and however often it is brought.

use futures_util::future::join_all;

use super::{
    any,
    app::{App, Said, Tokens},
    lineage::Lineage,
};

/// One code of the ledger.
pub(super) struct Code {
    app: App,
    text: String,
    granted: Vec<Tokens>,
    /// Questions without an answer, or with none that says what became of the code.
    lost: usize,
}

impl Code {
    pub(super) async fn fresh(app: &App) -> Self {
        let text = app.code().await;
        Self { app: app.clone(), text, granted: Vec::new(), lost: 0 }
    }

    /// Brought so many times at once, to the nodes in turn.
    pub(super) async fn raced(mut self, times: usize) -> Self {
        let doors = self.app.doors.len();
        let asked = (0..times).map(|n| self.app.redeem(n % doors, &self.text));
        for said in join_all(asked).await {
            self.note(said);
        }
        self
    }

    /// Brought by one client, which asks again until it hears something.
    pub(super) async fn redeemed(mut self) -> Self {
        for _ in 0..1000 {
            let said = self.app.redeem(any(self.app.doors.len()), &self.text).await;
            let heard = matches!(said, Said::Granted(_) | Said::Refused(_));
            self.note(said);
            if heard {
                return self;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("nobody answers");
    }

    fn note(&mut self, said: Said) {
        match said {
            Said::Granted(tokens) => self.granted.push(tokens),
            Said::Refused(why) => assert!(why.contains("used before"), "{why}"),
            // A crowd before one row may take longer than a statement is given.
            Said::Later | Said::Nothing { .. } => self.lost += 1,
        }
    }

    /// The nodes are all there: it was spent once, or its only answer was lost, and no node takes it
    /// any more. Before that, what a single client was given holds everywhere.
    pub(super) async fn settled(mut self, alone: bool) {
        assert!(!self.granted.is_empty() || self.lost > 0, "nobody was granted anything");
        if let (true, Some(tokens)) = (alone, self.granted.first()) {
            Lineage::of(&self.app, tokens.clone()).holds().await;
        }
        for door in 0..self.app.doors.len() {
            let said = self.app.redeem(door, &self.text).await;
            self.note(said);
        }
        assert!(self.granted.len() <= 1, "spent {} times", self.granted.len());
        let said = self.app.redeem(0, &self.text).await;
        assert!(matches!(said, Said::Refused(_)), "{said:?}");
    }

    /// How often it was good.
    pub(super) fn granted(&self) -> usize {
        self.granted.len()
    }
}
