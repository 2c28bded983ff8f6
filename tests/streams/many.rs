//! Fifty thousand events, a consumer that is killed and one that joins.

use std::time::{Duration, Instant};

use crate::cluster::{Cluster, EVENTS, SCORES};
use crate::replica::{configure, start};
use crate::said::{Said, event};
use crate::wiki::Wiki;

const N_EVENTS: u64 = 50_000;

/// How long nothing may come before the test gives up.
const STILLNESS: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_revision_is_scored_whoever_dies_and_joins() {
    let wiki = Wiki::start().await;
    tokio::task::spawn_blocking(move || {
        let cluster = Cluster::start(8);
        let directory = tempfile::tempdir().unwrap();
        let config = configure(directory.path(), &cluster.topics, &wiki, "threads = 1");
        let begin = |name: &str| {
            let ledger = directory.path().join(name);
            start(&config, &["--ledger", ledger.to_str().unwrap()])
        };
        cluster.topics.produce(EVENTS, (1..=N_EVENTS).map(event));
        let began = Instant::now();
        let (mut doomed, second) = (Some(begin("first.db")), begin("second.db"));
        let mut third = None;
        let mut said = Said::default();
        let reader = cluster.topics.reader(SCORES);
        while said.by_revision.len() < N_EVENTS as usize {
            let message = reader.next(STILLNESS);
            let Some(message) = message else {
                panic!(
                    "{} of {N_EVENTS} after {:?}",
                    said.by_revision.len(),
                    began.elapsed()
                );
            };
            said.add(&message);
            if said.by_revision.len() > 12_000
                && let Some(first) = doomed.take()
            {
                first.kill();
                third = Some(begin("third.db"));
            }
        }
        // What comes again comes soon.
        while let Some(message) = reader.next(Duration::from_secs(2)) {
            said.add(&message);
        }
        said.check_doubles();
        let n_doubled = said.n_messages - N_EVENTS as usize;
        println!(
            "{N_EVENTS} events in {:?}, {n_doubled} scores delivered twice",
            began.elapsed()
        );
        for service in [Some(&second), third.as_ref()].into_iter().flatten() {
            let n_scored = service.sum("revscore_stream_events_total", "outcome=\"scored\"");
            assert!(n_scored > 1_000.0, "{n_scored}");
            assert_eq!(
                service.sum("revscore_stream_events_total", "outcome=\"dead\""),
                0.0
            );
            assert_eq!(
                service.sum("revscore_stream_events_total", "outcome=\"failed\""),
                0.0
            );
        }
        // Far less than is done twice when nothing is committed.
        assert!(n_doubled < 12_000, "{n_doubled}");
    })
    .await
    .unwrap();
}
