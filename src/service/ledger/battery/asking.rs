//! What is found by whoever asks: edits, what is known of several, what nobody may see, wikis apart; positions and
//! jobs.

use super::*;

pub(in crate::service::ledger) async fn what_was_said_is_known(store: &dyn Store) {
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

pub(in crate::service::ledger) async fn what_may_not_be_seen_is_not_offered(store: &dyn Store) {
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

pub(in crate::service::ledger) async fn edits_come_page_by_page(store: &dyn Store) {
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

pub(in crate::service::ledger) async fn hostile_strings_are_strings(store: &dyn Store) {
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

pub(in crate::service::ledger) async fn wikis_are_apart(store: &dyn Store) {
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

pub(in crate::service::ledger) async fn a_position_is_the_one_kept_last(store: &dyn Store) {
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

pub(in crate::service::ledger) async fn a_job_is_done_by_one_at_a_time(store: &dyn Store) {
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
