//! Unpacks bzip2 on all cores: blocks side by side, out in their order.
//!
//! bzip2 is the slowest packing of all, and what Wikimedia's dumps come in, sometimes as one
//! stream, sometimes as many in a row. One thread cuts the file into pieces (`bzip2_pieces`); each
//! piece that may be a block is decoded by itself by one of the workers, as a stream of one block;
//! whoever reads takes the results in order and decides. A piece that does not decode was
//! cut by chance, where no block ended: it is joined with the next one. Nothing is given out that
//! its block's checksum does not confirm, and the checksum of each stream is checked after it.
//!
//! No library does this soundly: what there is maps files into memory, which a pipe does not
//! allow, or takes a damaged block for the end. The blocks themselves are decoded by the library
//! that decodes whole files.
//!
//! At most two blocks a worker wait at a time, whatever the file's size; a block holds up to 900 kB,
//! or 46 MB where somebody made it do so.

#[cfg(test)]
mod tests;

use std::io::{self, Read};
use std::thread;

use bzip2::{Decompress, Status};
use crossbeam_channel::{Receiver, Sender, bounded};

use super::bzip2_pieces::{Begins, Bits, MAX_BLOCK_BYTES, Piece, Pieces, checksum};
use super::bzip2_pieces::{stream_from, stream_of_block};

/// Pieces joined at most until they are a block. One magic number by chance within a block is a
/// matter of one file in thousands of the largest dumps; more than these are damage.
const MAX_JOINED: usize = 16;

/// Bits of a magic number and the checksum after it.
const END_BITS: usize = 48 + 32;

/// A piece on its way: when it is decoded, or why the file could not be read on.
type Coming = io::Result<Receiver<Decoded>>;

/// A piece, and what is in it if it is a block.
struct Decoded {
    piece: Piece,
    text: Option<Vec<u8>>,
}

/// A piece for a worker.
struct Job {
    piece: Piece,
    done: Sender<Decoded>,
}

/// See the module.
pub(super) struct ParallelBzip2 {
    coming: Receiver<Coming>,
    /// The blocks of the current stream so far.
    checksum: u32,
    /// The text of the last block, of which `served` bytes were given out.
    text: Vec<u8>,
    served: usize,
    state: State,
}

enum State {
    /// The file's header was not read yet.
    Header,
    /// In a stream: a block or the end comes next.
    Stream,
    /// There is nothing more, and this error is to be given out.
    Broken(io::Error),
    /// There is nothing more.
    End,
}

impl ParallelBzip2 {
    /// Unpacks `source`, which is read by a thread of its own, with so many workers.
    pub(super) fn new(source: impl Read + Send + 'static, n_workers: usize) -> io::Result<Self> {
        let n_workers = n_workers.max(1);
        let (job_sender, jobs) = bounded::<Job>(n_workers);
        // Those that wait, those that are decoded, and one that is read.
        let (coming_sender, coming) = bounded(2 * n_workers);
        for _ in 0..n_workers {
            let jobs = jobs.clone();
            thread::Builder::new().name("bzip2".into()).spawn(move || {
                for Job { piece, done } in jobs {
                    let text = match piece.begins {
                        Begins::Block => decode(&piece.bits),
                        Begins::File | Begins::End => None,
                    };
                    // When nobody reads on, nobody needs the block.
                    let _ = done.send(Decoded { piece, text });
                }
            })?;
        }
        thread::Builder::new()
            .name("bzip2 reader".into())
            .spawn(move || cut(source, &job_sender, &coming_sender))?;
        Ok(Self {
            coming,
            checksum: 0,
            text: Vec::new(),
            served: 0,
            state: State::Header,
        })
    }

    fn next_piece(&mut self) -> io::Result<Option<Decoded>> {
        let Ok(coming) = self.coming.recv() else {
            return Ok(None);
        };
        let decoded = coming?.recv();
        let decoded = decoded.map_err(|_| io::Error::other("unpacking bzip2 ended early"))?;
        Ok(Some(decoded))
    }

    /// The next block's text; an empty one where a stream ends; `None` at the end.
    fn next_block(&mut self) -> io::Result<Option<Vec<u8>>> {
        match std::mem::replace(&mut self.state, State::End) {
            State::Header => {
                let head = self.next_piece()?.map(|head| head.piece.bits);
                self.enter_stream(head.unwrap_or_default())?;
                Ok(Some(Vec::new()))
            }
            State::Stream => {
                let Some(Decoded { piece, text }) = self.next_piece()? else {
                    return Err(truncated());
                };
                let text = match piece.begins {
                    Begins::Block => match text {
                        Some(text) => self.end_block(&piece.bits, text),
                        None => self.join(piece.bits)?,
                    },
                    Begins::File | Begins::End => {
                        self.end_stream(piece)?;
                        Vec::new()
                    }
                };
                Ok(Some(text))
            }
            State::Broken(error) => Err(error),
            State::End => Ok(None),
        }
    }

