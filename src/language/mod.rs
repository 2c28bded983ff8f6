//! Languages: which words are profane or informal, and which ones a wiki uses.
//!
//! One language is one directory of sorted text files, compiled in, and one row in
//! [`LANGUAGES`]. A language without lists of its own uses the English ones, because vandals
//! swear in English everywhere; what is usual on its wiki it learns through the [`Vocabulary`]
//! that a trainer builds. Nothing is read from the system.

mod list;
mod vocabulary;
mod words;

mod english;

use std::sync::LazyLock;

pub use list::WordList;
pub use vocabulary::{Vocabulary, VocabularyBuilder, is_unspaced};
pub use words::{WordCount, WordTable, Words, page_words};

pub(crate) use words::each_word;

/// A wiki's language and the lists that apply to it.
#[derive(Debug)]
pub struct Language {
    /// Code as in Wikimedia's host names: `en`, `pap`, `zh-min-nan`; `und` for no known one.
    pub code: &'static str,
    /// English name.
    pub name: &'static str,
    badwords: &'static [&'static LazyLock<WordList>],
    informals: &'static [&'static LazyLock<WordList>],
}

/// The language of wikis for which nothing is listed.
pub static UNLISTED: Language = english_lists("und", "unlisted");

/// Languages by code, sorted. A code that is missing here is [`UNLISTED`], which for now has the
/// same lists; the row gives it a name.
pub static LANGUAGES: &[Language] = &[
    english_lists("af", "Afrikaans"),
    english_lists("als", "Alemannic"),
    english_lists("am", "Amharic"),
    english_lists("an", "Aragonese"),
    english_lists("ar", "Arabic"),
    english_lists("arz", "Egyptian Arabic"),
    english_lists("as", "Assamese"),
    english_lists("ast", "Asturian"),
    english_lists("az", "Azerbaijani"),
    english_lists("azb", "South Azerbaijani"),
    english_lists("ba", "Bashkir"),
    english_lists("bar", "Bavarian"),
    english_lists("be", "Belarusian"),
    english_lists("be-tarask", "Belarusian (Taraškievica)"),
    english_lists("bg", "Bulgarian"),
    english_lists("bn", "Bangla"),
    english_lists("br", "Breton"),
    english_lists("bs", "Bosnian"),
    english_lists("ca", "Catalan"),
    english_lists("ce", "Chechen"),
    english_lists("ceb", "Cebuano"),
    english_lists("ckb", "Central Kurdish"),
    english_lists("cs", "Czech"),
    english_lists("cv", "Chuvash"),
    english_lists("cy", "Welsh"),
    english_lists("da", "Danish"),
    english_lists("de", "German"),
    english_lists("el", "Greek"),
    english_lists("en", "English"),
    english_lists("eo", "Esperanto"),
    english_lists("es", "Spanish"),
    english_lists("et", "Estonian"),
    english_lists("eu", "Basque"),
    english_lists("fa", "Persian"),
    english_lists("fi", "Finnish"),
    english_lists("fo", "Faroese"),
    english_lists("fr", "French"),
    english_lists("fy", "Western Frisian"),
    english_lists("ga", "Irish"),
    english_lists("gd", "Scottish Gaelic"),
    english_lists("gl", "Galician"),
    english_lists("gu", "Gujarati"),
    english_lists("ha", "Hausa"),
    english_lists("he", "Hebrew"),
    english_lists("hi", "Hindi"),
    english_lists("hr", "Croatian"),
    english_lists("ht", "Haitian Creole"),
    english_lists("hu", "Hungarian"),
    english_lists("hy", "Armenian"),
    english_lists("ia", "Interlingua"),
    english_lists("id", "Indonesian"),
    english_lists("ig", "Igbo"),
    english_lists("ilo", "Iloko"),
    english_lists("io", "Ido"),
    english_lists("is", "Icelandic"),
    english_lists("it", "Italian"),
    english_lists("ja", "Japanese"),
    english_lists("jv", "Javanese"),
    english_lists("ka", "Georgian"),
    english_lists("kk", "Kazakh"),
    english_lists("km", "Khmer"),
    english_lists("kn", "Kannada"),
    english_lists("ko", "Korean"),
    english_lists("ku", "Kurdish"),
    english_lists("ky", "Kyrgyz"),
    english_lists("la", "Latin"),
    english_lists("lb", "Luxembourgish"),
    english_lists("li", "Limburgish"),
    english_lists("lmo", "Lombard"),
    english_lists("lo", "Lao"),
    english_lists("lt", "Lithuanian"),
    english_lists("lv", "Latvian"),
    english_lists("mg", "Malagasy"),
    english_lists("mk", "Macedonian"),
    english_lists("ml", "Malayalam"),
    english_lists("mn", "Mongolian"),
    english_lists("mr", "Marathi"),
    english_lists("ms", "Malay"),
    english_lists("mt", "Maltese"),
    english_lists("my", "Burmese"),
    english_lists("mzn", "Mazanderani"),
    english_lists("nap", "Neapolitan"),
    english_lists("nds", "Low German"),
    english_lists("ne", "Nepali"),
    english_lists("new", "Newari"),
    english_lists("nl", "Dutch"),
    english_lists("nn", "Norwegian Nynorsk"),
    english_lists("no", "Norwegian"),
    english_lists("oc", "Occitan"),
    english_lists("or", "Odia"),
    english_lists("pa", "Punjabi"),
    english_lists("pap", "Papiamento"),
    english_lists("pl", "Polish"),
    english_lists("pms", "Piedmontese"),
    english_lists("pnb", "Western Punjabi"),
    english_lists("ps", "Pashto"),
    english_lists("pt", "Portuguese"),
    english_lists("qu", "Quechua"),
    english_lists("ro", "Romanian"),
    english_lists("ru", "Russian"),
    english_lists("sa", "Sanskrit"),
    english_lists("scn", "Sicilian"),
    english_lists("sco", "Scots"),
    english_lists("sd", "Sindhi"),
    english_lists("sh", "Serbo-Croatian"),
    english_lists("si", "Sinhala"),
    english_lists("sk", "Slovak"),
    english_lists("sl", "Slovenian"),
    english_lists("so", "Somali"),
    english_lists("sq", "Albanian"),
    english_lists("sr", "Serbian"),
    english_lists("su", "Sundanese"),
    english_lists("sv", "Swedish"),
    english_lists("sw", "Swahili"),
    english_lists("ta", "Tamil"),
    english_lists("te", "Telugu"),
    english_lists("tg", "Tajik"),
    english_lists("th", "Thai"),
    english_lists("tl", "Tagalog"),
    english_lists("tr", "Turkish"),
    english_lists("tt", "Tatar"),
    english_lists("uk", "Ukrainian"),
    english_lists("ur", "Urdu"),
    english_lists("uz", "Uzbek"),
    english_lists("vec", "Venetian"),
    english_lists("vi", "Vietnamese"),
    english_lists("vo", "Volapük"),
    english_lists("wa", "Walloon"),
    english_lists("war", "Waray"),
    english_lists("wuu", "Wu Chinese"),
    english_lists("xmf", "Mingrelian"),
    english_lists("yi", "Yiddish"),
    english_lists("yo", "Yoruba"),
    english_lists("zh", "Chinese"),
    english_lists("zh-classical", "Classical Chinese"),
    english_lists("zh-min-nan", "Minnan"),
    english_lists("zh-yue", "Cantonese"),
    english_lists("zu", "Zulu"),
];

