//! What a family of features says of one edit, in a line that a patroller can check.
//!
//! Sentences tell what is there, not why it matters: which way it moved the score, and how far,
//! stands beside them. Words that are quoted come from the edit itself, few of them, cut between
//! graphemes, and without characters that would turn the text around them. Of the author and of
//! the past is said only what the model saw, so that a model that does not see them does not speak
//! of them. This file is long because the families' sentences stand together.

use unicode_segmentation::UnicodeSegmentation as _;

use super::Family;
use crate::edit::Edit;
use crate::feature::{self, Feature, Unit};
use crate::language::{Vocabulary, WordTable};

/// At most so many words are quoted.
const QUOTED_WORDS: usize = 5;
/// Longer ones are cut.
const QUOTED_GRAPHEMES: usize = 24;
/// No grapheme is longer: letters can carry any number of marks.
const GRAPHEME_BYTES: usize = 24;

/// An edit beside what a model saw of it.
pub(super) struct Seen<'e, 'r> {
    pub(super) edit: &'r Edit<'e>,
    pub(super) columns: &'r [&'static Feature],
    pub(super) row: &'r [f32],
    pub(super) vocabulary: &'r Vocabulary,
}

impl Seen<'_, '_> {
    /// What the family says; `contribution` is how far it moved the score.
    pub(super) fn say(&self, family: Family, contribution: f64) -> String {
        match family {
            Family::Profanity => self.profanity(),
            Family::Slang => self.slang(),
            Family::LearnedWords => self.learned_words(contribution),
            Family::UnusualWords => self.unusual_words(contribution),
            Family::AddedText => self.added_text(contribution),
            Family::Extent => self.extent(),
            Family::Links => self.links(),
            Family::Wikitext => self.wikitext(),
            Family::Summary => self.summary(contribution),
            Family::Account => self.account(),
            Family::Record => self.record(),
            Family::PageRecord => self.page_record(),
            Family::Page => self.page(),
            Family::Time => match self.column("time.hour") {
                hour if hour.is_nan() => "time of the edit not known".to_owned(),
                hour => format!("made between {hour}:00 and {}:00 UTC", (hour + 1.0) % 24.0),
            },
        }
    }

    /// The value that the model saw; NaN when missing, or when it does not look.
    fn column(&self, name: &str) -> f32 {
        let place = self.columns.iter().position(|column| column.name == name);
        place
            .and_then(|place| self.row.get(place).copied())
            .unwrap_or(f32::NAN)
    }

    /// The value that the model saw, or would have seen.
    fn value(&self, name: &str) -> f32 {
        if self.columns.iter().any(|column| column.name == name) {
            return self.column(name);
        }
        feature::find(name).map_or(f32::NAN, |feature| {
            feature.value(self.edit, self.vocabulary)
        })
    }

    /// A number of things that the model saw.
    fn column_count(&self, name: &str) -> Option<u64> {
        let is_log = feature::find(name).is_some_and(|feature| feature.unit == Unit::LogCount);
        let value = self.column(name);
        let count = if is_log { value.exp_m1() } else { value };
        // A cast takes what is out of range to the nearest number.
        (!count.is_nan()).then(|| count.round() as u64)
    }

    fn is(&self, name: &str) -> bool {
        self.value(name) > 0.0
    }

    fn badwords(&self, side: Side) -> Vec<String> {
        let language = self.edit.language();
        let mut words = self.table_words(side, |word| language.is_badword(word));
        // Scripts without spaces have words in the text alone.
        let text = self.edit.change().map(|change| match side {
            Side::Added => change.added.text(),
            Side::Removed => change.removed.text(),
        });
        let text = text.unwrap_or_default();
        let sample = &text[..text.floor_char_boundary(16 << 10)];
        for (word, _) in language.count_badwords(sample) {
            push_new(&mut words, &word);
        }
        words
    }

    /// Different changed words of a kind, in their order.
    fn table_words(&self, side: Side, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(words) = self.edit.words() {
            let table = match side {
                Side::Added => &words.added,
                Side::Removed => &words.removed,
            };
            let wanted = table.iter().filter(|word| is_wanted(word.word));
            wanted.for_each(|word| push_new(&mut found, word.word));
        }
        found
    }

