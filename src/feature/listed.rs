//! Changed words that are on the language's lists: profanity, and slang.
//!
//! Words of the added and the removed part, not of the whole page: the group `words` counts
//! those as revscoring does. Which list a word is on is the language's knowledge.
//!
//! The older features look word tokens up, and so are blind where a script has no spaces, or its
//! words are cut at their marks. `profanities` are found in the text itself in any script; they,
//! stop words, masked and stemmed badwords are counted in the first 16 KB of a part.

use super::{Feature, Unit, flag};
use crate::diff::{Change, Part};
use crate::edit::Edit;
use crate::language::{Language, WordTable, Words, segment, unmask};

/// Longer parts are judged by their first bytes: shares have settled by then, and counts said all.
const SAMPLE_BYTES: usize = 16 * 1024;

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_edit(
        "listed.badwords_added",
        Unit::Count,
        "profane words added",
        |edit| count(edit, |words| &words.added, Language::is_badword),
    ),
    Feature::of_edit(
        "listed.badwords_removed",
        Unit::Count,
        "profane words removed",
        |edit| count(edit, |words| &words.removed, Language::is_badword),
    ),
    Feature::of_edit(
        "listed.badwords_added_share",
        Unit::Ratio,
        "profane words among those added; missing without words",
        |edit| share(edit, |words| &words.added, Language::is_badword),
    ),
    Feature::of_edit(
        "listed.informals_added",
        Unit::Count,
        "words of slang or chat added",
        |edit| count(edit, |words| &words.added, Language::is_informal),
    ),
    Feature::of_edit(
        "listed.informals_removed",
        Unit::Count,
        "words of slang or chat removed",
        |edit| count(edit, |words| &words.removed, Language::is_informal),
    ),
    Feature::of_edit(
        "listed.informals_added_share",
        Unit::Ratio,
        "words of slang or chat among those added; missing without words",
        |edit| share(edit, |words| &words.added, Language::is_informal),
    ),
    Feature::of_edit(
        "listed.badwords_in_summary",
        Unit::Count,
        "profane words in the edit summary; missing when it is suppressed",
        |edit| {
            in_text(
                edit,
                edit.revision().comment.as_deref(),
                Language::is_badword,
            )
        },
    ),
    Feature::of_edit(
        "listed.informals_in_summary",
        Unit::Count,
        "words of slang or chat in the edit summary; missing when it is suppressed",
        |edit| {
            in_text(
                edit,
                edit.revision().comment.as_deref(),
                Language::is_informal,
            )
        },
    ),
    Feature::of_edit(
        "listed.badwords_in_title",
        Unit::Flag,
        "the page's title holds a profane word: where others are at home",
        |edit| {
            flag(Some(
                in_text(edit, Some(&edit.page().title), Language::is_badword) > 0.0,
            ))
        },
    ),
    Feature::of_edit(
        "listed.profanities_added",
        Unit::Count,
        "profane words added, in scripts without spaces too",
        |edit| of_sample(edit, |change| &change.added, n_profanities),
    ),
    Feature::of_edit(
        "listed.profanities_removed",
        Unit::Count,
        "profane words removed, in scripts without spaces too",
        |edit| of_sample(edit, |change| &change.removed, n_profanities),
    ),
    Feature::of_edit(
        "listed.profanities_in_summary",
        Unit::Count,
        "profane words in the edit summary, in scripts without spaces too, plain or masked; missing \
         when it is suppressed",
        |edit| {
            edit.revision().comment.as_deref().map_or(f32::NAN, |said| {
                let said = sample(said);
                n_profanities(edit.language(), said) + n_masked(edit.language(), said)
            })
        },
    ),
    Feature::of_edit(
        "listed.masked_badwords_added",
        Unit::Count,
        "profane words added in disguise: sh1t, f.u.c.k, look-alike or invisible letters",
        |edit| of_sample(edit, |change| &change.added, n_masked),
    ),
    Feature::of_edit(
        "listed.badwords_stemmed_added",
        Unit::Count,
        "words added that share their stem with a profane word and are not listed",
        |edit| {
            of_sample(
                edit,
                |change| &change.added,
                |language, text| n_words(text, |word| language.is_badword_by_stem(word)).0,
            )
        },
    ),
    Feature::of_edit(
        "listed.stopwords_added_share",
        Unit::Ratio,
        "words of grammar (and, of) among those added; missing without words or without a list",
        |edit| of_sample(edit, |change| &change.added, stopwords_share),
    ),
    Feature::of_edit(
        "listed.stopwords_removed_share",
        Unit::Ratio,
        "words of grammar among those removed; missing without words or without a list",
        |edit| of_sample(edit, |change| &change.removed, stopwords_share),
    ),
];

