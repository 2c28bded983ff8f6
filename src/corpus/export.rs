//! The elements of an export file that matter, and the small ones' content.
//!
//! Apart from `dump` so that the order of elements (there) and what is inside one (here) can be
//! read one at a time. Nothing here remembers the page or the site.

mod tag;

use std::io::{BufRead as _, Read};
use std::sync::Arc;

use crate::revision::{User, UserKind};
use memchr::memchr3;
use quick_xml::events::{BytesEnd, Event as Xml};
use quick_xml::reader::Reader;

use super::digest::TextDigest;
use super::site::SiteInfo;
use super::utf8::Utf8Reader;
pub(super) use tag::{Tag, TextTag, attribute};

/// Longest text (or comment, or any other element) that is read: MediaWiki's own limit is 2 MiB
/// unless a wiki raised it.
pub(super) const TEXT_LIMIT_BYTES: usize = 64 << 20;

/// What is wrong at a place; the parser adds the place.
pub(super) struct Problem(pub(super) String);

impl From<quick_xml::Error> for Problem {
    fn from(error: quick_xml::Error) -> Self {
        Self(match error {
            quick_xml::Error::Io(error) => error.to_string(),
            error => error.to_string(),
        })
    }
}

fn truncated() -> Problem {
    Problem("the file ends before the export does".into())
}

pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The main slot's content.
#[derive(Default)]
pub(super) struct Content {
    /// The content model; exports before 0.7 have none.
    pub(super) model: Option<String>,
    /// The text.
    pub(super) text: SlotText,
    /// The text's own digest, which only exports of version 0.11 have.
    pub(super) sha1: Option<TextDigest>,
}

#[derive(Default)]
pub(super) enum SlotText {
    /// There is no `<text>`, or its content is stored elsewhere (a stub dump).
    #[default]
    Missing,
    Suppressed,
    Given(Arc<str>),
}

impl Content {
    pub(super) fn read_text<R: Read>(
        &mut self,
        tag: TextTag,
        xml: &mut ExportReader<R>,
    ) -> Result<(), Problem> {
        let text = xml.read_text()?;
        self.sha1 = tag.sha1;
        self.text = if tag.deleted {
            SlotText::Suppressed
        } else if text.is_empty() && tag.is_stub {
            SlotText::Missing
        } else {
            SlotText::Given(text.into())
        };
        Ok(())
    }
}

/// The XML reader with its buffers, and the small elements that have no state.
pub(super) struct ExportReader<R> {
    reader: Reader<Utf8Reader<R>>,
    buf: Vec<u8>,
    text: String,
    /// The last start was that of an element without content; its end is given out next.
    is_empty: bool,
}

impl<R: Read> ExportReader<R> {
    /// Reads XML from `source`.
    pub(super) fn new(source: R) -> Self {
        Self {
            reader: Reader::from_reader(Utf8Reader::new(source, TEXT_LIMIT_BYTES)),
            buf: Vec::new(),
            text: String::new(),
            is_empty: false,
        }
    }

    /// Bytes of XML read so far, which is a little ahead of the parser.
    pub(super) fn n_bytes(&self) -> u64 {
        self.reader.get_ref().n_bytes()
    }

    /// Broken UTF-8 sequences replaced so far.
    pub(super) fn n_replaced(&self) -> u64 {
        self.reader.get_ref().n_replaced()
    }

    /// The parser's place in the XML.
    pub(super) fn offset(&self) -> u64 {
        self.reader
            .get_ref()
            .source_offset(self.reader.buffer_position())
    }