    fn profanity(&self) -> String {
        for (side, verb) in [(Side::Added, "adds"), (Side::Removed, "removes")] {
            let words = self.badwords(side);
            if !words.is_empty() {
                return format!(
                    "{verb} {}: {}",
                    number(words.len(), "insulting or profane word"),
                    quote(&words)
                );
            }
            if side == Side::Added && self.is("listed.masked_badwords_added") {
                return "adds insulting or profane words in disguise".to_owned();
            }
        }
        self.unless_hidden("adds no insulting or profane words")
    }

    fn slang(&self) -> String {
        let language = self.edit.language();
        for (side, verb) in [(Side::Added, "adds"), (Side::Removed, "removes")] {
            let words = self.table_words(side, |word| language.is_informal(word));
            if !words.is_empty() {
                return format!(
                    "{verb} {}: {}",
                    number(words.len(), "word of slang or chat"),
                    quote(&words)
                );
            }
        }
        self.unless_hidden("adds no words of slang or chat")
    }

    fn learned_words(&self, contribution: f64) -> String {
        let Some(words) = self.edit.words() else {
            return HIDDEN.to_owned();
        };
        let is_bad = contribution > 0.0;
        let has = |table: &WordTable| !table.is_empty();
        let telling = self.telling_words(is_bad);
        let said = match (has(&words.added), has(&words.removed), is_bad) {
            (true, _, true) if !telling.is_empty() => {
                return format!("adds words that were often reverted: {}", quote(&telling));
            }
            (true, _, false) if !telling.is_empty() => {
                return format!("adds words that were mostly kept: {}", quote(&telling));
            }
            (true, _, true) => "adds words as edits that were reverted do",
            (true, _, false) => "adds words as edits that were kept do",
            (false, true, true) => "removes words, as edits that were reverted do",
            (false, true, false) => "removes words, as edits that were kept do",
            (false, false, _) => "changes no words",
        };
        said.to_owned()
    }

    fn telling_words(&self, is_bad: bool) -> Vec<String> {
        let Some(change) = self.edit.change() else {
            return Vec::new();
        };
        let evidence = self.vocabulary.evidence();
        let words = evidence.telling_words(change.added.text(), is_bad);
        words.into_iter().map(|(word, _)| word).collect()
    }

    fn unusual_words(&self, contribution: f64) -> String {
        let Some(words) = self.edit.words() else {
            return HIDDEN.to_owned();
        };
        if words.added.is_empty() {
            return match words.removed.is_empty() {
                true => "changes no words",
                false => "adds no words, and removes some",
            }
            .to_owned();
        }
        let mut unknown = Vec::new();
        if !self.vocabulary.is_empty() {
            let is_unknown = |word: &crate::language::WordCount<'_>| !self.vocabulary.knows(*word);
            let words = words.added.iter().filter(is_unknown);
            words.for_each(|word| push_new(&mut unknown, word.word));
        }
        match (unknown.is_empty(), contribution > 0.0) {
            (false, _) => format!(
                "adds {} that the wiki does not use elsewhere: {}",
                number(unknown.len(), "word"),
                quote(&unknown)
            ),
            (true, true) => "adds words as the wiki seldom uses them".to_owned(),
            (true, false) => "adds words that the wiki uses elsewhere".to_owned(),
        }
    }

    fn added_text(&self, contribution: f64) -> String {
        let chars = self.value("added.chars");
        if chars.is_nan() {
            return HIDDEN.to_owned();
        }
        if chars == 0.0 {
            return "adds no text".to_owned();
        }
        let oddities = [
            (self.value("added.mashed_words") > 0.0, "keys hit at random"),
            (
                self.value("added.longest_letter_repeat") >= 4.0,
                "a letter repeated again and again",
            ),
            (
                self.value("added.repeated_words_share") >= 0.5 && self.value("added.words") >= 4.0,
                "words repeated again and again",
            ),
            (
                self.value("added.capital_words_share") >= 0.5
                    && self.value("added.capital_words") >= 2.0,
                "words in capitals",
            ),
            (self.value("added.exclamations") >= 2.0, "exclamation marks"),
            (
                self.value("added.oddities") > 0.0,
                "emoji or odd characters",
            ),
        ];
        let oddity = oddities
            .into_iter()
            .find(|(is_there, _)| *is_there && contribution > 0.0);
        let much = number(chars as usize, "character");
        match oddity {
            Some((_, what)) => format!("adds {much}, with {what}"),
            None => format!("adds {much}"),
        }
    }

