//! How far long work is, on a terminal.

use std::{io::IsTerminal as _, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on standard error; nothing where no person looks.
pub(super) struct Bar {
    drawn: ProgressBar,
    style: ProgressStyle,
    seen: bool,
    /// What is under way; nothing yet.
    what: &'static str,
}

impl Bar {
    /// A bar of what is counted in `unit`; none in JSON, or where standard error is no terminal.
    pub(super) fn new(unit: &str, json: bool) -> Self {
        let line = format!("{{msg}} [{{bar:30}}] {{human_pos}}/{{human_len}} {unit}, {{eta}} left");
        let style = ProgressStyle::with_template(&line);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ");
        let seen = !json && std::io::stderr().is_terminal();
        Self { drawn: ProgressBar::hidden(), style, seen, what: "" }
    }

    /// So far, of so much, of `what`. Nothing is shown before.
    pub(super) fn at(&mut self, what: &'static str, done: u64, all: u64) {
        if self.seen && self.what != what {
            self.what = what;
            self.drawn.finish_and_clear();
            let target = ProgressDrawTarget::stderr();
            self.drawn = ProgressBar::with_draw_target(Some(all), target)
                .with_style(self.style.clone())
                .with_message(what);
            self.drawn.enable_steady_tick(Duration::from_millis(200));
        }
        self.drawn.set_length(all);
        self.drawn.set_position(done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.drawn.finish_and_clear();
    }
}
