//! What every store does, as one battery of tests: `battery!(open)` runs it over a store that `open` makes.
//!
//! Made edits, and what becomes of them as they are told, are here; `counting` holds counts against plain loops, `asking`
//! has the questions.

mod asking;
mod counting;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::entry::{
    EditFacts, Fate, Judgement, LedgerModel, LedgerPage, ModelScore, RevertedBy, ScoredEdit,
    SeenEdit,
};
use super::outcome::fated;
use super::store::{Answer, Change, Day, ModelId, Store, StoreError, Wanted};
use super::tally::{Bands, Counted, Group, Judged, Tally};
use crate::corpus::{RevertComment, RevertCommentKind, RevertReason, Rule, Sighting, TextDigest};
use crate::evaluation::{Kind, UserClass};
use crate::model::{Family, Target};
use crate::revision::{PageId, RevisionId, Timestamp};

/// Runs the battery over what an async function opens; it gives the store with whatever has to live as
/// long, or nothing where there can be none on this machine.
macro_rules! battery {
    ($open:path) => {
        $crate::service::ledger::battery::battery!(
            $open,
            every_field_comes_back,
            what_is_told_twice_is_there_once,
            an_abandoned_batch_is_there_whole_or_not_at_all,
            a_score_and_its_edit_complete_each_other,
            an_edit_moves_to_its_day_when_its_time_is_told,
            a_tail_is_in_order_of_time,
            a_fate_takes_the_place_of_the_one_before,
            judgements_replace_and_are_taken_back,
            tallies_are_what_plain_loops_count,
            old_edits_become_counts,
            features_are_counted_once,
            what_was_said_is_known,
            what_may_not_be_seen_is_not_offered,
            edits_come_page_by_page,
            hostile_strings_are_strings,
            wikis_are_apart,
            a_position_is_the_one_kept_last,
            a_job_is_done_by_one_at_a_time
        );
    };
    ($open:path, $($name:ident),+) => {
        $(
            #[tokio::test]
            async fn $name() {
                if let Some((store, _kept)) = $open().await {
                    $crate::service::ledger::battery::$name(&*store).await;
                }
            }
        )+
    };
}
pub(super) use battery;

pub(in crate::service::ledger) use asking::*;
pub(in crate::service::ledger) use counting::*;

const WIKI: &str = "papwiki";
const DAY: i64 = 86_400;

/// Changes as they are, which say nothing of earlier edits.
trait Tell: Store {
    fn tell<'a>(&'a self, changes: &'a [Change]) -> Answer<'a, ()> {
        self.apply(changes, None)
    }
}

impl<T: Store + ?Sized> Tell for T {}

/// An answer, of a store that works.
#[track_caller]
fn ok<T>(answer: Result<T, StoreError>) -> T {
    answer.expect("the store answers")
}

fn model(target: Target) -> Arc<LedgerModel> {
    Arc::new(LedgerModel {
        name: format!("{WIKI}.{target}"),
        version: "1.0".to_owned(),
        target,
        checksum: u128::MAX - 7,
        rule: Rule {
            bots: true,
            self_reverted: target == Target::Vandalism,
            ..Rule::default()
        },
        levels: vec![("review".to_owned(), 0.125), ("sure".to_owned(), 0.903)],
        features: vec!["words.badwords_added".to_owned(), "user.is_new".to_owned()],
    })
}

fn score(model: &Arc<LedgerModel>, probability: f64) -> ModelScore {
    ModelScore {
        model: Arc::clone(model),
        probability,
        reasons: vec![(Family::Links, 1.25), (Family::Account, -0.5)],
        is_counted: true,
        tenths: vec![3, 10],
    }
}

fn facts(revision: u64, time: Option<i64>) -> EditFacts {
    EditFacts {
        sighting: Sighting {
            revision: RevisionId(revision),
            timestamp: time.map(Timestamp),
            digest: None,
            author: Some(u64::MAX - revision),
        },
        user_name: None,
        user_class: UserClass::Newcomer,
        is_first: false,
        kind: None,
    }
}