    fn extent(&self) -> String {
        let removed = self.value("removed.chars");
        if removed.is_nan() {
            return HIDDEN.to_owned();
        }
        let flags = [
            ("change.became_empty", "empties the page"),
            ("change.redirect_created", "makes the page a redirect"),
            (
                "change.redirect_removed",
                "puts text in place of a redirect",
            ),
            ("change.replaced_whole", "replaces the whole page"),
            ("change.became_tiny", "removes nearly the whole page"),
            ("change.is_empty", "changes nothing"),
            ("change.only_whitespace", "changes white space alone"),
            ("change.only_numbers", "changes numbers alone"),
            ("change.only_altered", "alters single words"),
        ];
        if let Some((_, what)) = flags.into_iter().find(|(name, _)| self.is(name)) {
            return what.to_owned();
        }
        let share = self.value("change.removed_share");
        match removed {
            0.0 => "removes nothing".to_owned(),
            _ if share >= 0.1 => format!("removes {:.0} % of the page", share * 100.0),
            _ => format!("removes {}", number(removed as usize, "character")),
        }
    }

    fn links(&self) -> String {
        let Some(change) = self.edit.change() else {
            return HIDDEN.to_owned();
        };
        let domains: Vec<&str> = change
            .elements
            .added_domains
            .iter()
            .map(|added| added.domain.as_str())
            .collect();
        if !domains.is_empty() {
            let never = match self.column("domain_history.kept_least") {
                0.0 if domains.len() == 1 => " never kept on this wiki",
                0.0 => ", one of them never kept on this wiki",
                _ => "",
            };
            let site = match domains.len() {
                1 => "adds a link to a domain".to_owned(),
                n => format!("adds links to {n} domains"),
            };
            let odd = [
                ("links.look_alikes", " that looks like another on the page"),
                ("links.ip_addresses", " that is an IP address"),
                ("links.shorteners", " that hides where it leads"),
            ];
            let odd = odd.iter().find(|(name, _)| self.value(name) > 0.0);
            let odd = match (odd, domains.len(), never) {
                (Some((_, what)), 1, "") => (*what).to_owned(),
                (Some((_, what)), 1, _) => format!("{what},"),
                (Some((_, what)), ..) => format!(", one{what}"),
                (None, ..) => String::new(),
            };
            return format!("{site}{odd}{never}: {}", quote(&domains));
        }
        match self.value("links.removed") {
            n if n > 0.0 => format!("removes {}", number(n as usize, "link to other sites")),
            _ => "adds no links to other sites".to_owned(),
        }
    }

    fn wikitext(&self) -> String {
        let unbalanced = self.value("elements.unbalanced");
        if unbalanced.is_nan() {
            return HIDDEN.to_owned();
        }
        if self.is("elements.toolbar_samples") {
            return "adds samples of the edit toolbar".to_owned();
        }
        if unbalanced > 0.0 {
            return format!("leaves {} open", number(unbalanced as usize, "bracket"));
        }
        let sum = |ending: &str| -> usize {
            let elements = feature::bundle("elements").unwrap_or_default();
            let counts = elements
                .iter()
                .filter(|feature| feature.name.ends_with(ending))
                .map(|feature| self.value(feature.name));
            counts.filter(|count| *count > 0.0).sum::<f32>() as usize
        };
        let what = "links, templates, footnotes or other markup";
        let pieces = |n| number(n, "piece of wikitext");
        match (sum("_added"), sum("_removed")) {
            (0, 0) => format!("changes no {what}"),
            (added, 0) => format!("adds {}: {what}", pieces(added)),
            (0, removed) => format!("removes {}: {what}", pieces(removed)),
            (added, removed) => {
                format!("adds {added} and removes {}: {what}", pieces(removed))
            }
        }
    }

    fn summary(&self, contribution: f64) -> String {
        let Some(comment) = self.edit.revision().comment.as_deref() else {
            return "edit summary hidden".to_owned();
        };
        let words = self
            .edit
            .language()
            .count_badwords(&comment[..comment.floor_char_boundary(1_000)]);
        let words: Vec<String> = words.into_iter().map(|(word, _)| word).collect();
        if !words.is_empty() {
            return format!("insulting or profane edit summary: {}", quote(&words));
        }
        let is_odd = self.value("edit_summary.capitals_share") > 0.7
            || self.value("edit_summary.longest_repeat") >= 5.0
            || self.value("edit_summary.exclamations") >= 2.0
            || self.value("edit_summary.mashed_words") > 0.0;
        let n_words = self.value("edit_summary.own_words");
        let said = [
            (
                "edit_summary.is_automatic",
                "edit summary written by MediaWiki",
            ),
            (
                "edit_summary.claims_revert",
                "edit summary speaks of a revert",
            ),
            ("edit_summary.has_url", "edit summary with an address"),
            ("edit_summary.mentions_bot", "edit summary of a bot"),
            ("edit_summary.is_empty", "blank edit summary"),
        ];
        if let Some((_, said)) = said.into_iter().find(|(name, _)| self.is(name)) {
            return said.to_owned();
        }
        match is_odd && contribution > 0.0 {
            true => "odd edit summary".to_owned(),
            false => format!(
                "edit summary of {}",
                number(n_words.max(0.0) as usize, "word")
            ),
        }
    }

