//! From SQLite to PostgreSQL: every row, cut off or not, and nothing over something else.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use countersign::{
    ambient::{ManualClock, Timestamp},
    flow::moving::{Compared, MoveFault, Moving, Stage},
    protocol::secret::Digest,
    store::{
        Issued as _, Keyring as _, Nodes as _, People as _, SWEEPING, Store as _,
        postgres::Postgres,
        sqlite::Sqlite,
        tables::{Table, Tables},
    },
};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::postgres::Database;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);

/// A SQLite database with rows in every table, and an empty PostgreSQL.
struct World {
    folder: TempDir,
    here: Arc<Sqlite>,
    there: Arc<Postgres>,
    database: Database,
    clock: Arc<ManualClock>,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("here.db");
        let filled = std::fs::read_to_string(newest()).unwrap();
        // Not the name of another world.
        let filled = format!("{filled}; DELETE FROM moves");
        Connection::open(&path).unwrap().execute_batch(&filled).unwrap();
        let here = Arc::new(Sqlite::open(&path).unwrap());
        let database = Database::fresh().await;
        let there = Arc::new(database.open().await);
        let clock = Arc::new(ManualClock::new(NOW.plus(Duration::from_hours(1))));
        Self { folder, here, there, database, clock }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("here.db")
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.path().display())
    }

    fn moving(&self, holder: &str) -> Moving {
        between(self.here.clone(), self.there.clone(), &self.clock, holder)
    }

    async fn moved(&self, holder: &str) -> Result<Vec<Compared>, MoveFault> {
        self.moving(holder).run(&mut |_, _, _| {}).await
    }
}

fn between(
    from: Arc<dyn Tables>,
    to: Arc<dyn Tables>,
    clock: &Arc<ManualClock>,
    holder: &str,
) -> Moving {
    Moving { from, to, clock: clock.clone(), holder: holder.to_owned() }
}

fn newest() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/schema");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.max().unwrap()
}

fn unlike(tables: &[Compared]) -> BTreeMap<&str, usize> {
    let unlike = tables.iter().filter(|table| !table.same);
    unlike.map(|table| (table.table, table.unlike.len())).collect()
}

