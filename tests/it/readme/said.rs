//! What a Markdown text names: variables, files, sections, commands.

use std::collections::BTreeSet;

/// A command line of ours.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Said {
    /// The command: the words before the first option or value.
    pub(super) words: Vec<String>,
    /// The options.
    pub(super) options: Vec<String>,
}

/// The names of variables.
pub(super) fn variables(text: &str) -> BTreeSet<String> {
    let letter = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let words = text.split(|c| !letter(c)).filter(|word| word.contains('_'));
    let ours = |word: &&str| PREFIXES.iter().any(|prefix| word.starts_with(prefix));
    words.filter(ours).map(str::to_owned).collect()
}

/// The targets of relative links, without the section.
pub(super) fn links(text: &str) -> BTreeSet<String> {
    let targets = targets(text).map(|target| target.split('#').next().unwrap_or_default());
    targets.filter(|target| !target.is_empty()).map(str::to_owned).collect()
}

/// The sections that links point to.
pub(super) fn anchors(text: &str) -> BTreeSet<String> {
    targets(text).filter_map(|target| Some(target.split_once('#')?.1.to_owned())).collect()
}

/// The sections there are, as GitHub names them.
pub(super) fn headings(text: &str) -> BTreeSet<String> {
    let titles = text.lines().filter_map(|line| line.strip_prefix("## "));
    let plain = |title: &str| {
        let kept = title.chars().filter(|c| c.is_alphanumeric() || " -".contains(*c));
        kept.collect::<String>().to_lowercase().replace(' ', "-")
    };
    titles.map(plain).collect()
}

/// Files and folders of the project, named in code type.
pub(super) fn paths(text: &str) -> BTreeSet<String> {
    let ours = |word: &&str| {
        let below = word.split_once('/').filter(|(folder, _)| FOLDERS.contains(folder));
        below.is_some_and(|(_, rest)| !rest.contains(char::is_whitespace))
    };
    code(text).filter(ours).map(str::to_owned).collect()
}

/// Our commands, in code type or in shell blocks.
pub(super) fn commands(text: &str) -> BTreeSet<Said> {
    let typed = text.lines().map(str::trim_start).map(|line| line.trim_start_matches("TOKEN=$("));
    let all = code(text).chain(typed).filter_map(|line| line.strip_prefix("countersign "));
    all.map(said).collect()
}

/// `help` before a command is what `--help` is after it.
fn said(rest: &str) -> Said {
    let rest = rest.split(['#', ')']).next().unwrap_or_default();
    let all = rest.strip_prefix("help ").unwrap_or(rest).split_whitespace();
    let plain = |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase());
    let words = all.clone().take_while(plain).map(str::to_owned).collect();
    let options = all.filter(|word| word.starts_with("--")).map(str::to_owned).collect();
    Said { words, options }
}

fn targets(text: &str) -> impl Iterator<Item = &str> {
    let after = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    after.filter(|target| !target.contains("://"))
}

/// What stands in code type within a line.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.contains("```"))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
}

const PREFIXES: [&str; 8] = [
    "COUNTERSIGN_",
    "AUTH0_",
    "FIREBASE_",
    "GOOGLE_",
    "JWT_SECRET",
    "OAUTH_",
    "OIDC_",
    "TOKEN_EXPIRY",
];

const FOLDERS: [&str; 10] = [
    ".ci",
    "docs",
    "examples",
    "migrations",
    "providers",
    "scripts",
    "servers",
    "src",
    "templates",
    "tests",
];
