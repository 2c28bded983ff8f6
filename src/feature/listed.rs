//! Changed words that are on the language's lists: profanity, and slang.
//!
//! Words of the added and the removed part, not of the whole page: the group `words` counts
//! those as revscoring does. Which list a word is on is the language's knowledge.

use super::{Feature, Unit, flag};
use crate::edit::Edit;
use crate::language::{Language, WordTable, Words};

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

#[cfg(test)]
mod tests {
    use crate::feature::testing::{check_texts, check_value, revision};
    use crate::revision::Revision;

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
