#!/usr/bin/env python3
"""Writes the sample wiki's edits as JSON lines, in the order of time.

Good authors improve the articles of `sample_articles.py`; others spoil them, and are reverted,
mostly by restoring the exact text. Same seed, same edits. All names, addresses (RFC 5737, 3849)
and domains (RFC 2606) are invented or reserved. One long file, because every kind of edit stands
beside the pools it draws from.
"""

import datetime
import json
import random

from sample_articles import CATEGORIES, FOREIGN, GRAMMAR, INFOBOX, KINDS, SYNONYMS, WORDS, Article

SEED = 20211
START = datetime.datetime(2021, 1, 4, 7, 0, 0)
END = datetime.datetime(2022, 12, 30, 22, 0, 0)
BOT = "Exampleville Bot"
REGULARS = "Mirabel Trent|Owlish|Tessellate|J. Harrowgate|Πέτρος Λ.|Ольга М.|Kaede 川口|Brindlefox|Papertrail|Nine Ladders|Sorrel and Rye|Ulf från Norr|Meadowlark77|Quiet Archivist|Inkwell|Dr. Plover|Tally Ho Cartographer|سمير الخطاط|Halfpenny|Gooseberry".split("|")
PATROLLERS = ["Mirabel Trent", "Owlish", "Halfpenny", "Papertrail", "Inkwell", "Brindlefox"]
NEWCOMERS = "Lena from Hulmsby|TramFan|Oldmapcollector|Birdnotes|K. Wendle|Sarnholm reader|Rosehip|Ferryman's son|Agnes T.|Plumtree|Walker of dykes|Bellringer5|Mapmaker's apprentice|Juniper Hill|Elio D.".split("|")
VANDALS = "Coolkid99|Xx shadow xX|Toblin rulez|Mr Nobody 123|Hahayoulose|Kevin is best|Banana4ever|Qwertzman|Skoolsux|BestHotelsDeal|CheapMedsNow|WatchReplicaShop|LoanExpert24|Bored at school".split("|")
SPAMMERS = {"BestHotelsDeal", "CheapMedsNow", "WatchReplicaShop", "LoanExpert24"}

rng = random.Random(SEED)
IPS = [f"192.0.2.{n}" for n in rng.sample(range(2, 254), 34)] + [f"198.51.100.{n}" for n in rng.sample(range(2, 254), 30)] + [f"203.0.113.{n}" for n in rng.sample(range(2, 254), 30)] + [f"2001:DB8:{rng.randrange(1, 4096):X}:0:0:0:0:{rng.randrange(2, 65535):X}" for _ in range(16)]
GOOD_IPS, BAD_IPS = IPS[::3], [ip for at, ip in enumerate(IPS) if at % 3]
events = []


def clock(at):
    """Nobody edits from two to six."""
    return at.replace(hour=at.hour + 6) if 2 <= at.hour < 6 else at


class Page:
    """One page's history: texts are what the wiki has, the article is what good authors mean."""

    def __init__(self, title):
        self.title, self.history = title, []

    def save(self, at, user, text, comment, minor=False, hide=()):
        text = text.rstrip()
        if self.history and self.history[-1]["text"] == text:
            return False
        edit = {"time": at, "user": user, "page": self.title, "text": text, "comment": comment, "minor": minor, "hide": list(hide)}
        self.history.append(edit)
        events.append(edit)
        return True


# Good edits: each changes the article and gives a summary, or None when it does not apply.

def entries(article):
    return [(heading, entry) for heading, sentences in article.sections.items() for entry in sentences]


def fix_typo(article):
    wrong = [(heading, entry) for heading, entry in entries(article) if entry["right"]]
    if not wrong:
        return None
    heading, entry = rng.choice(wrong)
    entry["text"], entry["right"] = entry["right"], None
    return rng.choice(["typo", "fixed a typo", "sp", f"/* {heading or 'top'} */ spelling", f"spelling: {entry['word']}", ""])


def add_sentence(article):
    headings = [heading for heading in article.sections if article.unused.get(heading)]
    if not headings:
        return None
    heading = rng.choice(headings)
    entry = article.sentence(article.unused[heading].pop())
    if rng.random() < 0.35:
        entry["ref"] = article.reference()
    article.sections[heading].append(entry)
    return (f"/* {heading} */ " if heading else "") + rng.choice(["added a sentence", "more", "expanded", "+", "new information", "add", ""])


