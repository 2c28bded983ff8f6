//! Which pages of a dump are read.
//!
//! Apart from the parser because it is not only the parser's question. A selection is applied before
//! a page's texts are copied out of the dump, so that leaving pages out saves time. Where the ids
//! come from is not known here.

use crate::revision::PageId;
use rustc_hash::FxHashSet;

/// The pages to read; all of them by default. A page in both sets is left out.
#[derive(Clone, Debug, Default)]
pub struct PageSelection {
    /// Only these pages; `None` for all.
    pub only: Option<FxHashSet<PageId>>,
    /// Pages to leave out.
    pub skip: FxHashSet<PageId>,
}

impl PageSelection {
    /// Whether the page is to be read.
    pub fn includes(&self, page: PageId) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&page)) && !self.skip.contains(&page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipping_outranks_including() {
        let ids = |ids: &[u64]| ids.iter().map(|&id| PageId(id)).collect::<FxHashSet<_>>();
        let selection = PageSelection {
            only: Some(ids(&[1, 2])),
            skip: ids(&[2]),
        };
        assert_eq!(
            [1, 2, 3].map(|id| selection.includes(PageId(id))),
            [true, false, false]
        );
        assert!(PageSelection::default().includes(PageId(7)));
    }
}
