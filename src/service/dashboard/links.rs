//! Addresses on the wiki that an edit is of, made from the address of its API.

use crate::revision::{PageId, RevisionId};
use crate::service::App;

/// A wiki's pages.
pub(super) struct Links {
    /// The address of its `index.php`.
    index: reqwest::Url,
}

impl Links {
    /// Those of a wiki that is configured and whose API is called `api.php`.
    pub(super) fn of(app: &App, wiki: &str) -> Option<Self> {
        Self::beside(app.wikis().find(wiki)?.api_url())
    }

    fn beside(api: &reqwest::Url) -> Option<Self> {
        let directory = api.path().strip_suffix("api.php")?;
        let mut index = api.clone();
        index.set_path(&format!("{directory}index.php"));
        index.set_query(None);
        index.set_fragment(None);
        Some(Self { index })
    }

    /// What an edit changed.
    pub(super) fn diff(&self, revision: RevisionId) -> String {
        self.with(&[("diff", "prev"), ("oldid", &revision.0.to_string())])
    }

    /// A page's edits; pages are named by number, which needs no namespace.
    pub(super) fn history(&self, page: PageId) -> Option<String> {
        let id = page.0.to_string();
        (page.0 > 0).then(|| self.with(&[("curid", &id), ("action", "history")]))
    }

    /// Where to talk to an author.
    pub(super) fn talk(&self, user: &str) -> String {
        self.with(&[("title", &format!("User talk:{user}"))])
    }

    /// An author's other edits.
    pub(super) fn contributions(&self, user: &str) -> String {
        self.with(&[("title", &format!("Special:Contributions/{user}"))])
    }

    fn with(&self, query: &[(&str, &str)]) -> String {
        let mut url = self.index.clone();
        url.query_pairs_mut().extend_pairs(query);
        url.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside_their_parameter() {
        let links = Links::beside(&"https://w.example/w/api.php".parse().unwrap()).unwrap();
        assert_eq!(
            links.diff(RevisionId(7)),
            "https://w.example/w/index.php?diff=prev&oldid=7"
        );
        assert_eq!(
            links.history(PageId(3)).unwrap(),
            "https://w.example/w/index.php?curid=3&action=history"
        );
        assert_eq!(links.history(PageId(0)), None);
        assert_eq!(
            links.talk("a&action=delete#\"<b>é"),
            "https://w.example/w/index.php?title=User+talk%3Aa%26action%3Ddelete%23%22%3Cb%3E%C3%A9"
        );
        assert!(Links::beside(&"https://w.example/w/rest.php".parse().unwrap()).is_none());
    }
}