    fn account(&self) -> String {
        let sees = |names: [&str; 2]| names.iter().any(|name| self.column(name) > 0.0);
        if sees(["author.is_bot", "user.is_bot"]) {
            return "author is a bot".to_owned();
        }
        if sees(["author.is_anonymous", "user.is_anonymous"]) {
            return "author without an account".to_owned();
        }
        if self.column("author.is_temporary") > 0.0 {
            return "author with a temporary account".to_owned();
        }
        if sees(["user.is_trusted", "user.is_admin"])
            || sees(["user.is_patroller", "user.is_curator"])
        {
            return "author with special rights".to_owned();
        }
        match self.column_count("author.edit_count") {
            Some(0) => return "author's first edit".to_owned(),
            Some(n) => {
                return format!("author with {}", number(n as usize, "edit before"));
            }
            None => {}
        }
        match self.column("author.is_registered") > 0.0 {
            true => "author with an account".to_owned(),
            false => "author's account not known".to_owned(),
        }
    }

    fn record(&self) -> String {
        let reverted = self.column_count("author_history.reverted").unwrap_or(0);
        let is_of_bad_network = self.column("author_history.network_reverted_share") >= 0.25
            && self.column_count("author_history.network_edits") > Some(0);
        match (self.column_count("author_history.edits"), reverted) {
            (None, _) => "author's earlier edits not known".to_owned(),
            (Some(0), _) if is_of_bad_network => {
                "new author, from a network whose edits were often reverted".to_owned()
            }
            (Some(0), _) => "new author".to_owned(),
            (Some(1), 0) => "the author's one earlier edit was not reverted".to_owned(),
            (Some(1), _) => "the author's one earlier edit was reverted".to_owned(),
            (Some(n), 0) => format!("none of the author's {n} earlier edits was reverted"),
            (Some(n), 1) => format!("1 of the author's {n} earlier edits was reverted"),
            (Some(n), reverted) => {
                format!("{reverted} of the author's {n} earlier edits were reverted")
            }
        }
    }

    fn page_record(&self) -> String {
        if self.column("page_history.parent_is_revert") > 0.0
            || self.column("origin.parent_claims_revert") > 0.0
        {
            return "the edit before was a revert".to_owned();
        }
        let lately = self.column_count("page_history.recently_reverted");
        match (self.column_count("page_history.edits"), lately) {
            (Some(0), _) => "first edit of the page".to_owned(),
            (_, Some(n)) if n > 0 => {
                format!("{n} of the page's last 16 edits reverted")
            }
            (Some(n), _) => format!("page with {}", number(n as usize, "earlier edit")),
            (None, _) => "page's earlier edits not known".to_owned(),
        }
    }

    fn page(&self) -> String {
        let namespace = self.edit.page().namespace;
        let kind = match namespace {
            0 => "an article",
            1 => "an article's talk page",
            2 | 3 => "a user's page",
            n if n > 0 && n % 2 == 1 => "a talk page",
            _ => "a page that is no article",
        };
        match (self.edit.parent().is_none(), self.edit.change()) {
            (true, _) => format!("creates {kind}"),
            (false, Some(change)) => format!(
                "edits {kind} of {}",
                number(change.before.chars as usize, "character")
            ),
            (false, None) => format!("edits {kind}"),
        }
    }

    fn unless_hidden(&self, said: &str) -> String {
        match self.edit.change() {
            Some(_) => said.to_owned(),
            None => HIDDEN.to_owned(),
        }
    }
}

const HIDDEN: &str = "text hidden";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Added,
    Removed,
}

