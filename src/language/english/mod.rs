//! English lists, which also serve every other language: vandals swear in English everywhere.
//!
//! The words stand in text files beside this one; their origin is told in `SOURCES.md`.

use std::sync::LazyLock;

use rust_stemmers::Algorithm;

use super::WordList;
use super::curated::Curated;

/// Profanity, insults and slurs; stop words.
pub(super) static LISTS: LazyLock<Curated> = LazyLock::new(|| {
    Curated::new(
        include_str!("badwords.txt"),
        include_str!("stopwords.txt"),
        Some(Algorithm::English),
    )
});

/// Chat, greetings and slang.
pub(super) static INFORMALS: LazyLock<WordList> =
    LazyLock::new(|| WordList::new(include_str!("informals.txt")));

#[cfg(test)]
mod tests {
    use crate::language::Language;

    #[track_caller]
    fn check_badword(word: &str) {
        check(
            word,
            "badword",
            |language, word| language.is_badword(word),
            |language, text| language.count_badwords(text),
        );
    }

    #[track_caller]
    fn check_informal(word: &str) {
        check(
            word,
            "informal",
            |language, word| language.is_informal(word),
            |language, text| language.count_informals(text),
        );
    }

    /// A word is caught alone, at the start, inside and at the end of a sentence.
    #[track_caller]
    fn check(
        word: &str,
        kind: &str,
        is: fn(&Language, &str) -> bool,
        count: fn(&Language, &str) -> Vec<(String, u32)>,
    ) {
        let english = Language::of_code("en");
        assert!(is(english, word), "{word} alone is no {kind}");
        let capital = word[..1].to_uppercase() + &word[1..];
        for text in [
            word.to_owned(),
            format!("{capital} is what the mayor of the old harbour said."),
            format!(
                "The mayor said '''{}''' to the old harbour.",
                word.to_uppercase()
            ),
            format!("The mayor of the old harbour is a {word}!"),
        ] {
            assert_eq!(
                count(english, &text),
                [(word.to_owned(), 1)],
                "{kind} in {text:?}"
            );
        }
    }

    #[test]
    fn badwords_are_caught_wherever_they_stand() {
        for word in [
            "ass",
            "asshole",
            "assholes",
            "bastard",
            "bitch",
            "bitches",
            "bollocks",
            "boobs",
            "bullshit",
            "cock",
            "crap",
            "cunt",
            "dick",
            "dickhead",
            "dildo",
            "dumbass",
            "fag",
            "faggot",
            "fart",
            "fuck",
            "fucked",
            "fucker",
            "fucking",
            "idiot",
            "jerkoff",
            "loser",
            "moron",
            "motherfucker",
            "penis",
            "piss",
            "poop",
            "porn",
            "pussy",
            "retard",
            "shit",
            "shitty",
            "slut",
            "tits",
            "turd",
            "twat",
            "wanker",
            "whore",
            "wtf",
        ] {
            check_badword(word);
        }
    }

    #[test]
    fn elongated_badwords_are_caught() {
        for word in [
            "fuuuuck",
            "shiiiit",
            "biiiitch",
            "asssss",
            "fuckkkkkk",
            "pooooop",
            "stfuuuu",
            "aaassshhhooollleee",
        ] {
            check_badword(word);
        }
    }

    #[test]
    fn informals_are_caught_wherever_they_stand() {
        for word in [
            "hi",
            "hello",
            "lol",
            "haha",
            "hahaha",
            "hahahahah",
            "lololol",
            "yo",
            "omg",
            "blah",
            "awesome",
            "cool",
            "cooool",
            "u",
            "ur",
            "gonna",
            "wanna",
            "dunno",
            "sucks",
            "stupid",
            "yeah",
            "yeeeeah",
            "heyyyy",
            "helloooo",
            "noooob",
            "don't",
            "i'm",
            "zomg",
            "plz",
            "thx",
        ] {
            check_informal(word);
        }
    }

    #[test]
    fn plain_prose_has_neither() {
        let english = Language::of_code("en");
        let prose = "Scunthorpe, Penistone and Assisi are towns; the Great tit, the wild oats and the shiitake \
            of Takeshita are not. Dr. Cockburn assessed the classic assassin's analysis of the Titanic in \
            Sussex, while King Louis VIII and Pope Pius XIII (of www.example.org) passed a dictum cum laude on \
            Homo sapiens. The bass player grew up in Coolidge, Massachusetts, and studied at the Jesus College. \
            Mississippi's committee granted a successful button maker three years of assistance. He wrote \
            about the Slutsk principality, Hitchcock, Essex, Middlesex and buttresses in the year MMMCCC. \
            Mama and papa saw the dodo in Bobo-Dioulasso; 100,000 pounds were paid on 11 March 1111.";
        assert_eq!(english.count_badwords(prose), []);
        assert_eq!(english.count_informals(prose), []);
    }

    #[test]
    fn lists_are_sorted_lower_case_and_disjoint() {
        let badwords = entries(include_str!("badwords.txt"));
        let informals = entries(include_str!("informals.txt"));
        assert!(informals.iter().all(|word| !badwords.contains(word)));
        assert_eq!(super::LISTS.badwords.n_entries(), badwords.len());
        assert_eq!(super::INFORMALS.n_entries(), informals.len());
        let sources = include_str!("SOURCES.md");
        assert!(sources.contains(&format!("| `badwords.txt` | {} |", badwords.len())));
        assert!(sources.contains(&format!("| `informals.txt` | {} |", informals.len())));
    }

    #[track_caller]
    fn entries(text: &'static str) -> Vec<&'static str> {
        let entries: Vec<_> = text
            .lines()
            .skip_while(|line| line.starts_with('#'))
            .collect();
        for pair in entries.windows(2) {
            assert!(pair[0] < pair[1], "{pair:?} are out of order, or twice");
        }
        for entry in &entries {
            let word = entry
                .strip_prefix('*')
                .and_then(|e| e.strip_suffix('*'))
                .unwrap_or(entry);
            assert!(
                word.chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '\''),
                "{entry}"
            );
        }
        entries
    }
}
