//! What holds of every language: its place in the table, and that its lists catch what they should.

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
/// A language's own profane words, each of which is caught alone and wherever it stands in the
/// innocent text, which has none; and stop words of that text. Written for this project.
struct Proof {
    code: &'static str,
    badwords: &'static [&'static str],
    stopwords: &'static [&'static str],
    innocent: &'static str,
}

const fn proof(
    code: &'static str,
    badwords: &'static [&'static str],
    stopwords: &'static [&'static str],
    innocent: &'static str,
) -> Proof {
    Proof {
        code,
        badwords,
        stopwords,
        innocent,
    }
}

#[rustfmt::skip]
const PROOFS: &[Proof] = &[
    proof("ar", &["شرموطة", "طيز", "كسمك"], &["في", "على"], "المدينة القديمة تقع على ضفة النهر في شمال البلاد، وفيها مكتبة كبيرة بنيت قبل مئة عام."),
    proof("bn", &["খানকি", "বোকাচোদা", "মাদারচোদ"], &["এবং", "এই"], "এই শহর নদীর তীরে অবস্থিত এবং এখানে একটি পুরনো গ্রন্থাগার আছে। চোদ্দ জন শিক্ষক সেখানে কাজ করেন।"),
    proof("bs", &["kurac", "jebote", "pička"], &["je", "na"], "Stari grad je na obali rijeke, a biblioteka je sagrađena prije sto godina. Peku hljeb i prodaju ga."),
    proof("ca", &["merda", "gilipolles", "cabró"], &["la", "de"], "La ciutat vella és a la riba del riu, i la biblioteca de pedra va ser construïda fa cent anys."),
    proof("cs", &["kurva", "čurák", "píča"], &["je", "na"], "Staré město leží na břehu řeky a jeho knihovna je postavena z kamene. V zimě tu píchají ryby vidlicí."),
    proof("da", &["røvhul", "kælling", "fisse"], &["og", "er"], "Den gamle by ligger ved floden, og biblioteket er bygget af sten for hundrede år siden."),
    proof("de", &["arschloch", "hurensohn", "scheiße"], &["und", "der"], "Die alte Stadt liegt am Ufer der Barsch, und der Marsch durch den Wald dauert zwei Stunden. Die Bibliothek ist aus Stein."),
    proof("el", &["μαλάκας", "πούστης", "γαμώ"], &["και", "στην"], "Η παλιά πόλη βρίσκεται στην όχθη του ποταμού και η βιβλιοθήκη χτίστηκε πριν από εκατό χρόνια."),
    proof("en", &["fuck", "asshole", "shit"], &["the", "of"], "The old town lies on the bank of the river, and its library was built of stone in Scunthorpe."),
    proof("es", &["mierda", "gilipollas", "cabrón"], &["la", "de"], "La ciudad antigua está a la orilla del río y su biblioteca de piedra fue construida hace cien años."),
    proof("et", &["perse", "munn", "sitapea"], &["ja", "on"], "Vana linn asub jõe kaldal ja selle raamatukogu on ehitatud kivist sada aastat tagasi."),
    proof("eu", &["kabroia", "putakumea", "mierda"], &["eta", "da"], "Hiri zaharra ibaiaren ertzean dago eta liburutegia harrizkoa da, orain dela ehun urte eraikia."),
    proof("fa", &["کسکش", "جنده", "کونی"], &["در", "از"], "شهر کهن در کنار رودخانه است و کتابخانه آن صد سال پیش از سنگ ساخته شد و کسی آن را نمی‌شناسد."),
    proof("fi", &["vittu", "paska", "perkele"], &["ja", "on"], "Vanha kaupunki on joen rannalla, ja sen kirjasto rakennettiin kivestä sata vuotta sitten."),
    proof("fr", &["connard", "merde", "enculé"], &["la", "de"], "La vieille ville se trouve au bord de la rivière, et la bibliothèque de pierre fut construite il y a cent ans."),
    proof("gl", &["carallo", "merda", "cabrón"], &["de", "a"], "A cidade vella está á beira do río e a biblioteca de pedra foi construída hai cen anos."),
    proof("he", &["שרמוטה", "מניאק", "כוסאמק"], &["של", "על"], "העיר העתיקה שוכנת על גדת הנהר, והספרייה של העיר נבנתה מאבן לפני מאה שנים ליד כוס הקפה."),
    proof("hi", &["चूतिया", "मादरचोद", "गांडू"], &["और", "में"], "पुराना नगर नदी के किनारे बसा है और उसमें एक बड़ा पुस्तकालय है। भारत में यह प्रसिद्ध है।"),
    proof("hr", &["kurac", "govno", "šupak"], &["je", "na"], "Stari grad leži na obali rijeke, a knjižnica je sagrađena od kamena prije sto godina uz miris kruha."),
    proof("hu", &["fasz", "geci", "seggfej"], &["és", "a"], "A régi város a folyó partján fekszik, és a könyvtár kőből épült. A faszén ára száz éve ugyanaz."),
    proof("id", &["kontol", "bangsat", "ngentot"], &["dan", "di"], "Kota tua terletak di tepi sungai dan perpustakaan batu itu dibangun seratus tahun lalu."),
    proof("is", &["fáviti", "hóra", "rassgat"], &["og", "er"], "Gamli bærinn er á bakka árinnar og bókasafnið var byggt úr steini fyrir hundrað árum."),
    proof("it", &["cazzo", "stronzo", "vaffanculo"], &["la", "di"], "La città vecchia sorge sulla riva del fiume e la biblioteca di pietra fu costruita a Troia. Lo stronzio è un metallo."),
    proof("ja", &["ちんこ", "死ね", "キチガイ"], &["の", "は"], "古い町は川の岸にあり、石の図書館は百年前に建てられた。パチンコの店が死ねば町も静かになる。ファックスもある。"),
    proof("ko", &["씨발", "병신", "개새끼"], &["이", "년"], "오래된 도시는 강가에 있고 이 도서관은 백 년 전에 지어졌다. 병신박해와 시발점을 다룬 책도 보지 못했다."),
    proof("lv", &["pimpis", "dirsa", "mauka"], &["un", "ir"], "Vecā pilsēta atrodas upes krastā, un tās bibliotēka ir celta no akmens pirms simts gadiem."),
    proof("nl", &["klootzak", "kut", "hoer"], &["de", "en"], "De oude stad ligt aan de oever van de rivier, en de stenen bibliotheek is honderd jaar geleden gebouwd."),
    proof("no", &["fitte", "drittsekk", "kuk"], &["og", "er"], "Den gamle byen ligger ved elven, og biblioteket er bygget av stein for hundre år siden."),
    proof("pl", &["kurwa", "chuj", "pierdolony"], &["i", "na"], "Stare miasto leży na brzegu rzeki i słynie z biblioteki, a podsłuchujący kruk siedzi w kurniku."),
    proof("pt", &["caralho", "merda", "buceta"], &["a", "de"], "A cidade velha fica na margem do rio, e a biblioteca de pedra foi construída há cem anos."),
    proof("ro", &["pula", "muie", "curva"], &["de", "pe"], "Orașul vechi se află pe malul râului, iar biblioteca de piatră a fost construită acum o sută de ani."),
    proof("ru", &["хуй", "пизда", "ебать"], &["и", "на"], "Старый город стоит на берегу реки, и его библиотека построена из камня. Там пекут хлеба и смотрят в небо."),
    proof("sq", &["kurvë", "qifsha", "pidhi"], &["dhe", "në"], "Qyteti i vjetër ndodhet në breg të lumit dhe biblioteka prej guri u ndërtua njëqind vjet më parë."),
    proof("sr", &["курац", "pička", "говно"], &["је", "на"], "Стари град је на обали реке, а библиотека је саграђена од камена пре сто година. Hleb peku na trgu."),
    proof("sv", &["fitta", "knulla", "rövhål"], &["och", "är"], "Den gamla staden ligger vid floden, och biblioteket är byggt av sten för hundra år sedan."),
    proof("ta", &["தேவடியா", "புண்டை", "தாயோளி"], &["ஒரு", "இந்த"], "பழைய நகரம் ஆற்றின் கரையில் உள்ளது. இந்த நகரத்தில் ஒரு பெரிய நூலகம் கட்டப்பட்டது."),
    proof("th", &["ควย", "เหี้ย", "เย็ด"], &["ของ", "และ"], "เมืองเก่าตั้งอยู่ริมแม่น้ำ และหอสมุดของเมืองสร้างด้วยหินเมื่อร้อยปีก่อน ในหีบมีความรู้และข้าวแกงกะหรี่"),
    proof("tr", &["orospu", "siktir", "göt"], &["ve", "bir"], "Eski kent nehrin kıyısında yer alır ve taştan bir kütüphane yüz yıl önce burada yapıldı."),
    proof("uk", &["хуй", "пизда", "курва"], &["і", "на"], "Старе місто лежить на березі річки, і його бібліотека збудована з каменю сто років тому."),
    proof("vi", &["địt", "lồn", "cặc"], &["của", "và"], "Thành phố cổ nằm bên bờ sông, và thư viện của thành phố được xây bằng đá một trăm năm trước."),
    proof("zh", &["傻逼", "操你妈", "王八蛋"], &["的", "在"], "这座古老的城市位于河岸上，它的图书馆建在山边，妈妈的朋友在那里工作。传说天狗日的故事也写在书里。"),
];

