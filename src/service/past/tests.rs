//! Histories that follow one log: what they say, beside what one history says that is told of everything.

use super::*;
use crate::corpus::{self, DumpError, DumpRevision, Event, Input, Meter, ReadOptions};
use crate::edit::Edit;
use crate::history::Facts;
use crate::language::UNLISTED;
use crate::revision::{Page, Revision};

/// The sample wiki's edits in order of time.
fn sample() -> Vec<Seen> {
    let dump = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/data/sample-wiki.xml.bz2"
    );
    let dumps = [Input::File(dump.into())];
    let options = ReadOptions::default();
    let files = corpus::read(&dumps, &options, &Meter::default(), |_, events| {
        let mut seen = Vec::new();
        let mut page = Page::default();
        let mut parent: Option<Revision> = None;
        for event in events {
            match event? {
                Event::PageStart(started) => (page, parent) = (started, None),
                Event::Revision(DumpRevision { revision, .. }) => {
                    seen.push(Edit::new(parent.as_ref(), &revision, &page, &UNLISTED).seen());
                    parent = Some(revision);
                }
                Event::Site(_) | Event::PageEnd => {}
            }
        }
        Ok::<_, DumpError>(seen)
    });
    let mut edits = files.unwrap().pop().expect("there is one file").result;
    edits.sort_by_key(|seen| (seen.timestamp, seen.revision));
    edits
}

/// Of the values about edits.
#[derive(Default)]
struct Differing {
    n_values: usize,
    /// That are others than those of one history.
    n_other: usize,
    /// By more than a tenth.
    n_far: usize,
}

fn values(facts: Facts) -> Vec<f64> {
    let values = format!("{facts:?}");
    let values = values
        .split([':', ',', '}'])
        .filter_map(|value| value.trim().parse().ok());
    values.collect()
}

/// Compares what two histories say with what one says, when the two are told of the edits of every other page and follow
/// one log after so many edits.
fn compare(edits: &[Seen], n_between: usize) -> Differing {
    let mut alone = History::default();
    let mut two = [History::default(), History::default()];
    let mut n_followed = 0;
    let mut differing = Differing::default();
    for (idx, edit) in edits.iter().enumerate() {
        let told = (edit.page.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 63) as usize;
        let (expected, found) = (values(alone.facts(edit)), values(two[told].facts(edit)));
        assert_eq!(expected.len(), found.len());
        for (expected, found) in expected.into_iter().zip(found) {
            let is_same = expected == found || (expected.is_nan() && found.is_nan());
            let is_near = (expected - found).abs() <= 0.1 * expected.abs();
            differing.n_values += 1;
            differing.n_other += usize::from(!is_same);
            differing.n_far += usize::from(!is_same && !is_near);
        }
        alone.observe(edit);
        two[told].observe(edit);
        if (idx + 1) % n_between == 0 {
            for history in &mut two {
                for edit in &edits[n_followed..=idx] {
                    history.observe(edit);
                }
            }
            n_followed = idx + 1;
        }
    }
    differing
}

#[test]
fn two_that_follow_after_every_edit_say_what_one_says() {
    let edits = sample();
    let same = compare(&edits, 1);
    assert_eq!(same.n_other, 0);
    assert_eq!(same.n_values, edits.len() * values(Facts::default()).len());
    for n_between in [2, 5, 10, 20, 50, 100] {
        let Differing {
            n_values,
            n_other,
            n_far,
        } = compare(&edits, n_between);
        let share = |n: usize| 100.0 * n as f64 / n_values as f64;
        println!(
            "{} edits, followed after every {n_between}: {:.2} % of {n_values} values differ, {:.2} % by more than a tenth",
            edits.len(),
            share(n_other),
            share(n_far)
        );
        assert!(n_far < n_other);
    }
}

#[cfg(feature = "postgres")]
mod shared {
    use super::*;
    use crate::corpus::{LabelOptions, RevertComment, Sighting};
    use crate::evaluation::UserClass;
    use crate::revision::{PageId, RevisionId};
    use crate::service::ledger::server::{self, schema};
    use crate::service::ledger::{Change, EditFacts, Ledger, LedgerPage, SeenEdit};
    use crate::service::{AppParts, Config, Histories, LedgerOptions};

    const WIKI: &str = "papwiki";

    /// A service over the ledger at an address; its directory has no history's file.
    async fn service(address: &str) -> (App, tempfile::TempDir) {
        let directory = tempfile::tempdir().unwrap();
        let options = LedgerOptions::new(address, [WIKI.to_owned()]);
        let ledger = Ledger::open(options, |_| LabelOptions::default()).await;
        let parts = AppParts {
            histories: Histories::open(directory.path(), &[WIKI.to_owned()]).unwrap(),
            ledger: Some(ledger.unwrap()),
            ..AppParts::default()
        };
        let config = Config {
            threads: 1,
            ..Config::default()
        };
        (App::with_parts(parts, &config).unwrap(), directory)
    }

    fn history(app: &App) -> &Arc<WikiHistory> {
        app.histories().find(WIKI).expect("there is one")
    }

