//! Output files that are either whole or not there.
//!
//! A file is written under a temporary name in its own directory and renamed when it is complete;
//! an error, a panic or Ctrl-C leaves nothing behind, and an older file stays as it was. Also the
//! place where Ctrl-C is caught, because removing these files is what it is caught for.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use tempfile::NamedTempFile;

/// Exit code of a command that Ctrl-C ended: 128 + SIGINT, as shells have it.
pub(crate) const INTERRUPTED_EXIT_CODE: u8 = 130;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Temporary files that exist now: a second Ctrl-C ends the process without unwinding.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// The command was ended by Ctrl-C (or SIGTERM).
#[derive(Debug, thiserror::Error)]
#[error("interrupted: no output file was written")]
pub(crate) struct Interrupted;

/// Lets the first Ctrl-C end the command in good order, and the second one at once.
pub(crate) fn catch_ctrl_c() -> anyhow::Result<()> {
    ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::SeqCst) {
            for path in unfinished().drain(..) {
                // The process ends anyway; a file that cannot be removed cannot be helped.
                let _ = std::fs::remove_file(path);
            }
            process::exit(INTERRUPTED_EXIT_CODE.into());
        }
        eprintln!("interrupted: stopping (press again to stop at once)");
    })
    .context("cannot catch Ctrl-C")
}

/// Whether Ctrl-C was pressed.
pub(crate) fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// An error when Ctrl-C was pressed, for `?` in long loops.
pub(crate) fn check_interrupted() -> Result<(), Interrupted> {
    if is_interrupted() {
        Err(Interrupted)
    } else {
        Ok(())
    }
}

fn unfinished() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A file being written; it appears under its name with [`finish`](Self::finish).
pub(crate) struct Output {
    name: String,
    sink: Sink,
}

enum Sink {
    Stdout(BufWriter<io::Stdout>),
    /// A device or pipe, which must not be replaced by a file.
    Direct(BufWriter<File>),
    Temporary {
        writer: BufWriter<NamedTempFile>,
        target: PathBuf,
    },
}

impl Output {
    /// Begins a file; `-` is standard output.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        if name == "-" {
            let sink = Sink::Stdout(BufWriter::with_capacity(1 << 16, io::stdout()));
            return Ok(Self {
                name: "standard output".into(),
                sink,
            });
        }
        let sink = open_sink(path).with_context(|| format!("cannot write {name}"))?;
        if let Sink::Temporary { writer, .. } = &sink {
            unfinished().push(writer.get_ref().path().to_owned());
        }
        Ok(Self { name, sink })
    }

    /// Whether what is written can be seen before [`finish`](Self::finish).
    pub(crate) fn is_immediate(&self) -> bool {
        !matches!(self.sink, Sink::Temporary { .. })
    }

    /// Makes the file appear, replacing an older one. Does nothing of the kind after Ctrl-C.
    pub(crate) fn finish(mut self) -> anyhow::Result<()> {
        check_interrupted()?;
        self.complete()?;
        self.appear()
    }

    /// Brings all that was written to the disk, still under the temporary name.
    fn complete(&mut self) -> anyhow::Result<()> {
        self.flush()?;
        if let Sink::Temporary { writer, .. } = &self.sink {
            let file = writer.get_ref().as_file();
            file.sync_all()
                .with_context(|| format!("cannot write {}", self.name))?;
        }
        Ok(())
    }

    /// Gives a complete file its name.
    fn appear(self) -> anyhow::Result<()> {
        if let Sink::Temporary { writer, target } = &self.sink {
            std::fs::rename(writer.get_ref().path(), target)
                .with_context(|| format!("cannot write {}", self.name))?;
        }
        Ok(())
    }

    fn named(&self, error: io::Error) -> io::Error {
        // The reader of standard output went away: whoever asks for the kind can end quietly.
        io::Error::new(error.kind(), format!("cannot write {}: {error}", self.name))
    }
}

/// Whether the reader of what was written went away.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = cause
            .downcast_ref::<serde_json::Error>()
            .and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(io::ErrorKind::BrokenPipe)
    })
}

