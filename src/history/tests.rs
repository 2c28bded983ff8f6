//! Histories: what counts, when it counts, and that nothing from later does.

use proptest::prelude::*;

use super::*;
use crate::revision::{RevisionId, Timestamp};

/// Author, page, text; a second apart.
fn edits(rows: &[(u64, u64, u64)]) -> Vec<Seen> {
    rows.iter()
        .enumerate()
        .map(|(idx, &(author, page, text))| Seen {
            revision: RevisionId(idx as u64 + 1),
            timestamp: Some(Timestamp(1_000_000 + idx as i64)),
            page,
            author: Some(author),
            text: Some(text),
            words: [author as u32, text as u32].into(),
            domains: [text].into(),
            ..Seen::default()
        })
        .collect()
}

fn facts_of(rows: &[(u64, u64, u64)]) -> Vec<Facts> {
    replay(&mut History::default(), &edits(rows))
}

/// Facts about edits by replaying them in order of time (and of revision id where that is the
/// same), each asked about before it is told. The answers are in the order of the edits given.
fn replay(history: &mut History, edits: &[Seen]) -> Vec<Facts> {
    let mut order: Vec<usize> = (0..edits.len()).collect();
    order.sort_by_key(|&idx| (edits[idx].timestamp, edits[idx].revision));
    let mut facts = vec![Facts::default(); edits.len()];
    for idx in order {
        facts[idx] = history.facts(&edits[idx]);
        history.observe(&edits[idx]);
    }
    facts
}

/// A byte form in which missing values are equal to each other.
fn bits(facts: &Facts) -> String {
    format!("{facts:?}")
}

#[track_caller]
fn check(rows: &[(u64, u64, u64)], value: fn(&Facts) -> f32, expected: &[f32]) {
    let got: Vec<f32> = facts_of(rows).iter().map(value).collect();
    assert_eq!(format!("{got:?}"), format!("{expected:?}"), "{rows:?}");
}

const UNKNOWN: f32 = f32::NAN;

#[test]
fn the_first_edit_of_all_has_no_past() {
    check(&[(1, 1, 1)], |facts| facts.author_edits, &[UNKNOWN]);
    assert_eq!(bits(&facts_of(&[(1, 1, 1)])[0]), bits(&Facts::default()));
}

#[test]
fn authors_are_counted() {
    let rows = [(1, 1, 1), (1, 2, 2), (2, 1, 3), (1, 1, 4)];
    check(&rows, |facts| facts.author_edits, &[UNKNOWN, 1.0, 0.0, 2.0]);
    check(&rows, |facts| facts.author_pages, &[UNKNOWN, 1.0, 0.0, 2.0]);
    check(
        &rows,
        |facts| facts.author_page_edits,
        &[UNKNOWN, 0.0, 0.0, 1.0],
    );
    check(
        &rows,
        |facts| facts.author_since_last_seconds,
        &[UNKNOWN, 1.0, UNKNOWN, 2.0],
    );
    check(&rows, |facts| facts.page_editors, &[UNKNOWN, 0.0, 1.0, 2.0]);
}

#[test]
fn an_edit_counts_as_reverted_once_it_was() {
    // The second author's edit is undone by the third edit; only the fifth comes after that.
    let rows = [
        (1, 1, 1),
        (2, 1, 2),
        (1, 1, 1),
        (1, 2, 5),
        (2, 1, 6),
        (2, 1, 7),
    ];
    check(
        &rows,
        |facts| facts.author_reverted,
        &[UNKNOWN, 0.0, 0.0, 0.0, 1.0, 1.0],
    );
    check(
        &rows,
        |facts| facts.parent_is_revert,
        &[UNKNOWN, 0.0, 0.0, UNKNOWN, 1.0, 0.0],
    );
    check(
        &rows,
        |facts| facts.author_run,
        &[UNKNOWN, 0.0, 0.0, 0.0, 0.0, 1.0],
    );
}

#[test]
fn own_edits_taken_back_are_no_reverts() {
    let rows = [(1, 1, 1), (1, 1, 2), (1, 1, 1), (1, 1, 3)];
    check(
        &rows,
        |facts| facts.author_reverted,
        &[UNKNOWN, 0.0, 0.0, 0.0],
    );
}

#[test]
fn reverts_reach_fifteen_revisions_back() {
    for (n_between, reverted) in [(15, 1.0), (16, 0.0)] {
        let mut rows = vec![(1, 1, 1)];
        rows.extend((0..n_between).map(|idx| (10 + idx, 1, 100 + idx)));
        rows.extend([(1, 1, 1), (10, 1, 999)]);
        let facts = facts_of(&rows);
        assert_eq!(
            facts.last().unwrap().author_reverted,
            reverted,
            "{n_between}"
        );
    }
}

#[test]
fn words_and_domains_have_records() {
    // Text 2 is undone; whoever adds its words and its domain again is known for it.
    let rows = [(1, 1, 1), (2, 1, 2), (1, 1, 1), (3, 2, 2)];
    let facts = facts_of(&rows);
    assert!(facts[3].word_log_odds_top > facts[1].word_log_odds_top);
    assert!(facts[3].domain_reverted_share_most > 0.5);
    assert_eq!(facts[3].domain_kept_least, 0.0);
}

