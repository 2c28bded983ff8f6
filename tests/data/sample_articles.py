"""Invented articles for the sample wiki: sentences, and the state of an article.

Everything here was written for this project; no text comes from a wiki. `sample_edits.py` tells
who writes and who spoils these articles.
"""

import re

TOWNS = "Toblin|Ostermere|Kelvanna|Brackwater|Sarnholm|Vellidon|Pintavar|Hulmsby|Dorrowick|Amberley Quay|Żelkovo|Fjellbrygge|Marundale|Quillhaven|Rookford|Tessarin|Umberlow|Wendlestad".split("|")
RIVERS = "River Arvel|River Tamsin|River Ock|Lower Brindle|River Sael|River Quenn|Old Marn|River Luthe".split("|")
BIRDS = "Marsh tindle|Grey-capped wimmel|Lesser orrow|Crested fennick|Saltmere plover|Barred quillet|Northern skelder|Golden brackwing|Dusky hollowbill|Reed pippit".split("|")
FESTIVALS = "Lantern Week|Feast of the Two Bridges|Herring Fair|Midwinter Bell|Kelvanna Kite Day|Night of Ladders|Plum Sunday".split("|")
PEOPLE = "Orla Brennick|Tomas Veldkamp|Idris Halloway|Mirela Dostan|Anselm Pryde|Hedda Storlund|Ruben Castellane".split("|")
DISHES = "Marn stew|Ostermere bun|Salt plum cake|Smoked arvel trout".split("|")
LINES = "Arvel Valley Railway|Toblin Tramway|Sael Canal|Ostermere Light".split("|")
KINDS = {"town": TOWNS, "river": RIVERS, "bird": BIRDS, "festival": FESTIVALS, "person": PEOPLE, "dish": DISHES, "line": LINES}

# Slots. A slot that names a list of articles becomes a wikilink.
WORDS = {
    "adj": "small|quiet|busy|pleasant|prosperous|modest|windy|remote|well known|popular",
    "dir": "north|south|east|west|north-east|south-west",
    "stone": "granite|limestone|red sandstone|slate|brick|oak",
    "trade": "herring|wool|timber|salt|copper|barley|glass|rope|paper|linen",
    "building": "the town hall|the corn exchange|the parish church|the old lighthouse|the grain store|the public library|the customs house",
    "month": "January|February|March|April|May|June|July|August|September|October|November|December",
    "surname": "Aldous|Brask|Corvin|Dahlem|Eskola|Farrow|Gantry|Holub|Iversen|Jessop|Kowal|Lindqvist|Moravec|Nyberg",
    "first": "Agnes|Bertram|Cecilia|Dov|Elin|Frans|Greta|Henrik|Ilse|Jonas|Katrin|Leopold",
    "plant": "willow|alder|reed|sedge|heather|bramble|juniper",
    "animal": "otters|water voles|brown hares|trout|dragonflies|eels|red deer",
    "colour": "pale yellow|slate grey|reddish brown|olive green|black and white|rust-coloured",
    "food": "seeds|small insects|snails|berries|caddis larvae|worms",
    "season": "spring|summer|autumn|winter",
    "music": "a brass band|fiddlers|a children's choir|bell ringers|drummers",
    "journal": "Transactions of the Arvel Society|Ostermere Gazette|Journal of Invented Places|Sarnholm Quarterly|Toblin Evening Post|Bulletin of Northern Birds",
    "press": "Brackwater Press|Quillhaven University Press|Arvel Society|Holub and Sons",
}
WORDS = {key: value.split("|") for key, value in WORDS.items()}

