//! A real PostgreSQL for the tests: one for the whole process, on a loopback port, from Debian's
//! packages; each test has a user and a schema of its own in it.

mod programs;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU32, Ordering},
    },
};

use countersign::{
    ambient::OsEntropy,
    store::{
        StoreError,
        postgres::{Address, Postgres},
    },
};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

pub(crate) use self::programs::program;
use self::programs::{as_other_user, give_away};

/// A running server, which ends with this value or with the process, whichever is first.
pub(crate) struct Server {
    pub(crate) port: u16,
    folder: TempDir,
    /// Ends the server when its standard input closes.
    watchdog: Child,
}

impl Server {
    /// A server of its own, for tests that harm it. `settings` are lines of `postgresql.conf`.
    pub(crate) fn start(settings: &str) -> Self {
        Self::start_and_leave(settings, "")
    }

    /// The server of this process: nobody drops it.
    fn shared() -> Self {
        Self::start_and_leave("", "rm -rf \"$1\"")
    }

    fn start_and_leave(settings: &str, after: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        give_away(folder.path());
        let port = free_port();
        make(folder.path());
        configure(folder.path(), port, settings);
        let watchdog = watched(folder.path(), port, after);
        Self { port, folder, watchdog }
    }

    /// A server that follows this one and takes no writes until it is promoted.
    fn standby_of(primary: &Self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        give_away(folder.path());
        let port = free_port();
        let mut copy = as_other_user(&program("pg_basebackup"));
        copy.args(["-h", "127.0.0.1", "-p", &primary.port.to_string(), "-U", "postgres"]);
        copy.args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "-D"]);
        let copied = copy.arg(folder.path().join("data")).output().unwrap();
        assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
        configure(folder.path(), port, "hot_standby = on");
        let watchdog = watched(folder.path(), port, "");
        Self { port, folder, watchdog }
    }

    /// Writes a file beside its data, which only it can read.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        give_away(&path);
        path
    }

    /// More lines of `postgresql.conf` or another file of its settings, read at once.
    pub(crate) async fn set(&self, file: &str, lines: &str) {
        let path = self.folder.path().join("data").join(file);
        let before = fs::read_to_string(&path).unwrap();
        // The first line that fits counts in `pg_hba.conf`, the last one elsewhere.
        let whole = if file == "pg_hba.conf" {
            format!("{lines}\n{before}")
        } else {
            format!("{before}\n{lines}\n")
        };
        fs::write(&path, whole).unwrap();
        self.admin().await.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    }

    /// Ends the server, at once as by a crash, and starts it again on the same port and data.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.watchdog = watched(self.folder.path(), self.port, "");
    }

    /// Ends the server at once, as by a crash.
    pub(crate) fn stop(&mut self) {
        drop(self.watchdog.stdin.take());
        self.watchdog.wait().unwrap();
    }

    /// Kills it and all its processes as the loss of their machine does: nobody says goodbye.
    pub(crate) fn kill(&mut self) {
        let pid = fs::read_to_string(self.folder.path().join("data/postmaster.pid")).unwrap();
        let pid = pid.lines().next().unwrap();
        let kill = "children=$(pgrep -P \"$0\"); kill -9 \"$0\" $children";
        assert!(Command::new("/bin/sh").args(["-c", kill, pid]).status().unwrap().success());
        self.stop();
    }

    /// A standby that has each of its writes before they are answered.
    pub(crate) async fn standby(&self) -> Self {
        let standby = tokio::task::block_in_place(|| Self::standby_of(self));
        let admin = self.admin().await;
        admin.batch_execute("ALTER SYSTEM SET synchronous_standby_names = '*'").await.unwrap();
        admin.batch_execute("SELECT pg_reload_conf()").await.unwrap();
        standby
    }

    /// The standby takes writes from now on.
    pub(crate) async fn promote(&self) {
        self.admin().await.batch_execute("SELECT pg_promote()").await.unwrap();
    }

    /// A connection as the administrator.
    pub(crate) async fn admin(&self) -> Client {
        connect(&self.url("postgres", "postgres")).await
    }

    pub(crate) fn url(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{}/{database}", self.port)
    }

    /// A place in it that nobody else has.
    pub(crate) async fn database(&self) -> Database {
        let role = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let make = format!("CREATE ROLE {role} LOGIN; CREATE SCHEMA {role} AUTHORIZATION {role}");
        self.admin().await.batch_execute(&make).await.unwrap();
        Database { url: self.url(&role, "postgres"), role }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A user and their schema; the tables in it are theirs alone.
pub(crate) struct Database {
    pub(crate) url: String,
    pub(crate) role: String,
}

impl Database {
    /// In the server of this process.
    pub(crate) async fn fresh() -> Self {
        let shared = tokio::task::spawn_blocking(|| &*SHARED).await.unwrap();
        shared.database().await
    }

    /// The same, where transactions are serializable, as those of the distributed engines are: each may
    /// be undone because of others.
    pub(crate) async fn serializable() -> Self {
        let fresh = Self::fresh().await;
        let strict =
            format!("ALTER ROLE {} SET default_transaction_isolation = 'serializable'", fresh.role);
        fresh.execute(&strict).await;
        fresh
    }

    /// A store in it, as a node of the service opens it.
    pub(crate) async fn open(&self) -> Postgres {
        self.try_open().await.unwrap()
    }

    pub(crate) async fn try_open(&self) -> Result<Postgres, StoreError> {
        open(&self.url).await
    }

    /// Its URL with these servers instead.
    pub(crate) fn at(&self, ports: &[u16]) -> String {
        let hosts: Vec<_> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        let (_, name) = self.url.rsplit_once('/').unwrap();
        format!("postgres://{}@{}/{name}", self.role, hosts.join(","))
    }

    /// The port of its server.
    pub(crate) fn port(&self) -> u16 {
        let (_, port) = self.url.rsplit_once(':').unwrap();
        port.split_once('/').unwrap().0.parse().unwrap()
    }

    /// Runs statements from outside.
    pub(crate) async fn execute(&self, sql: &str) {
        self.client().await.batch_execute(sql).await.unwrap();
    }

    /// Runs statements as the server's administrator.
    pub(crate) async fn administer(&self, sql: &str) {
        let url = self.url.replacen(&self.role, "postgres", 1);
        connect(&url).await.batch_execute(sql).await.unwrap();
    }

    /// A connection from outside.
    pub(crate) async fn client(&self) -> Client {
        connect(&self.url).await
    }
}

/// A store at this URL.
pub(crate) async fn open(url: &str) -> Result<Postgres, StoreError> {
    let address = Address::parse(url, Path::new("/")).unwrap();
    Postgres::open(&address, 16, Arc::new(OsEntropy)).await
}

async fn connect(url: &str) -> Client {
    let (client, driver) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(driver);
    client
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn make(folder: &Path) {
    let data = folder.join("data");
    let mut initdb = as_other_user(&program("initdb"));
    initdb.args(["--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8"]);
    let made = initdb.arg("--locale=C.UTF-8").arg("-D").arg(&data).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

fn configure(folder: &Path, port: u16, settings: &str) {
    let sockets = folder.display();
    let ours = format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{sockets}'\n\
         max_connections = 400\nshared_buffers = 32MB\nfsync = off\nfull_page_writes = off\n\
         {settings}\n"
    );
    let file = folder.join("data/postgresql.conf");
    let shipped = fs::read_to_string(&file).unwrap();
    fs::write(&file, shipped + &ours).unwrap();
}

/// A shell that runs the server until its standard input closes, which is when we end, however that
/// happens. Then it also removes the folder, unless somebody else will.
fn watched(folder: &Path, port: u16, after: &str) -> Child {
    let script = format!(
        "\"$0\" -D \"$1/data\" >>\"$1/log\" 2>&1 & \
         until \"$2\" -q -h 127.0.0.1 -p {port}; do kill -0 $! || exit 1; sleep 0.02; done; \
         echo ready; cat >/dev/null; kill -QUIT $!; wait $!; {after}"
    );
    let mut shell = as_other_user(Path::new("/bin/sh"));
    shell.args(["-c", &script]).arg(program("postgres")).arg(folder).arg(program("pg_isready"));
    shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
    let mut shell = shell.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(shell.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let log = || fs::read_to_string(folder.join("log")).unwrap_or_default();
    assert_eq!(line, "ready\n", "{}", log());
    shell
}

static SHARED: LazyLock<Server> = LazyLock::new(Server::shared);
static NEXT: AtomicU32 = AtomicU32::new(0);
