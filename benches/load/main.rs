//! Load on the real binary: `cargo bench --bench load -- --help`.
//!
//! Starts `revscore-serve`, sends it edits over connections that are kept open, and tells rates,
//! percentiles, processor time and memory. With `--rate` requests are due at fixed times whether
//! or not earlier ones were answered, and a latency counts from when its request was due: so a
//! server that stalls is seen to stall (an open model). Without, each connection sends its next
//! request when it has its answer (a closed loop), which finds the highest rate.
//!
//! With `--by-id` revisions are named by their ids, and the server fetches them from a wiki in this
//! process: each one anew, or with `--known` the same ones again and again.

mod wiki;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use serde_json::json;

#[path = "../support/mod.rs"]
mod support;
use support::article;

/// Different edits that are sent in turn.
const N_EDITS: usize = 64;

/// Puts load on revscore-serve, and tells how it bore it
#[derive(Parser)]
struct Args {
    /// Requests a second, due at fixed times; without it, as many as come back
    #[arg(long)]
    rate: Option<f64>,

    /// Connections, each kept open by a thread of its own
    #[arg(long, default_value_t = 8)]
    connections: usize,

    /// How long to measure, in seconds, after a second to warm up
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,

    /// Size of a request's body: two texts and an edit's facts, in kB
    #[arg(long, default_value_t = 63)]
    body_kb: usize,

    /// Edits a request
    #[arg(long, default_value_t = 1)]
    batch: usize,

    /// Name revisions by id, which the server fetches; 50 a request cost it two calls
    #[arg(long)]
    by_id: bool,

    /// With --by-id: the same revisions in every round, so that their scores are known
    #[arg(long, requires = "by_id")]
    known: bool,

    /// Whether reasons are asked for
    #[arg(long)]
    explain: bool,

    /// The wiki whose model scores
    #[arg(long, default_value = "enwiki")]
    wiki: String,

    /// Directory of models
    #[arg(long, default_value = "models")]
    models: PathBuf,

    /// Bind the server to these processors, as taskset has them
    #[arg(long)]
    server_cpus: Option<String>,

    /// Passed by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let args = Args::parse();
    let server = Server::start(&args);
    let requests: Vec<Vec<u8>> = match args.by_id {
        false => (0..N_EDITS).map(|idx| request(&args, idx)).collect(),
        // As many as can be asked for in the time, so that none comes twice.
        true => (0..if args.known {
            N_EDITS
        } else {
            400_000 / args.batch
        })
            .map(|idx| request_by_id(&args, idx))
            .collect(),
    };
    // What is to be fetched must not be known from warming up.
    let (requests, warm_up) = match args.by_id && !args.known {
        true => requests.split_at(requests.len() / 2),
        false => (&requests[..], &requests[..]),
    };
    send_for(&args, &server, warm_up, 1.0);
    let cpu_before = server.cpu_seconds();
    let started = Instant::now();
    let mut latencies = send_for(&args, &server, requests, args.seconds);
    let elapsed = started.elapsed().as_secs_f64();
    latencies.sort_unstable();
    let n_edits = latencies.len() * args.batch;
    let percentile = |share: f64| {
        let at = ((latencies.len() as f64 * share) as usize).min(latencies.len().saturating_sub(1));
        latencies
            .get(at)
            .map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e3)
    };
    match args.rate {
        Some(rate) => println!(
            "{rate} requests/s due (open model), {} connections",
            args.connections
        ),
        None => println!("closed loop of {} connections", args.connections),
    }
    let what = match (args.by_id, args.known) {
        (false, _) => format!("bodies of {} kB", requests[0].len() / 1000),
        (true, false) => format!("fetched by id, each two texts of {} kB", args.body_kb / 2),
        (true, true) => "by id, known".to_owned(),
    };
    println!(
        "{n_edits} edits in {elapsed:.1} s: {:.0} edits/s, {what}",
        n_edits as f64 / elapsed,
    );
    println!(
        "latency in ms: p50 {:.2}, p90 {:.2}, p99 {:.2}, p99.9 {:.2}, max {:.2}",
        percentile(0.5),
        percentile(0.9),
        percentile(0.99),
        percentile(0.999),
        percentile(1.0)
    );
    println!(
        "server: {:.3} ms of CPU an edit, {:.0} MB resident, ready after {:.0} ms",
        (server.cpu_seconds() - cpu_before) * 1e3 / n_edits as f64,
        server.resident_mb(),
        server.ready_after.as_secs_f64() * 1e3
    );
}

/// Sends requests for so many seconds; gives their latencies.
fn send_for(args: &Args, server: &Server, requests: &[Vec<u8>], seconds: f64) -> Vec<Duration> {
    let next = AtomicU64::new(0);
    let (next, address) = (&next, server.address);
    let started = Instant::now();
    let end = started + Duration::from_secs_f64(seconds);
    let connection = move || {
        let mut connection = Connection::open(address);
        let mut latencies = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let due = match args.rate {
                Some(rate) => started + Duration::from_secs_f64(n as f64 / rate),
                None => Instant::now(),
            };
            if due >= end {
                return latencies;
            }
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            connection.ask(&requests[n as usize % requests.len()]);
            latencies.push(due.elapsed());
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..args.connections)
            .map(|_| scope.spawn(connection))
            .collect();
        let latencies = threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("a connection works"));
        latencies.collect()
    })
}

struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
    body: Vec<u8>,
}

impl Connection {
    fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_nodelay(true).expect("a socket");
        Self {
            stream: BufReader::new(stream),
            line: String::new(),
            body: Vec::new(),
        }
    }

    /// Sends a request and reads its answer, which must be a success.
    fn ask(&mut self, request: &[u8]) {
        self.stream
            .get_mut()
            .write_all(request)
            .expect("the server reads");
        let mut length = 0;
        for n in 0.. {
            self.line.clear();
            self.stream
                .read_line(&mut self.line)
                .expect("the server answers");
            if n == 0 {
                assert!(self.line.contains(" 200 "), "{}", self.line);
            }
            let line = self.line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
        }
        self.body.resize(length, 0);
        self.stream
            .read_exact(&mut self.body)
            .expect("a whole answer");
        assert!(!self.body.windows(9).any(|part| part == b"\"error\":{"));
    }
}

/// One request, header and body.
fn request(args: &Args, idx: usize) -> Vec<u8> {
    let before = article(args.body_kb / 2 / args.batch, 0);
    let edits: Vec<_> = (0..args.batch)
        .map(|in_batch| {
            let at = before.len() * (idx + in_batch) / (N_EDITS + args.batch);
            let at = before[..at].rfind('\n').map_or(0, |at| at + 1);
            let after = format!(
                "{}The edit {idx} adds [[some words]] here.\n{}",
                &before[..at],
                &before[at..]
            );
            json!({
                "rev_id": 1000 + idx, "parent_text": before, "text": after, "comment": "more of it",
                "timestamp": "2026-01-31T12:00:00Z", "user": {"name": format!("192.0.2.{idx}")},
                "page": {"id": 7, "title": "Danube"},
            })
        })
        .collect();
    let body = json!({"wiki": args.wiki, "explain": args.explain, "edits": edits}).to_string();
    let head = format!(
        "POST /api/v1/score HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body.as_bytes()].concat()
}

/// One request for revisions by id.
fn request_by_id(args: &Args, idx: usize) -> Vec<u8> {
    let first = 1 + idx * args.batch;
    let ids: Vec<usize> = (first..first + args.batch).collect();
    let body = json!({"wiki": args.wiki, "explain": args.explain, "rev_ids": ids}).to_string();
    let head = format!(
        "POST /api/v1/score HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body.as_bytes()].concat()
}

/// The real binary.
struct Server {
    child: Child,
    /// Its configuration, as long as it runs.
    _config: tempfile::NamedTempFile,
    address: SocketAddr,
    ready_after: Duration,
}

impl Server {
    fn start(args: &Args) -> Self {
        let binary = env!("CARGO_BIN_EXE_revscore-serve");
        let mut command = match &args.server_cpus {
            Some(cpus) => {
                let mut command = Command::new("taskset");
                command.args(["-c", cpus, binary]);
                command
            }
            None => Command::new(binary),
        };
        command.arg("--models").arg(&args.models).args([
            "--listen",
            "127.0.0.1:0",
            "--log",
            "error",
        ]);
        let mut config = tempfile::NamedTempFile::new().expect("a temporary file");
        if args.by_id {
            let wiki = wiki::start(article(args.body_kb / 2, 0));
            let table = format!("[wiki.{}]\napi_url = \"http://{wiki}/\"\n", args.wiki);
            config
                .write_all(table.as_bytes())
                .expect("room on the disk");
        }
        command.arg("--config").arg(config.path());
        let started = Instant::now();
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut greeting = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        let address = loop {
            line.clear();
            let n = greeting.read_line(&mut line).expect("its greeting");
            assert!(n > 0, "the server ended");
            let after = line
                .split("http://")
                .nth(1)
                .and_then(|rest| rest.split_whitespace().next());
            if let Some(address) = after.and_then(|address| address.parse().ok()) {
                break address;
            }
        };
        let ready_after = started.elapsed();
        // Whatever else it prints must not block it.
        std::thread::spawn(move || std::io::copy(&mut greeting, &mut std::io::sink()));
        Self {
            child,
            _config: config,
            address,
            ready_after,
        }
    }

    /// Processor time so far: fields 14 and 15 of proc(5), in ticks of 10 ms.
    fn cpu_seconds(&self) -> f64 {
        let stat =
            std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let after_name = stat.rsplit(") ").next().unwrap_or_default();
        let fields = after_name.split(' ').skip(11).take(2);
        fields
            .filter_map(|ticks| ticks.parse::<f64>().ok())
            .sum::<f64>()
            / 100.0
    }

    fn resident_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .unwrap_or_default();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kb = resident.and_then(|text| text.trim().trim_end_matches(" kB").parse::<f64>().ok());
        kb.unwrap_or(f64::NAN) / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
