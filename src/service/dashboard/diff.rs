//! What an edit did, with some text around it: kept, removed and added pieces.
//!
//! However large the texts, what is shown is bounded, and says where it was cut. Characters that would
//! turn or hide the text around them are shown by their numbers.

use std::fmt::Write as _;

use maud::{Markup, html};
use unicode_normalization::char::is_combining_mark;

use super::words::Words;
use crate::diff::Change;

/// Characters of kept text on either side of a difference.
const CONTEXT_CHARS: usize = 160;

/// Characters of one removed or added piece.
const PIECE_CHARS: usize = 3_000;

/// Differences, and characters of all pieces.
const MAX_HUNKS: usize = 60;
const MAX_CHARS: usize = 24_000;

/// An edit as a page shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Diff {
    pieces: Vec<Piece>,
    /// Differences that are not shown.
    n_left_out: usize,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Kept(String),
    Removed(String),
    Added(String),
    /// Text between two differences that is not shown.
    Gap,
    /// So many characters of the piece before are not shown.
    Cut(usize),
}

impl Diff {
    /// What an edit did.
    pub(crate) fn between(before: &str, after: &str) -> Self {
        let change = Change::between(before, after);
        let mut diff = Self {
            pieces: Vec::new(),
            n_left_out: 0,
        };
        let mut n_chars = 0;
        let mut shown_to = 0;
        for (n_shown, hunk) in change.hunks().iter().enumerate() {
            if n_shown >= MAX_HUNKS || n_chars >= MAX_CHARS {
                diff.n_left_out = change.hunks().len() - n_shown;
                break;
            }
            let kept = &after[shown_to..hunk.after.start];
            if n_shown == 0 {
                diff.keep_end(kept);
            } else {
                diff.keep_between(kept);
            }
            shown_to = hunk.after.end;
            for (piece, text) in [
                (
                    Piece::Removed as fn(String) -> Piece,
                    &before[hunk.before.clone()],
                ),
                (Piece::Added, &after[hunk.after.clone()]),
            ] {
                n_chars += diff.push(piece, text);
            }
        }
        if !diff.pieces.is_empty() {
            let kept = &after[shown_to..];
            let cut = start_of(kept);
            diff.push_kept(&kept[..cut]);
            if cut < kept.len() {
                diff.pieces.push(Piece::Gap);
            }
        }
        diff
    }

    /// Whether the texts are the same.
    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    fn keep_end(&mut self, kept: &str) {
        let cut = end_of(kept);
        if cut > 0 {
            self.pieces.push(Piece::Gap);
        }
        self.push_kept(&kept[cut..]);
    }

    fn keep_between(&mut self, kept: &str) {
        let (start, end) = (start_of(kept), end_of(kept));
        if start >= end {
            self.push_kept(kept);
        } else {
            self.push_kept(&kept[..start]);
            self.pieces.push(Piece::Gap);
            self.push_kept(&kept[end..]);
        }
    }

    fn push_kept(&mut self, text: &str) {
        if !text.is_empty() {
            self.pieces.push(Piece::Kept(visible(text)));
        }
    }

    fn push(&mut self, piece: fn(String) -> Piece, text: &str) -> usize {
        if text.is_empty() {
            return 0;
        }
        let cut = byte_of_char(text, PIECE_CHARS);
        self.pieces.push(piece(visible(&text[..cut])));
        let left = text[cut..].chars().count();
        if left > 0 {
            self.pieces.push(Piece::Cut(left));
        }
        text[..cut].chars().count()
    }

    /// The edit as marked-up text. What was removed and added is said in words, too.
    pub(crate) fn render(&self, words: &Words) -> Markup {
        html! {
            @if self.is_empty() {
                p.quiet { (words.say("diff_same")) }
            } @else {
                // Long diffs scroll in their own box, which the keyboard must reach.
                div.diff tabindex="0" role="group" aria-label=(words.say("diff_label")) dir="auto" {
                    @for piece in &self.pieces {
                        @match piece {
                            Piece::Kept(text) => span { (text) },
                            Piece::Removed(text) => del { span.unseen { (words.say("diff_removed")) " " } (text) span.unseen { " " (words.say("diff_end")) " " } },
                            Piece::Added(text) => ins { span.unseen { (words.say("diff_added")) " " } (text) span.unseen { " " (words.say("diff_end")) " " } },
                            Piece::Gap => span.gap { span aria-hidden="true" { "⋯" } span.unseen { (words.say("diff_gap")) } },
                            Piece::Cut(n) => span.gap { " … " (words.count("diff_cut", *n as u64)) " " },
                        }
                    }
                }
                @if self.n_left_out > 0 {
                    p.quiet { (words.count("diff_left_out", self.n_left_out as u64)) }
                }
            }
        }
    }
}

/// Where the beginning of a kept text that is shown ends: after a word.
fn start_of(text: &str) -> usize {
    let limit = byte_of_char(text, CONTEXT_CHARS);
    if limit == text.len() {
        return limit;
    }
    let end = text[..limit].rfind(char::is_whitespace);
    end.filter(|end| *end > 0)
        .map_or(limit, |end| text.ceil_char_boundary(end + 1))
}

