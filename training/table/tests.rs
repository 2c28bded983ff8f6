//! Round trips, foreign tables and hostile ones.

use super::LabelColumn::{Named, OfTarget};
use super::*;
use revscore::revision::Timestamp;

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Writes 20,000 rows, so that Parquet needs several groups, and reads them back.
#[track_caller]
fn check_round_trip(format: Format, name: &str) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    let features = strings(&["size.chars_added", "user.seconds_since_edit"]);
    let mut writer = TableWriter::create(
        &path,
        format,
        &features,
        &strings(&["reverted", "damaging"]),
    )
    .unwrap();
    let n_rows = 20_000_u64;
    for idx in 0..n_rows {
        let id = RowId {
            revision: RevisionId(idx + 5),
            page: PageId(idx / 7),
            timestamp: (idx % 3 > 0).then_some(Timestamp(1_000_000_000 + idx as i64)),
        };
        let values = [
            idx as f32 * 0.1,
            if idx % 2 == 0 { f32::NAN } else { -1e-30 },
        ];
        let labels = [Some(idx % 5 == 0), (idx >= 9_000).then_some(idx % 2 == 0)];
        writer
            .push(TableRow {
                id,
                features: &values,
                labels: &labels,
            })
            .unwrap();
    }
    assert!(!path.exists(), "nothing is to be seen before the end");
    writer.finish().unwrap();

    let dataset = read_table(&path, Named("reverted")).unwrap();
    assert_eq!(dataset.names, features);
    assert_eq!(
        (dataset.n_rows() as u64, dataset.n_positive()),
        (n_rows, 4_000)
    );
    for idx in [0, 1, 2, 8_191, 8_192, 19_999] {
        assert_eq!(dataset.values[(idx, 0)], idx as f32 * 0.1);
        assert_eq!(dataset.values[(idx, 1)].is_nan(), idx % 2 == 0);
        let row = dataset.rows[idx];
        assert_eq!(
            (row.revision.0, row.page.0),
            (idx as u64 + 5, idx as u64 / 7)
        );
        assert_eq!(
            row.timestamp.map(|time| time.0),
            (idx % 3 > 0).then_some(1_000_000_000 + idx as i64)
        );
    }
    let error = format!(
        "{:#}",
        read_table(&path, OfTarget("goodfaith")).unwrap_err()
    );
    assert!(
        error.contains("expected a label column \"label\" or \"goodfaith\", got \"rev_id\""),
        "{error}"
    );
    let labelled = read_table(&path, OfTarget("damaging")).unwrap();
    assert_eq!(
        (labelled.n_rows(), labelled.rows[0].revision.0),
        (11_000, 9_005)
    );
    assert_eq!(labelled.names, features);
}

#[test]
fn tables_read_back_as_written() {
    check_round_trip(Format::Parquet, "table.parquet");
    check_round_trip(Format::Csv, "table.csv");
}

#[test]
fn an_unfinished_table_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("table.csv");
    let mut writer =
        TableWriter::create(&path, Format::Csv, &strings(&["a"]), &strings(&["b"])).unwrap();
    let id = RowId::default();
    writer
        .push(TableRow {
            id,
            features: &[1.0],
            labels: &[None],
        })
        .unwrap();
    let error = writer
        .push(TableRow {
            id,
            features: &[1.0, 2.0],
            labels: &[None],
        })
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected 1 features and 1 labels in a row, got 2 and 1"
    );
    drop(writer);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

fn read_csv(text: &[u8], label: LabelColumn<'_>) -> Result<Dataset, String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("t.csv");
    std::fs::write(&path, text).unwrap();
    read_table(&path, label).map_err(|error| {
        let error = format!("{error:#}");
        error
            .strip_prefix(&format!("{}: ", path.display()))
            .expect("the file is named first")
            .to_owned()
    })
}

