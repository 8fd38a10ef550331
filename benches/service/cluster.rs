//! A PostgreSQL of our own for one sitting, from the system's packages: on a loopback port, with the
//! settings it is shipped with, durable as ever.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    fs,
    io::{BufRead as _, BufReader},
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

use crate::{load::on_one_thread, process::free_address};

/// A running server, which ends with this value.
pub(crate) struct Cluster {
    port: u16,
    /// Ends the server when its standard input closes.
    watchdog: Child,
    /// Names of databases that were asked about.
    named: RefCell<BTreeSet<String>>,
    _folder: TempDir,
}

impl Cluster {
    /// Makes and starts it.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let port = free_address()?.port();
        if let Some((user, group)) = other_user() {
            chown(folder.path(), Some(user), Some(group))?;
        }
        made(folder.path(), port)?;
        let watchdog = watched(folder.path(), port)?;
        Ok(Self { port, watchdog, named: RefCell::default(), _folder: folder })
    }

    /// The URL of one of its databases.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Runs statements in one of its databases, each by itself.
    pub(crate) fn say(&self, database: &str, statements: &[&str]) -> anyhow::Result<()> {
        let url = self.url(database);
        on_one_thread(async move {
            let client = connected(&url).await?;
            for statement in statements {
                client.batch_execute(statement).await.with_context(|| (*statement).to_owned())?;
            }
            Ok(())
        })
    }

    /// Puts a fresh copy of one database in the place of another, written to the disk.
    pub(crate) fn put(&self, from: &str, to: &str) -> anyhow::Result<()> {
        let drop = format!("DROP DATABASE IF EXISTS \"{to}\" WITH (FORCE)");
        let copy = format!("CREATE DATABASE \"{to}\" TEMPLATE \"{from}\"");
        self.say("postgres", &[&drop, &copy, "CHECKPOINT"])
    }

    /// Whether nobody asked this about that database before: it is to be made.
    pub(crate) fn is_new(&self, database: &str) -> bool {
        self.named.borrow_mut().insert(database.to_owned())
    }

    /// Gives a database another name.
    pub(crate) fn rename(&self, from: &str, to: &str) -> anyhow::Result<()> {
        self.say("postgres", &[&format!("ALTER DATABASE \"{from}\" RENAME TO \"{to}\"")])
    }

    /// Whether commits of connections to come need not be durable, as while data is made.
    pub(crate) fn hurried(&self, hurried: bool) -> anyhow::Result<()> {
        let commit = if hurried { "off" } else { "on" };
        self.say("postgres", &[&format!("ALTER ROLE postgres SET synchronous_commit = {commit}")])
    }

    /// Its version, in words.
    pub(crate) fn version() -> String {
        let told = Command::new(program("postgres")).arg("--version").output();
        let told = told.ok().and_then(|output| String::from_utf8(output.stdout).ok());
        told.unwrap_or_default().trim().replace("postgres (PostgreSQL)", "PostgreSQL")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
    }
}

/// A connection from outside.
pub(crate) async fn connected(url: &str) -> anyhow::Result<Client> {
    let (client, driver) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(driver);
    Ok(client)
}

fn made(folder: &Path, port: u16) -> anyhow::Result<()> {
    let data = folder.join("data");
    let mut initdb = as_other_user(&program("initdb"));
    initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]);
    let made = initdb.arg("-D").arg(&data).output();
    let made = made.context("PostgreSQL is missing (Debian's package postgresql)")?;
    ensure!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
    let file = data.join("postgresql.conf");
    let shipped = fs::read_to_string(&file)?;
    let sockets = folder.display();
    let ours = format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{sockets}'\n"
    );
    Ok(fs::write(&file, shipped + &ours)?)
}

/// A shell that runs the server until its standard input closes, which is when we end, however that
/// happens.
fn watched(folder: &Path, port: u16) -> anyhow::Result<Child> {
    let script = format!(
        "\"$0\" -D \"$1/data\" >>\"$1/log\" 2>&1 & \
         until \"$2\" -q -h 127.0.0.1 -p {port}; do kill -0 $! || exit 1; sleep 0.02; done; \
         echo ready; cat >/dev/null; kill -INT $!; wait $!"
    );
    let mut shell = as_other_user(Path::new("/bin/sh"));
    shell.args(["-c", &script]).arg(program("postgres")).arg(folder).arg(program("pg_isready"));
    shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
    let mut shell = shell.spawn()?;
    let mut line = String::new();
    BufReader::new(shell.stdout.take().context("a pipe")?).read_line(&mut line)?;
    ensure!(line == "ready\n", "{}", fs::read_to_string(folder.join("log")).unwrap_or_default());
    Ok(shell)
}

/// A program as the user that owns the folder: PostgreSQL does not run as root.
fn as_other_user(program: &Path) -> Command {
    let mut command = Command::new(program);
    if let Some((user, group)) = other_user() {
        command.uid(user).gid(group);
    }
    command.current_dir("/").env("LC_ALL", "C.UTF-8");
    command
}

/// The user and group `postgres` when we are root.
fn other_user() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| {
        let told = Command::new("id").args(arguments).output().ok()?.stdout;
        String::from_utf8(told).ok()?.trim().parse().ok()
    };
    if id(&["-u"])? != 0 {
        return None;
    }
    Some((id(&["-u", "postgres"])?, id(&["-g", "postgres"])?))
}

/// The newest there is of Debian's, or the one on the path.
fn program(name: &str) -> PathBuf {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let there = debian.map(|version| version.path().join("bin").join(name));
    let number =
        |path: &PathBuf| -> Option<u32> { path.iter().rev().nth(2)?.to_str()?.parse().ok() };
    there.filter(|path| path.exists()).max_by_key(number).unwrap_or_else(|| PathBuf::from(name))
}