def add_section(article):
    headings = [heading for heading in GRAMMAR[article.kind][1] if heading not in article.sections]
    if not headings:
        return None
    heading = headings[0]
    n_sentences = min(rng.randint(2, 3), len(article.unused[heading]))
    article.sections[heading] = [article.sentence(article.unused[heading].pop()) for _ in range(n_sentences)]
    return rng.choice([f"new section: {heading}", f"/* {heading} */ new section", "expanding", "added a section"])


def add_reference(article):
    bare = [(heading, entry) for heading, entry in entries(article) if not entry["ref"]]
    if not bare:
        return None
    heading, entry = rng.choice(bare)
    entry["ref"] = article.reference()
    article.tag = None if article.tag == "unreferenced" and rng.random() < 0.7 else article.tag
    return rng.choice(["+ref", "added a reference", "source", f"/* {heading or 'top'} */ citation added", "cite"])


def add_category(article):
    free = [name for name in CATEGORIES[article.kind] if name not in article.categories]
    if not free:
        return None
    name = rng.choice(free)
    article.categories.append(name)
    return rng.choice([f"added [[Category:{name}]]", "+cat", "category", "HotCat: +[[:Category:" + name + "]]"])


def copyedit(article):
    pairs = [(heading, entry, old, new) for heading, entry in entries(article) for old, new in SYNONYMS if old in entry["text"] and not entry["right"]]
    if not pairs:
        return None
    for heading, entry, old, new in rng.sample(pairs, min(len(pairs), rng.randint(1, 3))):
        entry["text"] = entry["text"].replace(old, new, 1)
    return rng.choice(["copyedit", "ce", "wording", f"/* {heading or 'top'} */ style", "rephrased a little", ""])


def value_of(article, key):
    numbers = {"population": (1200, 48000), "area_km2": (18, 240), "elevation_m": (4, 180), "length_km": (8, 300), "basin_km2": (400, 9000), "length_cm": (12, 46), "weight_g": (14, 900), "visitors": (900, 35000), "since": (1590, 1980), "born": (1790, 1860), "died": (1870, 1940), "works": (3, 30), "stops": (5, 22), "opened": (1838, 1912)}
    if key in numbers:
        return str(rng.randint(*numbers[key]))
    return {"mayor": f"{rng.choice(WORDS['first'])} {rng.choice(WORDS['surname'])}", "mouth": "the sea at [[Brackwater]]", "status": "near threatened", "frequency": "yearly", "place": f"[[{rng.choice(KINDS['town'])}]]", "served": rng.choice(["hot", "cold"])}[key]


def edit_infobox(article):
    keys = [key for key in INFOBOX[article.kind] if key not in article.infobox]
    if keys:
        for key in keys[:rng.randint(1, 3)]:
            article.infobox[key] = value_of(article, key)
        return rng.choice(["infobox", "added to the infobox", "data"])
    key = rng.choice(list(article.infobox))
    article.infobox[key] = value_of(article, key)
    return rng.choice([f"updated {key}", "new figures", f"{key} as of this year", "update"])


def add_link(article):
    if len(article.links) > 3:
        return None
    word = article.title.lower().replace(" ", "-")
    article.links.append(rng.choice([
        f"* [https://www.{word if word.isascii() else 'town'}.example.org/ Official site]",
        f"* [https://maps.example.org/place/{rng.randint(100, 9999)} Map of the area]",
        f"* [http://archive.example.org/collection/{rng.randint(10, 999)} Photographs in the county archive]",
    ]))
    return rng.choice(["external link", "added a link to the archive", "+link", "/* External links */"])


def add_image(article):
    if article.image:
        return None
    article.image = f"[[File:{article.title} {rng.randint(1, 9)}.jpg|thumb|{article.title} in {rng.choice(WORDS['season'])}]]"
    return rng.choice(["picture", "added an image", "my photograph of last week"])


