//! Bytes that may be broken UTF-8 -> bytes that are UTF-8.
//!
//! The XML parser refuses a document at its first broken sequence; old dumps have a few, and they
//! must not cost the rest. Here each becomes U+FFFD and is counted. Sound data is checked and
//! passed on without a copy. It also bounds how much the parser may take in one piece, because
//! that is the only place where the parser's own buffer can be kept from growing without end.

use std::io::{self, BufRead, Read};

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 1 << 18;

/// See the module.
pub(super) struct Utf8Reader<R> {
    inner: R,
    /// What was read, of which `..sound` is to be served and `sound..filled` is the beginning of
    /// a sequence whose end is not read yet.
    raw: Vec<u8>,
    filled: usize,
    sound: usize,
    /// The same with replacements, when the chunk had to be repaired.
    repaired: Option<String>,
    served: usize,
    at_end: bool,
    n_replaced: u64,
    /// Bytes read minus bytes made of them, in all chunks before this one.
    shift: i64,
    n_bytes: u64,
    piece_bytes: usize,
    piece_limit: usize,
}

impl<R: Read> Utf8Reader<R> {
    /// Reads from `inner`; after [`start_piece`](Self::start_piece), at most `piece_limit` bytes
    /// can be taken.
    pub(super) fn new(inner: R, piece_limit: usize) -> Self {
        Self {
            inner,
            raw: vec![0; CHUNK_BYTES],
            filled: 0,
            sound: 0,
            repaired: None,
            served: 0,
            at_end: false,
            n_replaced: 0,
            shift: 0,
            n_bytes: 0,
            piece_bytes: 0,
            piece_limit,
        }
    }

    /// Broken sequences replaced so far.
    pub(super) fn n_replaced(&self) -> u64 {
        self.n_replaced
    }

    /// Bytes read from the source so far.
    pub(super) fn n_bytes(&self) -> u64 {
        self.n_bytes
    }

    /// The place in the source of a byte handed out at `position`; exact unless the chunk of
    /// 256 KiB around it had to be repaired.
    pub(super) fn source_offset(&self, position: u64) -> u64 {
        position.saturating_add_signed(self.shift)
    }

    /// Begins a new piece for the limit.
    pub(super) fn start_piece(&mut self) {
        self.piece_bytes = 0;
    }

    fn chunk(&self) -> &[u8] {
        self.repaired
            .as_ref()
            .map_or(&self.raw[..self.sound], |text| text.as_bytes())
    }

    fn refill(&mut self) -> io::Result<()> {
        if let Some(text) = self.repaired.take() {
            self.shift += self.sound as i64 - text.len() as i64;
        }
        self.raw.copy_within(self.sound..self.filled, 0);
        self.filled -= self.sound;
        self.sound = 0;
        self.served = 0;
        while self.sound == 0 && !self.at_end {
            let n = match self.inner.read(&mut self.raw[self.filled..]) {
                Ok(n) => n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.at_end = n == 0;
            self.filled += n;
            self.n_bytes += n as u64;
            self.check_chunk();
        }
        Ok(())
    }

    fn check_chunk(&mut self) {
        let raw = &self.raw[..self.filled];
        let Err(error) = std::str::from_utf8(raw) else {
            self.sound = self.filled;
            return;
        };
        if error.error_len().is_none() && !self.at_end {
            self.sound = error.valid_up_to();
            return;
        }
        let mut text = String::with_capacity(raw.len() + 64);
        self.sound = self.filled;
        for part in raw.utf8_chunks() {
            text.push_str(part.valid());
            let broken = part.invalid();
            if broken.is_empty() {
                continue;
            }
            let is_cut = std::str::from_utf8(broken).is_err_and(|e| e.error_len().is_none());
            let is_last = broken.as_ptr_range().end == raw.as_ptr_range().end;
            if is_cut && is_last && !self.at_end {
                self.sound -= broken.len();
            } else {
                text.push(char::REPLACEMENT_CHARACTER);
                self.n_replaced += 1;
            }
        }
        self.repaired = Some(text);
    }
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(buf)?;
        self.consume(n);
        Ok(n)
    }
}

impl<R: Read> BufRead for Utf8Reader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.piece_bytes > self.piece_limit {
            let limit_mib = self.piece_limit >> 20;
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("a text is longer than {limit_mib} MiB"),
            ));
        }
        if self.served == self.chunk().len() {
            self.refill()?;
        }
        Ok(&self.chunk()[self.served..])
    }

    fn consume(&mut self, n: usize) {
        self.served += n;
        self.piece_bytes += n;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its bytes in small portions, so that sequences are cut everywhere.
    struct Portions<'a>(&'a [u8], usize);

    impl Read for Portions<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let n = self.1.min(self.0.len()).min(buf.len());
            buf[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    #[track_caller]
    fn check(bytes: &[u8], n_replaced: u64) {
        for portion in 1..=bytes.len().max(1) {
            let mut reader = Utf8Reader::new(Portions(bytes, portion), usize::MAX);
            let mut text = String::new();
            reader.read_to_string(&mut text).unwrap();
            assert_eq!(
                text,
                String::from_utf8_lossy(bytes),
                "portions of {portion}"
            );
            assert_eq!(reader.n_replaced(), n_replaced, "portions of {portion}");
            assert_eq!(
                reader.source_offset(text.len() as u64),
                bytes.len() as u64,
                "portions of {portion}"
            );
        }
    }

    #[test]
    fn broken_sequences_are_replaced_and_counted() {
        check(b"", 0);
        check(b"plain", 0);
        check("größer 日本語 😀".as_bytes(), 0);
        check(b"a\xffb", 1);
        check(b"\xe6\x97", 1);
        check(b"ok \xf0\x9f\x98 then \xc3\xa9\xc3", 2);
        check(b"\xed\xa0\x80", 3);
    }

    #[test]
    fn a_piece_cannot_grow_without_end() {
        let mut reader = Utf8Reader::new(io::repeat(b'a'), 3 << 20);
        let mut text = Vec::new();
        let error = reader.read_until(b'<', &mut text).unwrap_err();
        assert_eq!(error.to_string(), "a text is longer than 3 MiB");
        assert!(text.len() < 4 << 20);
    }
}
