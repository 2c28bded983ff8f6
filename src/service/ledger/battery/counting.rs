//! Tallies, features, and what is left of old edits: compared with plain loops over plain values, which know of no
//! day, index or cache.

use super::*;

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

pub(in crate::service::ledger) async fn tallies_are_what_plain_loops_count(store: &dyn Store) {
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

pub(in crate::service::ledger) async fn old_edits_become_counts(store: &dyn Store) {
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

pub(in crate::service::ledger) async fn features_are_counted_once(store: &dyn Store) {
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
