//! Any dump file as a stream of XML bytes, whatever it is packed with.
//!
//! The packing is told by the first bytes, never by the name: dumps are renamed, and piped in
//! through standard input. Nothing here knows XML, and nothing is unpacked to disk.

mod bzip2_pieces;
mod parallel_bzip2;

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, bounded};
use parallel_bzip2::ParallelBzip2;

/// Where a dump comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// Standard input (`-` on the command line).
    Stdin,
    /// A file.
    File(PathBuf),
}

impl FromStr for Input {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(if text == "-" {
            Self::Stdin
        } else {
            Self::File(text.into())
        })
    }
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("standard input"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Input {
    /// Size of the file in bytes, packed as it is; `None` for what is not a regular file.
    pub fn packed_bytes(&self) -> Option<u64> {
        let Self::File(path) = self else { return None };
        path.metadata()
            .ok()
            .filter(|m| m.is_file())
            .map(|m| m.len())
    }
}

/// Longest magic number that [`Packing::of`] looks at, in bytes.
const MAGIC_BYTES: usize = 6;

/// Bytes read from a file at once, and handed over at once by the 7z thread.
const CHUNK_BYTES: usize = 1 << 17;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Packing {
    Plain,
    Gzip,
    Bzip2,
    Xz,
    Zstd,
    SevenZip,
}

impl Packing {
    fn of(head: &[u8]) -> Self {
        const MAGIC: [(&[u8], Packing); 5] = [
            (&[0x1f, 0x8b], Packing::Gzip),
            (b"BZh", Packing::Bzip2),
            (&[0xfd, b'7', b'z', b'X', b'Z', 0], Packing::Xz),
            (&[0x28, 0xb5, 0x2f, 0xfd], Packing::Zstd),
            (&[b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c], Packing::SevenZip),
        ];
        MAGIC
            .iter()
            .find(|(magic, _)| head.starts_with(magic))
            .map_or(Self::Plain, |&(_, packing)| packing)
    }
}

/// Opens a dump for reading its XML, unpacked by up to `n_threads` threads where the packing allows
/// that. `packed_read` grows by the packed bytes as they are read.
///
/// All formats may consist of several streams one after another (as multistream dumps do). A
/// stream that ends too early is an error of kind `UnexpectedEof` or `InvalidData` when reading.
pub(super) fn open(
    input: &Input,
    n_threads: usize,
    packed_read: Arc<AtomicU64>,
) -> io::Result<Box<dyn Read + Send>> {
    match input {
        Input::Stdin => {
            let mut source = Counted {
                inner: io::stdin(),
                read: packed_read,
            };
            let head = read_head(&mut source)?;
            if Packing::of(&head) == Packing::SevenZip {
                return Err(io::Error::new(
                    io::ErrorKind::Unsupported,
                    "a .7z archive cannot be read from standard input, because its table of contents is at its end: give the file's name",
                ));
            }
            unpack(
                Packing::of(&head),
                n_threads,
                Cursor::new(head).chain(source),
            )
        }
        Input::File(path) => {
            let mut file = File::open(path)?;
            if file.metadata()?.is_dir() {
                return Err(io::Error::new(
                    io::ErrorKind::IsADirectory,
                    "is a directory",
                ));
            }
            let head = read_head(&mut file)?;
            let packing = Packing::of(&head);
            if packing == Packing::SevenZip {
                file.seek(SeekFrom::Start(0))?;
                return unpack_seven_zip(Counted {
                    inner: file,
                    read: packed_read,
                });
            }
            // A pipe has no way back, so the head is put before the rest instead.
            packed_read.fetch_add(head.len() as u64, Ordering::Relaxed);
            unpack(
                packing,
                n_threads,
                Cursor::new(head).chain(Counted {
                    inner: file,
                    read: packed_read,
                }),
            )
        }
    }
}

fn read_head(source: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(MAGIC_BYTES);
    source.take(MAGIC_BYTES as u64).read_to_end(&mut head)?;
    Ok(head)
}

fn unpack(
    packing: Packing,
    n_threads: usize,
    source: impl Read + Send + 'static,
) -> io::Result<Box<dyn Read + Send>> {
    let source = BufReader::with_capacity(CHUNK_BYTES, source);
    Ok(match packing {
        Packing::Plain => Box::new(source),
        Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(source)),
        Packing::Bzip2 => Box::new(ParallelBzip2::new(source, n_threads)?),
        Packing::Xz => Box::new(liblzma::bufread::XzDecoder::new_multi_decoder(source)),
        Packing::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(source)?),
        Packing::SevenZip => {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "a .7z archive must be a file",
            ));
        }
    })
}