fn page(id: u64) -> LedgerPage {
    LedgerPage {
        id: PageId(id),
        title: format!("Page {id}"),
        namespace: 4,
    }
}

fn scored(revision: u64, time: i64, scores: Vec<ModelScore>) -> ScoredEdit {
    ScoredEdit {
        wiki: WIKI.into(),
        page: page(revision % 5 + 1),
        edit: facts(revision, Some(time)),
        scored_at: Some(Timestamp(time + 2)),
        scores,
    }
}

fn seen(revision: u64, time: i64) -> SeenEdit {
    let mut edit = facts(revision, Some(time));
    edit.sighting.digest = Some(TextDigest::of(&revision.to_string()));
    SeenEdit {
        wiki: WIKI.into(),
        page: page(revision % 5 + 1),
        edit,
        comment: RevertComment::of(Some("rvv")),
        parent: None,
        past: None,
    }
}

fn reverted(by: u64, reason: RevertReason) -> Fate {
    Fate {
        reverted: Some(RevertedBy {
            revision: RevisionId(by),
            user_class: UserClass::Experienced,
            seconds: Some(90),
            comment: RevertComment {
                kind: RevertCommentKind::Undo,
                reason,
            },
        }),
        edit_war: reason == RevertReason::Dispute,
        ..Fate::default()
    }
}

fn became(revision: u64, fate: Fate) -> Change {
    Change::Became {
        wiki: WIKI.into(),
        revision: RevisionId(revision),
        fate,
    }
}

fn judgement(revision: u64, by: &str, at: i64, damaging: Option<bool>) -> Judgement {
    Judgement {
        wiki: WIKI.into(),
        revision: RevisionId(revision),
        damaging,
        goodfaith: None,
        spam: None,
        note: None,
        by: by.to_owned(),
        at: Timestamp(at),
    }
}

async fn only_model(store: &dyn Store) -> ModelId {
    let models = ok(store.models(WIKI).await);
    assert_eq!(models.len(), 1);
    models[0].id
}

fn all(model: ModelId) -> Wanted {
    Wanted {
        model,
        at_least: 0.0,
        before: None,
        is_open: false,
        limit: 1_000,
    }
}

pub(in crate::service::ledger) async fn every_field_comes_back(store: &dyn Store) {
    let (reverted_model, vandalism) = (model(Target::Reverted), model(Target::Vandalism));
    let mut change = scored(
        u64::MAX,
        20 * DAY + 7,
        vec![
            ModelScore {
                is_counted: false,
                reasons: vec![],
                ..score(&vandalism, 1.0 / 3.0)
            },
            score(&reverted_model, 0.1 + 0.2),
        ],
    );
    change.page.namespace = -2;
    change.page.id = PageId(u64::MAX);
    change.edit.user_name = Some("Somebody".to_owned());
    change.edit.is_first = true;
    change.edit.kind = Some(Kind::Gibberish);
    let fate = reverted(u64::MAX, RevertReason::Damage);
    let mut judgement = judgement(u64::MAX, "ana", 5, Some(false));
    judgement.goodfaith = Some(true);
    judgement.spam = Some(false);
    judgement.note = Some("a test".to_owned());
    let changes = [
        Change::Scored(change.clone()),
        became(u64::MAX, fate.clone()),
        Change::Judged(judgement.clone()),
    ];
    ok(store.tell(&changes).await);
    let edit = ok(store.edit(WIKI, RevisionId(u64::MAX)).await).expect("it is there");
    assert_eq!(edit.revision, RevisionId(u64::MAX));
    assert_eq!(edit.page, change.page);
    assert_eq!(edit.timestamp, change.edit.sighting.timestamp);
    assert_eq!(edit.user_name, change.edit.user_name);
    assert_eq!(edit.user_class, change.edit.user_class);
    assert_eq!(edit.kind, change.edit.kind);
    assert!(edit.is_first);
    assert_eq!(edit.scored_at, change.scored_at);
    assert_eq!(edit.fate, fate);
    assert_eq!(edit.judgements, [judgement.clone()]);
    assert_eq!(ok(store.judgements(WIKI).await), [judgement]);
    let models = ok(store.models(WIKI).await);
    assert_eq!(models.len(), 2);
    assert_eq!(edit.scores.len(), 2);
    for score in &change.scores {
        let stored = models.iter().find(|stored| stored.model == *score.model);
        let stored = stored.expect("the model is there as it was");
        assert_eq!(stored.days, Some((20, 20)));
        let back = edit.scores.iter().find(|back| back.model == stored.id);
        let back = back.expect("its score is there");
        assert_eq!(back.probability.to_bits(), score.probability.to_bits());
        assert_eq!(back.reasons, score.reasons);
        assert_eq!(back.is_counted, score.is_counted);
    }
    assert_eq!(ok(store.wikis().await), [WIKI]);
    let size = ok(store.size(WIKI).await);
    assert_eq!((size.edits, size.scores, size.judgements), (1, 2, 1));
    assert_eq!(size.seen_until, None);
    assert!(ok(store.edit(WIKI, RevisionId(1)).await).is_none());
}