#[test]
fn edits_without_a_time_are_passed_over() {
    let mut history = History::default();
    let mut all = edits(&[(1, 1, 1), (1, 1, 2)]);
    all[0].timestamp = None;
    let facts = replay(&mut history, &all);
    assert_eq!(history.n_edits(), 1);
    assert_eq!(bits(&facts[1]), bits(&Facts::default()));
}

#[test]
fn no_edit_counts_twice_nor_has_a_past_that_holds_itself() {
    let mut history = History::default();
    let all = edits(&[(1, 1, 1), (1, 1, 2), (1, 2, 3)]);
    assert!(history.observe(&all[0]));
    assert!(history.observe(&all[1]));
    let mut back = History::from_bytes(&history.to_bytes()).unwrap();
    assert!(!back.observe(&all[1]));
    assert_eq!(back, history);
    assert_eq!(bits(&back.facts(&all[1])), bits(&Facts::default()));
    assert_eq!(back.facts(&all[2]).author_edits, 2.0);
    assert_eq!(back.latest(), all[1].timestamp);
}

#[test]
fn without_a_page_only_the_author_the_words_and_the_links_are_known() {
    let mut history = History::default();
    let all = edits(&[(1, 1, 1), (1, 1, 2), (1, 1, 3)]);
    history.observe(&all[0]);
    history.observe(&all[1]);
    let facts = history.facts(&all[2]);
    assert_eq!((facts.page_edits, facts.author_run), (2.0, 2.0));
    let facts = facts.without_page();
    assert!(facts.page_edits.is_nan() && facts.author_run.is_nan());
    assert!(facts.parent_author_edits.is_nan() && facts.author_page_edits.is_nan());
    assert_eq!(facts.author_edits, 2.0);
}

#[test]
fn state_survives_its_file_and_damage_is_refused() {
    let all = edits(&[(1, 1, 1), (2, 1, 2), (1, 1, 1), (2, 2, 4)]);
    let mut history = History::default();
    replay(&mut history, &all);
    let bytes = history.to_bytes();
    let mut back = History::from_bytes(&bytes).unwrap();
    let next = edits(&[(2, 1, 2); 5]).pop().unwrap();
    assert_eq!(bits(&back.facts(&next)), bits(&history.facts(&next)));
    back.observe(&next);
    history.observe(&next);
    assert_eq!(back, history);
    let error = |bytes: &[u8]| History::from_bytes(bytes).unwrap_err().to_string();
    assert_eq!(
        error(b"REVSCORE"),
        "expected a history file that begins with REVHIST"
    );
    assert_eq!(
        error(&bytes[..20]),
        "the history file is damaged (it ends in its header); copy it again"
    );
    assert_eq!(
        error(&bytes[..bytes.len() - 1]),
        "the history file is damaged (its length is wrong); copy it again"
    );
    let mut changed = bytes.clone();
    *changed.last_mut().unwrap() ^= 1;
    assert_eq!(
        error(&changed),
        "the history file is damaged (its checksum is wrong); copy it again"
    );
    changed[8] = 9;
    assert_eq!(
        error(&changed),
        "expected a history file of format 2, got format 9; make it again with revscore-train"
    );
}

fn small_wiki() -> impl Strategy<Value = Vec<(u64, u64, u64)>> {
    prop::collection::vec((0..4_u64, 0..3_u64, 0..5_u64), 2..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Causality: whatever happens afterwards, no fact about an edit changes.
    #[test]
    fn no_future_changes_a_fact(rows in small_wiki(), cut in 0.0..1.0_f64, future in small_wiki()) {
        let n_past = (rows.len() as f64 * cut) as usize;
        let before = facts_of(&rows);
        let mut other = rows[..n_past].to_vec();
        other.extend(future);
        let after = facts_of(&other);
        for idx in 0..n_past {
            prop_assert_eq!(bits(&before[idx]), bits(&after[idx]));
        }
    }

    /// The order in which edits are given does not matter, only their times.
    #[test]
    fn a_shuffled_dump_gives_the_same_facts(rows in small_wiki(), seed in any::<u64>()) {
        let edits = edits(&rows);
        let mut shuffled: Vec<usize> = (0..edits.len()).collect();
        shuffled.sort_by_key(|&idx| (idx as u64).wrapping_add(seed).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let given: Vec<Seen> = shuffled.iter().map(|&idx| edits[idx].clone()).collect();
        let in_order = replay(&mut History::default(), &edits);
        let facts = replay(&mut History::default(), &given);
        for (place, &idx) in shuffled.iter().enumerate() {
            prop_assert_eq!(bits(&facts[place]), bits(&in_order[idx]));
        }
    }

    /// State stays within its limits, whoever edits what.
    #[test]
    fn a_small_state_never_fails(rows in prop::collection::vec((0..40_u64, 0..40_u64, 0..9_u64), 1..200)) {
        let mut history = History::new(Limits { authors: 4, pages: 4, pairs: 4, domains: 4 });
        for facts in replay(&mut history, &edits(&rows)).iter().skip(1) {
            prop_assert!(facts.author_reverted_share >= 0.0 && facts.author_reverted_share <= 1.0);
        }
        prop_assert!(History::from_bytes(&history.to_bytes()).is_ok());
    }
}
