//! The `.env` file: `NAME=value` lines, read without touching the process environment.
//!
//! Quotes, comments, `export` and values over several lines mean what they mean to the usual
//! readers; `$` means nothing, so that a secret keeps its bytes. (The `dotenvy` crate replaces
//! `$NAME` from the process environment, gives no line numbers, and quotes the bad line, which may
//! hold a secret, in its errors.)

use zeroize::Zeroizing;

/// One assignment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where it begins, from 1.
    pub(super) line: usize,
    /// The name.
    pub(super) name: String,
    /// The value, unquoted.
    pub(super) value: Zeroizing<String>,
}

/// A line that is no assignment. The text never quotes it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadLine {
    /// Which, from 1.
    pub(super) line: usize,
    /// What is wrong with it.
    pub(super) what: &'static str,
}

/// Reads every line; a bad one does not hide the others.
pub(super) fn parse(text: &str) -> (Vec<Entry>, Vec<BadLine>) {
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (mut line, mut entries, mut bad) = (1, Vec::new(), Vec::new());
    while !rest.is_empty() {
        let (taken, outcome) = assignment(rest);
        match outcome {
            Ok(Some((name, value))) => entries.push(Entry { line, name, value }),
            Ok(None) => {}
            Err(what) => bad.push(BadLine { line, what }),
        }
        let (done, next) = rest.split_at_checked(taken).unwrap_or((rest, ""));
        line += done.matches('\n').count();
        rest = next;
    }
    (entries, bad)
}

type Assignment = Option<(String, Zeroizing<String>)>;

/// The assignment at the start of `rest`, and how many bytes it takes, line end included.
fn assignment(rest: &str) -> (usize, Result<Assignment, &'static str>) {
    let end = rest.find('\n').map_or(rest.len(), |at| at + 1);
    let line = rest.get(..end).unwrap_or(rest).trim();
    if line.is_empty() || line.starts_with('#') {
        return (end, Ok(None));
    }
    let Some((name, _)) = line.split_once('=') else {
        return (end, Err("is not of the form NAME=value"));
    };
    let name = name.strip_prefix("export ").unwrap_or(name).trim();
    if !is_name(name) {
        return (end, Err("does not begin with a name of letters, digits and underscores"));
    }
    let after = rest.split_once('=').map_or("", |(_, after)| after);
    let value = after.trim_start_matches([' ', '\t']);
    let begin = rest.len() - value.len();
    let named = |value| Some((name.to_owned(), value));
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => match quoted(value, quote) {
            Ok((taken, value)) => (begin + taken, Ok(named(value))),
            Err(what) => (end, Err(what)),
        },
        _ => (end, Ok(named(plain(value)))),
    }
}

fn is_name(text: &str) -> bool {
    let word = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    word && text.bytes().next().is_some_and(|b| !b.is_ascii_digit())
}

/// An unquoted value: to the end of the line, or to a `#` after a space.
fn plain(value: &str) -> Zeroizing<String> {
    let line = value.split('\n').next().unwrap_or("");
    let comment = line.find(" #").or_else(|| line.find("\t#"));
    let comment = if line.starts_with('#') { Some(0) } else { comment };
    let value = comment.and_then(|at| line.get(..at)).unwrap_or(line);
    Zeroizing::new(value.trim().to_owned())
}

/// A quoted value, maybe over several lines, and what stands after it on its last line.
fn quoted(text: &str, quote: char) -> Result<(usize, Zeroizing<String>), &'static str> {
    let mut value = Zeroizing::new(String::with_capacity(text.len()));
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        if c == quote {
            let after = text.get(at + 1..).unwrap_or("");
            let end = after.find('\n').map_or(after.len(), |at| at + 1);
            let tail = after.get(..end).unwrap_or("").trim();
            let fine = tail.is_empty() || tail.starts_with('#');
            return if fine { Ok((at + 1 + end, value)) } else { Err("has text after the quote") };
        }
        if c == '\\' && quote == '"' {
            unescape(chars.next().map(|(_, c)| c), &mut value);
        } else {
            value.push(c);
        }
    }
    Err("has a quote that is never closed")
}

fn unescape(escaped: Option<char>, value: &mut String) {
    match escaped {
        Some('n') => value.push('\n'),
        Some('r') => value.push('\r'),
        Some('t') => value.push('\t'),
        Some(c @ ('"' | '\\' | '$')) => value.push(c),
        Some(other) => value.extend(['\\', other]),
        None => value.push('\\'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(usize, String, String)> {
        let (entries, bad) = parse(text);
        assert_eq!(bad, []);
        entries.into_iter().map(|e| (e.line, e.name, e.value.to_string())).collect()
    }

    #[test]
    fn the_usual_spellings_are_read() {
        let text =
            "# comment\n\nexport A=1\r\nB = two words # note\nC='it is $HOME #x'\nD=\nE=a#b\n";
        let read = values(text);
        let pairs: Vec<_> = read.iter().map(|(l, n, v)| (*l, n.as_str(), v.as_str())).collect();
        let expected = [
            (3, "A", "1"),
            (4, "B", "two words"),
            (5, "C", "it is $HOME #x"),
            (6, "D", ""),
            (7, "E", "a#b"),
        ];
        assert_eq!(pairs, expected);
    }

    #[test]
    fn a_private_key_over_several_lines_or_with_escapes_is_one_value() {
        let read = values("K=\"-----BEGIN\nabc\n-----END\" # key\nL=\"a\\nb\\\"\\\\\"\nM=x");
        assert_eq!(read[0], (1, "K".to_owned(), "-----BEGIN\nabc\n-----END".to_owned()));
        assert_eq!(read[1], (4, "L".to_owned(), "a\nb\"\\".to_owned()));
        assert_eq!(read[2].0, 5);
    }

    #[test]
    fn a_secret_with_dollar_signs_keeps_its_bytes() {
        assert_eq!(values("S=pa$$w0rd$HOME\nT=\"${X}\"")[0].2, "pa$$w0rd$HOME");
        assert_eq!(values("T=\"${X}\"")[0].2, "${X}");
    }

    #[test]
    fn bad_lines_are_all_named_and_hide_nothing() {
        let (entries, bad) = parse("oops\nA=1\n1B=2\nC=\"open\nD='x' y\nE=5");
        assert_eq!(bad.iter().map(|b| b.line).collect::<Vec<_>>(), [1, 3, 4, 5]);
        assert_eq!(entries.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(), ["A", "E"]);
    }
}