pub(in crate::service::ledger) async fn what_is_told_twice_is_there_once(store: &dyn Store) {
    let model = model(Target::Reverted);
    let changes = [
        Change::Scored(scored(7, DAY, vec![score(&model, 0.5)])),
        Change::Seen(seen(7, DAY)),
        became(7, reverted(9, RevertReason::Damage)),
        Change::Judged(judgement(7, "ana", 1, Some(true))),
    ];
    let other = Change::Scored(scored(7, DAY, vec![score(&model, 0.75)]));
    ok(store.tell(&changes).await);
    let once = ok(store.tallies(WIKI, None, 0..=9, Timestamp(9 * DAY)).await);
    for again in [&changes[..], &changes, &[other]] {
        ok(store.tell(again).await);
        let size = ok(store.size(WIKI).await);
        assert_eq!((size.edits, size.scores, size.judgements), (1, 1, 1));
        let edit = ok(store.edit(WIKI, RevisionId(7)).await).expect("it is there");
        assert_eq!(edit.scores[0].probability, 0.5);
        let twice = ok(store.tallies(WIKI, None, 0..=9, Timestamp(9 * DAY)).await);
        assert_eq!(once.len(), twice.len());
        for (once, twice) in once.iter().zip(&twice) {
            assert_eq!(once.tally, twice.tally);
        }
    }
}

/// Polls a future so many times at most, and drops it.
async fn abandon<F: Future + Unpin>(mut future: F, mut n_polls: usize) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        if n_polls == 0 {
            return std::task::Poll::Ready(None);
        }
        n_polls -= 1;
        std::pin::Pin::new(&mut future).poll(context).map(Some)
    })
    .await
}

pub(in crate::service::ledger) async fn an_abandoned_batch_is_there_whole_or_not_at_all(
    store: &dyn Store,
) {
    let model = model(Target::Reverted);
    let mut n_known = 0;
    for n_polls in [1, 2, 5, 20, 60, 10_000] {
        let first = 100 * n_polls as u64;
        let batch: Vec<Change> = (first..first + 10)
            .map(|revision| Change::Scored(scored(revision, DAY, vec![score(&model, 0.5)])))
            .collect();
        let done = abandon(store.tell(&batch), n_polls).await;
        let size = ok(store.size(WIKI).await);
        match done {
            Some(done) => {
                ok(done);
                assert_eq!(size.edits, n_known + 10);
            }
            None => assert!([n_known, n_known + 10].contains(&size.edits), "{size:?}"),
        }
        // Whatever became of the first attempt, the second makes it whole.
        ok(store.tell(&batch).await);
        n_known += 10;
        let size = ok(store.size(WIKI).await);
        assert_eq!((size.edits, size.scores), (n_known, n_known));
    }
}