#[test]
fn every_language_with_lists_is_proved() {
    let with_lists: Vec<_> = LANGUAGES
        .iter()
        .filter(|language| language.own.is_some())
        .map(|language| language.code)
        .collect();
    let proved: Vec<_> = PROOFS.iter().map(|proof| proof.code).collect();
    assert_eq!(proved, with_lists);
    assert!(with_lists.len() >= 39);
}

#[test]
fn innocent_text_has_no_badword() {
    for proof in PROOFS {
        let language = Language::of_code(proof.code);
        assert_eq!(
            language.count_badwords(proof.innocent),
            [],
            "{}",
            proof.code
        );
        for word in segment::words(proof.innocent) {
            assert!(!language.is_badword(&word), "{}: {word}", proof.code);
            assert!(
                !language.is_badword_by_stem(&word),
                "{}: {word}",
                proof.code
            );
            assert_eq!(unmask::unmask(&word), None, "{}: {word}", proof.code);
        }
    }
}

#[test]
fn badwords_are_caught_wherever_they_stand() {
    for Proof {
        code,
        badwords,
        innocent,
        ..
    } in PROOFS
    {
        let language = Language::of_code(code);
        for word in *badwords {
            let is_unspaced = word.contains(is_unspaced);
            let space = if is_unspaced { "" } else { " " };
            let (start, end) = match innocent.split_once(' ') {
                Some(halves) if !is_unspaced => halves,
                _ => innocent
                    .split_at(innocent.len() - innocent.chars().last().map_or(0, char::len_utf8)),
            };
            let first = word.chars().next().into_iter().flat_map(char::to_uppercase);
            let capital: String = first.chain(word.chars().skip(1)).collect();
            for text in [
                (*word).to_owned(),
                format!("{capital}{space}{innocent}"),
                format!("{start}{space}{word}{space}{end}"),
                format!("{innocent}{space}{word}"),
                format!("{innocent} ''[[{word}]]'', {word}!"),
            ] {
                let counts = language.count_badwords(&text);
                let expected = 1 + u32::from(text.contains("[["));
                assert_eq!(counts, [((*word).to_owned(), expected)], "{code}: {text}");
            }
            assert_eq!(language.is_badword(word), !is_unspaced, "{code}: {word}");
        }
    }
}

