//! Which rows tuning learns from and which it holds out: by pages, and forward in time.
//!
//! Pages are dealt into three parts ([`Dataset::folds`]), and the time of the edits is cut at the
//! 40th, 60th and 80th percentile of the positive ones. A cell holds out one part of the pages in
//! one of the three stretches after a cut, and learns from the other parts before that stretch:
//! never from a page that is held out, and never from an edit that is not older than all of them.
//! (A page too large for a part lies in several, cut by time.) So each held-out row is judged once,
//! as a model in use would: on other pages, later. The first two fifths are only learned from.
//!
//! A Latin square splits the nine cells into three for screening, with each part and each stretch
//! once, and six for the final. Where times are not known, or too few edits are left before a cut,
//! cells are parts of the pages alone: six of them, two for screening.

use revscore::dataset::Dataset;
use revscore::revision::Timestamp;

/// Parts of the pages, and stretches of time.
const N_PARTS: usize = 3;

/// Where the stretches begin, as shares of the positive rows in order of time.
const CUTS: [f64; 3] = [0.4, 0.6, 0.8];

/// Parts of the pages where there are no times.
const N_PARTS_ALONE: usize = 6;

/// The least positive rows that a cell learns from and holds out; more than these many negative.
const LEAST: (usize, usize) = (10, 2);

/// Rows to learn from, and rows to measure on.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Cell {
    pub(super) learned: Vec<usize>,
    pub(super) held_out: Vec<usize>,
}

/// The cells of both steps, none of them empty.
pub(super) struct Cells {
    pub(super) screening: Vec<Cell>,
    pub(super) last: Vec<Cell>,
    is_forward: bool,
}

impl Cells {
    /// `None` where no row can be held out.
    pub(super) fn new(dataset: &Dataset) -> Option<Self> {
        Self::forward(dataset).or_else(|| Self::of_pages(dataset))
    }

    /// What was done, for people.
    pub(super) fn in_words(&self) -> String {
        let n = |cells: &[Cell]| cells.iter().map(|cell| cell.held_out.len()).sum::<usize>();
        format!(
            "{} edits held out for screening and {} for the final, {}",
            n(&self.screening),
            n(&self.last),
            if self.is_forward {
                "on other pages than those learned from, and later"
            } else {
                "on other pages than those learned from, whatever the time"
            }
        )
    }

    fn forward(dataset: &Dataset) -> Option<Self> {
        let parts = dataset.folds(N_PARTS);
        let times: Vec<Timestamp> = dataset
            .rows
            .iter()
            .map(|row| row.timestamp)
            .collect::<Option<_>>()?;
        let mut positive: Vec<Timestamp> = (0..times.len())
            .filter(|&idx| dataset.labels[idx])
            .map(|idx| times[idx])
            .collect();
        positive.sort_unstable();
        let cuts: Vec<Timestamp> = CUTS
            .iter()
            .map(|share| {
                let at = (share * positive.len() as f64) as usize;
                positive.get(at).copied()
            })
            .collect::<Option<_>>()?;
        let cell = |part: usize, stretch: usize| {
            let begin = cuts[stretch];
            let is_inside =
                |at: Timestamp| at >= begin && cuts.get(stretch + 1).is_none_or(|&end| at < end);
            let of = |is_wanted: &dyn Fn(usize) -> bool| -> Vec<usize> {
                (0..times.len()).filter(|&idx| is_wanted(idx)).collect()
            };
            Cell {
                learned: of(&|idx| parts[idx] != part && times[idx] < begin),
                held_out: of(&|idx| parts[idx] == part && is_inside(times[idx])),
            }
        };
        let all = (0..N_PARTS).flat_map(|part| (0..CUTS.len()).map(move |cut| (part, cut)));
        let (screening, last) = all
            .map(|(part, stretch)| (part == stretch, cell(part, stretch)))
            .filter(|(_, cell)| cell.is_useful(dataset))
            .partition::<Vec<_>, _>(|(is_screening, _)| *is_screening);
        Self::of_both(screening, last, true)
    }

