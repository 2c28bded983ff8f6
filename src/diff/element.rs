//! Which links, templates, references and other wikitext elements stand in one text and not in
//! the other.
//!
//! An element is known by its kind and its key (a link's target, a template's name), and
//! counted as added when there are more of it after the edit than before; so moving one adds
//! nothing, and giving a link another target adds one and removes one. Apart from the token
//! diff, which sees the letters of a target change but not whose they are. This is no parser:
//! an element is recognised by how it opens and by its key on the same line, in one pass that
//! never looks more than [`MAX_KEY`] bytes ahead; what stands in comments or `<nowiki>` counts.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use super::address::{address, domain, is_address, resembles};
use super::letters::byte_set;
use super::link::link_kind;
use super::trim::Windows;

/// Keys are at most this long, as MediaWiki's titles are; a longer one is no element.
const MAX_KEY: usize = 255;

/// Only so many of the domains that are new to a page ..
const MAX_NEW_COMPARED: usize = 16;
/// .. are compared with so many of those that it had.
const MAX_KNOWN_COMPARED: usize = 512;

/// Kinds of wikitext elements.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Element {
    /// A link to another site: `http://`, `https://`, `ftp://`, or `[//`.
    ExternalLink,
    /// A link within the wiki, but for the kinds below.
    Wikilink,
    /// A link to the same subject in another language: `[[de:...]]`.
    LanguageLink,
    /// A category that the page is put into.
    Category,
    /// An image, sound or film: by its namespace or by its file's ending.
    File,
    /// A template, magic word or parser function.
    Template,
    /// A footnote: an opening or single `<ref>` tag.
    Reference,
    /// A section's heading.
    Heading,
    /// A table: `{|` at the start of a line, or `<table`.
    Table,
    /// Any other opening tag.
    Tag,
    /// An item of a list: a line that starts with `*`, `#`, `;` or `:`.
    ListItem,
}

impl Element {
    /// How many kinds there are.
    const COUNT: usize = 11;
}

/// The elements that an edit added and removed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ElementChange {
    added: [u32; Element::COUNT],
    removed: [u32; Element::COUNT],
    /// The domains of the external links that were added, sorted, each once.
    pub added_domains: Vec<AddedDomain>,
    /// How many more brackets are left open (or closed without an opening) after the edit than
    /// before: `[[`, `{{` and `<ref>` taken together; negative when the edit mends some.
    pub unbalanced: i32,
}

/// A domain that an edit added a link to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AddedDomain {
    /// The host's name in lower case, without `www.` and port.
    pub domain: String,
    /// Whether the page had no link to it before.
    pub is_new: bool,
    /// Whether it is new and could be taken for a domain that the page had: one letter off, the
    /// same name under another ending, or the other's letters at the start of its own. Of pages
    /// and edits with very many domains only some are compared.
    pub is_look_alike: bool,
}

impl ElementChange {
    /// How many elements of a kind were added.
    pub fn added(&self, kind: Element) -> u32 {
        self.added[kind as usize]
    }

    /// How many elements of a kind were removed.
    pub fn removed(&self, kind: Element) -> u32 {
        self.removed[kind as usize]
    }

    /// How many domains the edit added of which the page had none.
    pub fn new_domains(&self) -> usize {
        self.added_domains
            .iter()
            .filter(|domain| domain.is_new)
            .count()
    }

    /// Compares two texts, which are equal outside of their windows of lines, and within these outside
    /// of their windows of words.
    pub(super) fn between(before: &str, after: &str, lines: &Windows, words: &Windows) -> Self {
        let near = Near::of(before, lines, words);
        let tail = words.before.end + near.n_after;
        let (old, new) = (&before[..lines.before.end], &after[..lines.after.end]);
        let mut common = Balance::default();
        scan(
            old,
            lines.before.start..near.start,
            true,
            &mut common,
            |_, _| (),
        );
        scan(old, tail..old.len(), false, &mut common, |_, _| ());
        let (mut old_balance, mut new_balance) = (common, common);
        let mut counts: FxHashMap<(Element, &str), i32> = FxHashMap::default();
        let starts_line = near.start == lines.before.start;
        let old_window = near.start..tail;
        scan(
            old,
            old_window,
            starts_line,
            &mut old_balance,
            |kind, key| *counts.entry((kind, key)).or_default() -= 1,
        );
        let new_window = near.start..words.after.end + near.n_after;
        scan(
            new,
            new_window,
            starts_line,
            &mut new_balance,
            |kind, key| *counts.entry((kind, key)).or_default() += 1,
        );
        let mut change = Self {
            unbalanced: new_balance.n_open() - old_balance.n_open(),
            ..Self::default()
        };
        let mut domains = FxHashSet::default();
        for ((kind, key), count) in counts {
            let side = if count > 0 {
                &mut change.added
            } else {
                &mut change.removed
            };
            side[kind as usize] += count.unsigned_abs();
            if kind == Element::ExternalLink && count > 0 {
                domains.extend(domain(key));
            }
        }
        if !domains.is_empty() {
            let known = domains_of(before);
            change.added_domains = domains
                .into_iter()
                .map(|domain| AddedDomain {
                    is_new: !known.contains(&domain),
                    is_look_alike: false,
                    domain,
                })
                .collect();
            change.added_domains.sort_by(|a, b| a.domain.cmp(&b.domain));
            let new = change.added_domains.iter_mut().filter(|added| added.is_new);
            for added in new.take(MAX_NEW_COMPARED) {
                let mut known = known.iter().take(MAX_KNOWN_COMPARED);
                added.is_look_alike = known.any(|known| resembles(&added.domain, known));
            }
        }
        change
    }
}

