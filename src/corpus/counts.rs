//! What was read, and what was left out of it: one number for each reason.

use std::fmt;
use std::ops::AddAssign;

/// Counts over one dump file, or over several after adding them up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DumpCounts {
    /// Pages read.
    pub pages: u64,
    /// Pages that the selection leaves out.
    pub pages_not_selected: u64,
    /// Wikitext revisions read, with the ones left out below.
    pub revisions: u64,
    /// Revisions left out because they came before (the same id, or the same time, author and
    /// text).
    pub duplicates: u64,
    /// Revisions left out because they came too far behind their place in time.
    pub late: u64,
    /// Revisions left out because their content is no wikitext.
    pub other_models: u64,
    /// Revisions kept although their text is suppressed.
    pub suppressed_texts: u64,
    /// Revisions kept although the dump does not have their text (stub dumps).
    pub missing_texts: u64,
    /// Broken UTF-8 sequences that were replaced by U+FFFD.
    pub broken_utf8: u64,
    /// Bytes of XML, unpacked.
    pub xml_bytes: u64,
}

impl AddAssign for DumpCounts {
    fn add_assign(&mut self, other: Self) {
        self.pages += other.pages;
        self.pages_not_selected += other.pages_not_selected;
        self.revisions += other.revisions;
        self.duplicates += other.duplicates;
        self.late += other.late;
        self.other_models += other.other_models;
        self.suppressed_texts += other.suppressed_texts;
        self.missing_texts += other.missing_texts;
        self.broken_utf8 += other.broken_utf8;
        self.xml_bytes += other.xml_bytes;
    }
}

impl fmt::Display for DumpCounts {
    /// One line; reasons that never occurred are not named.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} pages, {} revisions, {:.1} MB of XML",
            self.pages,
            self.revisions,
            self.xml_bytes as f64 / 1e6
        )?;
        let reasons = [
            (self.pages_not_selected, "pages not selected"),
            (self.duplicates, "duplicate revisions left out"),
            (self.late, "revisions left out because they came too late"),
            (
                self.other_models,
                "revisions left out because they are not wikitext",
            ),
            (self.suppressed_texts, "suppressed texts"),
            (self.missing_texts, "texts not in the dump"),
            (self.broken_utf8, "broken UTF-8 sequences replaced"),
        ];
        for (n, reason) in reasons {
            if n > 0 {
                write!(f, "; {n} {reason}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reasons_that_occurred_are_named() {
        let mut counts = DumpCounts {
            pages: 2,
            revisions: 9,
            xml_bytes: 1_250_000,
            ..DumpCounts::default()
        };
        assert_eq!(counts.to_string(), "2 pages, 9 revisions, 1.2 MB of XML");
        counts += DumpCounts {
            pages: 1,
            late: 3,
            broken_utf8: 1,
            ..DumpCounts::default()
        };
        assert_eq!(
            counts.to_string(),
            "3 pages, 9 revisions, 1.2 MB of XML; 3 revisions left out because they came too late; \
             1 broken UTF-8 sequences replaced"
        );
    }
}
