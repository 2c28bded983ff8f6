//! MediaWiki export XML (0.3 to 0.11) -> pages and revisions, as the file has them.
//!
//! A pull parser with the memory of one revision. It does not sort, does not drop duplicates
//! (`time_order` does) and decides nothing by itself about damage: an error comes after all that
//! was read before it.
//!
//! What is missing stays missing: a suppressed author, comment or text is `None`, and so is the
//! text of a revision in a stub dump. A revision of another content model than wikitext is left
//! out and counted. Of several slots (0.11) the main one counts.

use std::io::Read;
use std::sync::Arc;

use crate::revision::{Page, PageId, Revision, RevisionId, User};
use quick_xml::events::Event as Xml;

use super::counts::DumpCounts;
use super::digest::TextDigest;
use super::export::{Content, ExportReader, Problem, SlotText, Tag, attribute, excerpt};
use super::selection::PageSelection;
use super::site::{self, SiteInfo};

/// What a dump consists of, in order: sites (one, unless files were joined), each with pages,
/// each with revisions.
#[derive(Debug)]
pub enum Event {
    /// The dump's head.
    Site(Arc<SiteInfo>),
    /// A page begins.
    PageStart(Page),
    /// One of the page's revisions.
    Revision(DumpRevision),
    /// The page has no more revisions.
    PageEnd,
}

/// A revision and what a dump knows beside it.
#[derive(Clone, Debug)]
pub struct DumpRevision {
    /// The revision.
    pub revision: Revision,
    /// SHA-1 of its wikitext, as the dump gives it (also for suppressed texts) or computed;
    /// `None` when neither is possible.
    pub digest: Option<TextDigest>,
}

