//! Counts by pairs of marks, for texts that are too tangled to parse.
//!
//! An estimate that takes one pass: what opens and closes equally often is counted, whatever
//! nests in what.

use super::MarkupCounts;

/// Estimates the elements of a text.
pub(super) fn count(text: &str) -> MarkupCounts {
    let bytes = text.as_bytes();
    let n = |mark: &str| memchr::memmem::find_iter(bytes, mark.as_bytes()).count() as u32;
    let mut counts = MarkupCounts {
        wikilinks: n("[[").min(n("]]")),
        templates: n("{{").min(n("}}")),
        external_links: n("://"),
        tags: n("''") / 2 + n("</").min(n(">")) + n("/>"),
        ref_tags: n("</ref").min(n("<ref")),
        headings: 0,
    };
    for line in text.lines() {
        counts.headings +=
            u32::from(line.len() > 2 && line.starts_with('=') && line.trim_end().ends_with('='));
        counts.tags += line
            .bytes()
            .take_while(|byte| b"#*;:".contains(byte))
            .count() as u32;
        counts.tags += u32::from(line.starts_with("----"));
    }
    counts
}