# For each kind of article: the first sentence, then sections with sentences. {n:a-b} is a number.
GRAMMAR = {
    "town": ("'''{title}''' is a {adj} town on the [[{river}]], about {n:4-60} km {dir} of [[{town}]].", {
        "": ["It had a population of {n:1200-48000} at the census of {n:2001-2019}.", "The town is best known for its {trade} market.", "It has been twinned with [[{town}]] since {n:1956-1998}.", "Most of its people work in the {trade} trade or in tourism."],
        "History": ["The first record of the town is a charter of {n:1105-1390}, which grants a weekly market to the monks.", "A fire in {n:1520-1790} destroyed {building} and some {n:40-300} houses.", "The harbour was deepened in {n:1820-1899} so that larger ships could load {trade}.", "During the nineteenth century the {trade} works employed more than {n:200-1900} people.", "In {n:1840-1920} the [[{line}]] reached the town, and the population doubled within {n:10-30} years.", "The town walls were pulled down in {n:1780-1860}, except for the {dir} gate.", "[[{person}]] spent the last years of life in a house beside {building}.", "After the flood of {n:1900-1960} the lower quarter was rebuilt in {stone}.", "The guild of {trade} merchants met here every {month} until {n:1650-1800}."],
        "Geography": ["The old centre stands on a hill of {stone}, {n:20-180} m above the river.", "The climate is mild, with most rain in {month}.", "To the {dir} lie wet meadows with {plant} and {plant}, where the [[{bird}]] breeds.", "The [[{river}]] joins the [[{river}]] just below the town bridge.", "The municipality covers {n:18-240} square kilometres and has {n:3-14} villages.", "The nearest larger town is [[{town}]], {n:9-40} km to the {dir}."],
        "Culture": ["The [[{festival}]] is held here every {month}.", "A museum of the {trade} trade opened in {building} in {n:1950-2010}.", "Its best known dish is the [[{dish}]], which is sold at the market.", "The town library keeps {n:2000-60000} volumes, among them the papers of [[{person}]].", "A theatre with {n:120-800} seats was built of {stone} in {n:1880-1935}."],
        "Transport": ["The [[{line}]] stops at the station {dir} of the centre.", "Buses run to [[{town}]] every {n:15-60} minutes.", "The road bridge over the [[{river}]] was opened on {n:1-28} {month} {n:1930-1989}.", "A ferry crosses the river from {month} to {month}."]}),
    "river": ("The '''{title}''' is a {adj} river that flows for {n:38-310} km from the hills {dir} of [[{town}]] to the sea.", {
        "": ["Its basin covers {n:400-9000} square kilometres.", "The river gives its name to a county and to a breed of sheep."],
        "Course": ["It rises at a height of {n:210-980} m in a bog of {plant} and {plant}.", "Below [[{town}]] the valley widens, and the river divides around {n:2-9} islands.", "Its main tributary is the [[{river}]], which joins it from the {dir}.", "The estuary is {n:2-11} km wide and dries out at low tide.", "At [[{town}]] the mean discharge is {n:9-140} cubic metres a second."],
        "Wildlife": ["The banks are home to {animal} and to the [[{bird}]].", "Salmon returned in {n:1985-2012}, after the weir at [[{town}]] was removed.", "Old pollards of {plant} line the lower course.", "A survey in {n:1990-2018} counted {n:12-46} species of fish.", "Since {n:1970-1999} the upper valley has been a nature reserve."],
        "History": ["Barges carried {trade} and {trade} from [[{town}]] until {n:1880-1940}.", "The oldest bridge, of {stone}, dates from {n:1290-1610}.", "In the flood of {month} {n:1870-1965} the water rose by {n:3-8} m.", "A mill for {trade} stood at every bend in {n:1600-1800}.", "The [[{line}]] follows the river for {n:10-40} km."]}),
    "bird": ("The '''{title}''' is a {adj} bird of marshes and wet meadows, first described by [[{person}]] in {n:1760-1890}.", {
        "": ["It is the emblem of the town of [[{town}]].", "The population is estimated at {n:900-42000} pairs."],
        "Description": ["Adults are {n:12-46} cm long and weigh {n:14-900} g.", "The back is {colour}, the breast {colour}.", "Young birds are {colour} and lack the white stripe over the eye.", "The song is a rising trill of {n:3-9} notes, heard mostly in {month}.", "Males have a longer tail than females and a {colour} cap."],
        "Distribution": ["It breeds along the [[{river}]] and the [[{river}]].", "In {season} most birds leave for the {dir}, and few stay behind.", "The largest colony, of some {n:90-700} pairs, is near [[{town}]].", "It was first seen in [[{town}]] in {n:1890-1990}."],
        "Behaviour": ["The nest is built of {plant} and {plant}, close to the water.", "It feeds on {food} and {food}.", "The {n:2-7} eggs hatch after {n:13-28} days.", "Both parents feed the young with {food} for about {n:2-6} weeks.", "Pairs return to the same place every {season}."],
        "In culture": ["A wooden model of the bird is carried through the streets at the [[{festival}]].", "[[{person}]] wrote {n:3-20} poems about it.", "Fishermen believed that its call in {month} brings a good catch."]}),
    "festival": ("'''{title}''' is a {adj} festival that is held in [[{town}]] every {month}.", {
        "": ["About {n:900-35000} visitors come each year.", "It has been listed as living heritage since {n:1994-2018}."],
        "Origin": ["The custom goes back to the {trade} fairs of the sixteenth century.", "A diary of {n:1590-1790} tells of {music} in front of {building}.", "It was forbidden in {n:1650-1820} because of a quarrel between two guilds, and revived in {n:1880-1950} by [[{person}]].", "According to a legend, a girl named {first} saved the town by lighting {n:7-99} lamps."],
        "Celebration": ["The procession starts at {building} and is led by {music}.", "Children carry figures of the [[{bird}]] made of {plant}.", "On the second evening, boats with lamps float down the [[{river}]].", "Stalls sell [[{dish}]] and other food until midnight.", "The mayor opens the feast by ringing a bell {n:3-12} times.", "A prize is given for the best {trade} of the year."],
        "Today": ["In {n:2005-2019} the route was moved to the {dir} bank.", "Extra trains of the [[{line}]] run on all {n:2-8} days.", "Similar feasts are known from [[{town}]] and [[{town}]].", "The town council pays {n:4-90} thousand crowns towards it."]}),
    "person": ("'''{title}''' ({n:1790-1860} – {n:1870-1940}) was a {adj} writer and naturalist from [[{town}]].", {
        "": ["The family had traded in {trade} for {n:3-6} generations.", "A street in [[{town}]] bears the name."],
        "Life": ["The writer was the {n:2-7}th child of {first} {surname} and a teacher.", "After school in [[{town}]] came {n:3-6} years of study under {first} {surname}.", "A journey along the [[{river}]] in {n:1815-1880} ended with a broken leg and a notebook of {n:90-400} pages.", "From {n:1850-1890} on, the post of town clerk in [[{town}]] left time for birds.", "The house by the [[{river}]] is now a museum."],
        "Work": ["The first book, on {trade} and those who make it, sold {n:200-5000} copies.", "It was followed by a description of the [[{bird}]] with {n:12-60} plates.", "The letters to {first} {surname} were printed in {n:1900-1950}.", "Later writings deal with the [[{festival}]] and its songs.", "A planned work in {n:3-12} volumes was never finished."],
        "Reception": ["Critics praised the plain style and the {n:20-120} woodcuts.", "{first} {surname} called the book the best account of the [[{river}]].", "The works were translated into {n:2-9} languages."]}),
    "dish": ("'''{title}''' is a {adj} dish from [[{town}]] and the country around it.", {
        "": ["It is eaten mostly in {season}.", "About {n:2000-90000} portions are sold at the [[{festival}]] each year."],
        "Preparation": ["The {food} are left out today; older recipes used them.", "It is cooked for {n:2-6} hours over a fire of {plant} wood.", "Bakers add a spoon of salt and {n:3-8} plums.", "It is served on plates of {stone} with bread and cider."],
        "History": ["The oldest recipe is found in a manuscript of {n:1610-1790}.", "Workers of the {trade} mills carried it in tin boxes.", "[[{person}]] describes it in a letter of {n:1840-1890}.", "An inn near {building} claims to have invented it in {n:1700-1850}."]}),
    "line": ("The '''{title}''' is a {adj} route of {n:8-120} km between [[{town}]] and [[{town}]].", {
        "": ["It was opened on {n:1-28} {month} {n:1838-1912}.", "Some {n:40-900} thousand people use it every year."],
        "History": ["The engineer was {first} {surname}, who had worked on the [[{river}]] before.", "It was built to carry {trade} to the coast.", "The works cost {n:90-880} thousand crowns and took {n:3-11} years.", "Traffic ended in {n:1958-1975}; volunteers took over in {n:1978-1995}.", "A landslide closed the section {dir} of [[{town}]] for {n:2-14} months."],
        "Route": ["It crosses the [[{river}]] on a bridge of {stone} with {n:3-14} arches.", "There are {n:5-22} stops, of which [[{town}]] is the busiest.", "The highest point lies {n:120-640} m above the sea.", "From the carriage one can see {animal} and, with luck, the [[{bird}]]."],
        "Equipment": ["{n:3-17} cars built by {surname} and {surname} are in use.", "The depot at [[{town}]] keeps two machines of {n:1860-1920}.", "Tickets were printed on {colour} card until {n:1966-1988}."]}),
}

