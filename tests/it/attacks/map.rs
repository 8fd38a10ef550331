//! The map in `docs/threat-model.md` is whole: every row of the catalogue, every test, every file.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// The rows of the catalogue. There are gaps in the numbers.
const ROWS: [(char, &[u32]); 15] = [
    ('A', &[1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17]),
    ('B', &[1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17, 19, 20, 22, 23, 25, 26, 28]),
    ('C', &[1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16, 18]),
    ('D', &[1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16, 18, 19, 21, 22]),
    ('E', &[2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 20]),
    ('F', &[1, 3, 4, 6, 7, 9, 10]),
    ('G', &[2, 3, 5, 6, 8, 9, 11, 12, 14]),
    ('H', &[1, 3, 4, 6, 7, 9, 10, 12]),
    ('I', &[1, 3, 4, 6, 7, 9, 10, 12]),
    ('J', &[1, 3, 4, 6, 7, 9, 10, 12]),
    ('K', &[1, 3, 4, 6, 7, 9, 10]),
    ('L', &[1, 2, 4, 5, 7, 8]),
    ('M', &[2, 3, 5, 6]),
    ('N', &[1, 2, 4, 5, 7, 8, 10, 11, 13, 14]),
    ('O', &[2, 3, 5, 6, 8, 9]),
];

/// A row of the map: threat, defence, where it is held, and the tests.
struct Row {
    words: [String; 2],
    files: Vec<String>,
    tests: Vec<String>,
    last: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The rows of the page by their ids, such as `A1`.
fn map() -> BTreeMap<String, Row> {
    let page = std::fs::read_to_string(root().join("docs/threat-model.md")).unwrap();
    let mut rows = BTreeMap::new();
    for line in page.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let Some(id) = cells.first().filter(|id| is_id(id)) else { continue };
        let [_, threat, defence, files, tests] = cells[..] else { panic!("five cells: {line}") };
        let row = Row {
            words: [threat.to_owned(), defence.to_owned()],
            files: quoted(files),
            tests: quoted(tests),
            last: tests.to_owned(),
        };
        assert!(rows.insert((*id).to_owned(), row).is_none(), "{id} stands twice");
    }
    rows
}

fn is_id(text: &str) -> bool {
    let number = text.strip_prefix(|first: char| ('A'..='O').contains(&first));
    number.is_some_and(|number| number.parse::<u32>().is_ok())
}

/// What stands between backquotes.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The tests of this folder that are named for a row, such as `a01_…`, by that row's id.
fn tests() -> BTreeMap<String, BTreeSet<String>> {
    let mut tests = BTreeMap::<String, BTreeSet<String>>::new();
    for entry in std::fs::read_dir(root().join("tests/it/attacks")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let after = text.split("#[test]").skip(1).chain(text.split("#[tokio::test").skip(1));
        for name in after.filter_map(|rest| rest.split("fn ").nth(1)?.split('(').next()) {
            if let Some(id) = id_of(name) {
                tests.entry(id).or_default().insert(name.to_owned());
            }
        }
    }
    tests
}

/// `A1` of `a01_…`.
fn id_of(test: &str) -> Option<String> {
    let (start, _) = test.split_once('_')?;
    let (letter, number) = start.split_at_checked(1)?;
    let number: u32 = number.parse().ok().filter(|_| number.len() == 2)?;
    Some(format!("{}{number}", letter.to_uppercase()))
}

fn catalogue() -> BTreeSet<String> {
    let ids = |(letter, numbers): &(char, &[u32])| -> Vec<String> {
        numbers.iter().map(|number| format!("{letter}{number}")).collect()
    };
    ROWS.iter().flat_map(ids).collect()
}

#[test]
fn every_row_of_the_catalogue_has_a_line_and_no_line_is_of_none() {
    let (rows, catalogue) = (map(), catalogue());
    let missing: Vec<_> = catalogue.iter().filter(|id| !rows.contains_key(*id)).collect();
    assert!(missing.is_empty(), "rows without a line: {missing:?}");
    let unknown: Vec<_> = rows.keys().filter(|id| !catalogue.contains(*id)).collect();
    assert!(unknown.is_empty(), "lines of no row: {unknown:?}");
}

#[test]
fn every_test_of_a_row_stands_in_its_line_and_every_test_named_there_exists() {
    let (rows, tests) = (map(), tests());
    let none = BTreeSet::new();
    let mut wrong = Vec::new();
    for (id, row) in &rows {
        let named: BTreeSet<_> = row.tests.iter().cloned().collect();
        let found = tests.get(id).unwrap_or(&none);
        wrong.extend(named.difference(found).map(|it| format!("{id}: there is no test {it}")));
        wrong.extend(found.difference(&named).map(|it| format!("{id}: {it} is not named")));
    }
    let lines = tests.keys().filter(|id| !rows.contains_key(*id));
    wrong.extend(lines.map(|id| format!("{id} has tests and no line")));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_file_named_is_there_and_a_row_without_a_test_says_why() {
    let mut wrong = Vec::new();
    for (id, row) in map() {
        wrong.extend(row.words.iter().filter(|it| it.len() < 10).map(|it| format!("{id}: {it}")));
        let gone = row.files.iter().filter(|file| !root().join(file).is_file());
        wrong.extend(gone.map(|file| format!("{id}: there is no {file}")));
        if row.tests.is_empty() {
            let reason = row.last.strip_prefix("none: ").unwrap_or_default();
            let said = reason.split_whitespace().count() > 4;
            wrong.extend((!said).then(|| format!("{id} has neither a test nor a reason")));
        } else if row.files.is_empty() {
            wrong.push(format!("{id} names no file"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_catalogue_is_read_as_it_is_written() {
    assert_eq!(catalogue().len(), 144);
    assert_eq!(id_of("k04_a_token").as_deref(), Some("K4"));
    assert_eq!((id_of("k4_x"), id_of("every_row"), id_of("is")), (None, None, None));
    assert_eq!(quoted("`a`, `b` and c"), ["a", "b"]);
}