#[test]
fn stop_words_are_known_and_badwords_are_none() {
    for proof in PROOFS {
        let language = Language::of_code(proof.code);
        for word in proof.stopwords {
            assert!(proof.innocent.contains(word), "{}: {word}", proof.code);
            assert_eq!(
                language.is_stopword(word),
                Some(true),
                "{}: {word}",
                proof.code
            );
        }
        for word in proof.badwords {
            assert_eq!(
                language.is_stopword(word),
                Some(false),
                "{}: {word}",
                proof.code
            );
        }
        let words = segment::words(proof.innocent);
        let n_stop = words
            .iter()
            .filter(|word| language.is_stopword(word) == Some(true))
            .count();
        assert!(
            n_stop >= 2 && n_stop < words.len(),
            "{}: {n_stop} of {words:?}",
            proof.code
        );
    }
    assert_eq!(Language::of_code("pap").is_stopword("na"), None);
}

/// The directories of lists, with their files as text: read from the disk, because the table
/// keeps no text.
#[test]
fn lists_are_sorted_and_told_of() {
    let room = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/language");
    let dirs = std::fs::read_dir(&room)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut n_dirs = 0;
    for dir in dirs.filter(|path| path.is_dir()) {
        n_dirs += 1;
        let read = |name: &str| std::fs::read_to_string(dir.join(name)).unwrap();
        let sources = read("SOURCES.md");
        for name in ["badwords.txt", "stopwords.txt"] {
            let text = read(name);
            let entries: Vec<_> = text
                .lines()
                .skip_while(|line| line.starts_with('#'))
                .collect();
            let place = format!("{}/{name}", dir.display());
            for pair in entries.windows(2) {
                assert!(
                    pair[0] < pair[1],
                    "{place}: {pair:?} are out of order, or twice"
                );
            }
            for entry in &entries {
                use unicode_normalization::is_nfc;
                assert!(is_nfc(entry), "{place}: {entry} is not composed");
                let lower: String = entry.chars().flat_map(char::to_lowercase).collect();
                assert_eq!(*entry, lower, "{place}");
                let word = entry.trim_matches('*').trim_start_matches('!');
                if !word.contains(is_unspaced) {
                    assert_eq!(segment::words(word), [word], "{place}: no single word");
                }
            }
            assert!(
                sources.contains(&format!("| `{name}` | {} |", entries.len())),
                "{place} has {} entries, SOURCES.md says otherwise",
                entries.len()
            );
        }
    }
    assert_eq!(n_dirs, PROOFS.len());
}
