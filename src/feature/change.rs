//! How the edit changed the page: how much of it, where, and in what manner.
//!
//! Ratios of both sides and of the page; blanking and redirects; small silent changes (a number,
//! a letter in a word). What the added text looks like is the group `added`.

use super::{Feature, Unit, flag, share};
use crate::diff::Change;

/// The features.
pub(super) const FEATURES: &[Feature] = &[
    Feature::of_change(
        "change.hunks",
        Unit::Count,
        "places where the texts differ",
        |change| change.hunks().len() as f32,
    ),
    Feature::of_change(
        "change.added_share",
        Unit::Ratio,
        "added characters as a share of the page after the edit; missing when it is empty",
        |change| share(change.added.counts.chars, change.after.chars),
    ),
    Feature::of_change(
        "change.removed_share",
        Unit::Ratio,
        "removed characters as a share of the page before the edit; missing when it was empty",
        |change| share(change.removed.counts.chars, change.before.chars),
    ),
    Feature::of_change(
        "change.size_ratio",
        Unit::Ratio,
        "logarithm of the page size after the edit over the one before, each plus 1",
        size_ratio,
    ),
    Feature::of_change(
        "change.balance",
        Unit::Ratio,
        "-1 when text was only removed, 1 when only added; missing when nothing changed",
        balance,
    ),
    Feature::of_change(
        "change.first_position",
        Unit::Ratio,
        "where the first difference is: 0 at the top, 1 at the end; missing when nothing changed",
        first_position,
    ),
    Feature::of_change(
        "change.span",
        Unit::Ratio,
        "first to last difference as a share of the page after the edit; missing when it is empty",
        span,
    ),
    Feature::of_change("change.is_empty", Unit::Flag, "nothing differs", |change| {
        flag(Some(change.is_empty()))
    }),
    Feature::of_change(
        "change.only_whitespace",
        Unit::Flag,
        "only white space differs",
        |change| flag(Some(is_only_whitespace(change))),
    ),
    Feature::of_change(
        "change.moved_words_share",
        Unit::Ratio,
        "added words that were also removed, as a share of the added; missing without words",
        |change| share(change.moved_words(), change.added.counts.words.min(10_000)),
    ),
    Feature::of_change(
        "change.numbers_replaced",
        Unit::Count,
        "numbers replaced by other numbers",
        |change| change.replaced.numbers as f32,
    ),
    Feature::of_change(
        "change.only_numbers",
        Unit::Flag,
        "numbers were replaced and nothing else",
        |change| flag(Some(is_only_numbers(change))),
    ),
    Feature::of_change(
        "change.words_altered",
        Unit::Count,
        "words replaced by one that differs in one or two letters",
        |change| change.replaced.altered_words as f32,
    ),
    Feature::of_change(
        "change.words_extended",
        Unit::Count,
        "words replaced by one that holds the old one and more",
        |change| change.replaced.extended_words as f32,
    ),
    Feature::of_change(
        "change.words_recased",
        Unit::Count,
        "words replaced by the same in other case",
        |change| change.replaced.recased_words as f32,
    ),
    Feature::of_change(
        "change.only_altered",
        Unit::Flag,
        "words were altered and nothing else: a correction, or its opposite",
        |change| flag(Some(is_only_altered(change))),
    ),
    Feature::of_change(
        "change.ascii_shift",
        Unit::Ratio,
        "A to Z among the letters added, less the same of the page before; missing without either",
        ascii_shift,
    ),
    Feature::of_change(
        "change.became_empty",
        Unit::Flag,
        "the page had text and has none",
        |change| flag(Some(change.before.chars > 0 && change.after.chars == 0)),
    ),
    Feature::of_change(
        "change.became_tiny",
        Unit::Flag,
        "the page had 200 characters or more and keeps less than a tenth",
        |change| {
            flag(Some(
                change.before.chars >= 200 && change.after.chars < change.before.chars / 10,
            ))
        },
    ),
    Feature::of_change(
        "change.replaced_whole",
        Unit::Flag,
        "nine tenths of the page were removed and something was put in",
        |change| flag(Some(is_replaced_whole(change))),
    ),
    Feature::of_change(
        "change.redirect_created",
        Unit::Flag,
        "the page became a redirect",
        |change| flag(Some(change.after.is_redirect && !change.before.is_redirect)),
    ),
    Feature::of_change(
        "change.redirect_removed",
        Unit::Flag,
        "the page was a redirect and is none",
        |change| flag(Some(change.before.is_redirect && !change.after.is_redirect)),
    ),
];

fn size_ratio(change: &Change) -> f32 {
    ((change.after.chars as f32 + 1.0) / (change.before.chars as f32 + 1.0)).ln()
}

