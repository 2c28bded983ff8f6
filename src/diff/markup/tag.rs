//! HTML tags: opening, attributes, body, closing.

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64;

use super::scope::*;
use super::{FAILED, Failed, Frame, MarkupCounts, Parser, is_marker};
use crate::diff::letters::is_space;

/// Tags that have no body.
const EMPTY: [&str; 6] = ["br", "wbr", "hr", "meta", "link", "img"];

/// Tags that need no closing tag, but for those in [`EMPTY`].
const UNCLOSED: [&str; 6] = ["li", "dt", "dd", "th", "td", "tr"];

/// Tags whose body is not wikitext.
const VERBATIM: [&str; 17] = [
    "categorytree",
    "ce",
    "chem",
    "gallery",
    "graph",
    "hiero",
    "imagemap",
    "inputbox",
    "math",
    "nowiki",
    "pre",
    "score",
    "section",
    "source",
    "syntaxhighlight",
    "templatedata",
    "timeline",
];

/// What ends a list of attributes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AttributesEnd {
    /// `>` or `/>`.
    Tag,
    /// A line end, which is not part of them.
    Line,
    /// `|`, which is not part of them.
    Bar,
}

/// Where in a list of attributes one is.
#[derive(Clone, Copy)]
enum Attribute {
    Between,
    Name,
    AfterName,
    BeforeValue,
    Value,
    Quoted(Quote),
    AfterQuoted(Quote),
}

/// An opening quotation mark; what follows is read again without it when it does not close.
#[derive(Clone, Copy)]
struct Quote {
    mark: u8,
    pos: usize,
    counts: MarkupCounts,
}