def add_foreign(article):
    if not article.foreign:
        return None
    language = article.foreign.pop()
    sentences = [{"text": text, "ref": None, "right": None} for text in rng.sample(FOREIGN[language], rng.randint(2, 3))]
    article.sections[f"In {language} sources"] = sentences
    return rng.choice([f"{language} sources", "quotation from a travel book", "added what foreign sources say"])


def add_table(article):
    heading = next((heading for heading in ("Geography", "Course", "Distribution", "Today", "Route") if heading in article.sections and heading not in article.tables), None)
    if not heading:
        return None
    rows = "".join(f"\n|-\n| {year} || {rng.randint(300, 42000)} || {rng.randint(1, 90)}" for year in range(1880, 2011, rng.choice([10, 26, 65])))
    article.tables[heading] = '{| class="wikitable"\n! Year !! Count !! Share (%)' + rows + "\n|}"
    return rng.choice(["table with figures", f"/* {heading} */ table", "numbers from the yearbook"])


def remove_sentence(article):
    headings = [heading for heading, sentences in article.sections.items() if len(sentences) > 3]
    if not headings:
        return None
    heading = rng.choice(headings)
    article.sections[heading].pop(rng.randrange(1, len(article.sections[heading])))
    return rng.choice(["not in the source", f"/* {heading or 'top'} */ removed, off topic", "trim", "removed a doubtful claim, see talk"])


def bot_edit(article):
    if not article.sort:
        article.sort = True
        return "Bot: adding sort key"
    if article.tag is None and not any(entry["ref"] for _, entry in entries(article)):
        article.tag = "unreferenced"
        return "Bot: tagging article without references"
    if article.tag:
        article.tag = None
        return "Bot: removing outdated tag"
    return None


GOOD = [(fix_typo, 9), (add_sentence, 22), (add_section, 12), (add_reference, 13), (add_category, 6), (copyedit, 11), (edit_infobox, 8), (add_link, 3), (add_image, 3), (add_foreign, 4), (add_table, 3), (remove_sentence, 3)]


def improve(page, article, at):
    if rng.random() < 0.07:
        comment = bot_edit(article)
        if comment and page.save(at, BOT, article.text(), comment, minor=True):
            return True
    for _ in range(8):
        act = rng.choices([act for act, _ in GOOD], [weight for _, weight in GOOD])[0]
        comment = act(article)
        if comment is None:
            continue
        roll = rng.random()
        if roll < 0.74:
            user = rng.choices(REGULARS, [1 / (rank + 2) for rank in range(len(REGULARS))])[0]
        elif roll < 0.82:
            user = rng.choice(NEWCOMERS)
        else:
            user = rng.choice(GOOD_IPS) if rng.random() < 0.9 else rng.choice(BAD_IPS)
        minor = act in (fix_typo, copyedit, add_category) and "." not in user and ":" not in user and rng.random() < 0.7
        if user not in REGULARS and rng.random() < 0.5:
            comment = comment if comment.startswith("/*") and rng.random() < 0.5 else ""
        return page.save(at, user, article.text(), comment, minor)
    return False


# Bad edits: a text in, a spoilt text and a summary out.

NAMES = "Kevin|Tommy|Jessica|Bob Smelly|Mr Jones|Brayden|my teacher|Zoe|Big Dave".split("|")
INSULTS = ["{n} is a stupid idiot", "{n} is an idiot and a loser", "you all suck", "this town sucks so much", "{n} smells like poop", "{n} eats poop for breakfast lol", "{n} is ugly and dumb", "who cares about this crap", "this is the most boring crap ever", "{n} has a fat butt", "shut up you morons", "what a load of bullcrap", "{n} is a big fat liar", "only losers and morons live here", "damn this is stupid", "{n} farted in class hahaha", "{n} is a total dork"]
GREETINGS = ["hi mom!!!", "hello {n}", "hey everybody {n} was here", "lol lol lol", "yo whats up", "hahahahahaha", "omg this is so cool", "{n} rules!!!!", "i love {n} <3", "blah blah blah", "i am so bored right now", "can i edit this really? wow", "dont believe this page its fake lol", "subscribe to my channel plz"]
SPAM = ["Visit [http://{d}.example.com/{w} {w} at the best price] today!", "[http://www.{d}.example.net cheap {w} online]", "* [https://{d}.example.com/?id={k} Best {w} deals – click here]", "<a href=\"http://{d}.example.net/{w}\">{w}</a> buy now http://{d}.example.net/{w}/{k}.html", "The best place to stay is the [http://{d}.example.com Grand {w} Resort], which offers free breakfast and unbeatable prices. Book now!"]
SPAM_WORDS = "replica watches|pills|casino bonus|payday loans|designer handbags|hotel booking|essay writing|weight loss tea|poker".split("|")


