//! Lists of tools in an event stream (Server-Sent Events, WHATWG HTML §9.2.6): each event is read when
//! it is whole, and passed on as it came unless its message changes.

use super::{Keep, Unreadable, without_hidden};

/// A stream of events on its way, fed in pieces as they come. It holds one event at most.
pub(in crate::gateway) struct Events {
    max: usize,
    held: Vec<u8>,
    /// Where in `held` the present line begins.
    line: usize,
    /// How much of `held` is the byte order mark that a stream may begin with.
    mark: usize,
    first_line: bool,
    /// Whether a line just ended with CR: a LF would belong to it.
    after_cr: bool,
}

/// Why a stream cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::gateway) enum EventFault {
    /// An event's data is no JSON: nobody can say what a client would read in it.
    #[error("an event of the server is no JSON")]
    Unreadable,
    /// An event is longer than what is held at most.
    #[error("an event of the server is too long")]
    TooLong,
}

impl Events {
    /// A stream whose events have at most `max` bytes each.
    pub(in crate::gateway) const fn new(max: usize) -> Self {
        let held = Vec::new();
        Self { max, held, line: 0, mark: 0, first_line: true, after_cr: false }
    }

    /// Takes the next piece; gives what can be passed on.
    pub(in crate::gateway) fn feed(
        &mut self,
        piece: &[u8],
        keep: Keep<'_>,
    ) -> Result<Vec<u8>, EventFault> {
        let mut out = Vec::with_capacity(piece.len());
        for byte in piece {
            self.take(*byte, keep, &mut out)?;
        }
        Ok(out)
    }

    /// What can be passed on of an event that the end of the stream cut short. Clients should ignore
    /// it, but not all do.
    pub(in crate::gateway) fn finish(self, keep: Keep<'_>) -> Vec<u8> {
        rewritten(&self.held, self.mark, keep).unwrap_or_default()
    }

    fn take(&mut self, byte: u8, keep: Keep<'_>, out: &mut Vec<u8>) -> Result<(), EventFault> {
        if std::mem::take(&mut self.after_cr) && byte == b'\n' {
            self.end_of_cr(out);
            return Ok(());
        }
        if self.held.len() == self.max {
            return Err(EventFault::TooLong);
        }
        self.held.push(byte);
        if matches!(byte, b'\r' | b'\n') {
            self.after_cr = byte == b'\r';
            self.line_ended(keep, out)?;
        }
        Ok(())
    }

    /// The LF of a CRLF goes where its CR went.
    fn end_of_cr(&mut self, out: &mut Vec<u8>) {
        if self.held.is_empty() {
            out.push(b'\n');
        } else {
            self.held.push(b'\n');
            self.line = self.held.len();
        }
    }

    fn line_ended(&mut self, keep: Keep<'_>, out: &mut Vec<u8>) -> Result<(), EventFault> {
        if std::mem::take(&mut self.first_line) && self.held.starts_with(MARK) {
            self.mark = MARK.len();
        }
        let line = &self.held[self.line.max(self.mark)..self.held.len() - 1];
        // A comment before an event says nothing, and keeps the connection alive: it does not wait.
        let comment = self.line == 0 && line.first() == Some(&b':');
        if line.is_empty() {
            out.extend(rewritten(&self.held, self.mark, keep).map_err(|_| EventFault::Unreadable)?);
        } else if comment {
            out.extend_from_slice(&self.held);
        } else {
            self.line = self.held.len();
            return Ok(());
        }
        self.held.clear();
        self.held.shrink_to(USUAL);
        (self.line, self.mark) = (0, 0);
        Ok(())
    }
}

/// One event, with what follows `mark` bytes of it read line by line.
fn rewritten(event: &[u8], mark: usize, keep: Keep<'_>) -> Result<Vec<u8>, Unreadable> {
    let lines: Vec<Line<'_>> = lines(&event[mark..]).collect();
    let data: Vec<&[u8]> = lines.iter().filter_map(Line::data).collect();
    match without_hidden(&data.join(&b'\n'), keep)? {
        None => Ok(event.to_vec()),
        Some(message) => Ok([&event[..mark], &with_data(&lines, &message)].concat()),
    }
}

/// The lines with `message` where the first line of data stood, and no others of data.
fn with_data(lines: &[Line<'_>], message: &[u8]) -> Vec<u8> {
    let mut event = Vec::new();
    let mut message = Some(message);
    for line in lines {
        if line.data().is_none() {
            event.extend_from_slice(line.text);
            event.extend_from_slice(line.end);
        } else if let Some(message) = message.take() {
            for part in message.split(|byte| *byte == b'\n') {
                event.extend([b"data: ", part, line.end].concat());
            }
        }
    }
    event
}

struct Line<'a> {
    text: &'a [u8],
    end: &'a [u8],
}

impl<'a> Line<'a> {
    fn data(&self) -> Option<&'a [u8]> {
        match self.text.strip_prefix(b"data")? {
            [] => Some(&[]),
            [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
            _ => None,
        }
    }
}

fn lines(mut text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    std::iter::from_fn(move || {
        let at = text.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(text.len());
        let end = text[at..].len().min(if text[at..].starts_with(b"\r\n") { 2 } else { 1 });
        let (line, rest) = text.split_at(at + end);
        text = rest;
        (!line.is_empty()).then(|| Line { text: &line[..at], end: &line[at..] })
    })
}

const MARK: &[u8] = b"\xEF\xBB\xBF";
/// What is kept at hand for the next event, in bytes: most are short, and streams are many.
const USUAL: usize = 4096;