impl Parser<'_> {
    /// `<`: a tag, or just a character.
    pub(super) fn parse_tag(&mut self) {
        self.pos += 1;
        // Failing, it stands where it started.
        let _ = self.attempt(TAG_OPEN, Self::read_tag);
    }

    /// `</` where no tag is open: `</br>` counts as `<br>`.
    pub(super) fn parse_stray_closing_tag(&mut self) {
        self.pos += 2;
        let rest = &self.text[self.pos..];
        let n = name_length(rest);
        if is_one_of(&EMPTY, &rest[..n]) {
            let _ = self.attempt(TAG_OPEN, Self::read_tag);
        }
    }

    /// Reads a tag from its name on, with its body.
    fn read_tag(&mut self) -> Result<(), Failed> {
        let start = self.pos;
        let rest = &self.text[start..];
        let n = name_length(rest);
        self.spend(n)?;
        self.pos += n;
        let is_name_end = match self.at(0) {
            _ if n == 0 => false,
            Some(b'>') => true,
            Some(b'/') => self.at(1) == Some(b'>'),
            // A line end is a mark before it is space.
            Some(b'\n') => false,
            Some(_) => self.is_space_here(),
            None => false,
        };
        if !is_name_end {
            return Err(FAILED);
        }
        let is_self_closing = self.read_attributes(AttributesEnd::Tag)?;
        let name = &rest[..n];
        if is_self_closing || is_one_of(&EMPTY, name) {
        } else if is_one_of(&VERBATIM, name) && self.closes_later(name) {
            self.skip_verbatim(name)?;
        } else if !is_one_of(&VERBATIM, name)
            && (is_one_of(&UNCLOSED, name) || self.closes_later(name))
        {
            let mut frame = Frame::new(TAG_BODY);
            frame.name = (start, start + n);
            self.run(&mut frame)?;
        } else {
            return Err(FAILED);
        }
        self.counts.tags += 1;
        let is_ref = name
            .as_bytes()
            .get(..3)
            .is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"ref"));
        self.counts.ref_tags += u32::from(is_ref);
        Ok(())
    }

    /// Reads attributes up to what ends them; whether that was `/>`.
    pub(super) fn read_attributes(&mut self, end: AttributesEnd) -> Result<bool, Failed> {
        let depth = self.depth;
        let mut state = Attribute::Between;
        loop {
            self.spend(1)?;
            self.depth = depth
                + match state {
                    Attribute::Between => 0,
                    Attribute::Quoted(_) | Attribute::AfterQuoted(_) => 2,
                    _ => 1,
                };
            let is_quoted = matches!(state, Attribute::Quoted(_));
            let this = match (end, self.at(0)) {
                (AttributesEnd::Tag, Some(b'>')) if !is_quoted => {
                    self.pos += 1;
                    return Ok(false);
                }
                (AttributesEnd::Tag, Some(b'/')) if !is_quoted && self.at(1) == Some(b'>') => {
                    self.pos += 2;
                    return Ok(true);
                }
                (AttributesEnd::Line, Some(b'\n')) | (AttributesEnd::Bar, Some(b'|')) => {
                    match state {
                        Attribute::Quoted(quote) => {
                            state = self.unquote(quote);
                            continue;
                        }
                        _ => return Ok(false),
                    }
                }
                (_, Some(this)) => this,
                (_, None) => match state {
                    Attribute::Quoted(quote) | Attribute::AfterQuoted(quote) => {
                        state = self.unquote(quote);
                        continue;
                    }
                    _ => return Err(FAILED),
                },
            };
            if self.is_space_here() {
                state = match state {
                    Attribute::Value | Attribute::AfterQuoted(_) => Attribute::Between,
                    Attribute::Name => Attribute::AfterName,
                    other => other,
                };
                self.pos += self.char_len();
                continue;
            }
            state = match state {
                Attribute::AfterQuoted(quote) => {
                    state = self.unquote(quote);
                    continue;
                }
                Attribute::Name | Attribute::AfterName if this == b'=' => {
                    self.pos += 1;
                    state = Attribute::BeforeValue;
                    continue;
                }
                Attribute::Between | Attribute::Name | Attribute::AfterName => Attribute::Name,
                Attribute::BeforeValue
                    if matches!(this, b'"' | b'\'')
                        && !self.is_escaped()
                        && !self.failed.contains(&(self.pos, QUOTED_VALUE)) =>
                {
                    state = Attribute::Quoted(Quote {
                        mark: this,
                        pos: self.pos,
                        counts: self.counts,
                    });
                    self.pos += 1;
                    continue;
                }
                Attribute::Quoted(quote) if this == quote.mark && !self.is_escaped() => {
                    self.pos += 1;
                    state = Attribute::AfterQuoted(quote);
                    continue;
                }
                Attribute::Quoted(quote) => Attribute::Quoted(quote),
                Attribute::BeforeValue | Attribute::Value => Attribute::Value,
            };
            self.read_attribute_text(this);
        }
    }

    /// Takes back an opening quotation mark: it is the first character of a bare value.
    fn unquote(&mut self, quote: Quote) -> Attribute {
        self.failed.insert((quote.pos, QUOTED_VALUE));
        (self.pos, self.counts) = (quote.pos, quote.counts);
        Attribute::Value
    }

    /// Attributes may hold templates, links and tags.
    fn read_attribute_text(&mut self, this: u8) {
        let is_double = self.at(1) == Some(this);
        match this {
            b'{' if is_double && self.can_recurse() => self.parse_braces(&mut Frame::new(ROOT)),
            b'[' if is_double && self.can_recurse() => self.parse_wikilink(ROOT),
            b'<' if self.can_recurse() => self.parse_tag(),
            _ => self.pos += self.char_len(),
        }
    }

    fn is_escaped(&self) -> bool {
        let before = &self.bytes[..self.pos];
        before.ends_with(b"\\") && !before.ends_with(b"\\\\")
    }

    /// `</` inside a tag: its end, when the name is the same; any other name fails it.
    pub(super) fn end_tag(&mut self, frame: &Frame) -> Result<(), Failed> {
        self.pos += 2;
        let n = self.bytes[self.pos..]
            .iter()
            .take_while(|&&b| b == b'\n' || !is_marker(b))
            .count();
        self.spend(n)?;
        let name = self.text[self.pos..self.pos + n].trim_end_matches(is_space);
        self.pos += n;
        if self.at(0) == Some(b'>') && is_same_name(name, self.name(frame)) {
            self.end_by(1)
        } else {
            Err(FAILED)
        }
    }

    /// Reads a body that is not wikitext, up to its closing tag on one line.
    fn skip_verbatim(&mut self, name: &str) -> Result<(), Failed> {
        loop {
            let rest = &self.bytes[self.pos..];
            let found = memchr::memmem::find(rest, b"</").unwrap_or(rest.len());
            self.spend(found)?;
            if found == rest.len() {
                return Err(FAILED);
            }
            self.pos += found + 2;
            let rest = &self.text[self.pos..];
            let Some(after) = rest
                .get(name.len()..)
                .filter(|_| is_same_name(&rest[..name.len()], name))
            else {
                continue;
            };
            let n_space = after
                .find(|c| c == '\n' || !is_space(c))
                .unwrap_or(after.len());
            self.spend(n_space)?;
            if after[n_space..].starts_with('>') {
                self.pos += name.len() + n_space + 1;
                return Ok(());
            }
        }
    }

    /// Whether a closing tag of that name stands in the rest of the text.
    fn closes_later(&mut self, name: &str) -> bool {
        let text = self.text;
        let closing_tags = self.closing_tags.get_or_insert_with(|| {
            let mut last = FxHashMap::default();
            for start in memchr::memmem::find_iter(text.as_bytes(), b"</") {
                let rest = &text[start + 2..];
                // Names are short; a longer one may be long text behind a stray `</`.
                if let Some(hash) = name_hash(&rest[..name_length(rest)]) {
                    last.insert(hash, start);
                }
            }
            last
        });
        name_hash(name)
            .and_then(|hash| closing_tags.get(&hash))
            .is_some_and(|&last| last >= self.pos)
    }
}

/// Bytes up to white space or a mark.
fn name_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let n = bytes
        .iter()
        .take_while(|byte| byte.is_ascii() && !is_marker(**byte) && !is_space(char::from(**byte)))
        .count();
    match bytes.get(n) {
        Some(byte) if !byte.is_ascii() => text
            .find(|c: char| is_space(c) || (c.is_ascii() && is_marker(c as u8)))
            .unwrap_or(text.len()),
        _ => n,
    }
}

/// A hash of a name that no case changes; `None` for one of more than 64 bytes.
fn name_hash(name: &str) -> Option<u64> {
    let mut lower = [0; 64];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name.as_bytes());
    if name.is_ascii() {
        lower.make_ascii_lowercase();
        Some(xxh3_64(lower))
    } else {
        Some(xxh3_64(name.to_lowercase().as_bytes()))
    }
}

/// Whether a tag may end with the text.
pub(super) fn is_single(name: &str) -> bool {
    is_one_of(&UNCLOSED, name)
}

fn is_one_of(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn is_same_name(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
        || (!(a.is_ascii() && b.is_ascii()) && a.to_lowercase() == b.to_lowercase())
}
