#!/usr/bin/env python3
"""Makes the stop words and the SOURCES.md of every language directory beside this file.

    python3 src/language/make-lists.py

Fetches three packages by name with `npm pack` into a temporary directory. `badwords.txt` files are
chosen by hand and only read here: SOURCES.md says how many of their entries stand in which package.
The English directory has an older SOURCES.md of its own, which this script leaves alone.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unicodedata

HERE = pathlib.Path(__file__).resolve().parent
DATE = "2026-11-25"
STOPWORDS, STOPWORD_EN, NAUGHTY, CUSS = (
    "stopwords-iso@1.1.0", "stopword@3.1.5", "naughty-words@1.2.0", "cuss@2.2.0")

# Directory, code of the wiki's language. The list of stop words is the package's under that code.
LANGUAGES = """albanian sq, arabic ar, basque eu, bengali bn, bosnian bs, catalan ca, chinese zh, croatian hr,
czech cs, danish da, dutch nl, english en, estonian et, finnish fi, french fr, galician gl, german de, greek el,
hebrew he, hindi hi, hungarian hu, icelandic is, indonesian id, italian it, japanese ja, korean ko, latvian lv,
norwegian no, persian fa, polish pl, portuguese pt, romanian ro, russian ru, serbian sr, spanish es, swedish sv,
tamil ta, thai th, turkish tr, ukrainian uk, vietnamese vi"""

# Stop words written for this project, where no package has any, or has them without accents.
OWN = {
    "albanian": """dhe e i të në me për nga një se që ka është janë ishte ishin si por ose edhe kjo ky këto këta
        ajo ai ata ato unë ti ne ju mua ty tij saj tyre im ime yt jote tonë juaj më nuk s'ka do duhet mund kanë kishte
        kishin jam je jemi jeni u pas para mbi nën deri kur ku pse sa cili cila cilët çfarë kush gjithë shumë pak
        vetëm tani aty këtu atje pastaj sipas gjatë midis ndërmjet kundër pa prej te tek së sepse nëse megjithatë
        ndërsa kështu ashtu asnjë çdo disa tjetër tjera tjerë qenë pasur bëri bëhet vet""",
    "bosnian": """i u na je se da su za od s sa iz o po kao koji koja koje ili ali što šta bi bio bila bilo bili
        biti će ću ćeš ćemo ćete jesam sam si smo ste jest nije nisu nisam kako kad kada gdje zato jer ako još već
        samo sve svi sva svoj svoja svoje ovaj ova ovo taj ta to onaj ona ono oni one on ja ti mi vi me te ga mu joj
        ju ih im nas vas nam vam njih njim njom njega mene tebe sebe do kod prema pred pod nad kroz među između bez
        protiv prije poslije nakon tokom također tako tamo ovdje a ni niti pa te dok iako li neki neka neko nešto
        ništa niko svaki drugi jedan jedna jedno više manje vrlo veoma""",
    "icelandic": """og að í á er sem til um við var með fyrir en af ekki það þess því þeim þær þau þeir hann hún
        hans hennar honum henni hana ég þú mig mér mín þig þér þín vér okkur okkar ykkur ykkar sig sér sín sinn sína
        sínum sitt frá eftir hefur hafa hafði hafa höfðu verið vera voru eru verður urðu varð munu mun skal eða þegar
        þar hér svo upp út inn niður undir yfir milli hjá úr án gegn þá nú síðan einnig líka þó bara mjög meira mest
        allir allt öll allar annar önnur annað hver hvað hvar hvernig hvenær hvort ef eins eitt ein einn enginn engin
        ekkert nokkur sumir þessi þetta þessa þessum þessir eigi hins hinn hið""",
    "serbian": """i u na je se da su za od s sa iz o po kao koji koja koje ili ali što šta bi bio bila bilo bili
        biti će ću ćeš ćemo ćete jesam sam si smo ste jeste nije nisu nisam kako kad kada gde zato jer ako još već
        samo sve svi sva svoj svoja svoje ovaj ova ovo taj ta to onaj ona ono oni one on ja ti mi vi me te ga mu joj
        ju ih im nas vas nam vam njih njim njom njega mene tebe sebe do kod prema pred pod nad kroz među između bez
        protiv pre posle nakon tokom takođe tako tamo ovde a ni niti pa dok iako li neki neka neko nešto ništa niko
        svaki drugi jedan jedna jedno više manje vrlo veoma""",
    "estonian": """ja on ei et kui ka oli see seda selle sellest mis mida kes kelle ta tema ma mina sa sina me meie te teie
        nad nemad nende ning või aga kuid siis nii nagu oma olid olnud olla ole pole saab sai võib pärast enne kuni juba
        veel väga kõik ühe üks üht kus kuhu millal miks kuidas sest ega peale alla üle läbi vastu koos ilma eest poolt
        juures vahel samuti ainult seal siin sinna kas mille milles millest neid neile tal talle teda end ise""",
    "ukrainian": """і й та а але або в у на з із зі до від за для про при по під над між через без після перед що щоб як
        який яка яке які якого якої яких це цей ця ці той та ті того тієї він вона воно вони його її їх йому їй їм я ти
        ми ви мене тебе нас вас не ні так ще вже був була було були бути є буде будуть може можна коли де куди тут там
        тому також лише тільки дуже більше менше навіть якщо хоча проте однак свій своє своя свої себе собі весь вся
        все всі один одна одне два чи б би ж же із-за""",
    "tamil": """ஒரு என்று மற்றும் இந்த இது என்ற கொண்டு என்பது பல ஆகும் அல்லது அவர் நான் உள்ள அந்த இவர் என முதல் என்ன இருந்து
        சில என் போன்ற வேண்டும் வந்து இதன் அது அவன் தான் பலரும் என்னும் மேலும் பின்னர் கொண்ட இருக்கும் தனது உள்ளது போது என்றும் அதன் தன்
        பிறகு அவர்கள் வரை அவள் நீ ஆகிய இருந்தது உள்ளன வந்த இருந்த மிகவும் இங்கு மீது ஓர் இவை இந்தக் பற்றி வரும் வேறு இரு இதில் போல் இப்போது
        அவரது மட்டும் இந்தப் எனும் மேல் பின் சேர்ந்த ஆகியோர் எனக்கு இன்னும் அந்தப் அன்று ஒரே மிக அங்கு பல்வேறு விட்டு பெரும் அதை பற்றிய உன்
        அதிக அந்தக் பேர் இதனால் அவை அதே ஏன் முறை யார் என்பதை எல்லாம் மட்டுமே இங்கே அங்கே இடம் இடத்தில் அதில் நாம் அதற்கு எனவே பிற சிறு மற்ற
        விட எந்த எனவும் எனப்படும் எனினும் அடுத்த இதனை இதை கொள்ள இந்தத் இதற்கு அதனால் தவிர போல வரையில் சற்று எனக்""",
    "greek": """αλλά αλλού αν από αυτά αυτές αυτή αυτήν αυτό αυτοί αυτός αυτού αυτούς αυτών για δεν εάν είμαι είμαστε
        είναι είσαι είστε εκεί εκείνα εκείνη εκείνο εκείνος εκτός ενώ επίσης εσείς εσύ εγώ εμείς έχει έχουν έχω είχε
        είχαν ή ήταν θα και κάθε κάποια κάποιο κάποιος κατά λίγο μας με μέσα μετά μέχρι μη μην μία μια μόνο να ό ο η
        οι όλα όλες όλοι όμως όπου όπως όσο όταν ότι ούτε πάνω παρά πάρα περί πιο ποια ποιος πολύ πολλά πολλές πού που
        πριν προς πρώτα πως πώς σαν σας σε στα στη στην στης στις στο στον στου στους στων τα την της τι τις το τον
        του τους των τότε τώρα υπό ύστερα χωρίς ως ώστε""",
    "english": """aren't can't couldn't didn't doesn't don't hadn't hasn't haven't he's i'm i've isn't it's shouldn't
        that's there's they're wasn't we're weren't won't wouldn't you're a i no not so too very these those there its
        if than then when who whom why what which while until upon within without under over above below during""",
}

LETTERS = {"lj": "љ", "nj": "њ", "dž": "џ"} | dict(zip(
    "abvgdđežzijklmnoprstćufhcčš", "абвгдђежзијклмнопрстћуфхцчш"))


def cyrillic(word):
    return re.sub("lj|nj|dž|.", lambda found: LETTERS.get(found[0], found[0]), word)


def is_word(word):
    """Letters with their marks, and apostrophes between them: what the tokenizer makes one token of."""
    inner = word.replace("'", "").replace("’", "")
    return bool(inner) and word[0] not in "'’" and word[-1] not in "'’" and all(
        unicodedata.category(c)[0] in "LM" for c in inner) and unicodedata.category(inner[0])[0] == "L"


def stopwords_of(name, code, iso, english):
    if code == "en":
        words = english
    elif name == "serbian":
        words = OWN[name].split() + [cyrillic(word) for word in OWN[name].split()]
    else:
        words = iso.get(code, [])
    words = list(words) + OWN.get(name, "").split()
    words = {unicodedata.normalize("NFC", unicodedata.normalize("NFC", word).lower()) for word in words}
    return sorted(word for word in words if is_word(word))


def entries(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def source_rows(name, code, n_stop, packages, iso):
    bad = {entry.strip("*") for entry in entries(HERE / name / "badwords.txt") if not entry.startswith("!")}
    parts, taken = [], set()
    naughty = packages / "naughty-words" / f"{code}.json"
    if naughty.exists():
        theirs = {word.lower() for word in json.loads(naughty.read_text(encoding="utf-8"))}
        taken |= bad & theirs
        parts.append(f"{len(bad & theirs)} chosen by hand from naughty-words 1.2.0 (`{code}.json`, {len(theirs)} entries)")
    theirs = set()
    for file in {"pt": ["pt", "pt-pt"]}.get(code, [code]):
        js = packages / "cuss" / f"{file}.js"
        if js.exists() and code in ("es", "fr", "it", "pt"):
            theirs |= set(re.findall(r"^\s*'?\"?([^'\":]+?)'?\"?: [012],?$", js.read_text(encoding="utf-8").lower(), re.M))
    if theirs:
        parts.append(f"{len(bad & theirs - taken)} more from cuss 2.2.0 (`{code}.js`)")
        taken |= bad & theirs
    n_all = len(entries(HERE / name / "badwords.txt"))
    parts.append(f"{n_all - len(taken)} written for this project")
    licence = [text for text, used in (("CC-BY-4.0 (naughty-words)", naughty.exists()), ("MIT (cuss)", theirs)) if used]
    yield "badwords.txt", n_all, "; ".join(parts), "; ".join(licence + ["the rest as Revscore" if licence else "as Revscore"])
    own = name in OWN
    origin = f"stopwords-iso 1.1.0, under `{code}`" if code in iso else ""
    if own:
        origin += (", and " if origin else "") + "words written for this project"
    licence = "MIT (stopwords-iso)" if code in iso else "as Revscore"
    yield "stopwords.txt", n_stop, origin, licence


def main():
    with tempfile.TemporaryDirectory() as temporary:
        packages = pathlib.Path(temporary)
        for package in (STOPWORDS, STOPWORD_EN, NAUGHTY, CUSS):
            tarball = subprocess.run(["npm", "pack", "--silent", package], cwd=packages, check=True,
                                     capture_output=True, text=True).stdout.split()[-1]
            target = packages / package.split("@")[0]
            target.mkdir()
            subprocess.run(["tar", "xzf", packages / tarball, "-C", target, "--strip-components=1"], check=True)
        iso = json.loads((packages / "stopwords-iso" / "stopwords-iso.json").read_text(encoding="utf-8"))
        english = re.findall(r"^  '([^']+)'", (packages / "stopword/src/stopwords_eng.js").read_text(encoding="utf-8"), re.M)
        for row in LANGUAGES.replace("\n", " ").split(","):
            name, code = row.split()
            title = name.capitalize()
            words = stopwords_of(name, code, iso, english)
            head = (f"# {title} stop words: lower case, sorted by code point, one a line.\n"
                    "# Made by make-lists.py; origin: SOURCES.md.\n")
            (HERE / name / "stopwords.txt").write_text(head + "\n".join(words) + "\n", encoding="utf-8")
            if name == "english":
                continue
            text = f"# {title} lists: where they come from\n\n| file | entries | origin | licence | date |\n|-|-|-|-|-|\n"
            for file, n, origin, licence in source_rows(name, code, len(words), packages, iso):
                text += f"| `{file}` | {n} | {origin} | {licence} | {DATE} |\n"
            text += "\nRules of choice, marks (`*stem*`, `!innocent`) and licence texts: [NOTICES.md](../NOTICES.md).\n"
            (HERE / name / "SOURCES.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
