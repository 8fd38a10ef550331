//! The whole report: the rows, the starts, the machine; printed, or written into a page.

use std::{fs, path::Path};

use anyhow::Context as _;

use crate::{
    crypto, disk, machine,
    options::Options,
    peers,
    rows::{ROWS, Row, Side, Sitting},
    sitting::{self, Figures},
    starts, table,
};

/// Measures what was asked for; the report in Markdown.
pub(crate) fn report(sitting: &Sitting, compared: &str) -> anyhow::Result<String> {
    let options = &sitting.options;
    let wanted = |name: &str| options.only.is_empty() || options.only.iter().any(|it| it == name);
    let busy = machine::load();
    let (mut lines, mut notes) = (String::new(), Vec::new());
    for (name, row) in ROWS.iter().filter(|row| wanted(row.0)) {
        eprintln!("{name}");
        let row = match row(sitting) {
            // Not every machine has it.
            Err(why) if name.ends_with("-postgres") => {
                notes.push(format!("{name} not run: {why:#}"));
                continue;
            }
            row => row?,
        };
        let figures = sitting::measure(&row, options).with_context(|| row.name)?;
        lines += &table::lines(row.name, &figures);
        notes.extend(note(&row, &figures));
    }
    let mut parts = Vec::new();
    if !lines.is_empty() {
        parts.push(format!("{}{lines}", table::HEAD));
    }
    if wanted(starts::NAME) {
        eprintln!("{}", starts::NAME);
        parts.push(starts::measure(sitting)?);
    }
    if cfg!(debug_assertions) {
        notes.push("not optimised: these figures mean nothing".to_owned());
    }
    notes.extend(machine::described());
    notes.push(taken(options, compared, &busy)?);
    parts.push(format!("- {}\n", notes.join("\n- ")));
    Ok(parts.join("\n"))
}

/// How the figures were taken.
fn taken(options: &Options, compared: &str, busy: &str) -> anyhow::Result<String> {
    let syncs = disk::syncs_a_second(Path::new(env!("CARGO_TARGET_TMPDIR")))?;
    let (made, verified) = crypto::es256()?;
    Ok(format!(
        "{compared}; medians of {} runs of {:?} with {} clients; {syncs:.0} fdatasync/s, {made:.0} ES256 signatures/s, \
         {verified:.0} verified/s; load average {busy} before and {} after",
        options.runs,
        options.seconds,
        options.clients,
        machine::load(),
    ))
}

/// Puts a report between the two marks of a page.
pub(crate) fn write(page: &Path, report: &str) -> anyhow::Result<()> {
    let text = fs::read_to_string(page).with_context(|| page.display().to_string())?;
    let marks = text.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) = marks.with_context(|| format!("{} lacks {BEGIN}", page.display()))?;
    Ok(fs::write(page, format!("{before}{BEGIN}\n\n{report}\n{END}{after}"))?)
}

fn note(row: &Row, figures: &[Figures]) -> Option<String> {
    let on_top = |side| table::cpu_on_top(figures, side).filter(|_| row.name == "gateway");
    let (ours, bare) = (on_top(Side::Ours)? * 1000.0, on_top(Side::Bare)? * 1000.0);
    Some(format!(
        "gateway: {ours:.0} µs of CPU on top of the straight call; a bare proxy takes {bare:.0}"
    ))
}

/// The name of the peer and why it was left out.
pub(crate) fn not_run(why: &anyhow::Error) -> String {
    format!("{} not run: {why:#}", peers::NAME)
}

const BEGIN: &str = "<!-- measured: begin -->";
const END: &str = "<!-- measured: end -->";
