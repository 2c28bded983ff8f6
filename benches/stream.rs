//! Rates of a stream through the real binary: `cargo bench --features kafka --bench stream -- --help`.
//!
//! Produces events into topics (of librdkafka's own cluster in this process, or of the brokers that are
//! named), starts `revscore-serve`, and tells how fast it came to their end, what that cost of its processor
//! time, and how much memory it had meanwhile. Three things: edits that are scored, with their texts in the
//! cache; events that are only decoded, looked up and routed; and memory over very many.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use rdkafka::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseRecord, Producer as _, ThreadedProducer};
use serde_json::{Value, json};

#[path = "support/mod.rs"]
mod support;
#[path = "load/wiki.rs"]
mod wiki;

const EVENTS: &str = "mediawiki.revision-create";
const SCORES: &str = "mediawiki.revision-score";

/// How many events may wait.
const AHEAD: u64 = 25_000;

/// Revisions that are asked for at once, to have their texts in the cache.
const BATCH: u64 = 50;

/// Puts events into a topic, and tells how fast revscore-serve comes to their end
#[derive(Parser)]
struct Args {
    /// Edits that are scored
    #[arg(long, default_value_t = 20_000)]
    scored: u64,

    /// Events that are only decoded, looked up and routed: half of edits that were scored before, a quarter of
    /// bots, a quarter of other wikis
    #[arg(long, default_value_t = 200_000)]
    routed: u64,

    /// Events over which memory is watched
    #[arg(long, default_value_t = 1_000_000)]
    watched: u64,

    /// Partitions of the topic
    #[arg(long, default_value_t = 8)]
    partitions: i32,

    /// Size of an edit's text, in kB; its parent's is the same
    #[arg(long, default_value_t = 6)]
    text_kb: usize,

    /// Brokers to use instead of a cluster in this process; the topics are there already
    #[arg(long)]
    brokers: Option<String>,

    /// Where the ledger is kept: a file in a temporary directory, unless this names a database
    #[arg(long)]
    ledger: Option<String>,

    /// Without a ledger
    #[arg(long)]
    no_ledger: bool,

    /// Whether the wiki's past is known, and told of each edit
    #[arg(long)]
    history: bool,

    /// The wiki whose model scores
    #[arg(long, default_value = "enwiki")]
    wiki: String,

    /// Directory of models
    #[arg(long, default_value = "models")]
    models: PathBuf,

    /// Passed by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let args = Args::parse();
    let cluster = match args.brokers {
        Some(_) => None,
        None => {
            let cluster = MockCluster::new(1).expect("a cluster");
            for (topic, n) in [
                (EVENTS, args.partitions),
                (SCORES, args.partitions),
                ("revscore.retry", 1),
                ("revscore.dead-letters", 1),
            ] {
                cluster.create_topic(topic, n, 1).expect("a topic");
            }
            Some(cluster)
        }
    };
    let brokers = match (&args.brokers, &cluster) {
        (Some(brokers), _) => brokers.clone(),
        (None, Some(cluster)) => cluster.bootstrap_servers(),
        (None, None) => unreachable!("there is one or the other"),
    };
    let server = Server::start(&args, &brokers);
    let ids = || 1..=args.scored;
    server.warm_up(&args);
    println!(
        "texts of {} kB, {} partitions, {} bytes an event",
        args.text_kb,
        args.partitions,
        event(&args.wiki, 1, false).1.len()
    );
    let scored = ids().map(|id| event(&args.wiki, id, false));
    server.measure("scored, texts in the cache", &brokers, scored, args.scored);
    let known = args.scored.max(1);
    let routed = |n: u64| {
        (0..n).map(move |idx| match idx % 4 {
            0 | 1 => (idx % known + 1, None),
            2 => (1_000_000 + idx, Some(true)),
            _ => (1_000_000 + idx, Some(false)),
        })
    };
    let make = |(id, is_bot): (u64, Option<bool>)| match is_bot {
        None => event(&args.wiki, id, false),
        Some(true) => event(&args.wiki, id, true),
        Some(false) => event("nobodyswiki", id, false),
    };
    let events = routed(args.routed).map(make);
    server.measure(
        "decoded, looked up and routed",
        &brokers,
        events,
        args.routed,
    );
    let events = routed(args.watched).map(make);
    server.measure("the same, memory watched", &brokers, events, args.watched);
}

