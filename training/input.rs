//! What the subcommands that learn from dumps have in common: their arguments, and one pass over
//! the dumps.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};
use clap::Args;
use revscore::corpus::{self, Event, Events, FileRead, Input, ReadOptions, SiteInfo};
use revscore::model::{Source, Target};

use crate::extraction::{Extraction, Extractor, Sink, with_workers};
use crate::labels::Labels;
use crate::progress::Progress;
use crate::selection::read_selection;

/// Which dumps to read, and which pages of them.
#[derive(Args, Clone, Debug)]
pub(crate) struct InputArgs {
    /// MediaWiki history dumps (export XML 0.3 to 0.11: plain, .gz, .bz2, .xz, .zst or .7z;
    /// `-` is standard input)
    #[arg(long, num_args = 1.., value_name = "FILE")]
    dump: Vec<Input>,

    /// Read only the pages whose ids are in this file (a JSON array, or one a line)
    #[arg(long, value_name = "FILE")]
    only_pages: Option<PathBuf>,

    /// Leave out the pages whose ids are in this file (a JSON array, or one a line)
    #[arg(long, value_name = "FILE")]
    skip_pages: Option<PathBuf>,

    /// Human labels: JSON lines with rev_id, damaging, goodfaith
    #[arg(long, num_args = 1.., value_name = "FILE")]
    labels: Vec<PathBuf>,

    /// Keep what was read of a truncated or damaged dump, instead of ending with an error
    #[arg(long)]
    allow_truncated: bool,
}

/// What came of a dump.
struct ReadFile<S> {
    sink: S,
    /// Whose dump it is.
    site: Arc<SiteInfo>,
    /// A number for each different wiki among the dumps.
    wiki: u64,
    source: Source,
}

/// What is said where nothing came of reading, and nothing is wrong with that.
pub(crate) const NO_PAGE: &str =
    "warning: no page was read; check the dump, --only-pages and --skip-pages";

impl InputArgs {
    /// The options that chose among what was read, with files by name alone.
    pub(crate) fn selection(&self) -> Vec<String> {
        let mut selection = Vec::new();
        let pages = [
            ("--only-pages", &self.only_pages),
            ("--skip-pages", &self.skip_pages),
        ];
        let pages = pages
            .into_iter()
            .filter_map(|(option, path)| Some((option, path.as_deref()?)));
        let labels = self.labels.iter().map(|path| ("--labels", path.as_path()));
        for (option, path) in pages.chain(labels) {
            let name = path.file_name().unwrap_or(path.as_os_str());
            selection.extend([option.to_owned(), name.to_string_lossy().into_owned()]);
        }
        if self.allow_truncated {
            selection.push("--allow-truncated".to_owned());
        }
        selection
    }

    /// Whether label files are given.
    pub(crate) fn has_labels(&self) -> bool {
        !self.labels.is_empty()
    }

    /// Refuses standard input, which an option that reads the dumps twice cannot have.
    pub(crate) fn check_files(&self, option: &str) -> Result<()> {
        if self.dump.iter().any(|input| matches!(input, Input::Stdin)) {
            bail!(
                "{option} reads the dumps twice, and standard input can be read once; give --dump a file"
            );
        }
        Ok(())
    }

    /// The same dumps, with all of their pages.
    pub(crate) fn of_all_pages(&self) -> Self {
        Self {
            only_pages: None,
            skip_pages: None,
            ..self.clone()
        }
    }

    /// The labels in the label files, without which some targets cannot be known.
    pub(crate) fn human_labels(&self, target: Target) -> Result<Labels> {
        if self.labels.is_empty() && target.needs_people() {
            bail!(
                "which edits are {} only people can say: give their labels with --labels FILE (JSON lines with \
                 rev_id, damaging, goodfaith)",
                target.wanted()
            );
        }
        Ok(Labels::read(&self.labels)?)
    }