#[test]
fn every_table_and_column_of_the_schema_is_moved() {
    let folder = tempfile::tempdir().unwrap();
    drop(Sqlite::open(&folder.path().join("x.db")).unwrap());
    let db = Connection::open(folder.path().join("x.db")).unwrap();
    let texts = |sql: &str| -> Vec<String> {
        let mut asked = db.prepare(sql).unwrap();
        asked.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let mut known: Vec<_> = Table::all().iter().map(Table::name).collect();
    // What the nodes of one database share stays with it.
    known.extend(["schema_versions", "probes", "leases", "moves"]);
    known.sort_unstable();
    assert_eq!(texts("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"), known);
    for table in Table::all() {
        let name = table.name();
        let mut moved = table.columns().to_vec();
        moved.sort_unstable();
        let there = format!("SELECT name FROM pragma_table_info('{name}') ORDER BY name");
        assert_eq!(texts(&there), moved, "{name}");
    }
}

#[tokio::test]
async fn every_row_arrives_and_the_records_are_the_same_there() {
    let world = World::new().await;
    let tables = world.moved("mover").await.unwrap();
    assert_eq!(tables.len(), Table::all().len());
    for table in &tables {
        assert!(table.same && table.from > 0 && table.from == table.to, "{table:?}");
    }
    let (here, there) = (&world.here, &world.there);
    assert_eq!(there.users().await.unwrap(), here.users().await.unwrap());
    assert_eq!(there.clients().await.unwrap(), here.clients().await.unwrap());
    assert_eq!(there.signing_keys().await.unwrap(), here.signing_keys().await.unwrap());
    let code = Digest::of("code");
    let grant = here.code(&code).await.unwrap().unwrap().grant;
    assert_eq!(there.code(&code).await.unwrap(), here.code(&code).await.unwrap());
    assert_eq!(there.grant(&grant).await.unwrap(), here.grant(&grant).await.unwrap());
    let theirs = there.personal_tokens(None).await.unwrap();
    assert_eq!(theirs, here.personal_tokens(None).await.unwrap());
    assert_eq!(there.epoch().await.unwrap(), here.epoch().await.unwrap());
}

#[tokio::test]
async fn moved_again_nothing_changes_and_back_again_it_is_the_same() {
    let world = World::new().await;
    let first = world.moved("one").await.unwrap();
    assert_eq!(world.moved("two").await.unwrap(), first);
    let back = Arc::new(Sqlite::open(&world.folder.path().join("back.db")).unwrap());
    let moving = between(world.there.clone(), back, &world.clock, "three");
    assert_eq!(moving.run(&mut |_, _, _| {}).await.unwrap(), first);
}

#[tokio::test]
async fn a_move_that_was_cut_off_goes_on_where_it_was() {
    let world = World::new().await;
    for number in 0..2200 {
        let digest = Digest::of(&format!("once {number}"));
        world.here.once(&digest, NOW.plus(Duration::from_hours(9))).await.unwrap();
    }
    let (enough, cut) = tokio::sync::watch::channel(false);
    let mut watch = |_, done, _| enough.send(done > 1000).unwrap();
    let moving = world.moving("killed");
    let mut cut_off = cut.clone();
    tokio::select! {
        biased;
        _ = cut_off.wait_for(|enough| *enough) => {}
        ended = moving.run(&mut watch) => panic!("it was not cut off: {ended:?}"),
    }
    let refused = world.moved("too early").await;
    assert!(matches!(refused, Err(MoveFault::Running { seconds: 1..=61, .. })), "{refused:?}");
    world.clock.advance(Duration::from_secs(61));
    let mut copied = 0;
    let mut watch = |stage, done, all: u64| {
        if matches!(stage, Stage::Copying) {
            copied = done;
            assert!(all > 2200);
        }
    };
    let tables = world.moving("again").run(&mut watch).await.unwrap();
    assert!(tables.iter().all(|table| table.same), "{tables:?}");
    assert!((1..1500).contains(&copied), "the rest alone: {copied}");
}

#[tokio::test]
async fn a_target_that_holds_something_else_is_left_alone() {
    let world = World::new().await;
    let digest = Digest::of("theirs");
    world.there.once(&digest, NOW).await.unwrap();
    let refused = world.moved("mover").await;
    assert!(matches!(refused, Err(MoveFault::Foreign("spent_digests"))), "{refused:?}");
    assert!(world.there.clients().await.unwrap().is_empty());
    let other = World::new().await;
    other.moved("one").await.unwrap();
    let onto = between(world.here.clone(), other.there.clone(), &world.clock, "two");
    let refused = onto.run(&mut |_, _, _| {}).await;
    assert!(matches!(refused, Err(MoveFault::Foreign("clients"))), "{refused:?}");
}

#[tokio::test]
async fn while_a_node_runs_on_either_nothing_is_moved() {
    let world = World::new().await;
    let (now, until) = (NOW.plus(Duration::from_hours(1)), NOW.plus(Duration::from_hours(2)));
    for engine in [world.here.clone() as Arc<dyn Tables>, world.there.clone()] {
        assert!(engine.lease(SWEEPING, "a node", now, until).await.unwrap());
        let refused = world.moved("mover").await;
        assert!(matches!(refused, Err(MoveFault::Running { .. })), "{refused:?}");
        engine.release(SWEEPING, "a node").await.unwrap();
        world.here.release(SWEEPING, "mover").await.unwrap();
        world.clock.advance(Duration::from_secs(61));
    }
    assert!(world.there.clients().await.unwrap().is_empty());
    world.moved("mover").await.unwrap();
}

#[tokio::test]
async fn what_differs_is_named() {
    let world = World::new().await;
    world.moved("one").await.unwrap();
    let harm = "UPDATE users SET name = 'Eve' WHERE name = 'Ada'; DELETE FROM sign_ins; \
        INSERT INTO spent_digests (digest, expires_at) VALUES ('\\x00', 1); \
        UPDATE grants SET revoked_at = 0 WHERE generation = 3";
    world.database.execute(harm).await;
    let tables = world.moved("two").await.unwrap();
    let named = [("grants", 1), ("sign_ins", 1), ("spent_digests", 1), ("users", 1)];
    assert_eq!(unlike(&tables), BTreeMap::from(named));
    let of = |name| tables.iter().find(|table| table.table == name).unwrap();
    assert_eq!(of("users").unlike, ["usr_AQEBAQEBAQEBAQEBAQEBAQ"]);
    assert_eq!((of("sign_ins").from, of("sign_ins").to), (1, 0));
    assert_eq!(of("spent_digests").unlike, ["00"]);
}

/// The program, as an operator types it.
fn typed(arguments: &[&str]) -> (i32, Value, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    let output = command.current_dir(folder.path()).env_clear().args(arguments).output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let json = serde_json::from_str(&out).unwrap_or(Value::String(out));
    (output.status.code().unwrap(), json, String::from_utf8(output.stderr).unwrap())
}

#[tokio::test]
async fn the_command_says_table_by_table_that_all_is_there_and_later_that_it_is_not() {
    let world = World::new().await;
    let (from, to) = (world.url(), world.database.url.clone());
    let ask = ["migrate", "--from", &from, "--to", &to, "--json"];
    let (code, told, err) = typed(&ask);
    assert_eq!((code, &told["good"]), (0, &true.into()), "{told}{err}");
    assert_eq!(told["tables"][0]["table"], "clients");
    let (code, told, _) = typed(&ask[..5]);
    assert_eq!(code, 0);
    assert!(told.as_str().unwrap().contains("Both databases hold the same "), "{told}");
    world.database.execute("DELETE FROM consents").await;
    let (code, told, _) = typed(&ask[..5]);
    assert_eq!(code, 1);
    assert!(told.as_str().unwrap().contains("The two differ, as listed"), "{told}");
}

#[test]
fn what_cannot_be_meant_is_misuse_and_repeats_no_password() {
    for (from, to, why) in [
        ("mysql://u:geheim@h/d", "sqlite:a.db", "--from"),
        ("sqlite:a.db", "postgres:geheim", "--to"),
        ("sqlite:a.db", "sqlite:a.db", "the same database"),
        ("sqlite::memory:", "sqlite:a.db", "lasts no longer"),
    ] {
        let (code, _, err) = typed(&["migrate", "--from", from, "--to", to]);
        assert_eq!(code, 2, "{from} {to}");
        assert!(err.contains(why) && !err.contains("geheim"), "{err}");
    }
    let (code, _, err) = typed(&["migrate", "--from", "sqlite:gone.db", "--to", "sqlite:b.db"]);
    assert_eq!(code, 1);
    assert!(err.contains("gone.db is not there"), "{err}");
}
