//! What two texts share at their beginning and at their end, without looking at tokens.
//!
//! Most edits touch a few words of a long page, so leaving out the rest before anything is
//! tokenised makes a diff cost what the edit costs. Kept apart because one promise needs care:
//! trimming never changes tokens. The tokenizer's tokens that can reach over a space or the end
//! of a line are runs of white space and `<tag ...>`; so a text is cut only after a space or line
//! end that something visible follows, and only where no tag can be open. Then the tokens of the
//! window are exactly those that the whole text has there. Wikitext elements are not that
//! modest, but keep to lines as far as they are looked at: they get windows of whole lines.

use std::ops::Range;

use memchr::{memchr2_iter, memrchr2, memrchr2_iter};

/// The parts of two texts that may differ; outside of them the texts are equal.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct Windows {
    /// Bytes of the text before the edit.
    pub(super) before: Range<usize>,
    /// Bytes of the text after the edit; starts where `before` does.
    pub(super) after: Range<usize>,
}

/// Where texts may be cut.
#[derive(Clone, Copy)]
enum Cut {
    /// At the start of a line.
    Lines,
    /// Before a word, too.
    Words,
}

impl Cut {
    /// The byte before a place to cut: a line end, and one more.
    fn bytes(self) -> (u8, u8) {
        match self {
            Self::Lines => (b'\n', b'\n'),
            Self::Words => (b'\n', b' '),
        }
    }

    fn is_after(self, text: &[u8]) -> bool {
        let (line_end, other) = self.bytes();
        text.last()
            .is_some_and(|byte| *byte == line_end || *byte == other)
    }
}

/// Cuts the common beginning and end off two texts: by whole lines, and within these by words.
pub(super) fn trim(before: &str, after: &str) -> (Windows, Windows) {
    let (old, new) = (before.as_bytes(), after.as_bytes());
    if old == new {
        let nothing = Windows {
            before: 0..0,
            after: 0..0,
        };
        return (nothing.clone(), nothing);
    }
    let n_prefix = common_prefix(old, new);
    // The two may not overlap: `ab` -> `abab` has `ab` in common once, not twice.
    let n_suffix = common_suffix(&old[n_prefix..], &new[n_prefix..]);
    let windows = |cut| {
        let start = snap_back(before, after, n_prefix, cut);
        let n_kept = snap_forward(before, after, start, n_suffix, cut);
        Windows {
            before: start..old.len() - n_kept,
            after: start..new.len() - n_kept,
        }
    };
    (windows(Cut::Lines), windows(Cut::Words))
}

/// Bytes that are compared at a time: in registers, without a call.
const CHUNK: usize = 64;

/// The number of bytes that are equal at the beginning.
fn common_prefix(old: &[u8], new: &[u8]) -> usize {
    let (old_chunks, _) = old.as_chunks::<CHUNK>();
    let (new_chunks, _) = new.as_chunks::<CHUNK>();
    let chunks = old_chunks.iter().zip(new_chunks);
    let start = CHUNK * chunks.take_while(|(a, b)| is_equal(a, b)).count();
    start
        + old[start..]
            .iter()
            .zip(&new[start..])
            .take_while(|(a, b)| a == b)
            .count()
}

/// The number of bytes that are equal at the end.
fn common_suffix(old: &[u8], new: &[u8]) -> usize {
    let (_, old_chunks) = old.as_rchunks::<CHUNK>();
    let (_, new_chunks) = new.as_rchunks::<CHUNK>();
    let chunks = old_chunks.iter().rev().zip(new_chunks.iter().rev());
    let n = CHUNK * chunks.take_while(|(a, b)| is_equal(a, b)).count();
    let (old, new) = (&old[..old.len() - n], &new[..new.len() - n]);
    n + old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take_while(|(a, b)| a == b)
        .count()
}

/// Compares all bytes whatever they are, which vectors do best.
fn is_equal(a: &[u8; CHUNK], b: &[u8; CHUNK]) -> bool {
    let mut differs = 0;
    for (a, b) in a.iter().zip(b) {
        differs |= a ^ b;
    }
    differs == 0
}

/// The last place within the first `n_prefix` bytes where both texts can be cut, else 0.
fn snap_back(before: &str, after: &str, n_prefix: usize, cut: Cut) -> usize {
    let common = &before.as_bytes()[..n_prefix];
    // The last `<` or `>` before the place in question, looked up again only after passing it.
    let mut mark = memrchr2(b'<', b'>', common);
    let (line_end, other) = cut.bytes();
    for space in memrchr2_iter(line_end, other, common) {
        let start = space + 1;
        if mark.is_some_and(|at| at >= start) {
            mark = memrchr2(b'<', b'>', &common[..start]);
        }
        let is_open = mark.is_some_and(|at| common[at] == b'<');
        if !is_open && is_visible(before, start) && is_visible(after, start) {
            return start;
        }
    }
    0
}

