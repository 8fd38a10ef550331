//! Strangers' words made fit to be shown: one line, nothing invisible, nothing that reorders text.

/// The longest name shown, in characters.
pub const NAME_CHARS: usize = 80;

/// The longest sentence shown, in characters.
pub const TEXT_CHARS: usize = 500;

/// Combining marks kept on one letter; more only serve to paint over the lines above and below.
const MARKS_PER_LETTER: usize = 2;

/// `text` on one line of at most `most` characters: without control, bidirectional, invisible and
/// private-use characters, spaces collapsed, quotation marks that could end ours turned into `'`,
/// cut with an ellipsis. Markup is not its business: the templates escape.
#[must_use]
pub fn plain(text: &str, most: usize) -> String {
    let mut kept = Line { shown: String::new(), count: 0, marks: 0 };
    for c in text.chars() {
        if kept.count > most {
            break;
        }
        kept.push(c);
    }
    let shown = kept.shown.trim_end();
    if shown.chars().count() <= most {
        return shown.to_owned();
    }
    let cut: String = shown.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

struct Line {
    shown: String,
    count: usize,
    marks: usize,
}

impl Line {
    fn push(&mut self, c: char) {
        if c.is_whitespace() {
            if !self.shown.is_empty() && !self.shown.ends_with(' ') {
                self.keep(' ');
            }
            self.marks = 0;
        } else if is_mark(c) {
            self.marks += 1;
            if self.marks <= MARKS_PER_LETTER && !self.shown.is_empty() {
                self.keep(c);
            }
        } else if !is_hidden(c) {
            self.marks = 0;
            self.keep(if is_quote(c) { '\'' } else { c });
        }
    }

    fn keep(&mut self, c: char) {
        self.shown.push(c);
        self.count += 1;
    }
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\u{AB}' | '\u{BB}' | '\u{201C}'..='\u{201F}' | '\u{2033}' | '\u{FF02}')
}

/// The common blocks of combining marks.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{1AB0}'..='\u{1AFF}'
        | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

/// Characters a reader cannot see, or that move the ones they see (Unicode's `Cc`, `Cf`, `Co`,
/// default-ignorable and noncharacter code points).
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{600}'..='\u{605}' | '\u{61C}' | '\u{6DD}' | '\u{70F}'
            | '\u{890}'..='\u{891}' | '\u{8E2}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{E000}'..='\u{F8FF}'
            | '\u{FDD0}'..='\u{FDEF}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{FFFE}'..='\u{FFFF}' | '\u{110BD}' | '\u{110CD}'
            | '\u{13430}'..='\u{1345F}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> String {
        plain(text, NAME_CHARS)
    }

    #[test]
    fn an_honest_name_stays_as_it_is() {
        for honest in ["Claude Code", "O'Neil & Söhne <beta>", "клиент", "عميل", "客户端", "n̈"]
        {
            assert_eq!(name(honest), honest);
        }
    }

    #[test]
    fn bidirectional_overrides_and_isolates_are_removed() {
        assert_eq!(
            name("Evil\u{202E}edualC\u{202C}\u{2066}x\u{2069}\u{200F}\u{61C}"),
            "EviledualCx"
        );
    }

    #[test]
    fn control_and_invisible_characters_are_removed() {
        assert_eq!(
            name("Clau\u{0}de\u{7F}\u{9B}\u{200B}\u{AD}\u{FEFF} Code\u{E0041}"),
            "Claude Code"
        );
        assert_eq!(name("\u{3164}\u{2800}\u{200D}"), "");
    }

    #[test]
    fn line_breaks_become_one_space() {
        assert_eq!(name("  Claude\r\n\t\u{2003}Code \n"), "Claude Code");
    }

    #[test]
    fn a_name_of_ten_kilobytes_is_cut_to_eighty_characters() {
        let shown = name(&"ä".repeat(10_240));
        assert_eq!(shown.chars().count(), NAME_CHARS);
        assert!(shown.ends_with('…'));
        assert_eq!(name(&"a".repeat(NAME_CHARS)), "a".repeat(NAME_CHARS));
        assert_eq!(name(&("a".repeat(NAME_CHARS) + "  ")), "a".repeat(NAME_CHARS));
    }

    #[test]
    fn a_name_cannot_close_the_quotation_marks_around_it() {
        assert_eq!(name("Claude” from claude.ai “"), "Claude' from claude.ai '");
    }

    #[test]
    fn stacked_marks_cannot_paint_over_other_lines() {
        assert_eq!(name(&format!("a{}b", "\u{301}".repeat(500))), "a\u{301}\u{301}b");
    }
}