/// What can tell two texts apart by their elements, on lines that are long.
struct Near {
    /// Where it begins, in both texts.
    start: usize,
    /// How many bytes behind the window of words belong to it.
    n_after: usize,
}

impl Near {
    /// Cut at spaces, which no jump of [`scan`] leaps over, so far from the windows of words that
    /// every element that they can touch lies inside.
    fn of(before: &str, lines: &Windows, words: &Windows) -> Self {
        const MARGIN: usize = MAX_KEY + 1;
        let head = &before.as_bytes()[lines.before.start..words.before.start];
        let far = &head[..head.len().saturating_sub(MARGIN)];
        let tail = &before.as_bytes()[words.before.end..lines.before.end];
        // Up to the first space the two texts may be read at a different pace.
        let space = memchr::memchr(b' ', tail).unwrap_or(tail.len());
        let beyond = (space + MARGIN).min(tail.len());
        Self {
            start: lines.before.start + memchr::memrchr(b' ', far).map_or(0, |at| at + 1),
            n_after: memchr::memchr(b' ', &tail[beyond..]).map_or(tail.len(), |at| beyond + at),
        }
    }
}

/// The domains of a text's external links, found as [`scan`] finds them.
fn domains_of(text: &str) -> FxHashSet<String> {
    let mut domains = FxHashSet::default();
    let mut end = 0;
    for at in memchr::memmem::find_iter(text.as_bytes(), b"//") {
        // An address may hold another one, as those of archives do.
        if at >= end && is_address(&text.as_bytes()[..at]) {
            let address = address(text, at);
            end = at + address.len();
            domains.extend(domain(address));
        }
    }
    domains
}

/// Openings minus closings.
#[derive(Clone, Copy, Default)]
struct Balance {
    links: i32,
    templates: i32,
    references: i32,
}

impl Balance {
    fn n_open(&self) -> i32 {
        self.links.abs() + self.templates.abs() + self.references.abs()
    }
}

