//! The interface's words: a file a language, and how it writes numbers, dates and counts.
//!
//! A language is one file and one row in the table; a test holds that every file has every text, with the
//! same places to fill in. What is filled in is plain text, which the templates escape.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;

use crate::revision::Timestamp;
use crate::service::ledger::Day;
use crate::service::report::{date, day_of};

/// Every language, the first of which is for everybody else.
static LANGUAGES: LazyLock<Vec<Words>> = LazyLock::new(|| {
    let files = [
        ("en", include_str!("en.toml")),
        ("de", include_str!("de.toml")),
        ("fr", include_str!("fr.toml")),
    ];
    let read = |(code, text)| Words {
        code,
        file: toml::from_str(text).expect("the files of words are tested"),
    };
    files.map(read).into()
});

/// A language.
pub(crate) struct Words {
    /// Its code, as in `lang="de"`.
    pub(crate) code: &'static str,
    file: File,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// What the language calls itself.
    name: String,
    /// `ltr` or `rtl`.
    direction: String,
    number: NumberForm,
    date: DateForm,
    texts: HashMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NumberForm {
    /// Between thousands.
    group: String,
    /// Before decimals.
    decimal: String,
    /// A share, with `{n}` in it.
    percent: String,
    /// The numbers that take the first form of a count.
    one: Vec<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DateForm {
    months: [String; 12],
    /// The first day of a month, where a language counts it otherwise than the rest.
    first: Option<String>,
    /// With `{day}`, `{month}` and `{year}` in them.
    day: String,
    /// Without a year, where there is little room.
    short: String,
    month: String,
    time: String,
}

/// All languages.
pub(crate) fn all() -> &'static [Words] {
    &LANGUAGES
}

/// The language of a code, or of what comes before its first dash.
pub(crate) fn find(code: &str) -> Option<&'static Words> {
    let main = code.split(['-', '_']).next().unwrap_or_default();
    LANGUAGES
        .iter()
        .find(|words| words.code.eq_ignore_ascii_case(main.trim()))
}

/// The language that a browser likes best (RFC 9110, section 12.5.4).
pub(crate) fn accepted(accept_language: &str) -> &'static Words {
    let mut best = (0.0, &LANGUAGES[0]);
    for range in accept_language.split(',').take(20) {
        let (code, weight) = range.split_once(';').unwrap_or((range, "q=1"));
        let weight = weight.trim().strip_prefix("q=");
        let weight: f64 = weight.and_then(|weight| weight.parse().ok()).unwrap_or(0.0);
        // Of equals the first one counts.
        if let Some(words) = find(code).filter(|_| weight > best.0) {
            best = (weight, words);
        }
    }
    best.1
}

impl Words {
    /// What the language calls itself.
    pub(crate) fn name(&self) -> &str {
        &self.file.name
    }

    /// Which way it is written.
    pub(crate) fn direction(&self) -> &str {
        &self.file.direction
    }

    /// A text. Its name stands for one that is missing, which a test finds before a reader does.
    pub(crate) fn say<'a>(&'a self, name: &'a str) -> &'a str {
        self.file.texts.get(name).map_or(name, String::as_str)
    }

    /// A text with something filled in.
    pub(crate) fn fill(&self, name: &str, values: &[(&str, &str)]) -> String {
        fill(self.say(name), values)
    }

    /// A text about so many things: `name_one` or `name_other`, with the number as `{n}`.
    pub(crate) fn count(&self, name: &str, n: u64) -> String {
        let form = match self.file.number.one.contains(&n) {
            true => "one",
            false => "other",
        };
        self.fill(&format!("{name}_{form}"), &[("n", &self.number(n))])
    }

    /// A whole number.
    pub(crate) fn number(&self, n: u64) -> String {
        let digits = n.to_string();
        let mut text = String::new();
        for (idx, digit) in digits.chars().enumerate() {
            if idx > 0 && (digits.len() - idx).is_multiple_of(3) {
                text.push_str(&self.file.number.group);
            }
            text.push(digit);
        }
        text
    }

