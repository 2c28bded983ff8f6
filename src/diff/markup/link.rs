//! Links: within the wiki, to an address in brackets, to a bare address.

use super::scope::*;
use super::{FAILED, Failed, Frame, Parser, is_before};
use crate::diff::letters::{byte_set, is_letter_or_number};

impl Parser<'_> {
    /// `[[`: a link within the wiki, or, when an address follows, a bracket and an external link.
    pub(super) fn parse_wikilink(&mut self, outer: u32) {
        self.pos += 2;
        let (start, counts) = (self.pos, self.counts);
        if self.attempt(ADDRESS, Self::read_bracketed_link).is_ok() {
            self.counts.external_links += 1;
            if outer & ADDRESS_TITLE != 0 {
                (self.pos, self.counts) = (start, counts);
            }
        } else if is_before(start, self.last.double_bracket) && self.parse(LINK_TITLE).is_ok() {
            self.counts.wikilinks += 1;
        }
    }

    pub(super) fn parse_bracketed_link(&mut self, outer: u32) {
        self.pos += 1;
        let is_link = outer & NO_ADDRESSES == 0
            && self.can_recurse()
            && self.attempt(ADDRESS, Self::read_bracketed_link).is_ok();
        self.counts.external_links += u32::from(is_link);
    }

    /// Reads an address with its scheme and what follows it, up to the closing bracket.
    fn read_bracketed_link(&mut self) -> Result<(), Failed> {
        let rest = &self.bytes[self.pos..];
        if rest.starts_with(b"//") {
            self.pos += 2;
        } else {
            let n = rest
                .iter()
                .take(16)
                .take_while(|&&b| is_scheme_byte(b))
                .count();
            if rest.get(n) != Some(&b':') {
                return Err(FAILED);
            }
            let has_slashes = rest[n + 1..].starts_with(b"//");
            if !is_scheme(&rest[..n], has_slashes) {
                return Err(FAILED);
            }
            self.pos += n + 1 + if has_slashes { 2 } else { 0 };
        }
        if matches!(self.at(0), None | Some(b'\n' | b' ' | b']')) {
            return Err(FAILED);
        }
        let mut frame = Frame::new(ADDRESS);
        loop {
            self.skip_address()?;
            self.spend(1)?;
            if self.parse_inside_address(&mut frame) {
                continue;
            }
            match self.at(0) {
                None | Some(b'\n') => return Err(FAILED),
                Some(b']') => {
                    self.pos += 1;
                    return Ok(());
                }
                Some(b' ') => self.pos += 1,
                _ if self.is_address_end(&frame) => {}
                _ => {
                    self.pos += 1;
                    continue;
                }
            }
            frame.scope = ADDRESS_TITLE;
            return self.run(&mut frame);
        }
    }

    /// `:` behind a letter: a bare address when the word before it is a scheme.
    pub(super) fn parse_bare_link(&mut self, frame: &mut Frame) {
        if !frame.is(NO_ADDRESSES) && self.can_recurse() && self.attempt_bare_link(frame) {
            self.counts.external_links += 1;
        } else if frame.is(TERM) {
            self.end_term(frame);
        } else {
            self.pos += 1;
        }
    }

    fn attempt_bare_link(&mut self, frame: &Frame) -> bool {
        let Some(scheme) = self.word_before() else {
            return false;
        };
        let has_slashes = self.bytes[self.pos + 1..].starts_with(b"//");
        if !is_scheme(scheme, has_slashes) {
            return false;
        }
        let start = self.pos + 1 + if has_slashes { 2 } else { 0 };
        if matches!(
            self.bytes.get(start),
            None | Some(b'\n' | b' ' | b'[' | b']')
        ) {
            return false;
        }
        let (pos, counts) = (self.pos, self.counts);
        self.pos = start;
        self.depth += 1;
        let mut inside = Frame::new(frame.scope | ADDRESS);
        let is_complete = loop {
            if self.skip_address().and_then(|()| self.spend(1)).is_err() {
                break false;
            }
            if !self.parse_inside_address(&mut inside) {
                if self.is_address_end(&inside) {
                    break true;
                }
                self.pos += 1;
            }
        };
        self.depth -= 1;
        if !is_complete {
            (self.pos, self.counts) = (pos, counts);
        } else if self.at(0) == Some(b' ') {
            self.pos += 1;
        }
        is_complete
    }

    /// The word that ends here, when it can be a scheme by its characters and length.
    fn word_before(&self) -> Option<&[u8]> {
        let before = &self.bytes[..self.pos];
        let n = before
            .iter()
            .rev()
            .take(16)
            .take_while(|b| b.is_ascii_alphanumeric())
            .count();
        let is_whole = match self.text[..self.pos - n].chars().next_back() {
            Some(c) => !is_letter_or_number(c),
            None => true,
        };
        is_whole.then_some(&before[self.pos - n..])
    }

    /// Templates and comments inside an address; whether there was one.
    fn parse_inside_address(&mut self, frame: &mut Frame) -> bool {
        match (self.at(0), self.at(1)) {
            (Some(b'<'), Some(b'!')) if self.bytes[self.pos..].starts_with(b"<!--") => {
                self.parse_comment(frame);
                true
            }
            (Some(b'{'), Some(b'{')) if self.can_recurse() => {
                self.parse_braces(frame);
                true
            }
            _ => false,
        }
    }

    /// Skips bytes of an address that can neither end it nor begin anything inside.
    fn skip_address(&mut self) -> Result<(), Failed> {
        const MARKS: [bool; 256] = byte_set(b"\n []<>\"'|={}");
        let rest = &self.bytes[self.pos..];
        let n = rest
            .iter()
            .take_while(|byte| !MARKS[usize::from(**byte)])
            .count();
        self.pos += n;
        self.spend(n)
    }

    fn is_address_end(&self, frame: &Frame) -> bool {
        let is_double = self.at(1) == self.at(0);
        match self.at(0) {
            None | Some(b'\n' | b'[' | b']' | b'<' | b'>' | b'"' | b' ') => true,
            Some(b'\'') => is_double,
            Some(b'|') => frame.is(TEMPLATE),
            Some(b'=') => frame.is(PARAMETER_KEY | HEADING),
            Some(b'}') => {
                is_double
                    && (frame.is(TEMPLATE) || (frame.is(ARGUMENT) && self.at(2) == Some(b'}')))
            }
            _ => false,
        }
    }
}

fn is_scheme_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-')
}

/// Whether links may have this scheme. Those of the first kind need no `//`.
fn is_scheme(scheme: &[u8], has_slashes: bool) -> bool {
    const BARE: [&str; 11] = [
        "bitcoin", "geo", "magnet", "mailto", "news", "sip", "sips", "sms", "tel", "urn", "xmpp",
    ];
    const SLASHED: [&str; 16] = [
        "ftp",
        "ftps",
        "git",
        "gopher",
        "http",
        "https",
        "irc",
        "ircs",
        "mms",
        "nntp",
        "redis",
        "sftp",
        "ssh",
        "svn",
        "telnet",
        "worldwind",
    ];
    let is_in = |list: &[&str]| {
        list.iter()
            .any(|known| known.as_bytes().eq_ignore_ascii_case(scheme))
    };
    is_in(&BARE) || (has_slashes && is_in(&SLASHED))
}
