//! What a server writes that is no message: its errors, and what strays into its output. It goes to
//! our log and never into an answer; it cannot forge a line there, nor flood it.

use std::time::Duration;

use tokio::{
    io::{AsyncRead, BufReader},
    time::Instant,
};

use super::lines::{self, Line};
use crate::protocol::id::ServerId;

/// The log of one pipe of one process.
pub(super) struct Log {
    server: ServerId,
    process: u32,
    pipe: &'static str,
    since: Instant,
    said: u32,
}

impl Log {
    pub(super) fn new(server: ServerId, process: u32, pipe: &'static str) -> Self {
        Self { server, process, pipe, since: Instant::now(), said: 0 }
    }

    /// Logs each line until the pipe is closed.
    pub(super) async fn drain(mut self, pipe: impl AsyncRead + Unpin) {
        let (mut pipe, mut line) = (BufReader::new(pipe), Vec::new());
        loop {
            match lines::next(&mut pipe, &mut line, MAX_LINE).await {
                Line::None => return self.tell_passed_over(),
                Line::Whole | Line::Cut => self.say(&line),
            }
        }
    }

    /// Logs a line, unless there were too many of late.
    pub(super) fn say(&mut self, line: &[u8]) {
        if self.since.elapsed() >= WINDOW {
            self.tell_passed_over();
            (self.since, self.said) = (Instant::now(), 0);
        }
        self.said = self.said.saturating_add(1);
        if self.said <= MAX_LINES {
            let line = printable(line);
            let Self { server, process, pipe, .. } = self;
            tracing::info!(target: TARGET, %server, process, pipe, "{line}");
        }
    }

    fn tell_passed_over(&self) {
        let Self { server, process, pipe, .. } = self;
        let over = self.said.saturating_sub(MAX_LINES);
        if over > 0 {
            tracing::warn!(target: TARGET, %server, process, pipe, "{over} more lines were passed over");
        }
    }
}

/// The text with everything that acts on a terminal or on the order of reading written out.
fn printable(line: &[u8]) -> String {
    let line = line.get(..line.len().min(MAX_LINE)).unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let mut text = String::with_capacity(line.len());
    for letter in String::from_utf8_lossy(line).chars() {
        if letter.is_control() || INVISIBLE.iter().any(|(from, to)| (*from..=*to).contains(&letter))
        {
            text.extend(letter.escape_unicode());
        } else {
            text.push(letter);
        }
    }
    text
}

const TARGET: &str = "countersign::stdio";
const MAX_LINE: usize = 2048;
/// Lines of one pipe in a [`WINDOW`].
const MAX_LINES: u32 = 100;
const WINDOW: Duration = Duration::from_secs(10);
/// Marks that join, break or turn round what stands beside them.
const INVISIBLE: [(char, char); 4] = [
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{feff}', '\u{feff}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cannot_act_on_the_terminal_that_shows_it() {
        let text = printable(b"\x1b[2J a\tb\x07 \xe2\x80\xae\xff \xc3\xa9\r");
        assert_eq!(text, "\\u{1b}[2J a\\u{9}b\\u{7} \\u{202e}\u{fffd} é");
        assert_eq!(printable(&vec![b'x'; 10_000]).len(), MAX_LINE);
    }
}