    /// A number with so many decimals.
    pub(crate) fn decimal(&self, value: f64, decimals: usize) -> String {
        let text = format!("{:.decimals$}", value.abs());
        let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
        let whole = whole
            .parse()
            .map_or_else(|_| whole.to_owned(), |n| self.number(n));
        let sign = if value < 0.0 { "\u{2212}" } else { "" };
        match rest.is_empty() {
            true => format!("{sign}{whole}"),
            false => format!("{sign}{whole}{}{rest}", self.file.number.decimal),
        }
    }

    /// A share in percent, with one decimal, or two below 1 %.
    pub(crate) fn percent(&self, share: f64) -> String {
        let n = self.percent_number(share);
        fill(&self.file.number.percent, &[("n", &n)])
    }

    /// The same without its sign.
    pub(crate) fn percent_number(&self, share: f64) -> String {
        let decimals = if share > 0.0 && share < 0.01 { 2 } else { 1 };
        self.decimal(100.0 * share, decimals)
    }

    /// A day.
    pub(crate) fn day(&self, day: Day) -> String {
        self.dated(&self.file.date.day, date(day))
    }

    /// A day without its year.
    pub(crate) fn short_day(&self, day: Day) -> String {
        self.dated(&self.file.date.short, date(day))
    }

    /// The month of a day.
    pub(crate) fn month(&self, day: Day) -> String {
        self.dated(&self.file.date.month, date(day))
    }

    /// A moment, in UTC.
    pub(crate) fn time(&self, at: Timestamp) -> String {
        let minutes = at.0.rem_euclid(86_400) / 60;
        let clock = format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let day = self.day(day_of(at));
        fill(&self.file.date.time, &[("day", &day), ("time", &clock)])
    }

    /// About how long.
    pub(crate) fn duration(&self, seconds: f64) -> String {
        let (name, n) = match seconds {
            ..90.0 => ("seconds", seconds),
            ..5_400.0 => ("minutes", seconds / 60.0),
            ..129_600.0 => ("hours", seconds / 3_600.0),
            _ => ("days", seconds / 86_400.0),
        };
        self.count(name, n.round().max(0.0) as u64)
    }

    fn dated(&self, pattern: &str, date: Date) -> String {
        let month = &self.file.date.months[usize::from(date.month().unsigned_abs()) - 1];
        let first = self.file.date.first.clone().filter(|_| date.day() == 1);
        let day = first.unwrap_or_else(|| date.day().to_string());
        let year = date.year().to_string();
        fill(pattern, &[("day", &day), ("month", month), ("year", &year)])
    }
}