    /// The next piece of XML. An empty element has a start and an end, like any other.
    pub(super) fn next_event(&mut self) -> Result<Xml<'_>, Problem> {
        if std::mem::take(&mut self.is_empty) {
            return Ok(Xml::End(BytesEnd::new("")));
        }
        self.buf.clear();
        self.reader.get_mut().start_piece();
        Ok(match self.reader.read_event_into(&mut self.buf)? {
            Xml::Empty(start) => {
                self.is_empty = true;
                Xml::Start(start)
            }
            event => event,
        })
    }

    /// The next child element's start, or the end of the current element.
    pub(super) fn next_tag(&mut self) -> Result<Tag, Problem> {
        loop {
            match self.next_event()? {
                Xml::Start(start) => return Ok(Tag::of(&start)),
                Xml::End(_) => return Ok(Tag::End),
                Xml::Eof => return Err(truncated()),
                _ => {}
            }
        }
    }

    /// Leaves the element that was just entered.
    pub(super) fn skip(&mut self) -> Result<(), Problem> {
        let mut depth = 0;
        loop {
            match self.next_event()? {
                Xml::Start(_) => depth += 1,
                Xml::End(_) if depth == 0 => return Ok(()),
                Xml::End(_) => depth -= 1,
                Xml::Eof => return Err(truncated()),
                _ => {}
            }
        }
    }

    /// The text of the element that was just entered, to its end.
    pub(super) fn read_text(&mut self) -> Result<&str, Problem> {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        let mut depth = 0;
        loop {
            if !self.is_empty {
                self.read_plain_text(&mut text)?;
            }
            match self.next_event()? {
                Xml::Text(part) => text.push_str(&part.xml10_content()),
                Xml::CData(part) => text.push_str(&part.xml10_content()),
                Xml::GeneralRef(name) => text.push(resolve(&name)?),
                Xml::Start(_) => depth += 1,
                Xml::End(_) if depth == 0 => break,
                Xml::End(_) => depth -= 1,
                Xml::Eof => return Err(truncated()),
                _ => {}
            }
            if text.len() > TEXT_LIMIT_BYTES {
                return Err(Problem(format!(
                    "a text is longer than {} MiB",
                    TEXT_LIMIT_BYTES >> 20
                )));
            }
        }
        self.text = text;
        Ok(&self.text)
    }

    /// Text up to the first thing that takes a parser: markup, an uncommon reference, or a line
    /// end that is not `\n`. Almost all of a dump is read here, and wikitext is full of `&lt;` and
    /// `&quot;`, each of which is an event of its own to the parser.
    fn read_plain_text(&mut self, text: &mut String) -> Result<(), Problem> {
        self.reader.get_mut().start_piece();
        let mut stream = self.reader.stream();
        loop {
            let chunk = stream.fill_buf().map_err(quick_xml::Error::from)?;
            let mut read = 0;
            let mut is_plain = !chunk.is_empty();
            while is_plain && read < chunk.len() {
                let rest = &chunk[read..];
                let end = memchr3(b'<', b'&', b'\r', rest).unwrap_or(rest.len());
                // The source has no broken sequences, and chunks end where a character does.
                let Ok(run) = std::str::from_utf8(&rest[..end]) else {
                    is_plain = false;
                    break;
                };
                text.push_str(run);
                read += end;
                if end < rest.len() {
                    let common = COMMON
                        .iter()
                        .find(|(name, _)| rest[end..].starts_with(name));
                    match common {
                        Some((name, char)) => {
                            text.push(*char);
                            read += name.len();
                        }
                        None => is_plain = false,
                    }
                }
            }
            stream.consume(read);
            if !is_plain || text.len() > TEXT_LIMIT_BYTES {
                return Ok(());
            }
        }
    }

    pub(super) fn read_number<T: std::str::FromStr>(
        &mut self,
        element: &str,
    ) -> Result<T, Problem> {
        let text = self.read_text()?.trim();
        text.parse().map_err(|_| {
            Problem(format!(
                "expected a number in <{element}>, got {:?}",
                excerpt(text)
            ))
        })
    }

    pub(super) fn read_contributor(&mut self) -> Result<User, Problem> {
        let mut user = User::default();
        loop {
            match self.next_tag()? {
                Tag::UserName => {
                    let name = self.read_text()?;
                    if !name.is_empty() {
                        user = User::named(name);
                    }
                }
                // Before accounts existed, host names and "conversion script" stood here, too.
                Tag::Ip => {
                    let name = self.read_text()?;
                    if !name.is_empty() {
                        user = User {
                            kind: UserKind::Anonymous,
                            ..User::named(name)
                        };
                    }
                }
                Tag::End => return Ok(user),
                _ => self.skip()?,
            }
        }
    }

    /// One `<content>` of a revision with several slots; `None` unless it is the main one.
    pub(super) fn read_slot(&mut self) -> Result<Option<Content>, Problem> {
        let mut content = Content::default();
        let mut is_main = false;
        loop {
            match self.next_tag()? {
                Tag::Role => is_main = self.read_text()?.trim() == "main",
                Tag::Model => content.model = Some(self.read_text()?.trim().to_owned()),
                Tag::Text(tag) => content.read_text(tag, self)?,
                Tag::End => return Ok(is_main.then_some(content)),
                _ => self.skip()?,
            }
        }
    }

    pub(super) fn read_site_info(&mut self, mut site: SiteInfo) -> Result<SiteInfo, Problem> {
        loop {
            match self.next_tag()? {
                Tag::SiteName => site.name = self.read_text()?.to_owned(),
                Tag::WikiId => site.wiki_id = Some(self.read_text()?.to_owned()),
                Tag::Namespaces => loop {
                    match self.next_tag()? {
                        Tag::NamespaceName { key } => {
                            site.namespaces.push((key, self.read_text()?.to_owned()))
                        }
                        Tag::End => break,
                        _ => self.skip()?,
                    }
                },
                Tag::End => return Ok(site),
                _ => self.skip()?,
            }
        }
    }
}

/// The references that MediaWiki's exports are full of.
const COMMON: [(&[u8], char); 4] = [
    (b"&lt;", '<'),
    (b"&gt;", '>'),
    (b"&quot;", '"'),
    (b"&amp;", '&'),
];

fn resolve(name: &quick_xml::events::BytesRef<'_>) -> Result<char, Problem> {
    match &**name {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        other => match name.resolve_char_ref() {
            Ok(Some(char)) => Ok(char),
            _ => Err(Problem(format!("unknown entity &{};", excerpt(other)))),
        },
    }
}