pub(in crate::service::ledger) async fn a_score_and_its_edit_complete_each_other(
    store: &dyn Store,
) {
    let model = model(Target::Reverted);
    for (revision, is_seen_first) in [(11, false), (12, true)] {
        let mut score = scored(revision, 3 * DAY, vec![score(&model, 0.5)]);
        score.page = LedgerPage {
            id: PageId(0),
            title: "Early".to_owned(),
            namespace: 4,
        };
        score.edit.sighting.author = None;
        score.edit.user_class = UserClass::Unknown;
        score.edit.kind = Some(Kind::Blanking);
        score.edit.is_first = true;
        let mut sight = seen(revision, 3 * DAY);
        sight.page = page(revision);
        sight.edit.user_name = Some("A".to_owned());
        let mut changes = [Change::Scored(score), Change::Seen(sight.clone())];
        if is_seen_first {
            changes.reverse();
        }
        for change in changes {
            ok(store.tell(&[change]).await);
        }
        let edit = ok(store.edit(WIKI, RevisionId(revision)).await).expect("it is there");
        assert_eq!(edit.page, sight.page);
        assert_eq!(edit.user_class, UserClass::Newcomer);
        assert_eq!(edit.user_name.as_deref(), Some("A"));
        assert_eq!(edit.kind, Some(Kind::Blanking));
        assert!(edit.is_first);
        assert_eq!(edit.scores.len(), 1);
        let tail = ok(store.tail(WIKI, PageId(revision), 5).await);
        assert_eq!(tail.len(), 1);
        assert_eq!(tail[0].sighting, sight.edit.sighting);
        assert_eq!(tail[0].comment, sight.comment);
    }
    let size = ok(store.size(WIKI).await);
    assert_eq!((size.edits, size.scores), (2, 2));
    assert_eq!(size.seen_until, Some(Timestamp(3 * DAY)));
}

pub(in crate::service::ledger) async fn an_edit_moves_to_its_day_when_its_time_is_told(
    store: &dyn Store,
) {
    let model = model(Target::Reverted);
    let mut undated = scored(7, 0, vec![score(&model, 0.5)]);
    undated.edit.sighting.timestamp = None;
    undated.scored_at = Some(Timestamp(5 * DAY));
    ok(store.tell(&[Change::Scored(undated)]).await);
    let days = |tallies: &[super::store::DayTally]| -> Vec<Day> {
        let all = tallies.iter().filter(|tally| tally.group == Group::All);
        all.map(|tally| tally.day).collect()
    };
    let settled = Timestamp(9 * DAY);
    assert_eq!(
        days(&ok(store.tallies(WIKI, None, 0..=9, settled).await)),
        [5]
    );
    ok(store.tell(&[Change::Seen(seen(7, 4 * DAY))]).await);
    let tallies = ok(store.tallies(WIKI, None, 0..=9, settled).await);
    assert_eq!(days(&tallies.clone()), [4]);
    let edits = ok(store.edits(WIKI, &all(only_model(store).await)).await);
    assert_eq!(edits[0].timestamp, Some(Timestamp(4 * DAY)));
    let wanted = Wanted {
        at_least: 0.5,
        before: Some((Timestamp(5 * DAY), RevisionId(0))),
        ..all(only_model(store).await)
    };
    assert_eq!(ok(store.edits(WIKI, &wanted).await).len(), 1);
}