# Paragraphs in other scripts, for a section on names abroad.
FOREIGN = {
    "Greek": ["Η ονομασία εμφανίζεται για πρώτη φορά σε έναν παλιό χάρτη του λιμανιού.", "Οι ταξιδιώτες έγραφαν συχνά για την αγορά και τις γέφυρες.", "Το ποτάμι είναι γνωστό για τα καθαρά νερά του."],
    "Russian": ["Название впервые встречается в письме одного купца.", "Путешественники описывали рынок, мост и старую мельницу.", "Весной здесь проходит большая ярмарка, на которую приезжают гости из соседних городов."],
    "Arabic": ["ورد الاسم أول مرة في رسالة قديمة كتبها تاجر من الساحل.", "يعرف المكان بسوقه الأسبوعي وجسره الحجري.", "تقام هنا كل ربيع سوق كبيرة يزورها أهل القرى."],
    "Japanese": ["この名前は古い港の地図に初めて現れる。", "旅人たちは市場と石の橋について書き残した。", "春になると川沿いで大きな祭りが開かれ、多くの人が訪れる。"],
    "Hindi": ["यह नाम पहली बार एक पुराने नक्शे में मिलता है।", "यात्रियों ने यहाँ के बाज़ार और पत्थर के पुल का वर्णन किया है।", "हर वसंत में नदी के किनारे एक बड़ा मेला लगता है।"],
}

