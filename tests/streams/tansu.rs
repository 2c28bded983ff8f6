//! A real broker: Tansu, whose storage is a file of SQLite, in a process that can be killed.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;

use crate::cluster::{Topics, topics};

/// A broker; it ends with the test.
pub(crate) struct Tansu {
    program: PathBuf,
    directory: tempfile::TempDir,
    port: u16,
    child: Child,
}

impl Tansu {
    /// Starts the one that `REVSCORE_TANSU` names; `None` where it names none.
    pub(crate) fn start() -> Option<Self> {
        let program = PathBuf::from(std::env::var_os("REVSCORE_TANSU")?);
        let directory = tempfile::tempdir().unwrap();
        // Nobody gives a broker its port back but itself.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = port.local_addr().unwrap().port();
        let child = run(&program, &directory, port);
        let tansu = Self {
            program,
            directory,
            port,
            child,
        };
        tansu.wait();
        Some(tansu)
    }

    pub(crate) fn topics(&self) -> Topics {
        Topics {
            brokers: format!("127.0.0.1:{}", self.port),
        }
    }

    /// Ends it as the kernel ends a process that has no memory left.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again, over what it had written.
    pub(crate) fn restart(&mut self) {
        self.child = run(&self.program, &self.directory, self.port);
        self.wait();
    }

    fn wait(&self) {
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "the broker does not start"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Makes a test's topics.
    pub(crate) async fn make_topics(&self, n_partitions: i32) {
        let admin: AdminClient<DefaultClientContext> = ClientConfig::new()
            .set("bootstrap.servers", self.topics().brokers)
            .create()
            .unwrap();
        let topics = topics(n_partitions);
        let topics: Vec<NewTopic<'_>> = topics
            .iter()
            .map(|(name, n)| NewTopic::new(name, *n, TopicReplication::Fixed(1)))
            .collect();
        let options = AdminOptions::new().request_timeout(Some(Duration::from_secs(20)));
        for made in admin.create_topics(&topics, &options).await.unwrap() {
            made.unwrap();
        }
    }
}

impl Drop for Tansu {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(program: &PathBuf, directory: &tempfile::TempDir, port: u16) -> Child {
    let url = format!("tcp://127.0.0.1:{port}");
    let log = directory.path().join("log");
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(log)
        .unwrap();
    Command::new(program)
        .current_dir(directory.path())
        .args(["broker", "--cluster-id", "test", "--listener-url", &url])
        .args([
            "--advertised-listener-url",
            &url,
            "--storage-engine",
            "sqlite://tansu.db",
        ])
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}