/// A language with the English lists alone.
const fn english_lists(code: &'static str, name: &'static str) -> Language {
    Language {
        code,
        name,
        badwords: ENGLISH_BADWORDS,
        informals: ENGLISH_INFORMALS,
    }
}

static ENGLISH_BADWORDS: &[&LazyLock<WordList>] = &[&english::BADWORDS];
static ENGLISH_INFORMALS: &[&LazyLock<WordList>] = &[&english::INFORMALS];

/// Endings of wikis' database names; what stands before is the language.
const PROJECTS: &[&str] = &[
    "wiktionary",
    "wikibooks",
    "wikinews",
    "wikiquote",
    "wikisource",
    "wikiversity",
    "wikivoyage",
    "wikimedia",
    "wiki",
];

impl Language {
    /// The language of that code, [`UNLISTED`] if there is none.
    pub fn of_code(code: &str) -> &'static Self {
        LANGUAGES
            .binary_search_by(|language| language.code.cmp(code))
            .map_or(&UNLISTED, |row| &LANGUAGES[row])
    }

    /// The language of a wiki, by its database name: `enwiki`, `zh_min_nanwiki`, `dewiktionary`.
    /// Simple English is English; wikis in many languages (`commonswiki`) and unknown names are
    /// [`UNLISTED`].
    pub fn of_wiki(wiki: &str) -> &'static Self {
        let prefix = PROJECTS
            .iter()
            .find_map(|project| wiki.strip_suffix(project))
            .unwrap_or_default();
        match prefix {
            "simple" | "test" | "test2" => Self::of_code("en"),
            "be_x_old" => Self::of_code("be-tarask"),
            _ => Self::of_code(&prefix.replace('_', "-")),
        }
    }

    /// Whether a word token, in lower case, is profane, an insult or a slur.
    pub fn is_badword(&self, lower_cased_word: &str) -> bool {
        self.badwords
            .iter()
            .any(|list| list.matches(lower_cased_word))
    }

    /// Whether a word token, in lower case, is chat or slang.
    pub fn is_informal(&self, lower_cased_word: &str) -> bool {
        self.informals
            .iter()
            .any(|list| list.matches(lower_cased_word))
    }

    /// The badwords of a text in lower case, with their numbers, by first appearance.
    pub fn count_badwords(&self, text: &str) -> Vec<(String, u32)> {
        self.badwords
            .iter()
            .flat_map(|list| list.count(text))
            .collect()
    }

    /// The informal words of a text, likewise.
    pub fn count_informals(&self, text: &str) -> Vec<(String, u32)> {
        self.informals
            .iter()
            .flat_map(|list| list.count(text))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_wiki(wiki: &str, code: &str) {
        assert_eq!(Language::of_wiki(wiki).code, code, "{wiki}");
    }

    #[test]
    fn wikis_have_the_language_of_their_name() {
        check_wiki("enwiki", "en");
        check_wiki("papwiki", "pap");
        check_wiki("dewiktionary", "de");
        check_wiki("zh_min_nanwiki", "zh-min-nan");
        check_wiki("zh_classicalwiki", "zh-classical");
        check_wiki("be_x_oldwiki", "be-tarask");
        check_wiki("simplewiki", "en");
        check_wiki("simplewiktionary", "en");
        check_wiki("jawikibooks", "ja");
        check_wiki("nlwikimedia", "nl");
    }

    #[test]
    fn wikis_of_no_language_are_unlisted() {
        for wiki in [
            "commonswiki",
            "wikidatawiki",
            "metawiki",
            "specieswiki",
            "wiki",
            "",
            "en",
            "my-own-wiki",
            "ENWIKI",
        ] {
            check_wiki(wiki, "und");
        }
    }

    #[test]
    fn languages_are_sorted_and_found_by_code() {
        for pair in LANGUAGES.windows(2) {
            assert!(
                pair[0].code < pair[1].code,
                "{} stands before {}",
                pair[0].code,
                pair[1].code
            );
        }
        for language in LANGUAGES {
            assert!(std::ptr::eq(Language::of_code(language.code), language));
        }
        assert!(std::ptr::eq(Language::of_code("tlh"), &raw const UNLISTED));
    }

    #[test]
    fn english_lists_serve_every_language() {
        for language in LANGUAGES.iter().chain([&UNLISTED]) {
            assert!(
                language.is_badword("shit") && !language.is_badword("bird"),
                "{}",
                language.code
            );
            assert!(
                language.is_informal("lol") && !language.is_informal("bird"),
                "{}",
                language.code
            );
        }
    }
}