def phrase(pool):
    text = rng.choice(pool).replace("{n}", rng.choice(NAMES))
    roll = rng.random()
    if roll < 0.25:
        text = text.upper()
    elif roll < 0.4:
        text = text[0].upper() + text[1:]
    return text + rng.choice(["", "", "!", "!!!!!!", ".", " lol", " haha"])


def gibberish():
    roll = rng.random()
    if roll < 0.5:
        return "".join(rng.choice("asdfghjklqwertuiop") for _ in range(rng.randint(6, 45)))
    if roll < 0.8:
        return rng.choice("aoehxzs!?lw") * rng.randint(8, 90)
    return " ".join("".join(rng.choice("dfghjkcvb") for _ in range(rng.randint(3, 9))) for _ in range(rng.randint(2, 8)))


def insert(text, what):
    """Puts it where a careless hand would: after a word, a sentence, at the top or the end."""
    roll = rng.random()
    if roll < 0.2:
        return what + rng.choice(["", "\n", " "]) + text
    if roll < 0.4:
        return text + rng.choice(["\n", " ", "\n\n"]) + what
    places = [at for at, char in enumerate(text) if char == ("." if roll < 0.7 else " ")] or [len(text)]
    at = rng.choice(places) + 1
    return text[:at] + " " + what + " " + text[at:]


def insult(text, user):
    return insert(text, phrase(INSULTS)), rng.choice(["", "", "", "fixed typo", "lol", "truth", "/* History */ "])


def greet(text, user):
    return insert(text, phrase(GREETINGS)), rng.choice(["", "", "", "hi", "I was here"])


def scribble(text, user):
    return insert(text, gibberish()), rng.choice(["", "", "", "asdf", "jjjjjj"])


def blank(text, user):
    roll = rng.random()
    if roll < 0.4:
        return "", rng.choice(["", "", "deleted", "Blanked the page"])
    if roll < 0.6:
        return rng.choice([phrase(INSULTS), phrase(GREETINGS), gibberish()]), rng.choice(["", "", "Replaced content with nonsense", "better"])
    parts = text.split("\n\n")
    if len(parts) < 4:
        return "", ""
    start = rng.randrange(1, len(parts) - 1)
    return "\n\n".join(parts[:start] + parts[start + rng.randint(1, 3):]), rng.choice(["", "", "unneeded", "/* History */ "])


def change_number(text, user):
    import re
    numbers = list(re.finditer(r"(?<![\w=/])\d{2,5}(?!\w)", text))
    if not numbers:
        return insult(text, user)
    for match in sorted(rng.sample(numbers, min(len(numbers), rng.choice([1, 1, 2]))), key=lambda match: -match.start()):
        new = rng.choice([str(rng.randint(1, 9)) + match[0], str(rng.randint(10, 99999)), match[0][::-1] + "0", "69", "999999999"])
        text = text[:match.start()] + new + text[match.end():]
    return text, rng.choice(["", "", "", "updated", "correct number"])


def change_words(text, user):
    swaps = [(" is ", " is not "), (" was ", " was never "), ("town", "toilet"), ("river", "sewer"), ("bird", "chicken"), ("best known", "hated"), ("market", "disco"), ("people", "zombies"), ("school", "prison"), ("writer", "clown"), ("mayor", "mayor (an idiot)"), ("church", "pizza shop"), ("oldest", "smelliest"), ("km", "miles"), ("insects", "children")]
    swaps = [swap for swap in swaps if swap[0] in text]
    if not swaps:
        return greet(text, user)
    for old, new in rng.sample(swaps, min(len(swaps), rng.randint(1, 2))):
        text = text.replace(old, new, rng.choice([1, 1, 3]))
    return text, rng.choice(["", "", "fixed", "fact", "grammar"])


