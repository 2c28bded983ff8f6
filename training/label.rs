//! `revscore-train label`: a dump's revisions with what became of them, as JSON lines.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, bail};
use clap::Args;
use revscore::corpus::{
    self, DumpCounts, DumpError, Event, Events, FileRead, Input, LabelOptions, Labeller,
    ReadOptions, RevertCommentKind, RevertReason, RevisionLabel, Window, vandalism,
};
use revscore::revision::{Page, Revision, RevisionId, Timestamp, User, UserKind};
use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::input::NO_PAGE;
use crate::output::{Output, check_interrupted, is_broken_pipe};
use crate::progress::Progress;
use crate::review::{ReviewReason, Trust, review};
use crate::selection::read_selection;

/// Label every revision of a dump: reverted or not, by whom, how soon, and whether that lasted.
///
/// One JSON object a line and revision, page by page, in order of time. An edit counts as
/// reverted when somebody else than its author restores an earlier text of the page (the same
/// SHA-1) with at most --radius revisions in between and within --window. `self_reverted` marks
/// edits that only their author took back, `revert_undone` those whose revert somebody else took
/// back; training leaves both out. `edit_war` marks reverted edits whose author and reverter
/// reverted each other; `vandalism` is true where a revert looks like the end of vandalism, false
/// for edits that nobody reverted, and null where that is unclear. `reverts` lists what a reverting edit reverted.
/// `needs_review` and `reason` follow editquality's autolabel.
#[derive(Args, Debug)]
pub(crate) struct LabelArgs {
    /// MediaWiki export XML, plain or packed as .gz, .bz2, .xz, .zst or .7z; - for standard input
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    dump: Vec<Input>,
    /// Where the JSON lines go; - for standard output
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Most revisions that a revert can take back at once
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..=1000))]
    radius: u16,
    /// Time within which a revert must follow to count: such as 48h, 90m, 7d, or none
    #[arg(long, value_name = "TIME", default_value = "48h")]
    window: Window,
    /// Keep what can be read of a truncated or damaged dump
    #[arg(long)]
    allow_truncated: bool,
    /// Read only these pages (ids as a JSON array, or one a line)
    #[arg(long, value_name = "FILE")]
    only_pages: Option<PathBuf>,
    /// Leave these pages out (ids as a JSON array, or one a line)
    #[arg(long, value_name = "FILE")]
    skip_pages: Option<PathBuf>,
    /// User groups whose edits need no review unless reverted; a dump tells only `bot`, by the
    /// account's name
    #[arg(long, value_name = "GROUP", value_delimiter = ',')]
    trusted_groups: Vec<String>,
    /// Accounts with at least so many edits in these dumps need no review unless reverted; the
    /// dumps are read twice for it
    #[arg(long, value_name = "N")]
    trusted_edits: Option<u64>,
}

/// Runs the subcommand.
pub(crate) fn run(args: LabelArgs) -> anyhow::Result<()> {
    let pages = read_selection(args.only_pages.as_deref(), args.skip_pages.as_deref())?;
    let read_options = ReadOptions {
        pages: Arc::new(pages),
        allow_truncated: args.allow_truncated,
        ..ReadOptions::default()
    };
    let labelling = Labelling {
        options: LabelOptions {
            radius: args.radius.into(),
            window_seconds: args.window.0,
        },
        trust: Trust {
            groups: args.trusted_groups.clone(),
            edits: args.trusted_edits,
        },
        n_edits: match args.trusted_edits {
            Some(_) => count_edits(&args.dump, &read_options)?,
            None => FxHashMap::default(),
        },
    };
    let output = Mutex::new(Output::create(&args.out)?);
    let spool_directory = spool_directory(&args.out);
    let files = {
        let progress = Progress::start("label", &args.dump);
        corpus::read(
            &args.dump,
            &read_options,
            progress.meter(),
            |file_idx, events| {
                // The first file goes straight to the output, the others wait beside it for their
                // turn.
                if file_idx == 0 {
                    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
                    labelling.write(events, &mut *output).map(|()| None)
                } else {
                    let spool = tempfile::tempfile_in(&spool_directory)
                        .context("cannot write a temporary file")?;
                    let mut spool = BufWriter::new(spool);
                    labelling.write(events, &mut spool)?;
                    Ok(Some(
                        spool.into_inner().map_err(io::IntoInnerError::into_error)?,
                    ))
                }
            },
        )
    };
    let mut output = output.into_inner().unwrap_or_else(PoisonError::into_inner);
    match files.and_then(|files| append(files, &mut output)) {
        Ok(counts) => {
            output.finish()?;
            eprintln!("label: {counts}");
            if counts.pages == 0 {
                eprintln!("{NO_PAGE}");
            }
            Ok(())
        }
        // `label --out - | head` is no failure.
        Err(error) if output.is_immediate() && is_broken_pipe(&error) => Ok(()),
        Err(error) => Err(error),
    }
}

fn append(files: Vec<FileRead<Option<File>>>, output: &mut Output) -> anyhow::Result<DumpCounts> {
    let mut counts = DumpCounts::default();
    for file in files {
        counts += file.counts;
        if let Some(damage) = file.damage {
            eprintln!("warning: {damage}; what came before it is kept");
        }
        if let Some(mut spool) = file.result {
            spool.seek(SeekFrom::Start(0))?;
            io::copy(&mut spool, output)?;
        }
        check_interrupted()?;
    }
    output.flush()?;
    Ok(counts)
}