/// An event with its key.
fn event(wiki: &str, id: u64, is_bot: bool) -> (String, Vec<u8>) {
    let page = id / wiki::EDITS_A_PAGE + 1;
    let event = json!({
        "$schema": "/mediawiki/revision/create/2.0.0",
        "meta": {"stream": EVENTS, "domain": "en.wikipedia.org", "id": id.to_string(),
            "request_id": "a331985f82ec4249c480d23a", "uri": "https://en.wikipedia.org/wiki/River"},
        "dt": "2026-01-31T12:00:00Z", "database": wiki, "page_id": page,
        "page_title": format!("River_{page}"), "page_namespace": 0, "page_is_redirect": false,
        "rev_id": id, "rev_parent_id": id + (1 << 40), "rev_timestamp": "2026-01-31T12:00:00Z",
        "rev_len": 6_000, "rev_sha1": "2mx9qnkore72az8niqap1s3ycpu1jej", "rev_minor_edit": false,
        "rev_content_model": "wikitext", "rev_content_format": "text/x-wiki", "comment": "more of it",
        "rev_slots": {"main": {"rev_slot_content_model": "wikitext", "rev_slot_size": 6_000,
            "rev_slot_sha1": "2mx9qnkore72az8niqap1s3ycpu1jej", "rev_slot_origin_rev_id": id}},
        "performer": {"user_text": "Anna", "user_id": 123, "user_is_bot": is_bot, "user_edit_count": 100,
            "user_groups": ["*", "user"], "user_registration_dt": "2014-02-23T21:13:24Z"},
    });
    (format!("{wiki}:{page}"), event.to_string().into_bytes())
}

struct Server {
    child: Child,
    _directory: tempfile::TempDir,
    url: String,
}

impl Server {
    fn start(args: &Args, brokers: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let wiki = wiki::start(support::article(args.text_kb, 0));
        let config = format!(
            "cache_bytes = {}\n[wiki.{}]\napi_url = \"http://{wiki}/\"\ntimeout_ms = 20000\n[source.edits]\nfrom = \
             \"kafka\"\nbrokers = \"{brokers}\"\ntopics = [\"{EVENTS}\"]\nstart = \"earliest\"\nskip_bots = \
             true\n[sink.scores]\nto = \"kafka\"\nbrokers = \"{brokers}\"\ntopic = \"{SCORES}\"\n",
            1_u64 << 30,
            args.wiki
        );
        let path = directory.path().join("revscore.toml");
        let mut file = std::fs::File::create(&path).expect("room on the disk");
        file.write_all(config.as_bytes()).expect("room on the disk");
        let mut command = Command::new(env!("CARGO_BIN_EXE_revscore-serve"));
        command.args(["--listen", "127.0.0.1:0", "--log", "error"]);
        command.arg("--models").arg(&args.models);
        command.arg("--config").arg(&path);
        if !args.no_ledger {
            let file = directory.path().join("ledger.db").display().to_string();
            let ledger = args.ledger.as_ref().unwrap_or(&file);
            command.args(["--ledger", ledger, "--ledger-keep-days", "0"]);
        }
        if args.history {
            command.args(["--learn-history", &args.wiki, "--history-save-seconds", "0"]);
        }
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut greeting = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        greeting.read_line(&mut line).expect("its greeting");
        let url = line
            .split_whitespace()
            .find(|word| word.starts_with("http://"));
        let url = url.expect("it says where it listens").to_owned();
        std::thread::spawn(move || std::io::copy(&mut greeting, &mut std::io::sink()));
        Self {
            child,
            _directory: directory,
            url,
        }
    }