/// Fills in once, from left to right, so that what is filled in is never a pattern itself.
fn fill(pattern: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(pattern.len() + 32);
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let value = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((*value, after))
        });
        if let Some((value, after)) = value {
            text.push_str(value);
            rest = after;
        } else {
            text.push('{');
            rest = after;
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// The places to fill in.
    fn places(text: &str) -> BTreeSet<&str> {
        let parts = text.split('{').skip(1);
        parts
            .filter_map(|part| Some(part.split_once('}')?.0))
            .collect()
    }

    #[test]
    fn every_language_has_every_text_with_the_same_places() {
        let english = &LANGUAGES[0].file.texts;
        for words in LANGUAGES.iter() {
            let names: BTreeSet<_> = words.file.texts.keys().collect();
            let missing: Vec<_> = english
                .keys()
                .filter(|name| !names.contains(name))
                .collect();
            let more: Vec<_> = names
                .iter()
                .filter(|name| !english.contains_key(**name))
                .collect();
            assert!(
                missing.is_empty() && more.is_empty(),
                "{}: lacks {missing:?}, has {more:?}",
                words.code
            );
            for (name, text) in &words.file.texts {
                assert_eq!(
                    places(text),
                    places(&english[name]),
                    "{} {name}",
                    words.code
                );
            }
        }
    }

    #[test]
    fn every_text_that_a_page_asks_for_is_there_and_every_text_is_asked_for() {
        let mut code = String::new();
        let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/service/dashboard");
        for entry in std::fs::read_dir(room).unwrap() {
            code += &std::fs::read_to_string(entry.unwrap().path()).unwrap_or_default();
        }
        for call in ["say(\"", "fill(\"", "count(\""] {
            for (at, _) in code.match_indices(call) {
                let name = code[at + call.len()..].split('"').next().unwrap();
                let name = if call == "count(\"" {
                    format!("{name}_other")
                } else {
                    name.to_owned()
                };
                assert!(
                    LANGUAGES[0].file.texts.contains_key(&name),
                    "no text {name:?}"
                );
            }
        }
        // Names that are made of a part and a value (`kind_blanking`) are found by the part.
        for name in LANGUAGES[0].file.texts.keys() {
            let stem = name.trim_end_matches("_one").trim_end_matches("_other");
            let part = stem.split_once('_').map_or(stem, |(part, _)| part);
            let made = ["seconds", "minutes", "hours", "days"].contains(&stem)
                || code.contains(&format!("\"{stem}\""))
                || code.contains(&format!("\"{part}_{{"));
            assert!(made, "nobody asks for {name:?}");
        }
    }

    #[test]
    fn numbers_dates_and_counts_are_the_languages_own() {
        #[track_caller]
        fn check(code: &str, expected: [&str; 6]) {
            let words = find(code).unwrap();
            let got = [
                words.number(1_234_567),
                words.percent(0.9412),
                words.percent(0.001_234),
                words.day(20_757),
                words.time(Timestamp(20_757 * 86_400 + 3_900)),
                words.duration(3.0 * 3_600.0),
            ];
            let got = got.map(|text| text.replace(['\u{a0}', '\u{202f}'], " "));
            assert_eq!(got, expected, "{code}");
        }
        check(
            "en",
            [
                "1,234,567",
                "94.1 %",
                "0.12 %",
                "31 October 2026",
                "31 October 2026, 01:05 UTC",
                "3 hours",
            ],
        );
        check(
            "de",
            [
                "1.234.567",
                "94,1 %",
                "0,12 %",
                "31. Oktober 2026",
                "31. Oktober 2026, 01:05 UTC",
                "3 Stunden",
            ],
        );
        check(
            "fr",
            [
                "1 234 567",
                "94,1 %",
                "0,12 %",
                "31 octobre 2026",
                "31 octobre 2026, 01:05 UTC",
                "3 heures",
            ],
        );
        assert_eq!(find("fr").unwrap().day(20_758), "1er novembre 2026");
        assert_eq!(find("de").unwrap().short_day(20_758), "1. November");
        assert_eq!(find("fr").unwrap().count("hours", 0), "0 heure");
        assert_eq!(find("en").unwrap().count("hours", 0), "0 hours");
        assert_eq!(find("en").unwrap().decimal(-0.5, 2), "\u{2212}0.50");
    }

    #[test]
    fn the_browsers_language_is_spoken_where_it_is_known() {
        #[track_caller]
        fn check(header: &str, expected: &str) {
            assert_eq!(accepted(header).code, expected, "{header}");
        }
        check("", "en");
        check("de-AT,de;q=0.9,en;q=0.8", "de");
        check("pap, nl;q=0.9, fr;q=0.2", "fr");
        check("fr;q=0.1, de;q=0.7", "de");
        check("de;q=0, *;q=1", "en");
        check("xx;;;,,,de;q=much", "en");
    }

    #[test]
    fn errors_that_a_page_meets_and_targets_have_words() {
        let words = find("fr").unwrap();
        for target in crate::model::Target::ALL {
            let name = format!("target_{}", target.name());
            assert_ne!(words.say(&name), name);
        }
        for code in [
            "foreign_form",
            "rate_limited",
            "not_found",
            "no_scores",
            "body_too_large",
        ] {
            let name = format!("error_{code}");
            assert_ne!(words.say(&name), name);
        }
    }

    #[test]
    fn what_is_filled_in_is_never_a_pattern() {
        assert_eq!(
            fill("{a} and {b} {c", &[("a", "{b}"), ("b", "2")]),
            "{b} and 2 {c"
        );
    }
}