    fn of_pages(dataset: &Dataset) -> Option<Self> {
        let parts = dataset.folds(N_PARTS_ALONE);
        let cell = |part: usize| {
            let (held_out, learned) =
                (0..dataset.n_rows()).partition(|&idx: &usize| parts[idx] == part);
            Cell { learned, held_out }
        };
        let (screening, last) = (0..N_PARTS_ALONE)
            .map(|part| (part % 3 == 0, cell(part)))
            .filter(|(_, cell)| cell.is_useful(dataset))
            .partition::<Vec<_>, _>(|(is_screening, _)| *is_screening);
        Self::of_both(screening, last, false)
    }

    fn of_both(
        screening: Vec<(bool, Cell)>,
        last: Vec<(bool, Cell)>,
        is_forward: bool,
    ) -> Option<Self> {
        let cells = |marked: Vec<(bool, Cell)>| -> Vec<Cell> {
            marked.into_iter().map(|(_, cell)| cell).collect()
        };
        (!screening.is_empty() && !last.is_empty()).then(|| Self {
            screening: cells(screening),
            last: cells(last),
            is_forward,
        })
    }
}

impl Cell {
    /// Whether there is enough of both labels on both sides.
    fn is_useful(&self, dataset: &Dataset) -> bool {
        let has = |rows: &[usize], least: usize| {
            let n_positive = rows.iter().filter(|&&idx| dataset.labels[idx]).count();
            n_positive >= least && rows.len() - n_positive > least
        };
        has(&self.learned, LEAST.0) && has(&self.held_out, LEAST.1)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use revscore::dataset::RowId;
    use revscore::revision::{PageId, RevisionId};

    use super::*;

    /// 900 rows on 30 pages, a third of them positive.
    fn dataset(has_times: bool) -> Dataset {
        Dataset {
            names: vec!["a".to_owned()],
            values: Array2::zeros((900, 1)),
            labels: (0..900).map(|idx| idx / 30 % 3 == 0).collect(),
            weights: vec![1.0; 900],
            rows: (0..900)
                .map(|idx| RowId {
                    revision: RevisionId(idx),
                    page: PageId(idx * 7 % 30),
                    timestamp: has_times.then_some(Timestamp(idx as i64)),
                })
                .collect(),
        }
    }

    #[test]
    fn no_page_is_on_both_sides_and_nothing_learned_is_later() {
        for has_times in [true, false] {
            let dataset = dataset(has_times);
            let cells = Cells::new(&dataset).unwrap();
            assert_eq!(cells.is_forward, has_times);
            let (n_screening, n_last) = if has_times { (3, 6) } else { (2, 4) };
            assert_eq!(
                (cells.screening.len(), cells.last.len()),
                (n_screening, n_last)
            );
            let mut seen = vec![0; dataset.n_rows()];
            for cell in cells.screening.iter().chain(&cells.last) {
                for &row in &cell.held_out {
                    seen[row] += 1;
                    let page = dataset.rows[row].page;
                    assert!(
                        cell.learned
                            .iter()
                            .all(|&idx| dataset.rows[idx].page != page)
                    );
                }
                let last = cell.learned.iter().map(|&idx| dataset.rows[idx].timestamp);
                let first = cell.held_out.iter().map(|&idx| dataset.rows[idx].timestamp);
                assert!(!has_times || last.max() < first.min());
            }
            assert!(seen.iter().all(|&times| times <= 1));
            let n_unseen = seen.iter().filter(|&&times| times == 0).count();
            assert_eq!(n_unseen, if has_times { 360 } else { 0 });
        }
    }

    #[test]
    fn too_few_positives_cannot_be_held_out() {
        let mut dataset = dataset(true);
        for label in dataset.labels.iter_mut().skip(9) {
            *label = false;
        }
        assert!(Cells::new(&dataset).is_none());
    }
}
