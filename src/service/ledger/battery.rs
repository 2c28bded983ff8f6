//! What every store does, as one battery of tests: `battery!(open)` runs it over a store that `open` makes.
//!
//! Counts are compared with those of plain loops over plain values, which know of no day, index or cache. The file is
//! long because it is one list of behaviours over one set of made edits.

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

pub(super) async fn every_field_comes_back(store: &dyn Store) {
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

pub(super) async fn what_is_told_twice_is_there_once(store: &dyn Store) {
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

pub(super) async fn an_abandoned_batch_is_there_whole_or_not_at_all(store: &dyn Store) {
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

pub(super) async fn a_score_and_its_edit_complete_each_other(store: &dyn Store) {
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

pub(super) async fn an_edit_moves_to_its_day_when_its_time_is_told(store: &dyn Store) {
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

pub(super) async fn a_tail_is_in_order_of_time(store: &dyn Store) {
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

pub(super) async fn a_fate_takes_the_place_of_the_one_before(store: &dyn Store) {
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

pub(super) async fn judgements_replace_and_are_taken_back(store: &dyn Store) {
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

/// What a plain loop knows.
#[derive(Default)]
struct Plain {
    edits: BTreeMap<u64, (ScoredEdit, Fate, Judged)>,
}

impl Plain {
    /// Edits of a few days by two models, with everything that counts in turn.
    fn made(models: &[Arc<LedgerModel>], n: u64) -> Self {
        let mut plain = Self::default();
        for revision in 1..=n {
            let at = |step: u64| (revision.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> step) as usize;
            let time = 30 * DAY + (at(7) as i64 % (4 * DAY));
            let scores = models[..1 + at(3) % models.len()]
                .iter()
                .map(|model| ModelScore {
                    is_counted: at(5) % 7 != 0,
                    ..score(model, (at(11) % 1_000) as f64 / 999.0)
                });
            let mut edit = scored(revision, time, scores.collect());
            edit.page.namespace = at(13) as i32 % 3;
            edit.edit.user_class = UserClass::ALL[at(17) % 6];
            edit.edit.kind = [None, Some(Kind::Other), Some(Kind::LinkSpam)][at(19) % 3];
            edit.scored_at = [None, Some(Timestamp(time + at(23) as i64 % 5_000))][at(29) % 2];
            let fate = match at(31) % 9 {
                0 => reverted(revision + 1, RevertReason::Damage),
                1 => reverted(revision + 1, RevertReason::Dispute),
                2 => Fate {
                    self_reverted: true,
                    ..Fate::default()
                },
                _ => Fate::default(),
            };
            plain.edits.insert(revision, (edit, fate, Judged::Not));
        }
        plain
    }

    fn changes(&self) -> Vec<Change> {
        let changes = self.edits.values().flat_map(|(edit, fate, _)| {
            let revision = edit.edit.sighting.revision.0;
            [Change::Scored(edit.clone()), became(revision, fate.clone())]
        });
        changes.collect()
    }

    fn tallies(&self, settled_until: i64) -> BTreeMap<(String, Day, Group), Tally> {
        let mut tallies = BTreeMap::<_, Tally>::new();
        for (edit, fate, judged) in self.edits.values() {
            let time = edit.edit.sighting.timestamp.expect("all have one").0;
            for score in &edit.scores {
                let is_settled = time <= settled_until;
                let looks_for = (score.model.target, &score.model.rule);
                let counted = Counted {
                    probability: score.probability,
                    fated: fated(looks_for, score.is_counted, fate, is_settled),
                    judged: *judged,
                    score_delay_seconds: edit.scored_at.map(|at| at.0 - time),
                    revert_seconds: fate.reverted.as_ref().and_then(|by| by.seconds),
                };
                let groups = [
                    Some(Group::All),
                    edit.edit.kind.map(Group::Kind),
                    Some(Group::UserClass(edit.edit.user_class)),
                    Some(Group::Namespace(edit.page.namespace)),
                ];
                for group in groups.into_iter().flatten() {
                    let key = (score.model.name.clone(), (time / DAY) as Day, group);
                    let tally = tallies.entry(key).or_default();
                    tally.add(&Bands::new(&score.model.levels), &counted);
                }
            }
        }
        tallies
    }

    #[track_caller]
    fn check<'a>(&self, store: &'a dyn Store, settled_until: i64) -> impl Future<Output = ()> + 'a {
        let expected = self.tallies(settled_until);
        async move {
            let models = ok(store.models(WIKI).await);
            let names: BTreeMap<ModelId, String> = models
                .into_iter()
                .map(|stored| (stored.id, stored.model.name))
                .collect();
            let tallies = ok(store
                .tallies(WIKI, None, 0..=99, Timestamp(settled_until))
                .await);
            let n = tallies.len();
            let tallies: BTreeMap<_, _> = tallies
                .into_iter()
                .map(|row| ((names[&row.model].clone(), row.day, row.group), row.tally))
                .collect();
            assert_eq!(tallies.len(), n, "no tally twice");
            assert_eq!(tallies, expected, "settled until {settled_until}");
        }
    }

    /// Changes one of the plain edits, and tells the store.
    async fn change(&mut self, store: &dyn Store, revision: u64) {
        let (edit, fate, judged) = self.edits.get_mut(&revision).expect("there is one");
        *fate = reverted(9_999, RevertReason::Damage);
        *judged = Judged::Bad;
        let id = edit.edit.sighting.revision.0;
        let changes = [
            became(id, fate.clone()),
            Change::Judged(judgement(id, "ana", 1, Some(true))),
        ];
        ok(store.tell(&changes).await);
    }
}

pub(super) async fn tallies_are_what_plain_loops_count(store: &dyn Store) {
    let models = [model(Target::Reverted), model(Target::Vandalism)];
    let mut plain = Plain::made(&models, 400);
    ok(store.tell(&plain.changes()).await);
    // All settled, none, and half a day; twice each, for what is kept of the first time.
    for settled_until in [40 * DAY, 0, 32 * DAY + 40_000, 40 * DAY] {
        plain.check(store, settled_until).await;
        plain.check(store, settled_until).await;
    }
    for revision in [3, 200, 399] {
        plain.change(store, revision).await;
        plain.check(store, 40 * DAY).await;
    }
    let late = scored(9_000, 31 * DAY, vec![score(&models[0], 0.5)]);
    ok(store.tell(&[Change::Scored(late.clone())]).await);
    plain
        .edits
        .insert(9_000, (late, Fate::default(), Judged::Not));
    plain.check(store, 40 * DAY).await;
    // Asked for fewer days, there are fewer.
    let some = ok(store
        .tallies(WIKI, None, 31..=31, Timestamp(40 * DAY))
        .await);
    assert!(!some.is_empty() && some.iter().all(|tally| tally.day == 31));
}

pub(super) async fn old_edits_become_counts(store: &dyn Store) {
    let models = [model(Target::Reverted), model(Target::Vandalism)];
    let mut plain = Plain::made(&models, 400);
    ok(store.tell(&plain.changes()).await);
    let settled = 40 * DAY;
    let is_old = |plain: &Plain, revision: &u64| {
        plain.edits[revision].0.edit.sighting.timestamp < Some(Timestamp(32 * DAY))
    };
    let old: Vec<u64> = plain
        .edits
        .keys()
        .copied()
        .filter(|r| is_old(&plain, r))
        .collect();
    plain.change(store, old[0]).await;
    plain.change(store, old[1]).await;
    plain.check(store, settled).await;
    let n_gone = ok(store.compact(WIKI, 32, Timestamp(settled)).await);
    assert_eq!(n_gone, old.len() as u64 - 2);
    plain.check(store, settled).await;
    let size = ok(store.size(WIKI).await);
    assert_eq!(size.edits, 400 - n_gone);
    assert_eq!(ok(store.compact(WIKI, 32, Timestamp(settled)).await), 0);
    assert!(ok(store.edit(WIKI, RevisionId(old[2])).await).is_none());

    // What is gone does not come back, and what is said of it changes nothing.
    let (gone, ..) = &plain.edits[&old[2]];
    let late = [
        Change::Scored(gone.clone()),
        Change::Seen(seen(
            old[2],
            gone.edit.sighting.timestamp.expect("it has one").0,
        )),
        became(old[2], reverted(9_999, RevertReason::Damage)),
    ];
    ok(store.tell(&late).await);
    assert!(ok(store.edit(WIKI, RevisionId(old[2])).await).is_none());
    assert_eq!(ok(store.size(WIKI).await).edits, size.edits);
    plain.check(store, settled).await;

    // An edit that stayed for its judgement counts once, with what is said of it now; it goes with it.
    assert_eq!(ok(store.judgements(WIKI).await).len(), 2);
    let back = Change::Unjudged {
        wiki: WIKI.into(),
        revision: RevisionId(old[0]),
        by: "ana".to_owned(),
    };
    ok(store.tell(&[back]).await);
    plain.edits.get_mut(&old[0]).expect("it is plain").2 = Judged::Not;
    plain.check(store, settled).await;
    assert_eq!(ok(store.compact(WIKI, 32, Timestamp(settled)).await), 1);
    plain.check(store, settled).await;
    assert_eq!(
        ok(store.compact(WIKI, 99, Timestamp(settled)).await),
        400 - old.len() as u64
    );
    plain.check(store, settled).await;
    let size = ok(store.size(WIKI).await);
    assert_eq!((size.edits, size.judgements), (1, 1));
}

pub(super) async fn features_are_counted_once(store: &dyn Store) {
    let model = model(Target::Reverted);
    let with = |tenths: &[u8]| ModelScore {
        tenths: tenths.to_vec(),
        ..score(&model, 0.5)
    };
    let changes = [
        Change::Scored(scored(1, DAY, vec![with(&[0, 10])])),
        Change::Scored(scored(2, 2 * DAY, vec![with(&[9, 200])])),
        Change::Scored(scored(3, 3 * DAY, vec![with(&[])])),
        Change::Scored(scored(4, 3 * DAY, vec![with(&[0, 3])])),
    ];
    ok(store.tell(&changes).await);
    ok(store.tell(&changes).await);
    ok(store.tell(&[Change::Seen(seen(1, DAY))]).await);
    let id = only_model(store).await;
    let check = async |days: std::ops::RangeInclusive<Day>, expected: &[&[(usize, u64)]]| {
        let counts = ok(store.features(WIKI, id, days).await).counts;
        assert_eq!(counts.len(), expected.len());
        for (counts, expected) in counts.iter().zip(expected) {
            let mut wanted = [0; 11];
            for &(tenth, n) in *expected {
                wanted[tenth] = n;
            }
            assert_eq!(*counts, wanted);
        }
    };
    check(0..=9, &[&[(0, 2), (9, 1)], &[(10, 2), (3, 1)]]).await;
    check(2..=2, &[&[(9, 1)], &[(10, 1)]]).await;
    check(4..=9, &[]).await;
    assert!(
        ok(store.features("other", id, 0..=9).await)
            .counts
            .is_empty()
    );
    ok(store.compact(WIKI, 9, Timestamp(9 * DAY)).await);
    check(0..=9, &[&[(0, 2), (9, 1)], &[(10, 2), (3, 1)]]).await;
}

pub(super) async fn what_was_said_is_known(store: &dyn Store) {
    let (first, other) = (model(Target::Reverted), model(Target::Vandalism));
    let other = Arc::new(LedgerModel {
        checksum: 7,
        ..(*other).clone()
    });
    let both = vec![score(&first, 0.25), score(&other, 0.75)];
    let changes = [
        Change::Scored(scored(1, DAY, both)),
        Change::Seen(seen(1, DAY)),
        Change::Scored(scored(2, DAY, vec![score(&first, 0.5)])),
        Change::Seen(seen(3, DAY)),
    ];
    assert_eq!(ok(store.known(WIKI, &[RevisionId(1)]).await), []);
    ok(store.tell(&changes).await);
    let mut known = ok(store.known(WIKI, &[3, 9, 1, 2].map(RevisionId)).await);
    known.sort_by_key(|known| known.revision);
    let found = known.into_iter().map(|mut known| {
        known.scores.sort_by_key(|(checksum, _)| *checksum);
        (known.revision.0, known.is_seen, known.scores)
    });
    let of_first = first.checksum;
    assert_eq!(
        found.collect::<Vec<_>>(),
        [
            (1, true, vec![(7, 0.75), (of_first, 0.25)]),
            (2, false, vec![(of_first, 0.5)]),
            (3, true, vec![]),
        ]
    );
    assert_eq!(ok(store.known("enwiki", &[RevisionId(1)]).await), []);
}

pub(super) async fn what_may_not_be_seen_is_not_offered(store: &dyn Store) {
    let model = model(Target::Reverted);
    // Of two pages, told of with their authors' names.
    let changes = [1, 2].map(|revision| {
        let mut edit = scored(revision, DAY, vec![score(&model, 0.75)]);
        edit.page = page(revision);
        edit.edit.user_name = Some("Ana".to_owned());
        Change::Scored(edit)
    });
    ok(store.tell(&changes).await);
    let id = only_model(store).await;
    let change = |page: u64, title: Option<&str>, is_deleted: Option<bool>| Change::PageChanged {
        wiki: WIKI.into(),
        page: PageId(page),
        title: title.map(str::to_owned),
        is_deleted,
    };
    let see = |text: bool, user: bool| Change::Visibility {
        wiki: WIKI.into(),
        revision: RevisionId(1),
        is_text_visible: text,
        is_user_visible: user,
    };
    let first = || async { ok(store.edit(WIKI, RevisionId(1)).await).expect("it is there") };
    for (changed, offered, title, is_deleted, is_hidden, name) in [
        (
            change(1, Some("Moved"), None),
            &[2, 1][..],
            "Moved",
            false,
            false,
            Some("Ana"),
        ),
        (
            change(1, None, Some(true)),
            &[2],
            "Moved",
            true,
            false,
            Some("Ana"),
        ),
        (
            change(1, None, Some(false)),
            &[2, 1],
            "Moved",
            false,
            false,
            Some("Ana"),
        ),
        (see(false, true), &[2], "Moved", false, true, Some("Ana")),
        (see(true, false), &[2, 1], "Moved", false, false, None),
        (see(true, true), &[2, 1], "Moved", false, false, None),
        // Of what is not there nothing is kept.
        (
            change(9, Some("Other"), Some(true)),
            &[2, 1],
            "Moved",
            false,
            false,
            None,
        ),
    ] {
        ok(store.tell(&[changed]).await);
        let wanted = Wanted {
            is_open: true,
            ..all(id)
        };
        for at_least in [0.0, 0.5] {
            let wanted = Wanted {
                at_least,
                ..wanted.clone()
            };
            let edits = ok(store.edits(WIKI, &wanted).await);
            let found: Vec<u64> = edits.iter().map(|edit| edit.revision.0).collect();
            assert_eq!(found, offered);
        }
        let edit = first().await;
        assert_eq!(edit.page.title, title);
        assert_eq!(
            (edit.is_page_deleted, edit.is_text_hidden),
            (is_deleted, is_hidden)
        );
        assert_eq!(edit.user_name.as_deref(), name);
    }
    // Whoever tells of the edit again does not bring a hidden name back.
    ok(store.tell(&[see(true, false)]).await);
    let mut told = seen(1, DAY);
    told.page = page(1);
    told.edit.user_name = Some("Ana".to_owned());
    ok(store.tell(&[Change::Seen(told)]).await);
    assert_eq!(first().await.user_name, None);
}

pub(super) async fn edits_come_page_by_page(store: &dyn Store) {
    let model = model(Target::Reverted);
    // Two edits a second, so that the id decides; every third is likely.
    let changes: Vec<Change> = (1..=30_u64)
        .map(|revision| {
            let probability = if revision % 3 == 0 { 0.75 } else { 0.02 };
            let scores = vec![score(&model, probability)];
            Change::Scored(scored(revision, DAY + revision as i64 / 2, scores))
        })
        .collect();
    ok(store.tell(&changes).await);
    let more = [
        Change::Seen(seen(99, DAY)),
        became(27, reverted(28, RevertReason::Damage)),
        Change::Judged(judgement(24, "ana", 1, None)),
    ];
    ok(store.tell(&more).await);
    let id = only_model(store).await;
    let check = async |at_least: f64, is_open: bool, expected: Vec<u64>| {
        for limit in [1, 4, 100] {
            let mut before = None;
            let mut found = Vec::new();
            loop {
                let wanted = Wanted {
                    at_least,
                    is_open,
                    limit,
                    before,
                    ..all(id)
                };
                let edits = ok(store.edits(WIKI, &wanted).await);
                assert!(edits.len() <= limit);
                let Some(last) = edits.last() else {
                    break;
                };
                before = Some((last.timestamp.expect("it has one"), last.revision));
                found.extend(edits.iter().map(|edit| edit.revision.0));
            }
            assert_eq!(found, expected, "{at_least} {is_open} {limit}");
        }
    };
    check(0.0, false, (1..=30).rev().collect()).await;
    let likely = (1..=30).rev().filter(|revision| revision % 3 == 0);
    check(0.5, false, likely.clone().collect()).await;
    check(0.75, false, likely.clone().collect()).await;
    let open = |revision: &u64| ![24, 27].contains(revision);
    check(0.5, true, likely.clone().filter(open).collect()).await;
    check(0.0, true, (1..=30).rev().filter(open).collect()).await;
    check(0.76, false, vec![]).await;
    let nobody = Wanted {
        model: id + 1,
        ..all(id)
    };
    assert!(ok(store.edits(WIKI, &nobody).await).is_empty());
}

pub(super) async fn hostile_strings_are_strings(store: &dyn Store) {
    let strings = [
        "'); DROP TABLE edit; --",
        "\0 in the middle \0",
        "%_?1:name@x$y\"`[",
        "\u{202e}\u{feff}🙂 \u{10ffff}",
        "",
    ];
    let long = "x".repeat(100_000);
    for (text, revision) in strings.into_iter().chain([long.as_str()]).zip(1..) {
        let mut model = LedgerModel::clone(&model(Target::Reverted));
        model.name = text.to_owned();
        model.levels[0].0 = text.to_owned();
        let model = Arc::new(model);
        let mut change = scored(revision, DAY, vec![score(&model, 0.5)]);
        change.wiki = text.into();
        change.page.title = text.to_owned();
        change.edit.user_name = Some(text.to_owned());
        let mut judgement = judgement(revision, text, 1, Some(true));
        judgement.wiki = text.into();
        judgement.note = Some(text.to_owned());
        let changes = [
            Change::Scored(change.clone()),
            Change::Judged(judgement.clone()),
        ];
        ok(store.tell(&changes).await);
        let edit = ok(store.edit(text, RevisionId(revision)).await).expect("it is there");
        assert_eq!(edit.page, change.page);
        assert_eq!(edit.user_name, change.edit.user_name);
        assert_eq!(edit.judgements, [judgement]);
        let models = ok(store.models(text).await);
        assert_eq!(models[0].model, *model);
        assert!(ok(store.wikis().await).iter().any(|wiki| wiki == text));
    }
    assert_eq!(ok(store.wikis().await).len(), strings.len() + 1);
}

pub(super) async fn wikis_are_apart(store: &dyn Store) {
    let model = model(Target::Reverted);
    for wiki in ["papwiki", "enwiki"] {
        let mut edit = scored(7, DAY, vec![score(&model, 0.5)]);
        edit.wiki = wiki.into();
        let mut sight = seen(7, DAY);
        sight.wiki = wiki.into();
        ok(store
            .tell(&[Change::Scored(edit), Change::Seen(sight)])
            .await);
    }
    ok(store
        .tell(&[became(7, reverted(8, RevertReason::Damage))])
        .await);
    assert_eq!(ok(store.wikis().await), ["enwiki", "papwiki"]);
    let fate = async |wiki| {
        let edit = ok(store.edit(wiki, RevisionId(7)).await);
        edit.expect("it is there").fate
    };
    assert_ne!(fate("papwiki").await, fate("enwiki").await);
    assert_eq!(ok(store.compact("papwiki", 9, Timestamp(9 * DAY)).await), 1);
    assert_eq!(ok(store.size("papwiki").await).edits, 0);
    assert_eq!(ok(store.size("enwiki").await).edits, 1);
    assert_eq!(ok(store.compact("nowiki", 9, Timestamp(9 * DAY)).await), 0);
    assert!(ok(store.tallies("nowiki", None, 0..=9, Timestamp(0)).await).is_empty());
}

pub(super) async fn a_position_is_the_one_kept_last(store: &dyn Store) {
    let position = async |source: &'static str| ok(store.position(source).await);
    assert_eq!(position("edits").await, None);
    for kept in ["", "[{\"offset\":7}]", "'; --", "\u{202e}🙂"] {
        ok(store.keep_position("edits", kept).await);
        ok(store.keep_position("", "other").await);
        assert_eq!(position("edits").await.as_deref(), Some(kept));
    }
    assert_eq!(position("").await.as_deref(), Some("other"));
    assert_eq!(position("edit").await, None);
}

pub(super) async fn a_job_is_done_by_one_at_a_time(store: &dyn Store) {
    for job in ["compaction", ""] {
        let lease = async || ok(store.lease(job).await);
        let mut first = lease().await.expect("nobody has it");
        assert!(first.is_held().await);
        assert!(lease().await.is_none(), "{job:?} is done already");
        let mut other = ok(store.lease("another job").await).expect("nobody has it");
        assert!(other.is_held().await && first.is_held().await);
        drop(first);
        // A store may have to hang up before the next one gets it.
        while lease().await.is_none() {
            tokio::task::yield_now().await;
        }
    }
}
