//! A PostgreSQL for tests: a server of their own in a temporary directory, or the one that `REVSCORE_POSTGRES` names.
//!
//! One server serves all tests of a process, each in a schema of its own. A shell that waits for the end of this
//! process, whatever ends it, stops the server and removes its directory. Where no PostgreSQL is installed, tests say
//! SKIPPED and pass. On a server that is named, the schemas (`revscore_test_*`) stay.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// A server that runs.
pub(crate) struct Server {
    directory: PathBuf,
    /// What stops it; it waits for its input to end.
    _watch: Child,
}

/// Where the programs may be, besides on the path.
const DIRECTORIES: &str = "/usr/lib/postgresql";

/// The directory of PostgreSQL's programs.
fn programs() -> Option<PathBuf> {
    let installed = std::fs::read_dir(DIRECTORIES).into_iter().flatten();
    let mut installed: Vec<PathBuf> = installed
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    installed.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let all = installed.into_iter().rev().chain(on_path);
    all.into_iter()
        .find(|directory| directory.join("initdb").exists() && directory.join("pg_ctl").exists())
}

/// Whether this is the superuser, as whom PostgreSQL does not run.
fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("there is id");
    id.stdout == b"0\n"
}

/// A command as somebody who may run PostgreSQL.
fn command(program: &Path) -> Command {
    if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}

fn run(command: &mut Command) -> bool {
    let done = command.stdin(Stdio::null()).output();
    let done = done.expect("the program starts");
    if !done.status.success() {
        eprintln!("{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
    done.status.success()
}

impl Server {
    /// Starts one; `None` where PostgreSQL is not installed.
    pub(crate) fn start() -> Option<Self> {
        let programs = programs()?;
        let directory = tempfile::tempdir().expect("there is a temporary directory");
        let directory = directory.keep();
        if is_root() {
            assert!(run(Command::new("chown").arg("postgres").arg(&directory)));
        }
        let initdb = command(&programs.join("initdb"))
            .current_dir(&directory)
            .arg("-D")
            .arg(directory.join("data"))
            .args([
                "-U",
                "postgres",
                "-E",
                "UTF8",
                "--locale=C",
                "-A",
                "trust",
                "-N",
            ])
            .output()
            .expect("initdb starts");
        assert!(
            initdb.status.success(),
            "{}",
            String::from_utf8_lossy(&initdb.stderr)
        );
        let script = "read -r _; \"$1\"/pg_ctl -D \"$2\"/data -m immediate stop > /dev/null 2>&1; rm -rf \"$2\"";
        let watch = command(Path::new("sh"))
            .current_dir(&directory)
            .args(["-c", script, "sh"])
            .args([&programs, &directory])
            .stdin(Stdio::piped())
            .spawn()
            .expect("there is a shell");
        let server = Self {
            directory,
            _watch: watch,
        };
        server.run();
        Some(server)
    }

    /// Starts it again, after it was killed.
    pub(crate) fn run(&self) {
        let programs = programs().expect("there are programs");
        let began = Instant::now();
        // Processes of one that was killed may be about to end.
        while !run(command(&programs.join("pg_ctl"))
            .current_dir(&self.directory)
            .arg("-D")
            .arg(self.directory.join("data"))
            .arg("-l")
            .arg(self.directory.join("log"))
            .arg("-o")
            .arg(format!(
                "-c listen_addresses= -c unix_socket_directories={} -c fsync=off -c max_connections=200",
                self.directory.display()
            ))
            .args(["-w", "start"]))
        {
            assert!(began.elapsed() < Duration::from_secs(60), "the server does not start");
        }
    }

    /// Ends it as a failure of the machine would.
    pub(crate) fn kill(&self) {
        let pid = std::fs::read_to_string(self.directory.join("data/postmaster.pid"));
        let pid = pid.expect("it runs");
        let pid = pid.lines().next().expect("the first line is its number");
        assert!(run(Command::new("kill").args(["-9", pid])));
    }

    /// A schema of its own on this server.
    pub(crate) async fn schema(&self) -> String {
        let directory = self.directory.display().to_string().replace('/', "%2F");
        schema_at(&format!("postgres://postgres@{directory}/postgres")).await
    }
}

/// The address of a schema that nobody else has; `None`, and says so, where there is no PostgreSQL.
pub(crate) async fn schema() -> Option<String> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    if let Ok(address) = std::env::var("REVSCORE_POSTGRES") {
        return Some(schema_at(&address).await);
    }
    let Some(server) = SERVER.get_or_init(Server::start) else {
        eprintln!("SKIPPED: PostgreSQL is not installed");
        return None;
    };
    Some(server.schema().await)
}

async fn schema_at(address: &str) -> String {
    static N: AtomicU64 = AtomicU64::new(0);
    let n = N.fetch_add(1, Relaxed);
    let name = format!("revscore_test_{}_{n}", std::process::id());
    let mut connection = PgConnection::connect(address)
        .await
        .expect("the server answers");
    let make = format!("DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}");
    let make = sqlx::raw_sql(AssertSqlSafe(make))
        .execute(&mut connection)
        .await;
    make.expect("a schema is made");
    connection.close().await.expect("the server answers");
    let separator = if address.contains('?') { '&' } else { '?' };
    format!("{address}{separator}options=-csearch_path%3D{name}")
}

/// Does something to a ledger from beside, with one number.
pub(crate) async fn execute(address: &str, statement: &'static str, number: i64) {
    let mut connection = PgConnection::connect(address)
        .await
        .expect("the server answers");
    let done = sqlx::query(statement)
        .bind(number)
        .execute(&mut connection)
        .await;
    done.expect("the statement is understood");
}