type IsListed = fn(&Language, &str) -> bool;

fn count(edit: &Edit<'_>, table: fn(&Words) -> &WordTable, is_listed: IsListed) -> f32 {
    edit.words()
        .map_or(f32::NAN, |words| n_listed(edit, table(words), is_listed))
}

/// In a table of added words the number of times is `after`, of removed ones `before`.
fn n_listed(edit: &Edit<'_>, table: &WordTable, is_listed: IsListed) -> f32 {
    let listed = table
        .iter()
        .filter(|word| is_listed(edit.language(), word.word));
    listed.map(|word| word.after.max(word.before) as f32).sum()
}

fn share(edit: &Edit<'_>, table: fn(&Words) -> &WordTable, is_listed: IsListed) -> f32 {
    edit.words().map_or(f32::NAN, |words| {
        let n_words: f32 = table(words)
            .iter()
            .map(|word| word.after.max(word.before) as f32)
            .sum();
        // 0 / 0 is NaN, which is what is wanted.
        n_listed(edit, table(words), is_listed) / n_words
    })
}

fn in_text(edit: &Edit<'_>, text: Option<&str>, is_listed: IsListed) -> f32 {
    text.map_or(f32::NAN, |text| {
        let words = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty());
        words
            .filter(|word| is_listed(edit.language(), &word.to_lowercase()))
            .count() as f32
    })
}

/// A value of the first part of what was added or removed.
fn of_sample(
    edit: &Edit<'_>,
    side: fn(&Change) -> &Part,
    value: fn(&Language, &str) -> f32,
) -> f32 {
    edit.change().map_or(f32::NAN, |change| {
        value(edit.language(), sample(side(change).text()))
    })
}

fn sample(text: &str) -> &str {
    &text[..text.floor_char_boundary(SAMPLE_BYTES)]
}

fn n_profanities(language: &Language, text: &str) -> f32 {
    let counts = language.count_badwords(text);
    counts.iter().map(|(_, n)| *n as f32).sum()
}

/// How many words are profane under their disguise and not without: what the plain lists catch
/// counts as `profanities`.
fn n_masked(language: &Language, text: &str) -> f32 {
    let is_between = |c: char| c.is_whitespace() || "[]{}()<>=\"«»„“”/\\,;:.?*#_-–—".contains(c);
    let is_hidden = |chunk: &&str| {
        unmask::unmask(chunk).is_some_and(|plain| {
            language.is_badword(&plain) && language.count_badwords(chunk).is_empty()
        })
    };
    let n_disguised = text
        .split(is_between)
        .map(|chunk| chunk.trim_matches(['!', '\'', '|', '’']))
        .filter(|chunk| !chunk.is_empty())
        .filter(is_hidden)
        .count();
    let n_spaced = unmask::spaced_letters(text)
        .filter(|word| {
            language.is_badword(word)
                || unmask::unmask(word).is_some_and(|plain| language.is_badword(&plain))
        })
        .count();
    (n_disguised + n_spaced) as f32
}

/// The words of a kind, and all words.
fn n_words(text: &str, is_of_kind: impl Fn(&str) -> bool) -> (f32, f32) {
    let (mut n_of_kind, mut n_all) = (0.0, 0.0);
    segment::each_word(text, |word| {
        n_all += 1.0;
        if is_of_kind(word) {
            n_of_kind += 1.0;
        }
    });
    (n_of_kind, n_all)
}

fn stopwords_share(language: &Language, text: &str) -> f32 {
    if language.is_stopword("").is_none() {
        return f32::NAN;
    }
    let (n_stop, n_all) = n_words(text, |word| language.is_stopword(word) == Some(true));
    // 0 / 0 is NaN, which is what is wanted.
    n_stop / n_all
}

#[cfg(test)]
mod tests {
    use crate::edit::Edit;
    use crate::feature::testing::{check_texts, check_value, revision};
    use crate::language::{Language, Vocabulary};
    use crate::revision::{Page, Revision};