/// `1 word`, `2 words`: the plural's ending goes to the first noun.
fn number(n: usize, what: &str) -> String {
    if n == 1 {
        return format!("1 {what}");
    }
    match what.split_once(' ') {
        // "insulting or profane word" ends in its noun, "word of slang" begins with it.
        Some((noun, rest)) if matches!(noun, "word" | "link" | "edit" | "piece") => {
            format!("{n} {noun}s {rest}")
        }
        _ => format!("{n} {what}s"),
    }
}

fn push_new(words: &mut Vec<String>, word: &str) {
    if !words.iter().any(|known| known == word) {
        words.push(word.to_owned());
    }
}

/// Words of an edit between commas: the first ones, cut, and how many are left out.
fn quote(words: &[impl AsRef<str>]) -> String {
    let quoted: Vec<String> = words
        .iter()
        .take(QUOTED_WORDS)
        .map(|word| cut(word.as_ref()))
        .collect();
    let more = match words.len().saturating_sub(QUOTED_WORDS) {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    format!("{}{more}", quoted.join(", "))
}

/// A word cut between graphemes, without what cannot be seen and turns or hides other text.
fn cut(word: &str) -> String {
    let is_format = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let mut kept = String::new();
    for (n, grapheme) in word.graphemes(true).enumerate() {
        if n == QUOTED_GRAPHEMES || grapheme.len() > GRAPHEME_BYTES {
            kept.push('…');
            break;
        }
        kept.extend(grapheme.chars().filter(|c| !is_format(*c)));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::FeatureSet;
    use crate::history::Facts;
    use crate::language::Language;
    use crate::revision::{Page, Revision, User};

    /// What a family says of an edit on an English wiki, with all features seen.
    #[track_caller]
    fn check(family: Family, before: Option<&str>, after: Revision, expected: &str) {
        check_with(family, before, after, Facts::default(), expected);
    }

    #[track_caller]
    fn check_with(
        family: Family,
        before: Option<&str>,
        after: Revision,
        facts: Facts,
        expected: &str,
    ) {
        let parent = before.map(text);
        let page = Page::default();
        let edit =
            Edit::new(parent.as_ref(), &after, &page, Language::of_code("en")).with_facts(facts);
        let vocabulary = Vocabulary::default();
        let columns = FeatureSet::Full.features();
        let row: Vec<f32> = columns
            .iter()
            .map(|column| column.value(&edit, &vocabulary))
            .collect();
        let seen = Seen {
            edit: &edit,
            columns: &columns,
            row: &row,
            vocabulary: &vocabulary,
        };
        assert_eq!(seen.say(family, 1.0), expected);
    }

    fn text(text: &str) -> Revision {
        Revision {
            text: Some(text.into()),
            comment: Some(String::new()),
            ..Revision::default()
        }
    }

    #[test]
    fn words_of_the_edit_are_quoted() {
        let old = Some("A river.");
        check(
            Family::Profanity,
            old,
            text("A river. You idiot, you dumb Idiot"),
            "adds 2 insulting or profane words: idiot, dumb",
        );
        check(
            Family::Profanity,
            Some("A dumb river."),
            text("A river."),
            "removes 1 insulting or profane word: dumb",
        );
        check(
            Family::Profanity,
            old,
            text("A river. 5h1t"),
            "adds insulting or profane words in disguise",
        );
        check(
            Family::Profanity,
            old,
            text("A long river."),
            "adds no insulting or profane words",
        );
        check(
            Family::Slang,
            old,
            text("A river. lol"),
            "adds 1 word of slang or chat: lol",
        );
        check(
            Family::Links,
            old,
            text("A river. [http://watches.example x] http://a.example"),
            "adds links to 2 domains: a.example, watches.example",
        );
        check(
            Family::Links,
            old,
            text("A river. http://192.0.2.7/x"),
            "adds a link to a domain that is an IP address: 192.0.2.7",
        );
        check(
            Family::Links,
            Some("http://example.org"),
            text("http://example.org http://example.net http://bit.ly/x"),
            "adds links to 2 domains, one that looks like another on the page: bit.ly, example.net",
        );
        check(Family::Links, old, Revision::default(), "text hidden");
    }

    #[test]
    fn extents_are_told_by_the_most_telling() {
        let page = "A river in the north of the county. ".repeat(10);
        check(Family::Extent, Some(&page), text(""), "empties the page");
        check(
            Family::Extent,
            Some(&page),
            text(&page[..page.len() / 2]),
            "removes 50 % of the page",
        );
        check(
            Family::Extent,
            Some("A river. x"),
            text("A river. x y"),
            "removes nothing",
        );
        check(Family::Extent, Some("a"), text("a"), "changes nothing");
        check(Family::Page, None, text("a"), "creates an article");
        check(
            Family::AddedText,
            Some("a"),
            text("a HAHA HOHO HUHU"),
            "adds 15 characters, with words in capitals",
        );
        check(Family::AddedText, Some("a"), text(""), "adds no text");
    }

    #[test]
    fn the_author_and_the_past_are_told_as_far_as_they_are_known() {
        let by = |name: &str| Revision {
            user: User::named(name),
            ..text("a")
        };
        check(
            Family::Account,
            None,
            by("192.0.2.7"),
            "author without an account",
        );
        check(Family::Account, None, by("Ada"), "author with an account");
        check(
            Family::Account,
            None,
            text("a"),
            "author's account not known",
        );
        check(
            Family::Record,
            None,
            by("Ada"),
            "author's earlier edits not known",
        );
        #[track_caller]
        fn record(edits: f32, reverted: f32, expected: &str) {
            let facts = Facts {
                author_edits: edits,
                author_reverted: reverted,
                ..Facts::default()
            };
            check_with(Family::Record, None, text("a"), facts, expected);
        }
        record(0.0, 0.0, "new author");
        record(1.0, 1.0, "the author's one earlier edit was reverted");
        record(4.0, 3.0, "3 of the author's 4 earlier edits were reverted");
        record(
            12.0,
            0.0,
            "none of the author's 12 earlier edits was reverted",
        );
        let facts = Facts {
            domain_kept_least: 0.0,
            ..Facts::default()
        };
        check_with(
            Family::Links,
            Some("A river."),
            text("A river. [http://watches.example x]"),
            facts,
            "adds a link to a domain never kept on this wiki: watches.example",
        );
        let facts = Facts {
            author_edits: 0.0,
            network_edits: 9.0,
            network_reverted_share: 0.5,
            ..Facts::default()
        };
        check_with(
            Family::Record,
            None,
            by("192.0.2.7"),
            facts,
            "new author, from a network whose edits were often reverted",
        );
    }

    #[test]
    fn markup_is_counted() {
        check(
            Family::Wikitext,
            Some("a river"),
            text("a [[river]]"),
            "adds 1 piece of wikitext: links, templates, footnotes or other markup",
        );
        check(
            Family::Wikitext,
            Some("a [[river]] {{b}}"),
            text("a river [[c]]"),
            "adds 1 and removes 2 pieces of wikitext: links, templates, footnotes or other markup",
        );
        check(
            Family::Wikitext,
            Some("a river"),
            text("a [[river"),
            "leaves 1 bracket open",
        );
    }

    #[test]
    fn summaries_are_told_by_their_form() {
        let said = |comment: &str| Revision {
            comment: Some(comment.to_owned()),
            ..text("a")
        };
        check(Family::Summary, None, said(""), "blank edit summary");
        check(
            Family::Summary,
            None,
            said("/* x */ "),
            "blank edit summary",
        );
        check(Family::Summary, None, said("HAHAHA"), "odd edit summary");
        check(
            Family::Summary,
            None,
            said("rv vandal"),
            "edit summary speaks of a revert",
        );
        check(
            Family::Summary,
            None,
            said("fixed a typo"),
            "edit summary of 3 words",
        );
        check(
            Family::Summary,
            None,
            said("you idiot"),
            "insulting or profane edit summary: idiot",
        );
        check(
            Family::Summary,
            None,
            Revision::default(),
            "edit summary hidden",
        );
    }

    #[test]
    fn quotes_are_short_and_whole_and_turn_nothing_around() {
        assert_eq!(
            quote(&["a", "b", "c", "d", "e", "f", "g"]),
            "a, b, c, d, e and 2 more"
        );
        assert_eq!(cut(&"x".repeat(30)), format!("{}…", "x".repeat(24)));
        let family = "👩‍👩‍👧";
        let kept = cut(&family.repeat(30));
        assert_eq!(kept.chars().filter(|c| *c == '👧').count(), 24);
        assert_eq!(cut("a\u{202e}b\u{200f}c"), "abc");
        let zalgo = format!("a{}", "\u{301}".repeat(500));
        assert_eq!(cut(&zalgo), "…");
        assert!(quote(&vec!["\u{1f600}".repeat(99); 9]).len() < 700);
    }
}
