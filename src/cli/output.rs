//! What commands print: text with colour where the terminal has it, or JSON. Text that others chose
//! never reaches the terminal with its control characters.

use std::{fmt::Write as _, io::Write as _, process::ExitCode};

use anstyle::{AnsiColor, Style};
use serde_json::Value;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// 0
    Good,
    /// 1: the answer is no.
    Finding,
    /// 2: asked or configured wrongly.
    Misuse,
}

/// What a command found out.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) json: Value,
    pub(super) exit: Exit,
}

impl Answer {
    /// Prints it.
    pub(super) fn print(&self, json: bool) -> ExitCode {
        if json {
            put_json(&self.json);
        } else {
            put(&self.text);
        }
        self.exit.into()
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Good => 0,
            Exit::Finding => 1,
            Exit::Misuse => 2,
        })
    }
}

/// Prints on standard output. A reader that has gone away is no fault of ours.
pub(super) fn put(text: &str) {
    let _ = writeln!(anstream::stdout().lock(), "{}", text.trim_end());
}

/// Prints on standard error.
pub(super) fn tell(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{}", text.trim_end());
}

/// Prints JSON on standard output.
pub(super) fn put_json(value: &Value) {
    put(&format!("{value:#}"));
}

/// `text` without characters that a terminal would obey: controls, and those that turn text around.
pub(super) fn shown(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
    };
    text.chars().map(|c| if hidden(c) { '\u{FFFD}' } else { c }).collect()
}

/// `text` in a style.
pub(super) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// A heading.
pub(super) fn heading(text: &str) -> String {
    paint(BOLD, &shown(text))
}

/// `one` or `many`, with its number.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Lines of label and value, aligned, two columns in.
pub(super) fn facts(lines: &[(&str, String)]) -> String {
    let width = lines.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    let line = |(label, value): &(&str, String)| {
        format!("  {}{}  {}\n", paint(DIM, label), pad(label, width), shown(value))
    };
    lines.iter().map(line).collect()
}

fn pad(label: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(label.chars().count()))
}

/// A table without lines; each row in one style.
pub(super) struct Table {
    table: comfy_table::Table,
    styles: Vec<Style>,
}

impl Table {
    /// A table with these headings.
    pub(super) fn new<const N: usize>(header: [&str; N]) -> Self {
        let mut table = comfy_table::Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        table.set_header(header);
        Self { table, styles: vec![BOLD] }
    }

    /// Adds a row.
    pub(super) fn row<const N: usize>(&mut self, style: Style, cells: [String; N]) {
        self.table.add_row(cells.map(|cell| shown(&cell)));
        self.styles.push(style);
    }

    /// The lines.
    pub(super) fn render(&self) -> String {
        let mut text = String::new();
        for (line, style) in self.table.lines().zip(&self.styles) {
            let _ = writeln!(text, " {}", paint(*style, line.trim_end()));
        }
        text
    }
}

pub(super) const PLAIN: Style = Style::new();
pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default();
pub(super) const WARN: Style = AnsiColor::Yellow.on_default().bold();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        assert_eq!(
            shown("a\u{1b}[2Jb\n\u{9b}c\u{202e}d"),
            "a\u{FFFD}[2Jb\u{FFFD}\u{FFFD}c\u{FFFD}d"
        );
    }

    #[test]
    fn rows_and_styles_stay_side_by_side() {
        let mut table = Table::new(["A", "B"]);
        table.row(BAD, ["x\ny".to_owned(), "2".to_owned()]);
        assert_eq!(
            anstream::adapter::strip_str(&table.render()).to_string(),
            "  A    B\n  x\u{FFFD}y  2\n"
        );
    }
}