/// The largest number of common last bytes, at most `n_suffix`, before which both texts can be
/// cut, given that their windows begin at `start`; else 0.
fn snap_forward(before: &str, after: &str, start: usize, n_suffix: usize, cut: Cut) -> usize {
    let (old, new) = (before.as_bytes(), after.as_bytes());
    let (old_end, new_end) = (old.len() - n_suffix, new.len() - n_suffix);
    let suffix = &new[new_end..];
    let mut is_open = is_tag_open(&old[start..old_end]) || is_tag_open(&new[start..new_end]);
    // Before the common end the texts differ, so that both must be looked at.
    let is_place = cut.is_after(&old[..old_end]) && cut.is_after(&new[..new_end]);
    if is_place && !is_open && is_visible(after, new_end) {
        return n_suffix;
    }
    let mut seen = 0;
    let (line_end, other) = cut.bytes();
    for space in memchr2_iter(line_end, other, suffix) {
        if let Some(mark) = memrchr2(b'<', b'>', &suffix[seen..space]) {
            is_open = suffix[seen + mark] == b'<';
        }
        seen = space;
        if !is_open && is_visible(after, new_end + space + 1) {
            return n_suffix - space - 1;
        }
    }
    0
}

/// Whether `>` has not come yet since the last `<`.
fn is_tag_open(text: &[u8]) -> bool {
    memrchr2(b'<', b'>', text).is_some_and(|at| text[at] == b'<')
}

/// Whether something other than white space follows, or nothing at all. U+001C to U+001F are
/// white space to the tokenizer though not to Unicode.
fn is_visible(text: &str, at: usize) -> bool {
    match text.get(at..) {
        Some(rest) => rest
            .chars()
            .next()
            .is_none_or(|c| !c.is_whitespace() && !('\x1c'..='\x1f').contains(&c)),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `before` and `after` mark their expected windows by `«` and `»`.
    #[track_caller]
    fn check_cut(cut: fn((Windows, Windows)) -> Windows, before: &str, after: &str) {
        let parse = |marked: &str| {
            let start = marked.find('«').unwrap();
            let end = marked.find('»').unwrap() - '«'.len_utf8();
            (marked.replace(['«', '»'], ""), start..end)
        };
        let ((before, old), (after, new)) = (parse(before), parse(after));
        let expected = Windows {
            before: old,
            after: new,
        };
        assert_eq!(
            cut(trim(&before, &after)),
            expected,
            "{before:?} -> {after:?}"
        );
    }

    #[track_caller]
    fn check(before: &str, after: &str) {
        check_cut(|(lines, _)| lines, before, after);
    }

    #[track_caller]
    fn check_words(before: &str, after: &str) {
        check_cut(|(_, words)| words, before, after);
    }

    #[test]
    fn windows_hold_whole_words() {
        check_words("a b «c »d e", "a b «x »d e");
        check_words("a «»b", "a «x »b");
        check_words("a «bc »d", "a «bx »d");
        check_words("a «»", "a «b»");
        check_words("«a »b", "«a  »b");
        check_words("a   «b »c", "a   «x »c");
        check_words("a «<b c x> »d", "a «<b c y> »d");
        check_words("«it' »a", "«it »a");
    }

    #[test]
    fn windows_hold_whole_lines() {
        check("a\nb\n«x c\n»d\n", "a\nb\n«y c\n»d\n");
        check("a\n«»", "a\n«b»");
        check("a\n«»b\n", "a\n«x\n»b\n");
        check("«ab»", "«abab»");
        check("«»", "«a»");
        check("«a»", "«»");
        check("«x\n»日本\n", "«y\n»日本\n");
    }

    #[test]
    fn equal_texts_have_nothing_left() {
        let nothing = Windows {
            before: 0..0,
            after: 0..0,
        };
        assert_eq!(trim("a\nb", "a\nb"), (nothing.clone(), nothing));
    }

    #[test]
    fn breaks_are_not_cut() {
        check("a\nb\n\n«x\n\n»c", "a\nb\n\n«y\n\n»c");
        check("a\n«b\n\n»c", "a\n«b\n\n\n»c");
        check("a\n \n«x»", "a\n \n«y»");
        check("«a\n\u{3000}x»", "«a\n\u{3000}y»");
        check("«a\n»b", "«a\n\n»b");
    }

    #[test]
    fn open_tags_are_not_cut() {
        check("a\n«<ref\nname=x>»", "a\n«<ref\nname=y>»");
        check("a\n«b <ref x\nname=q>\n»c", "a\n«b <ref y\nname=q>\n»c");
        check("a\n<b\nc\n>\n«d x»", "a\n<b\nc\n>\n«d y»");
    }

    #[test]
    fn characters_are_not_cut() {
        check("«é»", "«è»");
        check("«日»", "«月»");
    }
}
