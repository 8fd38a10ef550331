//! `countersign migrate`: everything to another engine.

use std::fmt::Write as _;

use serde_json::json;

use super::{
    args::Migrate,
    faults::Failure,
    output::{Answer, BAD, Exit, GOOD, PLAIN, Table, count, paint, shown},
    place::Place,
    progress::Bar,
};
use crate::{
    app,
    config::DatabaseUrl,
    flow::moving::{Compared, MoveFault, Stage},
};

/// Copies and compares.
pub(super) async fn migrate(place: &Place, asked: &Migrate, json: bool) -> Result<Answer, Failure> {
    let from = place.database("--from", &asked.from)?;
    let to = match &asked.to {
        Some(url) => place.database("--to", url)?,
        None => place.config()?.database,
    };
    if from == to {
        return Err(Failure::Misuse("--from and --to name the same database".to_owned()));
    }
    for database in [&from, &to] {
        if *database == DatabaseUrl::SqliteMemory {
            let why = "sqlite::memory: lasts no longer than the process that made it";
            return Err(Failure::Misuse(why.to_owned()));
        }
    }
    let moving = app::moving(&from, &to, app::clock(), app::entropy()).await?;
    let mut bar = Bar::new("rows", json);
    let mut watch = |stage, done, all| match stage {
        Stage::Copying => bar.at("Copying", done, all),
        Stage::Comparing => bar.at("Comparing", done, all),
    };
    let tables = moving.run(&mut watch).await?;
    drop(bar);
    Ok(told(&tables))
}

fn told(tables: &[Compared]) -> Answer {
    let same = tables.iter().all(|table| table.same);
    let rows: u64 = tables.iter().map(|table| table.from).sum();
    let mut table = Table::new(["Table", "Rows here", "Rows there", "Digest of all", "Same"]);
    for compared in tables {
        let Compared { table: name, from, to, digest, same, .. } = compared;
        let (style, word) = if *same { (PLAIN, "yes") } else { (BAD, "no") };
        let short = digest.get(..16).unwrap_or(digest).to_owned();
        let cells = [(*name).to_owned(), from.to_string(), to.to_string(), short, word.to_owned()];
        table.row(style, cells);
    }
    let mut text = table.render();
    for Compared { table, unlike, .. } in tables {
        for key in unlike {
            let _ = write!(text, "\n  {}: {}", paint(BAD, table), shown(key));
        }
    }
    text.push_str(if same { ALL_THERE } else { NOT_ALL });
    let text = text.replace("{rows}", &count(usize::try_from(rows).unwrap_or(0), "row", "rows"));
    let text = if same { text.replace("{good}", &paint(GOOD, "Moved.")) } else { text };
    let json = json!({ "good": same, "rows": rows, "tables": tables });
    Answer { text, json, exit: if same { Exit::Good } else { Exit::Finding } }
}

const ALL_THERE: &str = "\n{good} Both databases hold the same {rows}, value for value. Now set COUNTERSIGN_DATABASE_URL to the \
    new one, keep the master key, and never start the service on the old one again.";
const NOT_ALL: &str = "\n\nThe two differ, as listed: something wrote to one of them since the first attempt. Empty the \
    database to move to, and run this again.";

impl From<MoveFault> for Failure {
    fn from(fault: MoveFault) -> Self {
        Self::Broken(fault.into())
    }
}
