//! The table of languages: one row each.
//!
//! A row names the directory of the language's lists and its stemmer, if it has them; the files
//! are compiled in. What a list means is [`super::curated`]'s knowledge.

use std::sync::LazyLock;

use rust_stemmers::Algorithm;

use super::curated::Curated;
use super::{Language, english};

/// The lists in a directory beside this file, read when first asked for.
macro_rules! lists {
    ($dir:literal) => {
        lists!(@ $dir, None)
    };
    ($dir:literal, $stemmer:expr) => {
        lists!(@ $dir, Some($stemmer))
    };
    (@ $dir:literal, $stemmer:expr) => {{
        static LISTS: LazyLock<Curated> = LazyLock::new(|| {
            Curated::new(
                include_str!(concat!($dir, "/badwords.txt")),
                include_str!(concat!($dir, "/stopwords.txt")),
                $stemmer,
            )
        });
        &LISTS
    }};
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
    with_lists("ar", "Arabic", lists!("arabic", Algorithm::Arabic)),
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
    with_lists("bn", "Bangla", lists!("bengali")),
    english_lists("br", "Breton"),
    with_lists("bs", "Bosnian", lists!("bosnian")),
    with_lists("ca", "Catalan", lists!("catalan")),
    english_lists("ce", "Chechen"),
    english_lists("ceb", "Cebuano"),
    english_lists("ckb", "Central Kurdish"),
    with_lists("cs", "Czech", lists!("czech")),
    english_lists("cv", "Chuvash"),
    english_lists("cy", "Welsh"),
    with_lists("da", "Danish", lists!("danish", Algorithm::Danish)),
    with_lists("de", "German", lists!("german", Algorithm::German)),
    with_lists("el", "Greek", lists!("greek", Algorithm::Greek)),
    with_lists("en", "English", &english::LISTS),
    english_lists("eo", "Esperanto"),
    with_lists("es", "Spanish", lists!("spanish", Algorithm::Spanish)),
    with_lists("et", "Estonian", lists!("estonian")),
    with_lists("eu", "Basque", lists!("basque")),
    with_lists("fa", "Persian", lists!("persian")),
    with_lists("fi", "Finnish", lists!("finnish", Algorithm::Finnish)),
    english_lists("fo", "Faroese"),
    with_lists("fr", "French", lists!("french", Algorithm::French)),
    english_lists("fy", "Western Frisian"),
    english_lists("ga", "Irish"),
    english_lists("gd", "Scottish Gaelic"),
    with_lists("gl", "Galician", lists!("galician")),
    english_lists("gu", "Gujarati"),
    english_lists("ha", "Hausa"),
    with_lists("he", "Hebrew", lists!("hebrew")),
    with_lists("hi", "Hindi", lists!("hindi")),
    with_lists("hr", "Croatian", lists!("croatian")),
    english_lists("ht", "Haitian Creole"),
    with_lists("hu", "Hungarian", lists!("hungarian", Algorithm::Hungarian)),
    english_lists("hy", "Armenian"),
    english_lists("ia", "Interlingua"),
    with_lists("id", "Indonesian", lists!("indonesian")),
    english_lists("ig", "Igbo"),
    english_lists("ilo", "Iloko"),
    english_lists("io", "Ido"),
    with_lists("is", "Icelandic", lists!("icelandic")),
    with_lists("it", "Italian", lists!("italian", Algorithm::Italian)),
    with_lists("ja", "Japanese", lists!("japanese")),
    english_lists("jv", "Javanese"),
    english_lists("ka", "Georgian"),
    english_lists("kk", "Kazakh"),
    english_lists("km", "Khmer"),
    english_lists("kn", "Kannada"),
    with_lists("ko", "Korean", lists!("korean")),
    english_lists("ku", "Kurdish"),
    english_lists("ky", "Kyrgyz"),
    english_lists("la", "Latin"),
    english_lists("lb", "Luxembourgish"),
    english_lists("li", "Limburgish"),
    english_lists("lmo", "Lombard"),
    english_lists("lo", "Lao"),
    english_lists("lt", "Lithuanian"),
    with_lists("lv", "Latvian", lists!("latvian")),
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
    with_lists("nl", "Dutch", lists!("dutch", Algorithm::Dutch)),
    english_lists("nn", "Norwegian Nynorsk"),
    with_lists("no", "Norwegian", lists!("norwegian", Algorithm::Norwegian)),
    english_lists("oc", "Occitan"),
    english_lists("or", "Odia"),
    english_lists("pa", "Punjabi"),
    english_lists("pap", "Papiamento"),
    with_lists("pl", "Polish", lists!("polish")),
    english_lists("pms", "Piedmontese"),
    english_lists("pnb", "Western Punjabi"),
    english_lists("ps", "Pashto"),
    with_lists(
        "pt",
        "Portuguese",
        lists!("portuguese", Algorithm::Portuguese),
    ),
    english_lists("qu", "Quechua"),
    with_lists("ro", "Romanian", lists!("romanian", Algorithm::Romanian)),
    with_lists("ru", "Russian", lists!("russian", Algorithm::Russian)),
    english_lists("sa", "Sanskrit"),
    english_lists("scn", "Sicilian"),
    english_lists("sco", "Scots"),
    english_lists("sd", "Sindhi"),
    english_lists("sh", "Serbo-Croatian"),
    english_lists("si", "Sinhala"),
    english_lists("sk", "Slovak"),
    english_lists("sl", "Slovenian"),
    english_lists("so", "Somali"),
    with_lists("sq", "Albanian", lists!("albanian")),
    with_lists("sr", "Serbian", lists!("serbian")),
    english_lists("su", "Sundanese"),
    with_lists("sv", "Swedish", lists!("swedish", Algorithm::Swedish)),
    english_lists("sw", "Swahili"),
    with_lists("ta", "Tamil", lists!("tamil", Algorithm::Tamil)),
    english_lists("te", "Telugu"),
    english_lists("tg", "Tajik"),
    with_lists("th", "Thai", lists!("thai")),
    english_lists("tl", "Tagalog"),
    with_lists("tr", "Turkish", lists!("turkish", Algorithm::Turkish)),
    english_lists("tt", "Tatar"),
    with_lists("uk", "Ukrainian", lists!("ukrainian")),
    english_lists("ur", "Urdu"),
    english_lists("uz", "Uzbek"),
    english_lists("vec", "Venetian"),
    with_lists("vi", "Vietnamese", lists!("vietnamese")),
    english_lists("vo", "Volapük"),
    english_lists("wa", "Walloon"),
    english_lists("war", "Waray"),
    english_lists("wuu", "Wu Chinese"),
    english_lists("xmf", "Mingrelian"),
    english_lists("yi", "Yiddish"),
    english_lists("yo", "Yoruba"),
    with_lists("zh", "Chinese", lists!("chinese")),
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
        own: None,
    }
}

/// A language with lists of its own, beside the English ones.
const fn with_lists(
    code: &'static str,
    name: &'static str,
    own: &'static LazyLock<Curated>,
) -> Language {
    Language {
        code,
        name,
        own: Some(own),
    }
}