/// Where the end of a kept text that is shown begins: before a word.
fn end_of(text: &str) -> usize {
    let from_end = text.char_indices().rev().nth(CONTEXT_CHARS - 1);
    let limit = from_end.map_or(0, |(at, _)| at);
    if limit == 0 {
        return 0;
    }
    let start = text[limit..].find(char::is_whitespace);
    start.map_or(limit, |start| text.ceil_char_boundary(limit + start + 1))
}

fn byte_of_char(text: &str, n: usize) -> usize {
    text.char_indices().nth(n).map_or(text.len(), |(at, _)| at)
}

/// Marks above and below one character; languages that stack them need no more.
const MAX_MARKS: usize = 4;

/// A text in which nothing is hidden: controls that are no white space, characters without width, those that
/// turn the direction of others, and marks in heaps are written by their numbers.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let (mut n_marks, mut after_selector) = (0, false);
    for c in text.chars() {
        // One after a character chooses its look; more of them carry something else.
        let is_selector = matches!(c, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
        n_marks = match is_combining_mark(c) && !is_selector {
            true => n_marks + 1,
            false if is_selector => n_marks,
            false => 0,
        };
        let is_hidden = is_hidden(c) || n_marks > MAX_MARKS || is_selector && after_selector;
        after_selector = is_selector;
        if is_hidden {
            // Writing to a string cannot fail.
            let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Whether nothing is to be seen of a character, or it changes how others are seen.
fn is_hidden(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{180e}' | '\u{200b}'
                | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::super::words;
    use super::*;

    fn render(before: &str, after: &str) -> String {
        let words = words::find("en").expect("there is English");
        Diff::between(before, after).render(words).into_string()
    }

    /// `[-removed-]` and `{+added+}`.
    #[track_caller]
    fn check(before: &str, after: &str, expected: &str) {
        let pieces = Diff::between(before, after).pieces;
        let text = pieces.into_iter().map(|piece| match piece {
            Piece::Kept(text) => text,
            Piece::Removed(text) => format!("[-{text}-]"),
            Piece::Added(text) => format!("{{+{text}+}}"),
            Piece::Gap => "...".to_owned(),
            Piece::Cut(n) => format!("<{n}>"),
        });
        assert_eq!(text.collect::<String>(), expected);
    }

    #[test]
    fn differences_stand_in_their_text() {
        check("a b c", "a x c", "a [-b-]{+x+} c");
        check("", "new", "{+new+}");
        check("same", "same", "");
        check("b", "a b", "{+a +}b");
        let long =
            |middle: &str| format!("{}\n{middle}\n{}", "one ".repeat(300), "two ".repeat(300));
        let (ones, twos) = ("one ".repeat(39), "two ".repeat(39));
        check(
            &long("a"),
            &long("b"),
            &format!("...{ones}\n[-a-]{{+b+}}\n{twos}..."),
        );
        let far = |a: &str, b: &str| format!("{a}\n{}\n{b}", "between\n".repeat(100));
        let lines = "between\n".repeat(19);
        check(
            &far("a", "y"),
            &far("b", "z"),
            &format!("[-a-]{{+b+}}\n{lines}...{lines}\n[-y-]{{+z+}}"),
        );
    }

    #[test]
    fn what_is_hidden_is_shown_and_markup_stays_text() {
        let html = render("a", "a <script>alert(1)</script> \u{202e}gnp\u{0}\u{200b}");
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&lt;script&gt;"), "{html}");
        assert!(html.contains("⟨U+202E⟩gnp⟨U+0000⟩⟨U+200B⟩"), "{html}");
    }

    #[test]
    fn marks_and_selectors_in_heaps_are_shown_and_those_of_languages_are_not() {
        for (text, expected) in [
            (
                "e\u{301}\u{302} \u{2764}\u{fe0f}",
                "e\u{301}\u{302} \u{2764}\u{fe0f}",
            ),
            (
                "a\u{ad}\u{61c}\u{2028}\u{206f}\u{3164}",
                "a⟨U+00AD⟩⟨U+061C⟩⟨U+2028⟩⟨U+206F⟩⟨U+3164⟩",
            ),
            ("x\u{fe01}\u{e0101}\u{fe02}", "x\u{fe01}⟨U+E0101⟩⟨U+FE02⟩"),
            (
                "z\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}",
                "z\u{300}\u{301}\u{302}\u{303}⟨U+0304⟩⟨U+0305⟩",
            ),
        ] {
            assert_eq!(visible(text), expected);
        }
    }

    #[test]
    fn huge_edits_stay_small() {
        let text = |word: &str| {
            (0..150_000).fold(String::new(), |mut text, idx| {
                let _ = write!(text, "{word}{idx} same{} ", idx % 7);
                text
            })
        };
        for (before, after) in [
            (text("a"), text("b")),
            (String::new(), "é".repeat(1_000_000)),
            ("x\n".repeat(1_000_000), String::new()),
        ] {
            let html = render(&before, &after);
            assert!(html.len() < 200_000, "{}", html.len());
        }
        check(
            "",
            &"x".repeat(3_005),
            &format!("{{+{}+}}<5>", "x".repeat(3_000)),
        );
    }
}