    fn end_block(&mut self, block: &Bits, text: Vec<u8>) -> Vec<u8> {
        self.checksum = self.checksum.rotate_left(1) ^ checksum(block).unwrap_or(0);
        self.state = State::Stream;
        text
    }

    /// A piece that is no block by itself, with as many of the next ones as it takes.
    fn join(&mut self, mut bits: Bits) -> io::Result<Vec<u8>> {
        for _ in 0..MAX_JOINED {
            let Some(next) = self.next_piece()? else {
                return self.save_last(&bits);
            };
            bits.extend(&next.piece.bits);
            if let Some(text) = decode(&bits) {
                return Ok(self.end_block(&bits, text));
            }
            if bits.as_bytes().len() > MAX_BLOCK_BYTES {
                break;
            }
        }
        Err(damaged())
    }

    /// The file ends within a block, or so soon after it that nothing told where it ends. In that
    /// case the block is whole, and the decoder of files finds it.
    fn save_last(&mut self, bits: &Bits) -> io::Result<Vec<u8>> {
        let (text, error) = decode_serially(stream_from(bits).as_bytes());
        // Of damaged data, the decoder has given out what it found wrong only afterwards.
        if error.kind() != io::ErrorKind::UnexpectedEof {
            return Err(error);
        }
        self.state = State::Broken(error);
        Ok(text)
    }

    fn end_stream(&mut self, end: Piece) -> io::Result<()> {
        let Some(checksum) = checksum(&end.bits) else {
            return Err(truncated());
        };
        if checksum != self.checksum {
            return Err(damaged());
        }
        let padding = (8 - (end.alignment + END_BITS) % 8) % 8;
        let rest = end.bits.after(END_BITS + padding);
        if rest.len() == 0 {
            // At the end of the file, unless a magic number stands where a header should be.
            return match self.next_piece()? {
                Some(_) => Err(no_header()),
                None => Ok(()),
            };
        }
        self.enter_stream(rest)
    }

    /// Takes a header, which ends where the first magic number begins.
    fn enter_stream(&mut self, header: Bits) -> io::Result<()> {
        let is_known = matches!(header.as_bytes(), [b'B', b'Z', b'h', b'1'..=b'9']);
        if is_known && header.len() == 32 {
            self.checksum = 0;
            self.state = State::Stream;
            return Ok(());
        }
        // What is wrong with it may show only in what follows.
        let mut header = header;
        if let Some(next) = self.next_piece()? {
            header.extend(&next.piece.bits);
        }
        Err(decode_serially(header.as_bytes()).1)
    }
}

impl Read for ParallelBzip2 {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.served == self.text.len() {
            let Some(text) = self.next_block()? else {
                return Ok(0);
            };
            self.text = text;
            self.served = 0;
        }
        let n = (&self.text[self.served..]).read(buf)?;
        self.served += n;
        Ok(n)
    }
}

/// The reading thread: hands the pieces out to the workers.
fn cut(source: impl Read, jobs: &Sender<Job>, coming: &Sender<Coming>) {
    for piece in Pieces::new(source) {
        let (done, decoded) = bounded(1);
        let (job, decoded) = match piece {
            Ok(piece) => (Some(Job { piece, done }), Ok(decoded)),
            Err(error) => (None, Err(error)),
        };
        // When nobody reads on, nobody needs the rest.
        if coming.send(decoded).is_err() || job.is_some_and(|job| jobs.send(job).is_err()) {
            return;
        }
    }
}

/// The text of a block; `None` unless the bits are one block, its checksum included.
fn decode(block: &Bits) -> Option<Vec<u8>> {
    let stream = stream_of_block(block)?;
    let packed = stream.as_bytes();
    let mut decoder = Decompress::new(false);
    let mut text = Vec::with_capacity(1 << 20);
    loop {
        let (total_in, total_out) = (decoder.total_in(), decoder.total_out());
        let rest = &packed[total_in as usize..];
        let status = decoder.decompress_vec(rest, &mut text).ok()?;
        if status == Status::StreamEnd {
            return (decoder.total_in() == packed.len() as u64).then_some(text);
        }
        if (total_in, total_out) == (decoder.total_in(), decoder.total_out()) {
            return None;
        }
        if text.len() == text.capacity() {
            text.reserve(text.len());
        }
    }
}

/// What the decoder of files makes of a file that has an error.
fn decode_serially(packed: &[u8]) -> (Vec<u8>, io::Error) {
    let mut text = Vec::new();
    let result = bzip2::bufread::MultiBzDecoder::new(packed).read_to_end(&mut text);
    (text, result.err().unwrap_or_else(damaged))
}

fn truncated() -> io::Error {
    io::Error::new(
        io::ErrorKind::UnexpectedEof,
        "decompression not finished but EOF reached",
    )
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, bzip2::Error::Data)
}

fn no_header() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, bzip2::Error::DataMagic)
}