pub(in crate::service::ledger) async fn a_tail_is_in_order_of_time(store: &dyn Store) {
    let told = [(30, 900), (10, 700), (21, 800), (20, 800), (5, 950)];
    let changes = told.map(|(revision, time)| {
        let mut seen = seen(revision, time);
        seen.page = page(3);
        Change::Seen(seen)
    });
    ok(store.tell(&changes).await);
    ok(store
        .tell(&[became(21, reverted(30, RevertReason::Dispute))])
        .await);
    let ids = |tail: &[super::store::TailEntry]| -> Vec<u64> {
        tail.iter().map(|entry| entry.sighting.revision.0).collect()
    };
    let tail = ok(store.tail(WIKI, PageId(3), 9).await);
    assert_eq!(ids(&tail), [10, 20, 21, 30, 5]);
    assert_eq!(tail[2].fate, reverted(30, RevertReason::Dispute));
    assert_eq!(tail[1].fate, Fate::default());
    assert_eq!(ids(&ok(store.tail(WIKI, PageId(3), 2).await)), [30, 5]);
    assert_eq!(ids(&ok(store.tail(WIKI, PageId(4), 2).await)), [0_u64; 0]);
    assert_eq!(
        ids(&ok(store.tail("enwiki", PageId(3), 2).await)),
        [0_u64; 0]
    );
}

pub(in crate::service::ledger) async fn a_fate_takes_the_place_of_the_one_before(
    store: &dyn Store,
) {
    ok(store.tell(&[Change::Seen(seen(7, DAY))]).await);
    let own = Fate {
        self_reverted: true,
        ..Fate::default()
    };
    let undone = Fate {
        revert_undone: true,
        ..reverted(8, RevertReason::NotGiven)
    };
    for fate in [
        reverted(9, RevertReason::Damage),
        own,
        undone,
        Fate::default(),
    ] {
        // Of an edit that is not there nothing is kept.
        ok(store
            .tell(&[became(7, fate.clone()), became(8, fate.clone())])
            .await);
        let edit = ok(store.edit(WIKI, RevisionId(7)).await).expect("it is there");
        assert_eq!(edit.fate, fate);
        assert!(ok(store.edit(WIKI, RevisionId(8)).await).is_none());
    }
}

pub(in crate::service::ledger) async fn judgements_replace_and_are_taken_back(store: &dyn Store) {
    let model = model(Target::Reverted);
    // Said before the edit is there: it counts when it comes.
    let early = Change::Judged(judgement(7, "ana", 10, Some(true)));
    ok(store.tell(&[early]).await);
    let scored = scored(7, DAY, vec![score(&model, 0.5)]);
    ok(store.tell(&[Change::Scored(scored)]).await);
    let unjudge = |by: &str| Change::Unjudged {
        wiki: WIKI.into(),
        revision: RevisionId(7),
        by: by.to_owned(),
    };
    let steps = [
        (None, Judged::Bad, 1),
        (
            Some(Change::Judged(judgement(7, "ana", 11, Some(false)))),
            Judged::Good,
            1,
        ),
        (
            Some(Change::Judged(judgement(7, "ben", 12, None))),
            Judged::Good,
            2,
        ),
        (
            Some(Change::Judged(judgement(7, "cyd", 9, Some(true)))),
            Judged::Good,
            3,
        ),
        (
            Some(Change::Judged(judgement(7, "ben", 12, Some(true)))),
            Judged::Bad,
            3,
        ),
        (Some(unjudge("ben")), Judged::Good, 2),
        (Some(unjudge("nobody")), Judged::Good, 2),
        (Some(unjudge("ana")), Judged::Bad, 1),
        (Some(unjudge("cyd")), Judged::Not, 0),
    ];
    for (step, (change, expected, n)) in steps.into_iter().enumerate() {
        ok(store.tell(change.as_slice()).await);
        assert_eq!(ok(store.judgements(WIKI).await).len(), n, "step {step}");
        assert_eq!(ok(store.size(WIKI).await).judgements, n as u64);
        let tallies = ok(store.tallies(WIKI, None, 1..=1, Timestamp(9 * DAY)).await);
        let all = tallies.iter().find(|tally| tally.group == Group::All);
        let edits = &all.expect("a day with an edit").tally.edits;
        let judged: Vec<Judged> = edits.keys().map(|(_, _, judged)| *judged).collect();
        assert_eq!(judged, [expected], "step {step}");
    }
}
