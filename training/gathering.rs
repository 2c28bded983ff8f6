//! Dumps and a recipe -> labelled rows, and the words that the wiki uses: what `run` learns from and
//! `extract` writes down. One pass over the dumps.

use anyhow::{Context as _, Result};
use revscore::feature::Feature;
use revscore::history::History;
use revscore::language::{Language, Vocabulary};
use revscore::model::{ANY_WIKI, Source, Target};
use revscore::revision::Timestamp;

use crate::extraction::{Extraction, Wanted};
use crate::input::InputArgs;
use crate::recipe::Recipe;
use crate::rows::{Collector, Finished, Labelling, Rows};

/// What to gather.
pub(crate) struct Gathering<'a> {
    /// Where from.
    pub(crate) input: &'a InputArgs,
    /// Which rows and columns.
    pub(crate) recipe: &'a Recipe,
    /// The wiki's database name.
    pub(crate) wiki: &'a str,
    /// What the labels say.
    pub(crate) target: Target,
    /// Only edits, and words of texts, before this time.
    pub(crate) until: Option<Timestamp>,
}

/// What was gathered.
pub(crate) struct Gathered {
    /// One row an edit.
    pub(crate) rows: Rows,
    /// Their columns.
    pub(crate) columns: Vec<&'static Feature>,
    /// The wiki's words; empty where no column looks words up.
    pub(crate) vocabulary: Vocabulary,
    /// What the wiki's edits so far say about the next one.
    pub(crate) history: History,
    /// What was read.
    pub(crate) sources: Vec<Source>,
}

/// Reads the dumps.
pub(crate) fn gather(gathering: &Gathering<'_>) -> Result<Gathered> {
    let &Gathering {
        input,
        recipe,
        wiki,
        target,
        until,
    } = gathering;
    let columns = recipe.columns()?;
    let has_words = columns.iter().any(|column| column.is_lexical());
    let extraction = Extraction {
        columns: columns.clone(),
        vocabulary: None,
        page_words: has_words,
        language: Language::of_wiki(wiki),
        wanted: Wanted {
            bots: recipe.rows.bots,
            first_revisions: recipe.rows.first_revisions,
            until,
            ..Wanted::default()
        },
        labels: recipe.labels.options(),
        is_one_wiki: wiki != ANY_WIKI,
    };
    let labelling = Labelling {
        target,
        human: input.human_labels(target)?,
        given: None,
        rows: recipe.rows.clone(),
    };
    let new_collector = || Collector::new(columns.clone(), labelling.clone());
    let (collectors, sources) = input.read(extraction, new_collector)?;
    let collector = Collector::joined(collectors).context("no dump was read")?;
    let vocabulary = if has_words {
        collector.vocabulary()
    } else {
        Vocabulary::default()
    };
    let Finished {
        rows,
        vocabulary,
        history,
    } = collector.finish(vocabulary);
    rows.counts.say();
    Ok(Gathered {
        rows,
        columns,
        vocabulary,
        history,
        sources,
    })
}
