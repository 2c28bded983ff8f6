//! The words of a text in any script, in lower case.
//!
//! Where words are spaced they are the tokenizer's word tokens, so that lists and learned
//! vocabularies agree; but a combining mark, which the tokenizer cuts off in many scripts (Tamil,
//! Telugu, pointed Hebrew), does not end a word. Runs of Japanese, Chinese, Thai, Lao, Khmer and
//! Burmese are cut by ICU's dictionaries. Apart from [`super::page_words`], whose character pairs
//! published models know. It does not judge the words.

use std::sync::LazyLock;

use icu_segmenter::options::WordBreakInvariantOptions;
use icu_segmenter::{WordSegmenter, WordSegmenterBorrowed};
use unicode_normalization::char::is_combining_mark;

use super::is_unspaced;
use crate::diff::{TokenKind, tokenize};

/// At most this many characters of scripts without spaces are cut into words in one call; what
/// comes after them is passed over. Words of other scripts are not limited.
pub const MAX_UNSPACED_CHARS: usize = 20_000;

static SEGMENTER: LazyLock<WordSegmenterBorrowed<'static>> =
    LazyLock::new(|| WordSegmenter::new_dictionary(WordBreakInvariantOptions::default()));

/// Calls `found` with every word of a text, in order and in lower case. Takes time linear in the
/// text: some 15 million characters of Japanese or Chinese a second, 30 million of Thai.
pub fn each_word(text: &str, found: impl FnMut(&str)) {
    let mut words = Words {
        text,
        found,
        spaced: String::new(),
        run: None,
        n_left: MAX_UNSPACED_CHARS,
    };
    for token in tokenize(text) {
        let start = token.start as usize;
        let span = &text[start..token.end as usize];
        match token.kind {
            TokenKind::Word | TokenKind::Cjk => {
                for (offset, c) in span.char_indices() {
                    words.push(start + offset, c);
                }
            }
            TokenKind::Etc | TokenKind::JapanPunct => match span.chars().next() {
                Some(c) if words.goes_on_with(c) => words.push(start, c),
                _ => words.end(),
            },
            _ => words.end(),
        }
    }
    words.end();
}

/// The words of a text as strings; see [`each_word`].
pub fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    each_word(text, |word| words.push(word.to_owned()));
    words
}

/// Whether the character is of a script whose words only a dictionary tells apart. Korean is
/// written with spaces, Tibetan with marks between syllables.
fn is_segmented(c: char) -> bool {
    matches!(c, '々' | '〆' | '〇' | '\u{FF66}'..='\u{FF9F}')
        || is_unspaced(c)
            && !matches!(c, '\u{3000}'..='\u{303F}' | '\u{3130}'..='\u{318F}' | '\u{AC00}'..='\u{D7AF}')
}

/// The word, or the run without spaces, that is being read; never both.
struct Words<'t, F> {
    text: &'t str,
    found: F,
    spaced: String,
    run: Option<(usize, usize)>,
    n_left: usize,
}

impl<F: FnMut(&str)> Words<'_, F> {
    /// Whether a character that is not of words by itself belongs to what is being read.
    fn goes_on_with(&self, c: char) -> bool {
        is_segmented(c) || !self.spaced.is_empty() && is_combining_mark(c)
    }

    fn push(&mut self, at: usize, c: char) {
        if is_segmented(c) {
            self.end_spaced();
            let start = self.run.map_or(at, |(start, _)| start);
            self.run = Some((start, at + c.len_utf8()));
        } else {
            self.end_run();
            self.spaced.extend(c.to_lowercase());
        }
    }

    fn end(&mut self) {
        self.end_spaced();
        self.end_run();
    }

    fn end_spaced(&mut self) {
        if !self.spaced.is_empty() {
            (self.found)(&self.spaced);
            self.spaced.clear();
        }
    }

    fn end_run(&mut self) {
        let Some((start, end)) = self.run.take() else {
            return;
        };
        if self.n_left == 0 {
            return;
        }
        let run = &self.text[start..end];
        let cut = run.char_indices().nth(self.n_left);
        let run = cut.map_or(run, |(at, _)| &run[..at]);
        self.n_left -= run.chars().count();
        let mut word_start = 0;
        for (word_end, kind) in SEGMENTER.segment_str(run).iter_with_word_type() {
            if kind.is_word_like() && word_end > word_start {
                (self.found)(&run[word_start..word_end]);
            }
            word_start = word_end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(words(text), expected, "{text}");
    }

    #[test]
    fn spaced_words_are_word_tokens_in_lower_case() {
        check("", &[]);
        check(
            "The [[river]]'s ''Bank'', don't!",
            &["the", "river", "s", "bank", "don't"],
        );
        check("http://example.org/a <b>12</b> &amp; x2", &["x2"]);
        check("Река и Остров", &["река", "и", "остров"]);
        check("서울은 도시이다.", &["서울은", "도시이다"]);
    }

    #[test]
    fn combining_marks_do_not_end_a_word() {
        check("ஒரு நகரம் என்று", &["ஒரு", "நகரம்", "என்று"]);
        check("नदी और नगर।", &["नदी", "और", "नगर"]);
        check(
            "s\u{336}h\u{336}e\u{336} ran",
            &["s\u{336}h\u{336}e\u{336}", "ran"],
        );
        check("\u{301}a", &["a"]);
    }

    #[test]
    fn scripts_without_spaces_are_cut_into_words() {
        check(
            "東京は日本の首都です。",
            &["東京", "は", "日本", "の", "首都", "です"],
        );
        check(
            "人々がコンピュータを使う",
            &["人々", "が", "コンピュータ", "を", "使う"],
        );
        check("北京是中国的首都", &["北京", "是", "中国", "的", "首都"]);
        check("กรุงเทพเป็นเมืองหลวง", &["กรุงเทพ", "เป็น", "เมือง", "หลวง"]);
        check("ປະເທດລາວ", &["ປະເທດ", "ລາວ"]);
        check("ភាសាខ្មែរ", &["ភាសាខ្មែរ"]);
        check("မြန်မာနိုင်ငံ", &["မြန်မာနိုင်ငံ"]);
    }

    #[test]
    fn scripts_are_told_apart_inside_one_text() {
        check(
            "Wikiは百科事典wiki",
            &["wiki", "は", "百科", "事典", "wiki"],
        );
        check("ภาษาThaiไทย", &["ภาษา", "thai", "ไทย"]);
        check("「日本」、[[中国|中国]]", &["日本", "中国", "中国"]);
    }

    #[test]
    fn long_texts_are_cut_off_where_said() {
        let text = format!("{} River", "東京".repeat(MAX_UNSPACED_CHARS));
        let words = words(&text);
        assert_eq!(words.len(), MAX_UNSPACED_CHARS / 2 + 1);
        assert_eq!(words.last().map(String::as_str), Some("river"));
    }

    #[test]
    fn spaced_scripts_give_the_words_of_a_vocabulary() {
        let text = "The ''Ember'' (river) flows, l'été, by Żółw and Ünye; see {{cite|x=1}} ok_1";
        let mut pages = Vec::new();
        super::super::words::each_word(text, |word| pages.push(word.to_owned()));
        assert_eq!(words(text), pages);
    }
}
