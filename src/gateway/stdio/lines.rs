//! Lines from a pipe, of which none takes more than its share of memory.

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};

/// How a line was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Whole.
    Whole,
    /// Longer than `most`: its beginning. The rest is passed over.
    Cut,
    /// There is none: the pipe is closed.
    None,
}

/// Reads the next line into `line`, without its end; the last may lack one.
pub(super) async fn next<R: AsyncBufRead + Unpin>(
    pipe: &mut R,
    line: &mut Vec<u8>,
    most: usize,
) -> Line {
    line.clear();
    let (mut cut, mut any) = (false, false);
    loop {
        let Ok(chunk) = pipe.fill_buf().await else { return Line::None };
        if chunk.is_empty() {
            return if any { read(cut) } else { Line::None };
        }
        any = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let part = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
        let fits = part.len().min(most - line.len());
        line.extend_from_slice(part.get(..fits).unwrap_or_default());
        cut |= fits < part.len();
        let used = end.map_or(chunk.len(), |end| end + 1);
        pipe.consume(used);
        if end.is_some() {
            return read(cut);
        }
    }
}

const fn read(cut: bool) -> Line {
    if cut { Line::Cut } else { Line::Whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_is_read_to_its_end_or_to_the_most_there_may_be() {
        let mut pipe = tokio::io::BufReader::with_capacity(3, &b"ab\n\n123456789\nlast"[..]);
        let mut line = Vec::new();
        for (how, text) in [
            (Line::Whole, "ab"),
            (Line::Whole, ""),
            (Line::Cut, "12345"),
            (Line::Whole, "last"),
            (Line::None, ""),
        ] {
            assert_eq!(next(&mut pipe, &mut line, 5).await, how);
            assert_eq!(line, text.as_bytes());
        }
    }
}