/// Why a dump could not be read (to its end).
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The file cannot be opened or unpacked at all.
    #[error("cannot open {file}: {source}")]
    Open {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is something else.
    #[error("{file} is no MediaWiki export: expected {expected}, got {got}")]
    NotADump {
        /// The file.
        file: String,
        /// What should be there.
        expected: &'static str,
        /// What is there.
        got: String,
    },
    /// The file is truncated or damaged; everything before that place was read.
    #[error("{file} is damaged at byte {offset} of its XML, {place}: {problem}")]
    Damaged {
        /// The file.
        file: String,
        /// Place in the XML, unpacked.
        offset: u64,
        /// The page, as title and id, and the last sound revision.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// It was asked to stop ([`Meter::stop`](super::Meter::stop)).
    #[error("interrupted while reading {file}")]
    Interrupted {
        /// The file.
        file: String,
    },
    /// The system gives no thread to read with.
    #[error("cannot start a thread: {source}")]
    Thread {
        /// Why.
        source: std::io::Error,
    },
    /// The thread that read the file panicked.
    #[error("reading {file} failed unexpectedly")]
    Failed {
        /// The file.
        file: String,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before `<mediawiki>`, or after its end.
    Outside,
    /// Between pages.
    Inside,
    /// In a page whose head is not complete.
    PageHead,
    /// In a page, at its first revision, which is to be parsed next.
    FirstRevision,
    /// In a page, after a revision.
    Page,
    /// In a page that is not selected.
    OtherPage,
    /// The page's start was given out, its end is next.
    EmptyPage,
}

/// See the module. Call [`next`](Self::next) until `None` or an error.
pub(super) struct DumpParser<R> {
    xml: ExportReader<R>,
    file: String,
    selection: Arc<PageSelection>,
    state: State,
    n_sites: usize,
    site: Arc<SiteInfo>,
    page: Page,
    has_namespace: bool,
    last_revision: RevisionId,
    counts: DumpCounts,
}

impl<R: Read> DumpParser<R> {
    /// Parses `source`, called `file` in errors.
    pub(super) fn new(source: R, file: impl Into<String>, selection: Arc<PageSelection>) -> Self {
        Self {
            xml: ExportReader::new(source),
            file: file.into(),
            selection,
            state: State::Outside,
            n_sites: 0,
            site: Arc::default(),
            page: Page::default(),
            has_namespace: false,
            last_revision: RevisionId(0),
            counts: DumpCounts::default(),
        }
    }

    /// What was counted so far.
    pub(super) fn counts(&self) -> DumpCounts {
        DumpCounts {
            broken_utf8: self.xml.n_replaced(),
            xml_bytes: self.xml.n_bytes(),
            ..self.counts
        }
    }

    /// Bytes of XML read so far.
    pub(super) fn xml_bytes(&self) -> u64 {
        self.xml.n_bytes()
    }

    /// The next event; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Event>, DumpError> {
        loop {
            let step = match self.state {
                State::Outside => match self.enter()? {
                    true => Ok(None),
                    false => return Ok(None),
                },
                State::Inside => self.read_inside(),
                State::PageHead | State::Page | State::OtherPage => self.read_page(),
                State::FirstRevision => {
                    self.state = State::Page;
                    self.read_revision()
                }
                State::EmptyPage => {
                    self.state = State::Inside;
                    Ok(Some(Event::PageEnd))
                }
            };
            match step {
                Ok(Some(event)) => return Ok(Some(event)),
                Ok(None) => {}
                Err(problem) => return Err(self.damaged(problem)),
            }
        }
    }

    /// Reads up to and including `<mediawiki>`; false at the end of the file.
    fn enter(&mut self) -> Result<bool, DumpError> {
        const EXPECTED: &str = "<mediawiki>";
        let not_a_dump = |file: &str, got: String| DumpError::NotADump {
            file: file.into(),
            expected: EXPECTED,
            got,
        };
        loop {
            let is_first = self.n_sites == 0;
            let offset = self.xml.offset();
            let event = match self.xml.next_event() {
                Ok(event) => event,
                // Bytes that are no XML at all: not the damage of a dump.
                Err(Problem(problem)) if is_first && offset < 1024 => {
                    return Err(not_a_dump(&self.file, problem));
                }
                Err(problem) => return Err(self.damaged(problem)),
            };
            match event {
                Xml::Start(start) if start.local_name().as_ref() == "mediawiki" => {
                    let version = attribute(&start, "version").unwrap_or_default();
                    let language = attribute(&start, "xml:lang");
                    if !version.is_empty() && !site::is_known_version(&version) {
                        return Err(DumpError::NotADump {
                            file: self.file.clone(),
                            expected: "export format 0.3 to 0.11",
                            got: version,
                        });
                    }
                    self.site = Arc::new(SiteInfo {
                        version,
                        language,
                        ..SiteInfo::default()
                    });
                    self.n_sites += 1;
                    self.state = State::Inside;
                    return Ok(true);
                }
                Xml::Start(start) => {
                    let got = format!("<{}>", excerpt(start.name().as_ref()));
                    return Err(not_a_dump(&self.file, got));
                }
                Xml::Text(text) if !text.trim().is_empty() => {
                    let got = format!("{:?}", excerpt(text.trim()));
                    return Err(not_a_dump(&self.file, got));
                }
                Xml::Eof if is_first => return Err(not_a_dump(&self.file, "an empty file".into())),
                Xml::Eof => return Ok(false),
                _ => {}
            }
        }
    }

    fn read_inside(&mut self) -> Result<Option<Event>, Problem> {
        match self.xml.next_tag()? {
            Tag::SiteInfo => {
                let site = self.xml.read_site_info(SiteInfo::clone(&self.site))?;
                self.site = Arc::new(site);
                Ok(Some(Event::Site(self.site.clone())))
            }
            Tag::Page => {
                self.page = Page::default();
                self.has_namespace = false;
                self.last_revision = RevisionId(0);
                self.state = State::PageHead;
                Ok(None)
            }
            Tag::End => {
                self.state = State::Outside;
                Ok(None)
            }
            _ => self.xml.skip().map(|()| None),
        }
    }

    fn read_page(&mut self) -> Result<Option<Event>, Problem> {
        match self.xml.next_tag()? {
            Tag::Title => self.page.title = self.xml.read_text()?.to_owned(),
            Tag::Namespace => {
                self.page.namespace = self.xml.read_number("ns")?;
                self.has_namespace = true;
            }
            Tag::Id => self.page.id = PageId(self.xml.read_number("id")?),
            Tag::Revision => match self.state {
                State::PageHead => {
                    if self.selection.includes(self.page.id) {
                        self.state = State::FirstRevision;
                        return Ok(Some(self.start_page()));
                    }
                    self.state = State::OtherPage;
                    self.counts.pages_not_selected += 1;
                    self.xml.skip()?;
                }
                State::OtherPage => self.xml.skip()?,
                _ => return self.read_revision(),
            },
            Tag::End => {
                let state = std::mem::replace(&mut self.state, State::Inside);
                match state {
                    State::Page => return Ok(Some(Event::PageEnd)),
                    State::PageHead if self.selection.includes(self.page.id) => {
                        self.state = State::EmptyPage;
                        return Ok(Some(self.start_page()));
                    }
                    State::PageHead => self.counts.pages_not_selected += 1,
                    _ => {}
                }
            }
            _ => self.xml.skip()?,
        }
        Ok(None)
    }

    fn start_page(&mut self) -> Event {
        if !self.has_namespace {
            self.page.namespace = self.site.namespace_of(&self.page.title);
        }
        self.counts.pages += 1;
        Event::PageStart(self.page.clone())
    }

    fn read_revision(&mut self) -> Result<Option<Event>, Problem> {
        let mut revision = Revision {
            comment: Some(String::new()),
            minor: Some(false),
            ..Revision::default()
        };
        let mut content = Content::default();
        let mut sha1 = None;
        loop {
            match self.xml.next_tag()? {
                Tag::Id => revision.id = RevisionId(self.xml.read_number("id")?),
                Tag::ParentId => {
                    let id = self.xml.read_number("parentid")?;
                    revision.parent_id = (id != 0).then_some(RevisionId(id));
                }
                Tag::Timestamp => revision.timestamp = self.xml.read_text()?.trim().parse().ok(),
                Tag::Contributor { deleted } => {
                    let user = self.xml.read_contributor()?;
                    revision.user = if deleted { User::default() } else { user };
                }
                Tag::Minor => {
                    revision.minor = Some(true);
                    self.xml.skip()?;
                }
                Tag::Comment { deleted } => {
                    let comment = self.xml.read_text()?;
                    revision.comment = (!deleted).then(|| comment.to_owned());
                }
                Tag::Sha1 => sha1 = TextDigest::from_base36(self.xml.read_text()?),
                Tag::Model => content.model = Some(self.xml.read_text()?.trim().to_owned()),
                Tag::Text(text) => content.read_text(text, &mut self.xml)?,
                Tag::Slot => {
                    if let Some(slot) = self.xml.read_slot()? {
                        content = slot;
                    }
                }
                Tag::End => break,
                _ => self.xml.skip()?,
            }
        }
        self.last_revision = revision.id;
        if content
            .model
            .as_deref()
            .is_some_and(|model| model != "wikitext")
        {
            self.counts.other_models += 1;
            return Ok(None);
        }
        match content.text {
            SlotText::Missing => self.counts.missing_texts += 1,
            SlotText::Suppressed => self.counts.suppressed_texts += 1,
            SlotText::Given(text) => revision.text = Some(text),
        }
        // The slot's own digest first: where a page has several slots, <sha1> covers all of them.
        let digest = content
            .sha1
            .or(sha1)
            .or_else(|| revision.text.as_deref().map(TextDigest::of));
        self.counts.revisions += 1;
        Ok(Some(Event::Revision(DumpRevision { revision, digest })))
    }

    fn damaged(&self, problem: Problem) -> DumpError {
        let place = match self.state {
            State::Outside | State::Inside if self.page.title.is_empty() => {
                "before its first page".to_owned()
            }
            State::Outside | State::Inside => {
                format!("after page {:?} (id {})", self.page.title, self.page.id.0)
            }
            State::PageHead if self.page.title.is_empty() => "in the head of a page".to_owned(),
            _ if self.last_revision == RevisionId(0) => {
                format!(
                    "in page {:?} (id {}) before its first revision ends",
                    self.page.title, self.page.id.0
                )
            }
            _ => format!(
                "in page {:?} (id {}) after revision {}",
                self.page.title, self.page.id.0, self.last_revision.0
            ),
        };
        let offset = self.xml.offset();
        DumpError::Damaged {
            file: self.file.clone(),
            offset,
            place,
            problem: problem.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::revision::UserKind;

    use super::*;

    const SITE: &str = r#"<siteinfo><sitename>Wiki</sitename><dbname>testwiki</dbname><namespaces>
        <namespace key="0" /><namespace key="3">User talk</namespace></namespaces></siteinfo>"#;

    fn export(pages: &str) -> String {
        format!(
            r#"<?xml version="1.0"?><mediawiki version="0.11" xml:lang="en">{SITE}{pages}</mediawiki>"#
        )
    }

    fn parse(xml: &[u8]) -> (Vec<Event>, DumpCounts, Option<DumpError>) {
        let mut parser = DumpParser::new(xml, "d.xml", Arc::default());
        let mut events = Vec::new();
        loop {
            match parser.next() {
                Ok(Some(event)) => events.push(event),
                Ok(None) => return (events, parser.counts(), None),
                Err(error) => return (events, parser.counts(), Some(error)),
            }
        }
    }

    fn read_revision(content: &str) -> (Option<DumpRevision>, DumpCounts) {
        let page = format!(
            "<page><title>T</title><ns>0</ns><id>7</id><revision><id>5</id>{content}</revision></page>"
        );
        let (events, counts, error) = parse(export(&page).as_bytes());
        assert!(error.is_none(), "{error:?}");
        let revision = events.into_iter().find_map(|event| match event {
            Event::Revision(revision) => Some(revision),
            _ => None,
        });
        (revision, counts)
    }

    #[track_caller]
    fn check_text(content: &str, text: Option<&str>, digest: Option<TextDigest>) {
        let (revision, _) = read_revision(content);
        let revision = revision.unwrap();
        assert_eq!(
            (revision.revision.text.as_deref(), revision.digest),
            (text, digest),
            "{content}"
        );
    }

    #[test]
    fn texts_are_given_empty_suppressed_or_elsewhere() {
        let empty = Some(TextDigest::of(""));
        let sha1 = "phoiac9h4m842xq45sp7s6u21eteeq1";
        check_text(
            "<text>a &lt;b&gt; &amp;&quot;&#x41;&apos; c</text>",
            Some("a <b> &\"A' c"),
            Some(TextDigest::of("a <b> &\"A' c")),
        );
        check_text(
            "<text>a<![CDATA[<b>]]></text>",
            Some("a<b>"),
            Some(TextDigest::of("a<b>")),
        );
        check_text("<text />", Some(""), empty);
        check_text(r#"<text bytes="0" />"#, Some(""), empty);
        check_text(r#"<text xml:space="preserve"></text>"#, Some(""), empty);
        check_text(
            &format!(r#"<text bytes="9" deleted="deleted" /><sha1>{sha1}</sha1>"#),
            None,
            empty,
        );
        check_text(
            r#"<text bytes="-1" deleted="deleted" /><sha1 />"#,
            None,
            None,
        );
        check_text(
            &format!(r#"<text bytes="9" id="3" /><sha1>{sha1}</sha1>"#),
            None,
            empty,
        );
        check_text(r#"<text id="3" />"#, None, None);
        check_text("", None, None);
        // The slot's digest outranks the revision's, and both a computed one.
        check_text(
            &format!(r#"<text sha1="{sha1}">x</text><sha1>abc</sha1>"#),
            Some("x"),
            empty,
        );
        check_text(
            &format!("<text>x</text><sha1>{sha1}</sha1>"),
            Some("x"),
            empty,
        );
    }

    /// Gives its bytes one by one, so that everything is cut everywhere.
    struct OneByOne<'a>(&'a [u8]);

    impl Read for OneByOne<'_> {
        fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
            let n = self.0.len().min(buf.len()).min(1);
            buf[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    #[test]
    fn a_text_is_the_same_however_it_is_cut_and_written() {
        let texts = [
            ("a\r\nb\rc&#13;\n&#xe9;é日本", "a\nb\nc\r\né\u{e9}日本"),
            ("&lt;&gt;&amp;&quot;&apos;&amp;lt;", "<>&\"'&lt;"),
            (
                "a<!-- <b> -->b<![CDATA[&lt;\r\n]]>&lt;<i>c<br/></i>d",
                "ab&lt;\n<cd",
            ),
            ("<br/>a<br />", "a"),
        ];
        for (written, expected) in texts {
            check_text(
                &format!("<text>{written}</text>"),
                Some(expected),
                Some(TextDigest::of(expected)),
            );
            let revision = format!("<revision><text>{written}</text></revision>");
            let export = export(&format!("<page>{revision}</page>"));
            let mut parser = DumpParser::new(OneByOne(export.as_bytes()), "d.xml", Arc::default());
            let text = loop {
                if let Event::Revision(revision) = parser.next().unwrap().unwrap() {
                    break revision.revision.text;
                }
            };
            assert_eq!(text.as_deref(), Some(expected), "{written}");
        }
    }

    #[test]
    fn of_several_slots_the_main_one_counts() {
        let other = "<content><role>mediainfo</role><model>wikibase-mediainfo</model><text>{}</text></content>";
        let main = "<content><role>main</role><model>wikitext</model><text>m</text></content>";
        check_text(
            &format!("<model>wikitext</model><text>x</text>{other}"),
            Some("x"),
            Some(TextDigest::of("x")),
        );
        check_text(
            &format!("{main}{other}"),
            Some("m"),
            Some(TextDigest::of("m")),
        );
    }

    #[test]
    fn missing_and_suppressed_things_are_counted() {
        let counts = |content| read_revision(content).1;
        assert_eq!(counts(r#"<text deleted="deleted" />"#).suppressed_texts, 1);
        assert_eq!(counts(r#"<text bytes="5" />"#).missing_texts, 1);
        let (revision, counts) = read_revision("<model>javascript</model><text>x</text>");
        assert!(revision.is_none());
        assert_eq!(
            (counts.other_models, counts.revisions, counts.pages),
            (1, 0, 1)
        );
    }

    #[track_caller]
    fn check_user(contributor: &str, name: Option<&str>, kind: UserKind) {
        let user = read_revision(contributor).0.unwrap().revision.user;
        assert_eq!(
            (user.name.as_deref(), user.kind),
            (name, kind),
            "{contributor}"
        );
    }

    #[test]
    fn authors_are_accounts_addresses_or_suppressed() {
        let contributor = |inner: &str| format!("<contributor>{inner}</contributor>");
        check_user(
            &contributor("<username>A</username><id>0</id>"),
            Some("A"),
            UserKind::Registered,
        );
        check_user(
            &contributor("<username>~2026-1</username><id>9</id>"),
            Some("~2026-1"),
            UserKind::Temporary,
        );
        check_user(
            &contributor("<ip>192.0.2.1</ip>"),
            Some("192.0.2.1"),
            UserKind::Anonymous,
        );
        check_user(
            &contributor("<ip>conversion script</ip>"),
            Some("conversion script"),
            UserKind::Anonymous,
        );
        check_user(&contributor("<username /><id />"), None, UserKind::Unknown);
        check_user(
            r#"<contributor deleted="deleted" />"#,
            None,
            UserKind::Unknown,
        );
        check_user("", None, UserKind::Unknown);
    }

    #[test]
    fn the_rest_of_a_revision_is_read() {
        let (revision, _) = read_revision(
            "<parentid>4</parentid><timestamp>2026-01-31T23:59:59Z</timestamp><minor /><comment>a &amp; b</comment>",
        );
        let revision = revision.unwrap().revision;
        assert_eq!(revision.id, RevisionId(5));
        assert_eq!(revision.parent_id, Some(RevisionId(4)));
        assert_eq!(
            revision.timestamp.unwrap().to_string(),
            "2026-01-31T23:59:59Z"
        );
        assert_eq!(
            (revision.minor, revision.comment.as_deref()),
            (Some(true), Some("a & b"))
        );
        let bare = read_revision("<parentid>0</parentid>").0.unwrap().revision;
        assert_eq!(
            (
                bare.parent_id,
                bare.timestamp,
                bare.minor,
                bare.comment.as_deref()
            ),
            (None, None, Some(false), Some(""))
        );
        assert_eq!(
            read_revision(r#"<comment deleted="deleted" />"#)
                .0
                .unwrap()
                .revision
                .comment,
            None
        );
    }

    #[test]
    fn pages_sites_and_what_is_ignored() {
        let pages = "<page><title>User talk:A</title><id>1</id><redirect title=\"B\" />\
                     <revision><id>2</id><text>x</text></revision><upload><comment>u</comment></upload></page>\
                     <logitem><id>3</id></logitem><page><title>Empty</title><ns>0</ns><id>4</id></page>";
        // Two exports in one file, as `cat` joins them.
        let (events, counts, error) = parse((export(pages) + "\n" + &export("")).as_bytes());
        assert!(error.is_none());
        let names: Vec<String> = events
            .iter()
            .map(|event| match event {
                Event::Site(site) => format!(
                    "{} {} {}",
                    site.name,
                    site.version,
                    site.wiki_id.as_deref().unwrap()
                ),
                Event::PageStart(page) => {
                    format!("{} {} {}", page.id.0, page.namespace, page.title)
                }
                Event::Revision(revision) => revision.revision.id.0.to_string(),
                Event::PageEnd => "end".into(),
            })
            .collect();
        assert_eq!(
            names,
            [
                "Wiki 0.11 testwiki",
                "1 3 User talk:A",
                "2",
                "end",
                "4 0 Empty",
                "end",
                "Wiki 0.11 testwiki"
            ]
        );
        assert_eq!((counts.pages, counts.revisions), (2, 1));
    }

    #[track_caller]
    fn check_error(xml: &[u8], n_events: usize, expected: &str) {
        let (events, _, error) = parse(xml);
        assert_eq!(
            (events.len(), error.unwrap().to_string().as_str()),
            (n_events, expected)
        );
    }

    #[test]
    fn damage_is_named_with_page_and_byte() {
        let head = "<mediawiki><page><title>Tea</title><id>7</id>";
        let revision = "<revision><id>5</id><text>x</text></revision>";
        check_error(
            format!("{head}{revision}<revision><id>6</id><text>half").as_bytes(),
            2,
            "d.xml is damaged at byte 120 of its XML, in page \"Tea\" (id 7) after revision 5: the file ends before the export does",
        );
        check_error(
            format!("{head}<revision><id>x</id>").as_bytes(),
            1,
            "d.xml is damaged at byte 65 of its XML, in page \"Tea\" (id 7) before its first revision ends: expected a number in <id>, got \"x\"",
        );
        check_error(
            format!("{head}{revision}</page>").as_bytes(),
            3,
            "d.xml is damaged at byte 97 of its XML, after page \"Tea\" (id 7): the file ends before the export does",
        );
        check_error(
            b"<mediawiki><page><title>&nope;",
            0,
            "d.xml is damaged at byte 30 of its XML, in the head of a page: unknown entity &nope;",
        );
    }

    #[test]
    fn what_is_no_dump_is_named() {
        check_error(
            b"",
            0,
            "d.xml is no MediaWiki export: expected <mediawiki>, got an empty file",
        );
        check_error(
            b" \n",
            0,
            "d.xml is no MediaWiki export: expected <mediawiki>, got an empty file",
        );
        check_error(
            b"rev_id,label\n",
            0,
            "d.xml is no MediaWiki export: expected <mediawiki>, got \"rev_id,label\"",
        );
        check_error(
            b"<!DOCTYPE html><html></html>",
            0,
            "d.xml is no MediaWiki export: expected <mediawiki>, got <html>",
        );
        check_error(
            br#"<mediawiki version="0.12">"#,
            0,
            "d.xml is no MediaWiki export: expected export format 0.3 to 0.11, got 0.12",
        );
    }

    #[test]
    fn broken_utf8_is_replaced_and_counted() {
        let xml = export(
            "<page><title>T</title><id>1</id><revision><id>2</id><text>a@b</text></revision></page>",
        );
        let xml: Vec<u8> = xml
            .bytes()
            .map(|byte| if byte == b'@' { 0xff } else { byte })
            .collect();
        let (events, counts, error) = parse(&xml);
        assert!(error.is_none());
        assert_eq!(
            (counts.broken_utf8, counts.xml_bytes),
            (1, xml.len() as u64)
        );
        assert!(
            matches!(&events[2], Event::Revision(r) if r.revision.text.as_deref() == Some("a\u{fffd}b"))
        );
    }
}