/// Calls `found` with the kind and key of every element that begins in the range; looks on past its
/// end for what an element holds.
fn scan<'a>(
    text: &'a str,
    range: Range<usize>,
    mut is_line_start: bool,
    balance: &mut Balance,
    mut found: impl FnMut(Element, &'a str),
) {
    let bytes = text.as_bytes();
    let mut at = range.start;
    while at < range.end {
        let n_plain = bytes[at..range.end]
            .iter()
            .take_while(|byte| !is_mark(**byte))
            .count();
        if n_plain > 0 {
            at += n_plain;
            is_line_start = false;
            continue;
        }
        let was_line_start = std::mem::replace(&mut is_line_start, bytes[at] == b'\n');
        let rest = &bytes[at..];
        match bytes[at] {
            b'[' if rest.starts_with(b"[[") => {
                balance.links += 1;
                if let Some(target) = key(text, at + 2, b"|]#") {
                    found(link_kind(target), target.trim());
                }
                at += 2;
            }
            b']' if rest.starts_with(b"]]") => {
                balance.links -= 1;
                at += 2;
            }
            b'{' if rest.starts_with(b"{{{") => at += 3,
            b'{' if rest.starts_with(b"{{") => {
                balance.templates += 1;
                if let Some(name) = key(text, at + 2, b"|}\n") {
                    found(Element::Template, name.trim());
                }
                at += 2;
            }
            b'{' if was_line_start && rest.starts_with(b"{|") => {
                found(Element::Table, "");
                at += 2;
            }
            b'}' if rest.starts_with(b"}}}") => at += 3,
            b'}' if rest.starts_with(b"}}") => {
                balance.templates -= 1;
                at += 2;
            }
            b'<' => {
                scan_tag(text, at, balance, &mut found);
                at += 1;
            }
            b'/' if rest.starts_with(b"//") && is_address(&bytes[..at]) => {
                let address = address(text, at);
                if domain(address).is_some() {
                    found(Element::ExternalLink, address);
                }
                at += address.len().max(2);
            }
            b'=' if was_line_start => {
                if let Some(title) = heading(text, at) {
                    found(Element::Heading, title);
                }
                at += 1;
            }
            b'*' | b'#' | b';' | b':' if was_line_start => {
                found(Element::ListItem, "");
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// Bytes at which something may begin or end.
fn is_mark(byte: u8) -> bool {
    const MARKS: [bool; 256] = byte_set(b"[]{}</=*#;:\n");
    MARKS[usize::from(byte)]
}

/// The text from `start` to the first of the `ends`, if it is not empty and holds nothing that a
/// title cannot.
fn key<'a>(text: &'a str, start: usize, ends: &[u8]) -> Option<&'a str> {
    let window = &text.as_bytes()[start..text.len().min(start + MAX_KEY + 1)];
    let length = window
        .iter()
        .position(|byte| ends.contains(byte) || b"[]{}|<>\n".contains(byte))?;
    let key = text.get(start..start + length)?;
    (ends.contains(&window[length]) && !key.trim().is_empty()).then_some(key)
}

/// An opening tag's kind; a closing `</ref>` only counts for the balance.
fn scan_tag<'a>(
    text: &'a str,
    at: usize,
    balance: &mut Balance,
    found: &mut impl FnMut(Element, &'a str),
) {
    let bytes = text.as_bytes();
    let is_closing = bytes.get(at + 1) == Some(&b'/');
    let start = at + 1 + usize::from(is_closing);
    let window = &bytes[start..bytes.len().min(start + 20)];
    let length = window
        .iter()
        .position(|byte| !byte.is_ascii_alphanumeric())
        .unwrap_or(window.len());
    let Some(name) = text
        .get(start..start + length)
        .filter(|name| !name.is_empty())
    else {
        return;
    };
    if name.eq_ignore_ascii_case("ref") {
        if is_closing {
            balance.references -= 1;
            return;
        }
        let attributes = &bytes[start..bytes.len().min(start + MAX_KEY)];
        let is_single =
            memchr::memchr(b'>', attributes).is_some_and(|end| attributes[..end].ends_with(b"/"));
        balance.references += i32::from(!is_single);
        found(Element::Reference, "");
    } else if !is_closing {
        found(
            if name.eq_ignore_ascii_case("table") {
                Element::Table
            } else {
                Element::Tag
            },
            name,
        );
    }
}

/// A heading's title: the line begins and ends with `=`.
fn heading(text: &str, start: usize) -> Option<&str> {
    let window = &text.as_bytes()[start..text.len().min(start + MAX_KEY + 1)];
    let length = memchr::memchr(b'\n', window).unwrap_or(window.len());
    let line = text.get(start..start + length)?.trim();
    let title = line
        .strip_prefix('=')?
        .strip_suffix('=')?
        .trim_matches('=')
        .trim();
    (!title.is_empty()).then_some(title)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diff::trim::trim;

    fn between(before: &str, after: &str) -> ElementChange {
        let (lines, words) = trim(before, after);
        ElementChange::between(before, after, &lines, &words)
    }

    #[track_caller]
    fn check(before: &str, after: &str, kind: Element, added: u32, removed: u32) {
        let change = between(before, after);
        assert_eq!(
            (change.added(kind), change.removed(kind)),
            (added, removed),
            "{before:?} -> {after:?}: {change:?}"
        );
    }

    #[track_caller]
    fn check_domains(before: &str, after: &str, expected: &[(&str, bool)]) {
        let change = between(before, after);
        let got: Vec<_> = change
            .added_domains
            .iter()
            .map(|domain| (domain.domain.as_str(), domain.is_new))
            .collect();
        assert_eq!(got, expected, "{before:?} -> {after:?}");
    }

    #[track_caller]
    fn check_balance(before: &str, after: &str, unbalanced: i32) {
        assert_eq!(
            between(before, after).unbalanced,
            unbalanced,
            "{before:?} -> {after:?}"
        );
    }

    #[test]
    fn elements_are_told_apart() {
        check("", "[[Aruba]]", Element::Wikilink, 1, 0);
        check("", "[[Aruba|island]] [[a#b]]", Element::Wikilink, 2, 0);
        check("", "[[:Category:X]]", Element::Wikilink, 1, 0);
        check("", "[[Category:X]] [[カテゴリ:X]]", Element::Category, 2, 0);
        check(
            "",
            "[[Image:X.jpg|thumb]] [[Bild:Y.PNG]]",
            Element::File,
            2,
            0,
        );
        check(
            "",
            "[[de:X]] [[zh-min-nan:X]] [[simple:X]]",
            Element::LanguageLink,
            3,
            0,
        );
        check("", "[[WP:X]]", Element::Wikilink, 1, 0);
        check("", "{{Infobox\n|a}} {{stub}}", Element::Template, 2, 0);
        check("", "{{{1}}}", Element::Template, 0, 0);
        check("", "<ref>a</ref><ref name=x/>", Element::Reference, 2, 0);
        check("", "<references/>", Element::Reference, 0, 0);
        check("", "<references/><br>", Element::Tag, 2, 0);
        check("", "{|\n|a\n|}\n<table>", Element::Table, 2, 0);
        check("", "a {| b", Element::Table, 0, 0);
        check("", "== A ==\nb = c\n=D=", Element::Heading, 2, 0);
        check("", "* a\n# b\n: c", Element::ListItem, 3, 0);
        check(
            "",
            "[http://a.com x] https://b.org/ [//c.net d] a // b",
            Element::ExternalLink,
            3,
            0,
        );
    }

    #[test]
    fn only_differences_count() {
        check("[[a]] [[b]]", "[[b]] [[a]]", Element::Wikilink, 0, 0);
        check("[[a]]", "[[b]]", Element::Wikilink, 1, 1);
        check("{{a}}", "{{a}}{{a}}", Element::Template, 1, 0);
        check(
            "http://a.com/1",
            "http://a.com/2",
            Element::ExternalLink,
            1,
            1,
        );
    }

    #[test]
    fn hostile_markup_is_no_element() {
        check("", &"[".repeat(10_000), Element::Wikilink, 0, 0);
        check("", "[[a\nb]] [[]] [[ ]]", Element::Wikilink, 0, 0);
        check(
            "",
            &format!("[[{}]]", "日".repeat(300)),
            Element::Wikilink,
            0,
            0,
        );
        check("", "http:// http:/// ftp://?", Element::ExternalLink, 0, 0);
        check(
            "",
            &format!("http://a.com/{}", "é".repeat(300)),
            Element::ExternalLink,
            1,
            0,
        );
    }

    #[test]
    fn domains_are_new_when_the_page_had_none() {
        check_domains("", "http://WWW.Example.org:80/x", &[("example.org", true)]);
        check_domains(
            "see https://example.org/a",
            "see https://example.org/a http://example.org/b",
            &[("example.org", false)],
        );
        check_domains(
            "http://a.com",
            "http://b.com http://a.com",
            &[("b.com", true)],
        );
        check_domains("http://a.com", "", &[]);
        check_domains("", "http://user@a.com.", &[("a.com", true)]);
    }

    #[test]
    fn a_new_domain_may_look_like_an_old_one() {
        let change = between(
            "http://example.org",
            "http://examp1e.org http://example.org http://other.com",
        );
        let got = change.added_domains.iter();
        let got: Vec<_> = got
            .map(|added| (added.domain.as_str(), added.is_look_alike))
            .collect();
        assert_eq!(got, [("examp1e.org", true), ("other.com", false)]);
    }

    #[test]
    fn broken_markup_is_counted() {
        check_balance("", "[[a", 1);
        check_balance("[[a]]", "[[a", 1);
        check_balance("[[a", "[[a]]", -1);
        check_balance("", "}} <ref>a", 2);
        check_balance("", "[[a]] {{b}} <ref>c</ref> <ref name=d />", 0);
        // Far from the change, on the same line, a single tag stays one.
        for n in 220..270 {
            let far = "w".repeat(n);
            for (before, after) in [
                (
                    format!("a <ref name=\"x\" /> {far} <ref>"),
                    "b</ref> c".to_owned(),
                ),
                (
                    "a ".to_owned(),
                    format!("<ref>b</ref> {far} <ref name=\"x\" /> c"),
                ),
            ] {
                let whole = format!("{before}{after}");
                check_balance(&whole, &whole.replacen("<ref>", "", 1), 1);
            }
        }
    }

    proptest! {
        /// What is near the change is a matter of speed alone.
        #[test]
        fn far_elements_change_nothing(
            start in "([a /:h\\[\\]{}|<>=*]|http://|<ref>|<ref name=a />|</ref>|\\[\\[|word |w{200,290}){0,40}",
            removed in "([a \\[\\]{}|<>=*/]|<ref>|</ref>){0,9}",
            added in "([a \\[\\]{}|<>=*/]|<ref>|</ref>){0,9}",
            end in "([a /:h\\[\\]{}|<>=*]|http://|<ref>|<ref name=a />|</ref>|\\]\\]|word |w{200,290}){0,40}",
        ) {
            let (before, after) = (format!("{start}{removed}{end}"), format!("{start}{added}{end}"));
            let (lines, _) = trim(&before, &after);
            prop_assert_eq!(
                between(&before, &after),
                ElementChange::between(&before, &after, &lines, &lines)
            );
        }
    }
}