fn spool_directory(out: &Path) -> PathBuf {
    match out.parent() {
        Some(parent) if parent.is_dir() => parent.to_owned(),
        _ if out.as_os_str() == "-" => std::env::temp_dir(),
        _ => PathBuf::from("."),
    }
}

/// Every account's edits in the dumps. editquality asks the wiki for the edits that the account
/// has today; a dump of the whole wiki comes close to it, one of some pages does not.
fn count_edits(inputs: &[Input], options: &ReadOptions) -> anyhow::Result<FxHashMap<String, u64>> {
    if inputs.contains(&Input::Stdin) {
        bail!(
            "--trusted-edits reads the dumps twice, which standard input does not allow: give a file"
        );
    }
    let progress = Progress::start("count edits", inputs);
    let files = corpus::read(inputs, options, progress.meter(), |_, events| {
        let mut n_edits = FxHashMap::<String, u64>::default();
        for event in events {
            if let Event::Revision(revision) = event?
                && let Some(name) = revision.revision.user.name
            {
                *n_edits.entry(name).or_default() += 1;
            }
        }
        Ok::<_, DumpError>(n_edits)
    })?;
    let mut total = FxHashMap::default();
    for (name, n) in files.into_iter().flat_map(|file| file.result) {
        *total.entry(name).or_default() += n;
    }
    Ok(total)
}

struct Labelling {
    options: LabelOptions,
    trust: Trust,
    n_edits: FxHashMap<String, u64>,
}

/// What a line needs of a revision while its label is not final.
struct Waiting {
    id: RevisionId,
    parent_id: Option<RevisionId>,
    timestamp: Option<Timestamp>,
    user: User,
}

impl Labelling {
    fn write(&self, events: &mut Events<'_>, out: &mut impl Write) -> anyhow::Result<()> {
        let mut labeller = Labeller::new(&self.options);
        let mut waiting = VecDeque::new();
        let mut page = Page::default();
        let mut previous = None;
        for event in events {
            match event? {
                Event::Site(_) => {}
                Event::PageStart(started) => {
                    page = started;
                    previous = None;
                }
                Event::Revision(revision) => {
                    labeller.push(&revision);
                    let Revision {
                        id,
                        parent_id,
                        timestamp,
                        user,
                        ..
                    } = revision.revision;
                    waiting.push_back(Waiting {
                        id,
                        parent_id: parent_id.or(previous),
                        timestamp,
                        user,
                    });
                    previous = Some(id);
                }
                Event::PageEnd => labeller.end_page(),
            }
            for label in labeller.take_final() {
                let Some(revision) = waiting.pop_front() else {
                    bail!("a label without a revision")
                };
                self.write_line(&page, &revision, &label, out)?;
            }
        }
        Ok(())
    }

    fn write_line(
        &self,
        page: &Page,
        revision: &Waiting,
        label: &RevisionLabel,
        out: &mut impl Write,
    ) -> anyhow::Result<()> {
        let user = &revision.user;
        let n_edits = user
            .name
            .as_ref()
            .and_then(|name| self.n_edits.get(name))
            .copied()
            .unwrap_or(0);
        let (needs_review, reason) = review(label, user, n_edits, &self.trust);
        let reverted = label.reverted.as_ref();
        let reverting = label.reverting.as_ref();
        let line = Line {
            rev_id: revision.id.0,
            parent_id: revision.parent_id.map(|id| id.0),
            page_id: page.id.0,
            namespace: page.namespace,
            timestamp: revision.timestamp,
            user: user.name.as_deref(),
            is_anon: user.kind == UserKind::Anonymous,
            is_temporary: user.kind == UserKind::Temporary,
            is_bot: user.is_bot(),
            reverted: reverted.is_some(),
            reverted_by: reverted.map(|r| r.by.0),
            self_reverted: label.self_reverted,
            revert_undone: label.revert_undone,
            edit_war: label.edit_war,
            vandalism: vandalism(label),
            seconds_to_revert: reverted.and_then(|r| r.seconds),
            revert_comment_kind: reverted.map(|r| r.comment),
            revert_reason: reverted.map(|r| r.reason),
            reverting: reverting.is_some(),
            reverted_to: reverting.map(|r| r.to.0),
            reverts: reverting.map_or(&[], |r| &r.whose),
            needs_review,
            reason,
        };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
        Ok(())
    }
}

/// One line of the output; its fields are the format.
#[derive(Serialize)]
struct Line<'a> {
    rev_id: u64,
    /// As the dump says; where it does not, the page's revision before.
    parent_id: Option<u64>,
    page_id: u64,
    namespace: i32,
    timestamp: Option<Timestamp>,
    user: Option<&'a str>,
    is_anon: bool,
    is_temporary: bool,
    is_bot: bool,
    reverted: bool,
    reverted_by: Option<u64>,
    self_reverted: bool,
    revert_undone: bool,
    edit_war: bool,
    vandalism: Option<bool>,
    seconds_to_revert: Option<i64>,
    revert_comment_kind: Option<RevertCommentKind>,
    revert_reason: Option<RevertReason>,
    reverting: bool,
    reverted_to: Option<u64>,
    reverts: &'a [RevisionId],
    needs_review: bool,
    reason: Option<ReviewReason>,
}
