//! Names that some reader takes for one another: Go's `encoding/json` matches the members of a message
//! in any case, by simple Unicode folding.

/// Whether a lenient reader takes `key` for `name`, which is one of ours: ASCII.
pub(super) fn folds_to(key: &str, name: &str) -> bool {
    key.chars().map(folded).eq(name.chars().map(folded))
}

/// Besides ASCII, only two characters fold to an ASCII letter: the Kelvin sign and the long s.
const fn folded(c: char) -> char {
    match c {
        '\u{212A}' => 'k',
        '\u{17F}' => 's',
        _ => c.to_ascii_lowercase(),
    }
}