    /// Has texts fetched, as a client who asks for scores does.
    fn warm_up(&self, args: &Args) {
        let mut first = 1;
        while first <= args.scored {
            let last = (first + BATCH - 1).min(args.scored);
            let ids: Vec<String> = (first..=last).map(|id| id.to_string()).collect();
            let path = format!("/v3/scores/{}/?revids={}", args.wiki, ids.join("|"));
            let answer: Value = self.get(&path);
            assert!(
                answer[&args.wiki]["scores"][&ids[0]].is_object(),
                "{answer}"
            );
            first = last + 1;
        }
    }

    fn get(&self, path: &str) -> Value {
        let mut answer = ureq::get(format!("{}{path}", self.url))
            .call()
            .expect("an answer");
        answer.body_mut().read_json().expect("JSON")
    }

    /// Events that it has come to the end of.
    fn n_done(&self) -> u64 {
        let answer = ureq::get(format!("{}/metrics", self.url)).call();
        let text = answer.expect("an answer").body_mut().read_to_string();
        let text = text.expect("a text");
        let lines = text.lines();
        let values = lines.filter(|line| line.starts_with("revscore_stream_events_total{"));
        let values = values.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        values.sum::<f64>() as u64
    }

    fn measure(
        &self,
        what: &str,
        brokers: &str,
        events: impl Iterator<Item = (String, Vec<u8>)>,
        n: u64,
    ) {
        if n == 0 {
            return;
        }
        let before = self.n_done();
        let (cpu, began) = (self.cpu_seconds(), Instant::now());
        let producer: ThreadedProducer<_> = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("linger.ms", "20")
            .set("compression.type", "lz4")
            .create()
            .expect("a producer");
        let mut memory = Vec::new();
        let mut looked = Instant::now();
        for (n_produced, (key, payload)) in (1_u64..).zip(events) {
            let mut record = BaseRecord::to(EVENTS).key(&key).payload(&payload);
            while let Err((_, back)) = producer.send(record) {
                record = back;
                std::thread::sleep(Duration::from_millis(2));
            }
            // The cluster in this process forgets what is older than some megabytes.
            if n_produced % 5_000 == 0 {
                while self.n_done() + AHEAD < before + n_produced {
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
            if looked.elapsed() > Duration::from_secs(1) {
                memory.push(self.resident_mb());
                looked = Instant::now();
            }
        }
        let _ = producer.flush(Duration::from_secs(60));
        let produced = began.elapsed().as_secs_f64();
        while self.n_done() < before + n {
            std::thread::sleep(Duration::from_millis(20));
            if looked.elapsed() > Duration::from_secs(1) {
                memory.push(self.resident_mb());
                looked = Instant::now();
            }
        }
        let elapsed = began.elapsed().as_secs_f64();
        memory.push(self.resident_mb());
        let quarter = memory.len() / 4;
        println!(
            "{what}: {n} events in {elapsed:.1} s: {:.0}/s, {:.0} us of CPU each; produced in {produced:.1} s",
            n as f64 / elapsed,
            (self.cpu_seconds() - cpu) * 1e6 / n as f64,
        );
        println!(
            "  resident: {:.0} MB at a quarter of the time, {:.0} MB at the end, {:.0} MB at most",
            memory[quarter],
            memory[memory.len() - 1],
            memory.iter().copied().fold(0.0, f64::max)
        );
    }

    /// Processor time so far: fields 14 and 15 of proc(5), in ticks of 10 ms.
    fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.unwrap_or_default();
        let after_name = stat.rsplit(") ").next().unwrap_or_default();
        let fields = after_name.split(' ').skip(11).take(2);
        let ticks = fields.filter_map(|ticks| ticks.parse::<f64>().ok());
        ticks.sum::<f64>() / 100.0
    }

    /// Memory that it has, in MB: field 2 of proc's statm, in pages of 4 kB.
    fn resident_mb(&self) -> f64 {
        let statm = std::fs::read_to_string(format!("/proc/{}/statm", self.child.id()));
        let statm = statm.unwrap_or_default();
        let pages = statm
            .split(' ')
            .nth(1)
            .and_then(|pages| pages.parse::<f64>().ok());
        pages.unwrap_or(0.0) * 4_096.0 / 1e6
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