CATEGORIES = {
    "town": ["Towns of the Arvel valley", "Market towns", "Ports", "Places with a town charter"],
    "river": ["Rivers of the north", "Tributaries of the Marn", "Nature reserves"],
    "bird": ["Birds of wet meadows", "Birds described in the 19th century", "Emblems of towns"],
    "festival": ["Festivals", "Customs of the coast", "Events in spring"],
    "person": ["Writers", "Naturalists", "People from the Arvel valley"],
    "dish": ["Food of the coast", "Cakes and stews"],
    "line": ["Railways and canals", "Heritage transport", "Engineering of the 19th century"],
}
INFOBOX = {
    "town": ["population", "area_km2", "elevation_m", "mayor"], "river": ["length_km", "basin_km2", "mouth"],
    "bird": ["length_cm", "weight_g", "status"], "festival": ["visitors", "since", "frequency"],
    "person": ["born", "died", "works"], "dish": ["place", "served"], "line": ["length_km", "stops", "opened"],
}
SYNONYMS = [("is best known for", "is known above all for"), ("was built", "was erected"), ("about", "roughly"), ("large", "big"), ("known from", "found in"), ("every", "each"), ("more than", "over"), ("Most of its people", "Most inhabitants"), ("small", "little"), ("destroyed", "burned down"), ("opened", "was opened"), ("mostly", "mainly"), ("stands on", "lies on"), ("some", "around"), ("until", "up to"), ("heard mostly", "heard chiefly"), ("of which", "among which"), ("describes", "mentions"), ("follows", "runs along"), ("covers", "has an area of"), ("are home to", "shelter"), ("led by", "headed by")]


