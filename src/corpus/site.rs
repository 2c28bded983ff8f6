//! What a dump says about its wiki, before its pages.
//!
//! Apart from the parser because it answers two questions by itself: whether the format is one
//! that is known, and which namespace a title belongs to, in exports that are too old to say it
//! (before 0.6).

/// The head of a dump; empty where the dump has none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SiteInfo {
    /// The wiki's name, such as `Wikipedia`.
    pub name: String,
    /// The wiki's id, such as `papwiki`; exports before 0.9 do not have it.
    pub wiki_id: Option<String>,
    /// The export format's version, such as `0.11`.
    pub version: String,
    /// The wiki's content language (`xml:lang`).
    pub language: Option<String>,
    /// Namespaces: number and name; articles are `(0, "")`.
    pub namespaces: Vec<(i32, String)>,
}

impl SiteInfo {
    /// Whether two dumps are of the same wiki: by its id, or where one of them is too old to say
    /// it, by its name and language.
    pub fn is_same_wiki(&self, other: &Self) -> bool {
        match (&self.wiki_id, &other.wiki_id) {
            (Some(this), Some(other)) => this == other,
            _ => (&self.name, &self.language) == (&other.name, &other.language),
        }
    }

    /// The namespace of a title by its prefix; 0 where the prefix is no namespace of this wiki.
    pub(super) fn namespace_of(&self, title: &str) -> i32 {
        let Some((prefix, _)) = title.split_once(':') else {
            return 0;
        };
        self.namespaces
            .iter()
            .find(|(_, name)| !name.is_empty() && name.eq_ignore_ascii_case(prefix))
            .map_or(0, |&(number, _)| number)
    }
}

/// Whether this parser knows the export format: 0.3 to 0.11.
pub(super) fn is_known_version(version: &str) -> bool {
    version
        .strip_prefix("0.")
        .and_then(|minor| minor.parse::<u32>().ok())
        .is_some_and(|minor| (3..=11).contains(&minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wikis_are_told_apart_by_id_or_by_name_and_language() {
        let site = |id: Option<&str>, name: &str, language: &str| SiteInfo {
            name: name.into(),
            wiki_id: id.map(str::to_owned),
            language: Some(language.into()),
            ..SiteInfo::default()
        };
        #[track_caller]
        fn check(a: &SiteInfo, b: &SiteInfo, expected: bool) {
            assert_eq!(a.is_same_wiki(b), expected, "{a:?} {b:?}");
            assert_eq!(b.is_same_wiki(a), expected, "{b:?} {a:?}");
        }
        let english = site(Some("enwiki"), "Wikipedia", "en");
        check(&english, &site(Some("enwiki"), "Wikipedia", "en"), true);
        check(
            &english,
            &site(Some("simplewiki"), "Wikipedia", "en"),
            false,
        );
        check(&english, &site(None, "Wikipedia", "en"), true);
        check(&english, &site(None, "Wikipedia", "pap"), false);
        check(&english, &site(None, "Wiktionary", "en"), false);
        check(&SiteInfo::default(), &SiteInfo::default(), true);
    }

    #[test]
    fn a_titles_prefix_tells_its_namespace() {
        let site = SiteInfo {
            namespaces: vec![
                (0, String::new()),
                (2, "User".into()),
                (3, "User talk".into()),
            ],
            ..SiteInfo::default()
        };
        for (title, namespace) in [
            ("User:A", 2),
            ("User talk:A", 3),
            ("user talk:A", 3),
            ("Star Trek: Voyager", 0),
            ("Earth", 0),
            (":x", 0),
        ] {
            assert_eq!(site.namespace_of(title), namespace, "{title}");
        }
        assert_eq!(SiteInfo::default().namespace_of("User:A"), 0);
    }
}