def spam(text, user):
    word = rng.choice(SPAM_WORDS)
    lines = [rng.choice(SPAM).format(d=word.split()[0] + rng.choice(["4u", "-best", "online", "24", "-shop"]), w=word, k=rng.randint(100, 99999)) for _ in range(rng.choice([1, 1, 2, 4]))]
    body = "\n".join(lines)
    if "== External links ==" in text and rng.random() < 0.6:
        return text.replace("== External links ==", "== External links ==\n" + body, 1), rng.choice(["added useful link", "", "/* External links */ "])
    return insert(text, body), rng.choice(["", "useful information", "great resource", "more info"])


def test_edit(text, user):
    toys = ["'''Bold text'''", "''Italic text''", "[[Link title]]", "== Headline text ==", "[http://www.example.com link title]", "[[File:Example.jpg]]", "<nowiki>Insert non-formatted text here</nowiki>", "<math>Insert formula here</math>"]
    return insert(text, "".join(rng.sample(toys, rng.randint(1, 3)))), rng.choice(["", "", "test", "just testing"])


BAD = [(insult, 24), (greet, 17), (scribble, 13), (blank, 13), (change_number, 9), (change_words, 9), (spam, 10), (test_edit, 5)]


def revert(page, article, at, user, good, comment=None):
    """Restores an earlier text, with one of the summaries that people use."""
    bad = page.history[-1]["user"]
    contributions = f"[[Special:Contributions/{bad}|{bad}]]"
    comment = comment or rng.choice([
        f"Reverted edits by {contributions} ([[User talk:{bad}|talk]]) to last revision by [[User:{good['user']}|{good['user']}]]",
        f"Reverted edits by {contributions} ([[User talk:{bad}|talk]]) to last revision by [[User:{good['user']}|{good['user']}]]",
        f"Undid revision $LATEST by {contributions} ([[User talk:{bad}|talk]])",
        "rvv", "rv vandalism", "revert", "rv nonsense", f"rv edits by {bad}", "removed spam" if "example.net" in page.history[-1]["text"] else "restored the article",
    ])
    return page.save(at, user, good["text"], comment, minor=rng.random() < 0.7)


def delay():
    """Time to a revert: minutes as a rule, a day or more now and then."""
    minutes = min(rng.lognormvariate(2.6, 1.6), 60 * 90)
    return datetime.timedelta(seconds=40 + int(minutes * 60))


def spoil(page, article, at):
    """An incident: one or more bad edits and what becomes of them. Gives the time of its end."""
    good = page.history[-1]
    roll = rng.random()
    user = rng.choice(BAD_IPS) if roll < 0.74 else rng.choice(VANDALS) if roll < 0.93 else rng.choice(GOOD_IPS)
    for _ in range(rng.choices([1, 2, 3], [80, 14, 6])[0]):
        act = spam if user in SPAMMERS else rng.choices([act for act, _ in BAD], [weight for _, weight in BAD])[0]
        text, comment = act(page.history[-1]["text"], user)
        page.save(at, user, text, comment)
        last, at = at, at + datetime.timedelta(seconds=rng.randint(25, 400))
    at = last + delay()
    roll = rng.random()
    if roll < 0.06:
        revert(page, article, last + datetime.timedelta(seconds=rng.randint(20, 500)), user, good, rng.choice(["", "", "sorry", "undo my test"]))
    elif roll < 0.10:
        # Not noticed as such: somebody rewrites the passage, and no earlier text comes back.
        improve(page, article, at)
    else:
        reverter = BOT if roll < 0.24 else rng.choice(PATROLLERS) if roll < 0.78 else rng.choice(REGULARS) if roll < 0.95 else rng.choice(GOOD_IPS)
        revert(page, article, at, reverter, good, "Bot: reverting likely vandalism" if reverter == BOT else None)
    return at