class Article:
    """The state of an article in good hands; `text()` is its wikitext."""

    def __init__(self, rng, title, kind):
        self.rng, self.title, self.kind = rng, title, kind
        first, sections = GRAMMAR[kind]
        self.unused = {heading: rng.sample(list(pool), len(pool)) for heading, pool in sections.items()}
        self.foreign = rng.sample(sorted(FOREIGN), 2)
        self.sections = {"": [self.sentence(first)]}
        self.infobox, self.links, self.tables, self.image, self.sort, self.tag = {}, [], {}, None, False, None
        self.categories = []
        self.n_refs = 0

    def fill(self, template):
        rng = self.rng

        def slot(match):
            name = match[1]
            if name == "title":
                return self.title
            if name.startswith("n:"):
                low, high = name[2:].split("-")
                return str(rng.randint(int(low), int(high)))
            if name in KINDS:
                return rng.choice([title for title in KINDS[name] if title != self.title])
            return rng.choice(WORDS[name])

        text = re.sub(r"\{([a-z]+(?::[0-9-]+)?)\}", slot, template)
        return text[0].upper() + text[1:] if text[0] != "'" else text

    def sentence(self, template):
        """A sentence, now and then with a typing error in it."""
        text = self.fill(template)
        entry = {"text": text, "ref": None, "right": None}
        words = [word for word in re.findall(r"(?<![\[\w|'-])[a-z]{5,9}(?![\w\]|'-])", text)]
        if words and self.rng.random() < 0.2:
            word = self.rng.choice(words)
            cut = self.rng.randrange(1, len(word) - 2)
            wrong = word[:cut] + word[cut + 1] + word[cut] + word[cut + 2:]
            if wrong != word:
                entry["right"], entry["text"] = text, text.replace(word, wrong, 1)
                entry["word"] = word
        return entry

    def reference(self):
        rng = self.rng
        self.n_refs += 1
        year, page = rng.randint(1975, 2021), rng.randint(2, 380)
        author = f"{rng.choice(WORDS['surname'])}, {rng.choice(WORDS['first'])}"
        return rng.choice([
            f"<ref>{author}: ''{rng.choice(WORDS['journal'])}'', {year}, p. {page}.</ref>",
            f"<ref>{{{{cite book |author={author} |title=A History of {self.title} |publisher={rng.choice(WORDS['press'])} |year={year} |page={page}}}}}</ref>",
            f"<ref>[https://archive.example.org/{rng.choice(WORDS['journal']).split()[0].lower()}/{year}/{page} {rng.choice(WORDS['journal'])}], {rng.randint(1, 28)} {rng.choice(WORDS['month'])} {year}.</ref>",
            f"<ref name=\"{author.split(',')[0].lower()}{year}{self.n_refs}\">{{{{cite journal |last={author.split(',')[0]} |journal={rng.choice(WORDS['journal'])} |volume={rng.randint(1, 60)} |year={year} |url=https://library.example.org/item/{rng.randint(1000, 99999)}}}}}</ref>",
        ])

    def text(self):
        parts = []
        if self.tag:
            parts.append("{{" + self.tag + "}}")
        if self.infobox:
            rows = "".join(f"\n| {key} = {value}" for key, value in self.infobox.items())
            parts.append("{{Infobox " + self.kind + "\n| name = " + self.title + rows + "\n}}")
        if self.image:
            parts.append(self.image)
        for heading, sentences in self.sections.items():
            body = []
            for at in range(0, len(sentences), 4):
                body.append(" ".join(entry["text"] + (entry["ref"] or "") for entry in sentences[at:at + 4]))
            if heading in self.tables:
                body.append(self.tables[heading])
            parts.append((f"== {heading} ==\n" if heading else "") + "\n\n".join(body))
        if any(entry["ref"] for sentences in self.sections.values() for entry in sentences):
            parts.append("== References ==\n<references />")
        if self.links:
            parts.append("== External links ==\n" + "\n".join(self.links))
        if self.sort or self.categories:
            lines = ["{{DEFAULTSORT:" + self.title.removeprefix("River ") + "}}"] if self.sort else []
            parts.append("\n".join(lines + [f"[[Category:{name}]]" for name in self.categories]))
        return "\n\n".join(parts)