    /// Reads the dumps once, side by side, each into a sink of its own. Gives the sinks in the
    /// order of the dumps, and what was read. Pages of different wikis stay apart, although their
    /// ids may be the same.
    pub(crate) fn read<S: Sink + Send>(
        &self,
        extraction: Extraction,
        new_sink: impl Fn() -> S + Sync,
    ) -> Result<(Vec<S>, Vec<Source>)> {
        let n_files_at_once = ReadOptions::default().n_files_at_once;
        let mut files = self.read_at_once(n_files_at_once, extraction, new_sink)?;
        number_wikis(&mut files);
        let scoped = |mut file: ReadFile<S>| {
            if file.wiki > 0 {
                file.sink.scope_pages(file.wiki);
            }
            (file.sink, file.source)
        };
        Ok(files.into_iter().map(scoped).unzip())
    }

    /// Reads the dumps one after the other into one sink.
    pub(crate) fn read_in_turn<S: Sink + Send>(
        &self,
        extraction: Extraction,
        sink: S,
    ) -> Result<S> {
        let sink = std::sync::Mutex::new(sink);
        let files = self.read_at_once(1, extraction, || &sink)?;
        if files.iter().all(|file| file.source.pages == 0) {
            eprintln!("{NO_PAGE}");
        }
        Ok(sink
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn read_at_once<S: Sink + Send>(
        &self,
        n_files_at_once: usize,
        extraction: Extraction,
        new_sink: impl Fn() -> S + Sync,
    ) -> Result<Vec<ReadFile<S>>> {
        if self.dump.is_empty() {
            bail!("expected a dump to read: --dump FILE");
        }
        let pages = read_selection(self.only_pages.as_deref(), self.skip_pages.as_deref())?;
        let options = ReadOptions {
            pages: Arc::new(pages),
            allow_truncated: self.allow_truncated,
            n_files_at_once,
        };
        let extraction = Arc::new(extraction);
        let files = with_workers(&extraction, |jobs| {
            let progress = Progress::start("read", &self.dump);
            corpus::read(&self.dump, &options, progress.meter(), |_, events| {
                extract(
                    events,
                    Extractor::new(&extraction, jobs.clone(), new_sink()),
                )
            })
        })?;
        let mut read = Vec::new();
        for (
            FileRead {
                result: (sink, site),
                counts,
                damage,
            },
            input,
        ) in files.into_iter().zip(&self.dump)
        {
            eprintln!("{input}: {counts}");
            if let Some(damage) = damage {
                eprintln!("warning: {damage}; what came before it is kept");
            }
            let source = Source {
                name: file_name(input),
                pages: counts.pages,
                revisions: counts.revisions,
            };
            read.push(ReadFile {
                sink,
                site,
                wiki: 0,
                source,
            });
        }
        Ok(read)
    }
}

fn extract<S: Sink>(
    events: &mut Events<'_>,
    mut extractor: Extractor<S>,
) -> Result<(S, Arc<SiteInfo>)> {
    let mut site = Arc::default();
    for event in events {
        match event? {
            Event::Site(read) => {
                extractor.start_site(&read);
                site = read;
            }
            Event::PageStart(page) => extractor.start_page(page),
            Event::Revision(revision) => extractor.push(revision)?,
            Event::PageEnd => extractor.end_page()?,
        }
    }
    Ok((extractor.finish()?, site))
}

/// Gives each dump's wiki a number, in the order of the dumps; the first is 0.
fn number_wikis<S>(files: &mut [ReadFile<S>]) {
    let mut wikis: Vec<Arc<SiteInfo>> = Vec::new();
    for file in files {
        let known = wikis.iter().position(|wiki| wiki.is_same_wiki(&file.site));
        file.wiki = known.unwrap_or(wikis.len()) as u64;
        if known.is_none() {
            wikis.push(Arc::clone(&file.site));
        }
    }
}

/// A dump's name without its directory, which says nothing to others.
fn file_name(input: &Input) -> String {
    match input {
        Input::Stdin => input.to_string(),
        Input::File(path) => path
            .file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy()
            .into_owned(),
    }
}