#[test]
fn foreign_tables_need_only_numbers_and_a_label() {
    let dataset = read_csv(
        b"x,flag,label\n1.5,True,1\n,False,0.0\n3e2,,1\n4,True,\n",
        OfTarget("reverted"),
    )
    .unwrap();
    assert_eq!(dataset.names, ["x", "flag"]);
    assert_eq!(dataset.labels, [true, false, true]);
    assert_eq!(dataset.values.row(0).to_vec(), [1.5, 1.0]);
    assert!(dataset.values[(1, 0)].is_nan() && dataset.values[(2, 1)].is_nan());
    assert_eq!(
        dataset
            .rows
            .iter()
            .map(|row| row.page.0)
            .collect::<Vec<_>>(),
        [1, 2, 3]
    );
    let named = read_csv(b"y,x\n1,2\n0,3\n", Named("y")).unwrap();
    assert_eq!(
        (named.names, named.labels),
        (vec!["x".to_owned()], vec![true, false])
    );
}

#[test]
fn other_labels_of_our_tables_are_not_learned_from() {
    let dataset = read_csv(
        b"rev_id,a,damaging,reverted\n7,1,true,false\n8,2,,true\n",
        OfTarget("reverted"),
    )
    .unwrap();
    assert_eq!(dataset.names, ["a"]);
    assert_eq!(dataset.rows[1].revision.0, 8);
}

#[track_caller]
fn check_refused(text: &[u8], expected: &str) {
    assert_eq!(read_csv(text, OfTarget("reverted")).unwrap_err(), expected);
}

#[test]
fn hostile_csv_is_refused_with_line_and_column() {
    check_refused(b"", "expected a header, got an empty file");
    check_refused(
        b"a,b\n1,2\n",
        "expected a label column \"label\" or \"reverted\", got \"a\", \"b\"",
    );
    check_refused(
        b"a,a,label\n1,2,1\n",
        "expected columns of different names, got \"a\" twice",
    );
    check_refused(
        b"a,,label\n1,2,1\n",
        "expected a name for every column, got none for one",
    );
    check_refused(
        b"rev_id,label\n1,1\n",
        "expected feature columns, got \"rev_id\", \"label\"",
    );
    check_refused(
        b"a,label\n1,0\nabc,1\n",
        "line 3, column \"a\": expected a number or an empty cell, got \"abc\"",
    );
    check_refused(
        b"a,label\n1,0\n1,maybe\n",
        "line 3, column \"label\": expected a label of 0 or 1, or empty, got \"maybe\"",
    );
    check_refused(
        b"rev_id,a,label\n-3,1,0\n",
        "line 2, column \"rev_id\": expected an id, got \"-3\"",
    );
    check_refused(
        b"timestamp,a,label\nyesterday,1,0\n",
        "line 2, column \"timestamp\": expected a time such as 2026-01-31T23:59:59Z, got \"yesterday\"",
    );
    for (text, line) in [
        (&b"a,label\n1,0\n1\n"[..], "line: 3"),
        (b"a,label\n1,0\n\xff,1\n", "line 3"),
    ] {
        let error = read_csv(text, OfTarget("reverted")).unwrap_err();
        assert!(error.contains(line), "{error}");
    }
}

#[test]
fn files_that_are_no_tables_are_named() {
    let directory = tempfile::tempdir().unwrap();
    for (name, expected) in [
        ("t.txt", "expected a table named .parquet"),
        ("absent.csv", "cannot read"),
    ] {
        let error = format!(
            "{:#}",
            read_table(&directory.path().join(name), OfTarget("reverted")).unwrap_err()
        );
        assert!(error.contains(expected) && error.contains(name), "{error}");
    }
    for (name, bytes) in [
        ("t.parquet", &b"PAR1 but not really"[..]),
        ("t.csv.gz", b"a,label\n1,0\n"),
        ("t.csv.xz", b"a\n"),
    ] {
        let path = directory.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let error = format!("{:#}", read_table(&path, OfTarget("reverted")).unwrap_err());
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn public_feature_tables_are_read() {
    let shared = std::env::var_os("REVSCORE_SHARED")
        .map(PathBuf::from)
        .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let path = shared.join("data/feature-tables/enwiki_reverted_demo/train.csv.xz");
    if !path.exists() {
        use std::io::Write as _;
        // Past the capture of output, which would hide it.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: {} is not there",
            path.display()
        );
        return;
    }
    let dataset = read_table(&path, OfTarget("reverted")).unwrap();
    assert_eq!(
        (dataset.n_rows(), dataset.n_positive(), dataset.names.len()),
        (14_979, 911, 9)
    );
}