/// Writes a whole file, or leaves it as it was.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut output = Output::create(path)?;
    output.write_all(bytes)?;
    output.finish()
}

/// Writes whole files that belong together, or leaves all of them as they were: none gets its name
/// before all are complete, and then they do in this order. What is left to go wrong is a rename
/// within a directory that was just written to.
pub(crate) fn write_files(files: &[(&Path, &[u8])]) -> anyhow::Result<()> {
    let mut outputs = Vec::with_capacity(files.len());
    for (path, bytes) in files {
        let mut output = Output::create(path)?;
        output.write_all(bytes)?;
        output.complete()?;
        outputs.push(output);
    }
    check_interrupted()?;
    outputs.into_iter().try_for_each(Output::appear)
}

impl Write for Output {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match &mut self.sink {
            Sink::Stdout(writer) => writer.write(buf),
            Sink::Direct(writer) => writer.write(buf),
            Sink::Temporary { writer, .. } => writer.write(buf),
        }
        .map_err(|error| self.named(error))
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.sink {
            Sink::Stdout(writer) => writer.flush(),
            Sink::Direct(writer) => writer.flush(),
            Sink::Temporary { writer, .. } => writer.flush(),
        }
        .map_err(|error| self.named(error))
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Sink::Temporary { writer, .. } = &self.sink {
            unfinished().retain(|path| path != writer.get_ref().path());
        }
    }
}

fn open_sink(path: &Path) -> io::Result<Sink> {
    // What a link points to is replaced, not the link.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    match target.metadata() {
        Ok(metadata) if metadata.is_dir() => {
            return Err(io::Error::new(
                io::ErrorKind::IsADirectory,
                "is a directory",
            ));
        }
        Ok(metadata) if !metadata.is_file() => {
            let file = File::options().write(true).open(&target)?;
            return Ok(Sink::Direct(BufWriter::with_capacity(1 << 16, file)));
        }
        _ => {}
    }
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".revscore-").suffix(".part");
    // As any new file: readable for others if the umask allows it.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = builder.tempfile_in(directory)?;
    Ok(Sink::Temporary {
        writer: BufWriter::with_capacity(1 << 16, file),
        target,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn a_file_appears_only_when_it_is_finished() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.txt");
        std::fs::write(&path, "old").unwrap();

        let mut output = Output::create(&path).unwrap();
        output.write_all(b"half").unwrap();
        drop(output);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(dir.path()), ["out.txt"]);

        let mut output = Output::create(&path).unwrap();
        output.write_all(b"new").unwrap();
        output.finish().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(dir.path()), ["out.txt"]);
    }

    #[test]
    fn files_that_belong_together_appear_together() {
        let dir = tempfile::tempdir().unwrap();
        let (first, second) = (dir.path().join("a"), dir.path().join("b"));
        std::fs::write(&first, "old").unwrap();
        let nowhere = dir.path().join("none").join("c");
        write_files(&[(&first, b"new"), (&nowhere, b"new")]).unwrap_err();
        assert_eq!(std::fs::read_to_string(&first).unwrap(), "old");
        assert_eq!(names(dir.path()), ["a"]);
        write_files(&[(&first, b"new"), (&second, b"new")]).unwrap();
        for path in [&first, &second] {
            assert_eq!(std::fs::read_to_string(path).unwrap(), "new");
        }
        assert_eq!(names(dir.path()).len(), 2);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_that_names_the_file() {
        let mut output = Output::create(Path::new("/dev/full")).unwrap();
        let error = output
            .write_all(b"x")
            .and_then(|()| output.flush())
            .unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("cannot write /dev/full: No space left on device"),
            "{error}"
        );
        // What could not be written would be tried again on dropping.
        std::mem::forget(output);
    }

    #[test]
    fn a_missing_directory_is_an_error_that_names_the_file() {
        let error = Output::create(Path::new("/nonexistent/out.txt"))
            .err()
            .unwrap();
        assert!(
            format!("{error:#}").starts_with("cannot write /nonexistent/out.txt: "),
            "{error:#}"
        );
    }
}
