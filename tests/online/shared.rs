//! Services that share a PostgreSQL ledger: a dump that is replayed into it, and two services that are told of the
//! edits of every other page, report what one does over a file.

use serde_json::{Value, json};

use crate::binaries::{SAMPLE, SERVE, Service, learn, run};
use crate::live::{Saved, UNTIL, sample};

#[expect(dead_code, reason = "the store's own tests need more of it")]
#[path = "../../src/service/ledger/postgres/server.rs"]
pub(crate) mod server;

#[tokio::test(flavor = "multi_thread")]
async fn what_several_share_is_reported_as_ones_own() {
    let (Some(replayed), Some(told)) = (server::schema().await, server::schema().await) else {
        return;
    };
    let compared = tokio::task::spawn_blocking(move || compare(&replayed, &told));
    compared.await.unwrap();
}

fn compare(replayed: &str, told: &str) {
    let room = tempfile::tempdir().unwrap();
    let room = room.path();
    learn(room, SAMPLE, UNTIL);
    let replay = |ledger: &str| {
        let arguments = [
            "replay",
            "--dump",
            SAMPLE,
            "--wiki",
            "samplewiki",
            "--models",
            ".",
            "--since",
            UNTIL,
            "--ledger",
            ledger,
        ];
        run(SERVE, room, &arguments)
    };
    let printed = replay("replay.ledger");
    assert!(printed.contains("Revscore flagged "), "{printed}");
    for _ in 0..2 {
        assert_eq!(replay(replayed), printed);
    }

    let start = |ledger: &str| {
        let flags = [
            "--ledger",
            ledger,
            "--ledger-wikis",
            "samplewiki",
            "--history-follow-ms",
            "10",
            "--ledger-connections",
            "3",
        ];
        Service::start(room, &flags).ready()
    };
    let alone = start("alone.ledger");
    let two = [start(told), start(told)];
    for Saved {
        timestamp, edit, ..
    } in sample()
    {
        let page = edit["page"]["id"].as_u64().unwrap();
        let request = json!({"wiki": "samplewiki", "edits": [edit]});
        for service in [&alone, &two[(page % 2) as usize]] {
            if timestamp.as_str() >= UNTIL {
                service.post("/api/v1/score?recorded=true", &request);
            }
            service.post("/api/v1/edits", &request);
        }
    }
    let report = |service: &Service| -> Vec<Value> {
        let report = service.get("/api/v1/report?wiki=samplewiki&by=day");
        let days = report["groups"].as_array().unwrap().iter();
        let days = days.chain([&report["all"]]);
        // What is flagged depends on the moment at which one learned what the other was told of.
        days.map(|day| {
            json!([
                day["group"],
                day["settled"],
                day["reverted"],
                day["pending"]
            ])
        })
        .collect()
    };
    let expected = report(&alone);
    assert!(expected.len() > 10, "{expected:?}");
    for service in &two {
        assert_eq!(report(service), expected);
    }
    // One that begins now knows as much.
    assert_eq!(report(&start(told)), expected);
}