    /// What a service does that is told of edits.
    async fn tell(app: &App, edits: &[Seen]) {
        history(app).observe(edits);
        let changes = edits.iter().map(|seen| {
            Change::Seen(SeenEdit {
                wiki: WIKI.into(),
                page: LedgerPage {
                    id: PageId(seen.page),
                    title: "A page".to_owned(),
                    namespace: 0,
                },
                edit: EditFacts {
                    sighting: Sighting {
                        revision: seen.revision,
                        timestamp: seen.timestamp,
                        digest: None,
                        author: seen.author,
                    },
                    user_name: None,
                    user_class: UserClass::Unknown,
                    is_first: false,
                    kind: None,
                },
                comment: RevertComment::of(None),
                parent: None,
                past: Some(Box::new(seen.clone())),
            })
        });
        let ledger = app.ledger().expect("there is one");
        ledger.write(changes.collect()).await.unwrap();
    }

    async fn follow_all(app: &App) {
        follow(app, &shared(app)).await.unwrap();
    }

    #[tokio::test]
    async fn each_knows_what_the_others_were_told_of_and_who_begins_too() {
        let Some(address) = schema().await else {
            return;
        };
        let edits = &sample()[..1_300];
        let (one, _one) = service(&address).await;
        let (other, _other) = service(&address).await;
        assert!(one.is_catching_up() && one.shares_past(WIKI) && !one.shares_past("enwiki"));
        begin(&one, &shared(&one)).await.unwrap();
        // By turns, and some to both; what is told twice is in the log once.
        for (n, told) in edits[..600].chunks(60).enumerate() {
            tell([&one, &other][n % 2], told).await;
            if n % 3 == 0 {
                tell([&other, &one][n % 2], &told[..7]).await;
            }
            follow_all(&one).await;
            follow_all(&other).await;
        }
        let mut alone = History::default();
        let mut n_known = 0;
        for edit in &edits[..600] {
            n_known += Place::from(alone.observe(edit));
        }
        for app in [&one, &other] {
            assert_eq!(history(app).n_edits(), 600);
            assert_eq!(history(app).place(), n_known);
            for edit in &edits[600..700] {
                let (known, expected) = (history(app).facts(edit), alone.facts(edit));
                assert_eq!(format!("{known:?}"), format!("{expected:?}"));
            }
        }
        // Who begins without a snapshot reads the whole log, and more than one batch of it.
        let (third, _third) = service(&address).await;
        begin(&third, &shared(&third)).await.unwrap();
        assert_eq!(history(&third).n_edits(), 600);
        // One of those who would write it down does, once.
        save(other.clone()).await;
        let past = store(&one).expect("it is shared");
        let snapshot = past.snapshot(WIKI).await.unwrap().expect("there is one");
        assert_eq!(snapshot.place, n_known);
        assert!(save_one(&one, history(&one)).await.unwrap().is_none());
        // What is old and in the snapshot leaves the log, with the next one.
        tell(&one, &edits[600..1_200]).await;
        age(&address, 500).await;
        follow_all(&one).await;
        save(one.clone()).await;
        let (fourth, _fourth) = service(&address).await;
        begin(&fourth, &shared(&fourth)).await.unwrap();
        assert_eq!(history(&fourth).snapshot(), history(&one).snapshot());
        // Who was away for so long takes the snapshot, and the log goes on.
        tell(&one, &edits[1_200..]).await;
        follow_all(&other).await;
        assert_eq!(history(&other).n_edits(), 1_300);
        age(&address, 2_000).await;
        follow_all(&one).await;
        save(one.clone()).await;
        follow_all(&third).await;
        let after = [(WIKI.into(), 0)];
        assert!(past.sights(&after, 9).await.unwrap().is_empty());
        tell(&third, &sample()[1_300..1_310]).await;
        for app in [&one, &other, &third, &fourth] {
            follow_all(app).await;
            assert_eq!(history(app).n_edits(), 1_310);
            assert_eq!(history(app).place(), past.end(WIKI).await.unwrap());
        }
    }

    /// Makes the first edits of the log as old as they would be two days later.
    async fn age(address: &str, n: i64) {
        let statement = "UPDATE sight SET told_at = told_at - interval '2 days' WHERE place <= $1";
        server::execute(address, statement, n).await;
    }

    #[tokio::test]
    async fn a_service_is_ready_when_it_knows_what_was_told_before_it_began() {
        let Some(address) = schema().await else {
            return;
        };
        let (one, _one) = service(&address).await;
        tell(&one, &sample()[..20]).await;
        let (other, _other) = service(&address).await;
        assert!(other.is_catching_up());
        let following = tokio::spawn(follow_always(other.clone()));
        while other.is_catching_up() {
            tokio::task::yield_now().await;
        }
        assert_eq!(history(&other).n_edits(), 20);
        let late = Seen {
            revision: RevisionId(1 << 40),
            ..sample()[20].clone()
        };
        tell(&one, &[late]).await;
        while history(&other).n_edits() < 21 {
            tokio::task::yield_now().await;
        }
        following.abort();
    }
}