def doubt(page, article, at):
    """A newcomer's honest addition that somebody takes out again; the article does not keep it."""
    good = page.history[-1]
    claims = ["It is said to be the oldest of its kind in the whole country.", "My grandfather used to work there and remembers it well.", "Many visitors consider it the most beautiful place on the coast.", "Recently it has become even more popular.", "According to some, the name comes from an old word for duck."]
    user = rng.choice(NEWCOMERS + GOOD_IPS)
    page.save(at, user, insert(good["text"], rng.choice(claims)), rng.choice(["added information", "", "more facts"]))
    at += delay() * 4
    revert(page, article, at, rng.choice(PATROLLERS), good, rng.choice(["unsourced, please add a reference", "needs a source", "not encyclopedic, sorry", "Undid good faith revision $LATEST: no source"]))
    return at


def edit_war(page, article, at):
    """Two authors want two wordings; each restores the own one, until somebody makes a third."""
    old = page.history[-1]
    first, second = rng.sample(REGULARS[6:], 2)
    page.save(at, first, old["text"].replace("'''" + article.title + "'''", "'''" + article.title + "''' (in older books '''" + article.title[:-1] + "e''')", 1), "older name, see Holub 1988")
    new = page.history[-1]
    for turn in range(6):
        at += datetime.timedelta(minutes=rng.randint(8, 300))
        if turn % 2 == 0:
            page.save(at, second, old["text"], rng.choice(["not attested", "see talk page", "Undid revision $LATEST by " + first]))
        else:
            page.save(at, first, new["text"], rng.choice(["it is in Holub, p. 12", "please stop", "Undid revision $LATEST by " + second]))
    return at + datetime.timedelta(hours=3)


def article_history(title, kind, n_steps, war):
    page, article = Page(title), Article(rng, title, kind)
    at = START + datetime.timedelta(seconds=rng.randint(0, int(200 * 86400)))
    for _ in range(rng.randint(0, 2)):
        article.sections[""].append(article.sentence(article.unused[""].pop()))if article.unused[""] else None
    if rng.random() < 0.5:
        article.categories.append(CATEGORIES[kind][0])
    page.save(clock(at), rng.choice(REGULARS[:8] + NEWCOMERS[:3]), article.text(), rng.choice(["new article", "start", "", "created page"]))
    mean = (END - at).total_seconds() / (n_steps + 1)
    for step in range(n_steps):
        at = clock(at + datetime.timedelta(seconds=int(rng.expovariate(1 / mean)) + 900))
        if at > END:
            break
        roll = rng.random()
        if war and step == n_steps // 2:
            at = edit_war(page, article, at)
        elif roll < 0.088:
            at = spoil(page, article, at)
        elif roll < 0.106:
            at = doubt(page, article, at)
        else:
            improve(page, article, at)