/// The archive reader hands its entries to a callback; a thread turns that inside out, so that
/// all entries, in the archive's order, are one stream of bytes.
fn unpack_seven_zip(source: Counted<File>) -> io::Result<Box<dyn Read + Send>> {
    let mut archive = sevenz_rust2::ArchiveReader::new(
        BufReader::with_capacity(CHUNK_BYTES, source),
        sevenz_rust2::Password::empty(),
    )
    .map_err(invalid_archive)?;
    archive.set_thread_count(1);
    let (sender, chunks) = bounded::<io::Result<Vec<u8>>>(4);
    thread::Builder::new().name("7z".into()).spawn(move || {
        let result = archive.for_each_entries(|_, entry| {
            loop {
                let mut chunk = Vec::with_capacity(CHUNK_BYTES);
                let n = Read::take(&mut *entry, CHUNK_BYTES as u64).read_to_end(&mut chunk)?;
                if n == 0 {
                    return Ok(true);
                }
                if sender.send(Ok(chunk)).is_err() {
                    // Nobody reads on. The error only ends the archive's own loop.
                    return Err(io::Error::other("nobody reads on").into());
                }
            }
        });
        if let Err(error) = result {
            // When nobody reads on, nobody needs the error either.
            let _ = sender.send(Err(invalid_archive(error)));
        }
    })?;
    Ok(Box::new(ChunkReader {
        chunks,
        chunk: Cursor::default(),
    }))
}

fn invalid_archive(error: sevenz_rust2::Error) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("damaged .7z archive: {error}"),
    )
}

struct ChunkReader {
    chunks: Receiver<io::Result<Vec<u8>>>,
    chunk: Cursor<Vec<u8>>,
}

impl Read for ChunkReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            let n = self.chunk.read(buf)?;
            if n > 0 || buf.is_empty() {
                return Ok(n);
            }
            match self.chunks.recv() {
                Ok(chunk) => self.chunk = Cursor::new(chunk?),
                Err(_) => return Ok(0),
            }
        }
    }
}

/// Counts what is read, for the progress display.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const XML: &[u8] =
        b"<mediawiki>  some text that is long enough to be packed, packed, packed </mediawiki>";

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn bzip2(data: &[u8]) -> Vec<u8> {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn xz(data: &[u8]) -> Vec<u8> {
        let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(data: &[u8]) -> Vec<u8> {
        zstd::encode_all(data, 1).unwrap()
    }

    fn seven_zip(entries: &[&[u8]]) -> Vec<u8> {
        let mut writer = sevenz_rust2::ArchiveWriter::new(Cursor::new(Vec::new())).unwrap();
        for (i, entry) in entries.iter().enumerate() {
            let name = sevenz_rust2::ArchiveEntry::new_file(&format!("{i}.xml"));
            writer.push_archive_entry(name, Some(*entry)).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn read(packed: &[u8]) -> io::Result<(Vec<u8>, u64)> {
        let mut file = tempfile::NamedTempFile::new()?;
        file.write_all(packed)?;
        let count = Arc::new(AtomicU64::new(0));
        let mut text = Vec::new();
        open(&Input::File(file.path().into()), 2, count.clone())?.read_to_end(&mut text)?;
        Ok((text, count.load(Ordering::Relaxed)))
    }

    #[track_caller]
    fn check(packed: &[u8], expected: &[u8]) {
        let (text, count) = read(packed).unwrap();
        assert_eq!(text, expected);
        assert!(
            count >= packed.len() as u64,
            "{count} of {} packed bytes counted",
            packed.len()
        );
    }

    #[test]
    fn every_packing_is_told_by_its_first_bytes() {
        check(XML, XML);
        check(b"", b"");
        check(b"<", b"<");
        check(&gzip(XML), XML);
        check(&bzip2(XML), XML);
        check(&xz(XML), XML);
        check(&zstd(XML), XML);
        check(&seven_zip(&[XML]), XML);
    }

    #[test]
    fn streams_in_a_row_are_read_to_the_last() {
        let (a, b) = XML.split_at(30);
        for pack in [gzip, bzip2, xz, zstd] {
            check(&[pack(a), pack(b)].concat(), XML);
        }
        check(&seven_zip(&[a, b]), XML);
    }

    #[test]
    fn truncated_files_are_errors() {
        for packed in [gzip(XML), bzip2(XML), xz(XML), zstd(XML), seven_zip(&[XML])] {
            let cut = packed.len() - packed.len() / 3;
            assert!(read(&packed[..cut]).is_err(), "{:?}", Packing::of(&packed));
        }
    }

    #[test]
    fn a_directory_or_missing_file_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        assert!(open(&Input::File(dir.path().into()), 2, Arc::default()).is_err());
        assert!(open(&Input::File(dir.path().join("none.xml")), 2, Arc::default()).is_err());
    }
}