    /// Checks a feature of an edit on a wiki in that language; NaN equals NaN.
    #[track_caller]
    fn check_in(code: &str, name: &str, before: &str, after: &str, expected: f32) {
        let (parent, revision, page) = (revision(before), revision(after), Page::default());
        let edit = Edit::new(Some(&parent), &revision, &page, Language::of_code(code));
        let feature = crate::feature::find(name).unwrap();
        let got = feature.value(&edit, &Vocabulary::default());
        let is_equal = (got - expected).abs() < 1e-4 || got.is_nan() && expected.is_nan();
        assert!(
            is_equal,
            "{name} in {code}: expected {expected}, got {got} for {after}"
        );
    }

    #[test]
    fn a_language_has_its_own_lists() {
        let name = "listed.badwords_added";
        check_in("de", name, "Ein Fluss", "Ein Fluss, du Arschloch", 1.0);
        check_in("en", name, "Ein Fluss", "Ein Fluss, du Arschloch", 0.0);
        check_in("de", name, "Ein Fluss", "Ein Fluss, shit", 1.0);
    }

    #[test]
    fn profanities_are_found_in_any_script() {
        let name = "listed.profanities_added";
        check_in("en", name, "a", "a Shit shit river", 2.0);
        check_in("ja", name, "町は", "町はちんこ死ねと言う。パチンコ", 2.0);
        check_in("ta", name, "ஒரு", "ஒரு தேவடியா நகரம்", 1.0);
        check_in("en", name, "町は", "町はちんこ", 0.0);
        check_in(
            "ja",
            "listed.profanities_removed",
            "町はちんこ",
            "町は",
            1.0,
        );
        let said = |comment: &str| Revision {
            comment: Some(comment.into()),
            ..revision("a")
        };
        let name = "listed.profanities_in_summary";
        check_value(name, None, &said("shit, sh1t and s.h.i.t"), 3.0);
        check_value(name, None, &Revision::default(), f32::NAN);
    }

    #[test]
    fn masked_badwords_are_those_that_the_lists_miss() {
        let name = "listed.masked_badwords_added";
        for masked in [
            "sh1t",
            "''a$$hole''!",
            "f u c k",
            "F.U.C.K",
            "fu\u{200b}ck",
            "fuсk",
            "ｆｕｃｋ",
        ] {
            check_texts(name, "a river", &format!("a {masked} river"), 1.0);
        }
        for open in [
            "shit",
            "fuuuuck",
            "river",
            "mp3 4th U.S.A.",
            "",
            "http://a.com/b1c.html",
        ] {
            check_texts(name, "a river", &format!("a {open} river"), 0.0);
        }
        check_in("ru", name, "река", "река xуй с y к а", 2.0);
    }

    #[test]
    fn stems_reach_unlisted_forms() {
        let name = "listed.badwords_stemmed_added";
        check_in("en", name, "a", "a wanks idiotically", 1.0);
        check_in("en", name, "a", "a shit river", 0.0);
        check_in("pap", name, "a", "a river", 0.0);
    }

    #[test]
    fn stop_words_have_their_share() {
        let name = "listed.stopwords_added_share";
        check_in("en", name, "River.", "River. The bank of the town", 0.6);
        check_in("ja", name, "町", "町。東京は日本の首都", 0.4);
        check_in("en", name, "River.", "River. 12", f32::NAN);
        check_in("pap", name, "River.", "River. the bank", f32::NAN);
        check_in(
            "en",
            "listed.stopwords_removed_share",
            "River. The bank",
            "River.",
            0.5,
        );
    }

    #[test]
    fn listed_words_are_counted_on_their_side() {
        check_texts("listed.badwords_added", "a river", "a Shit shit river", 2.0);
        check_texts(
            "listed.badwords_added",
            "a shit river",
            "a shit river bank",
            0.0,
        );
        check_texts("listed.badwords_removed", "a shit river", "a river", 1.0);
        check_texts("listed.badwords_added_share", "a", "a shit river", 0.5);
        check_texts("listed.badwords_added_share", "a b", "a", f32::NAN);
        check_texts("listed.informals_added", "a", "a lol", 1.0);
    }

    #[test]
    fn summaries_are_read() {
        let said = |comment: &str| Revision {
            comment: Some(comment.into()),
            ..revision("a")
        };
        check_value(
            "listed.badwords_in_summary",
            None,
            &said("Shit happens"),
            1.0,
        );
        check_value("listed.informals_in_summary", None, &said("lol"), 1.0);
        check_value(
            "listed.badwords_in_summary",
            None,
            &Revision::default(),
            f32::NAN,
        );
        check_value("listed.badwords_in_title", None, &said(""), 0.0);
    }
}
