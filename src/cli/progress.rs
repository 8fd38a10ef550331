//! How far long work is, on a terminal.

use std::{io::IsTerminal as _, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on standard error; nothing where no person looks.
pub(super) struct Bar {
    bar: ProgressBar,
    /// What is under way; nothing yet.
    what: &'static str,
}

impl Bar {
    /// A bar of what is counted in `unit`; none in JSON, or where standard error is no terminal.
    pub(super) fn new(unit: &str, json: bool) -> Self {
        let seen = !json && std::io::stderr().is_terminal();
        let target = if seen { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        let line = format!("{{msg}} [{{bar:30}}] {{human_pos}}/{{human_len}} {unit}, {{eta}} left");
        if let Ok(style) = ProgressStyle::with_template(&line) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { bar, what: "" }
    }

    /// So far, of so much, of `what`. Nothing is shown before.
    pub(super) fn at(&mut self, what: &'static str, done: u64, all: u64) {
        if self.what != what {
            self.what = what;
            self.bar.reset();
            self.bar.set_message(what);
            self.bar.enable_steady_tick(Duration::from_millis(200));
        }
        self.bar.set_length(all);
        self.bar.set_position(done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