def other_pages():
    """Everything that is no article: talk, user, template, style, data, redirect, project pages."""
    day = datetime.timedelta(days=1)

    def write(title, rows):
        page = Page(title)
        for offset, user, text, comment in rows:
            page.save(START + offset * day + datetime.timedelta(seconds=rng.randint(0, 7000)), user, text, comment)

    write("Main Page", [(0, "Mirabel Trent", "Welcome to the '''Sample Wiki''', an encyclopedia of places that do not exist.\n\n* [[Toblin]]\n* [[River Arvel]]", "front page"), (30, "Owlish", "Welcome to the '''Sample Wiki''', an encyclopedia of places that do not exist.\n\n* [[Toblin]]\n* [[River Arvel]]\n* [[Marsh tindle]]", ""), (90, BAD_IPS[0], "", ""), (90.6, "Owlish", "Welcome to the '''Sample Wiki''', an encyclopedia of places that do not exist.\n\n* [[Toblin]]\n* [[River Arvel]]\n* [[Marsh tindle]]", "rvv")])
    for title, target in [("Тоблин", "Toblin"), ("Οστερμέρε", "Ostermere"), ("Arvel (river)", "River Arvel")]:
        write(title, [(60, "Tessellate", f"#REDIRECT [[{target}]]", "redirect")])
    css = ["/* A calm skin */\n.infobox { float: right; border: 1px solid #aaa; }", ".infobox { float: right; border: 1px solid #aaa; padding: 4px; }\n.wikitable td { text-align: right; }"]
    write("User:Tessellate/common.css", [(9, "Tessellate", css[0], ""), (41, "Tessellate", css[1], "padding")])
    write("User:Inkwell/common.js", [(12, "Inkwell", "// Marks links to redirects.\nmw.loader.using( 'mediawiki.util' );", "script"), (77, "Inkwell", "// Marks links to redirects.\nmw.loader.using( 'mediawiki.util' ).then( function () {\n\t$( '.mw-redirect' ).css( 'color', 'green' );\n} );", "works now")])
    tasks = {"sort keys": True, "tag unreferenced": True, "revert": False}
    write(f"User:{BOT}/tasks.json", [(3, BOT, json.dumps(tasks), "tasks"), (50, BOT, json.dumps(tasks | {"revert": True}), "task 3 approved")])
    for kind in KINDS:
        fields = "\n".join(f"|-\n! {key}\n| {{{{{{{key}|}}}}}}" for key in INFOBOX[kind])
        write(f"Template:Infobox {kind}", [(1, "Papertrail", '{| class="infobox"\n! colspan="2" | {{{name}}}\n' + fields + "\n|}", "infobox")])
    write("Template:Unreferenced", [(2, "Papertrail", "''This article has no references.''", "")])
    for number, title in enumerate(["Toblin", "River Arvel", "Marsh tindle", "Lantern Week", "Ostermere"]):
        first, second = rng.sample(REGULARS, 2)
        ip = rng.choice(BAD_IPS)
        talk = f"== Sources ==\nWhere does the date of the charter come from? --[[User:{first}|{first}]] 10:12, 3 May 2021 (UTC)"
        answer = talk + f"\n:From Holub 1988, I think; I shall look it up. --[[User:{second}|{second}]] 18:40, 4 May 2021 (UTC)"
        rows = [(119, first, talk, "question"), (120.5, second, answer, "re"), (150, ip, answer + "\n\n== hi ==\nhi i think this page is stupid lol", ""), (150.1, first, answer, "rv"), (300 + number, second, answer + f"\n::Found it: p. 12. --[[User:{second}|{second}]] 09:00, 30 October 2021 (UTC)", "answer")]
        write(f"Talk:{title}", rows)
    for number, user in enumerate(["Mirabel Trent", "Owlish"]):
        write(f"User:{user}", [(1, user, f"I write about birds and bridges. I joined the wiki in January 2021 and watch {40 + number} pages.", ""), (200, BAD_IPS[3 + number], "I AM A STUPID IDIOT AND I SMELL", ""), (200.7, BOT, f"I write about birds and bridges. I joined the wiki in January 2021 and watch {40 + number} pages.", "Bot: reverting likely vandalism")])
    write("Project:Deletion requests", [(20 + at * 9, rng.choice(REGULARS), "\n\n".join(f"== [[{title}]] ==\nIs this notable? Kept after discussion." for title in (KINDS["dish"] + KINDS["person"])[:at + 1]), "request") for at in range(6)])


def main():
    titles = [(title, kind) for kind, names in KINDS.items() for title in names]
    wars = rng.sample(range(len(titles)), 3)
    for number, (title, kind) in enumerate(titles):
        article_history(title, kind, max(9, min(48, int(rng.lognormvariate(3.05, 0.42)))), number in wars)
    other_pages()
    # Personal remarks by vandals, in part or in whole taken out of sight.
    bad = [edit for edit in events if edit["user"] in BAD_IPS + VANDALS and edit["text"] and ":" not in edit["page"]]
    for edit, parts in zip(rng.sample(bad, 9), [["text"], ["text"], ["text"], ["text", "comment"], ["text", "user", "comment"], ["user"], ["user"], ["comment"], ["text", "user"]]):
        edit["hide"] = parts
    seen = set()
    for edit in sorted(events, key=lambda edit: edit["time"]):
        # Every second has one edit at most; edits of a page keep their order.
        while edit["time"] in seen:
            edit["time"] += datetime.timedelta(seconds=1)
        seen.add(edit["time"])
    for edit in sorted(events, key=lambda edit: edit["time"]):
        print(json.dumps(edit | {"time": edit["time"].strftime("%Y%m%d%H%M%S")}, ensure_ascii=False))


if __name__ == "__main__":
    main()
