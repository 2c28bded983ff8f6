//! Files of page ids -> which pages of a dump are read: `--only-pages FILE` and `--skip-pages FILE`.
//!
//! A file is a JSON array of page ids, or has one id a line.

use std::path::Path;

use revscore::corpus::PageSelection;
use revscore::revision::PageId;
use rustc_hash::FxHashSet;

/// Reads the lists. A page in both is left out.
pub(crate) fn read_selection(
    only: Option<&Path>,
    skip: Option<&Path>,
) -> Result<PageSelection, SelectionError> {
    Ok(PageSelection {
        only: only.map(read_ids).transpose()?,
        skip: skip.map(read_ids).transpose()?.unwrap_or_default(),
    })
}

/// A file of page ids that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SelectionError {
    /// The file cannot be read.
    #[error("cannot read the page ids in {path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file's content is something else.
    #[error("{path}, line {line}: expected a page id, or a JSON array of page ids, got {got:?}")]
    NotAnId {
        /// The file.
        path: String,
        /// Line number, from 1.
        line: usize,
        /// The line's beginning.
        got: String,
    },
}

fn read_ids(path: &Path) -> Result<FxHashSet<PageId>, SelectionError> {
    let text = std::fs::read_to_string(path).map_err(|source| SelectionError::Io {
        path: path.display().to_string(),
        source,
    })?;
    parse_ids(&text).map_err(|(line, got)| SelectionError::NotAnId {
        path: path.display().to_string(),
        line,
        got,
    })
}

fn parse_ids(text: &str) -> Result<FxHashSet<PageId>, (usize, String)> {
    let excerpt = |text: &str| text.chars().take(40).collect::<String>();
    if text.trim_start().starts_with('[') {
        return serde_json::from_str::<FxHashSet<PageId>>(text).map_err(|error| {
            let line = error.line().max(1);
            (
                line,
                excerpt(text.lines().nth(line - 1).unwrap_or_default()),
            )
        });
    }
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(i, line)| {
            line.trim()
                .parse()
                .map(PageId)
                .map_err(|_| (i + 1, excerpt(line)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&[u64], (usize, &str)>) {
        let got = parse_ids(text).map(|ids| {
            let mut ids: Vec<u64> = ids.into_iter().map(|id| id.0).collect();
            ids.sort_unstable();
            ids
        });
        assert_eq!(
            got,
            expected
                .map(<[u64]>::to_vec)
                .map_err(|(line, got)| (line, got.to_owned())),
            "{text:?}"
        );
    }

    #[test]
    fn ids_come_as_a_json_array_or_one_a_line() {
        check("[3, 1,\n2]", Ok(&[1, 2, 3]));
        check("1\n\n 2 \r\n", Ok(&[1, 2]));
        check("", Ok(&[]));
        check("1\ntwo\n", Err((2, "two")));
        check("[1,\n\"two\"]", Err((2, "\"two\"]")));
    }
}