fn balance(change: &Change) -> f32 {
    let (added, removed) = (
        change.added.counts.chars as f32,
        change.removed.counts.chars as f32,
    );
    // 0 / 0 is NaN, which is what is wanted.
    (added - removed) / (added + removed)
}

fn first_position(change: &Change) -> f32 {
    match change.hunks().first() {
        Some(hunk) if change.after.bytes > 0 => hunk.after.start as f32 / change.after.bytes as f32,
        Some(_) => 0.0,
        None => f32::NAN,
    }
}

fn span(change: &Change) -> f32 {
    match (change.hunks().first(), change.hunks().last()) {
        (Some(first), Some(last)) => share(
            (last.after.end - first.after.start) as u32,
            change.after.bytes,
        ),
        _ => f32::NAN,
    }
}

fn is_only_whitespace(change: &Change) -> bool {
    let is_white = |counts: &crate::diff::PartCounts| counts.chars == counts.whitespace;
    !change.is_empty() && is_white(&change.added.counts) && is_white(&change.removed.counts)
}

fn is_only_numbers(change: &Change) -> bool {
    let replaced = &change.replaced;
    replaced.numbers > 0
        && replaced.altered_words
            + replaced.extended_words
            + replaced.recased_words
            + replaced.others
            == 0
}

fn is_only_altered(change: &Change) -> bool {
    let replaced = &change.replaced;
    replaced.altered_words > 0 && replaced.numbers + replaced.extended_words + replaced.others == 0
}

fn is_replaced_whole(change: &Change) -> bool {
    let (removed, before) = (change.removed.counts.chars, change.before.chars);
    before > 0 && change.added.counts.chars > 0 && removed as f32 >= 0.9 * before as f32
}

/// Vandals of a page in another script often write in Latin letters, and the other way round.
fn ascii_shift(change: &Change) -> f32 {
    let before = share(
        change.before.ascii_letters,
        change.before.ascii_letters + change.before.beyond_ascii,
    );
    share(
        change.added.counts.ascii_letters,
        change.added.counts.letters,
    ) - before
}

#[cfg(test)]
mod tests {
    use crate::feature::testing::check_texts;

    #[test]
    fn sizes_are_compared() {
        check_texts("change.added_share", "ab", "ab cd", 0.6);
        check_texts("change.removed_share", "ab cd", "ab", 0.6);
        check_texts("change.removed_share", "", "ab", f32::NAN);
        check_texts("change.balance", "ab", "", -1.0);
        check_texts("change.balance", "ab", "cd", 0.0);
        check_texts("change.balance", "ab", "ab", f32::NAN);
        check_texts("change.size_ratio", "abc", "", -(4.0_f32.ln()));
    }

    #[test]
    fn places_are_shares_of_the_page() {
        check_texts("change.first_position", "a b", "x b", 0.0);
        check_texts("change.first_position", "aaa b", "aaa x", 0.8);
        check_texts("change.first_position", "aaa", "", 0.0);
        check_texts("change.span", "a b c d", "x b c y", 1.0);
        check_texts("change.is_empty", "a", "a", 1.0);
        check_texts("change.only_whitespace", "a b", "a  b", 1.0);
    }

    #[test]
    fn silent_changes_show() {
        check_texts("change.only_numbers", "in 1920", "in 1930", 1.0);
        check_texts("change.only_numbers", "in 1920", "on 1930", 0.0);
        check_texts("change.only_altered", "a goood one", "a good one", 1.0);
        check_texts("change.words_extended", "the ball", "the snowball", 1.0);
        check_texts(
            "change.moved_words_share",
            "aa bb\ncc dd\n",
            "cc dd\naa bb\n",
            1.0,
        );
    }

    #[test]
    fn blanking_shows() {
        check_texts("change.became_empty", "text", "", 1.0);
        check_texts("change.became_empty", "", "", 0.0);
        check_texts("change.became_tiny", &"word ".repeat(50), "hi", 1.0);
        check_texts("change.became_tiny", "word", "", 0.0);
        check_texts("change.replaced_whole", "aa bb cc dd ee", "aa ff", 0.0);
        check_texts("change.replaced_whole", "something", "else", 1.0);
        check_texts("change.redirect_created", "text", "#REDIRECT [[A]]", 1.0);
        check_texts("change.redirect_removed", "#REDIRECT [[A]]", "text", 1.0);
    }

    #[test]
    fn another_script_shows() {
        check_texts("change.ascii_shift", "日本", "日本 hello", 1.0);
        check_texts("change.ascii_shift", "hello", "hello あ", -1.0);
        check_texts("change.ascii_shift", "", "hello", f32::NAN);
    }
}
