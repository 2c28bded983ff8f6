//! The packed bits of a bzip2 file, cut where a block may begin or a stream may end.
//!
//! bzip2 aligns nothing to bytes and has no table of its blocks; what there is are two magic
//! numbers of 48 bits, one before each block and one at the end of each stream. They may also turn
//! up within a block by chance, so a cut here is a guess that whoever decodes the pieces must
//! check. Nothing is decoded here, and nothing is dropped: the pieces in a row are the file.

use std::io::{self, Read};

/// What precedes a block: 48 bits, the digits of pi.
const BLOCK_MAGIC: u64 = 0x3141_5926_5359;

/// What precedes the checksum at the end of a stream: 48 bits, the digits of the root of pi.
const END_MAGIC: u64 = 0x1772_4538_5090;

const MAGIC_BITS: usize = 48;

/// More than any block's size, packed: 900,000 symbols of at most 20 bits, and the tables.
pub(super) const MAX_BLOCK_BYTES: usize = 4 << 20;

/// Bytes read at once.
const CHUNK_BYTES: usize = 1 << 17;

/// Bits in a row; the first is the highest of the first byte, those after the last are 0.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    len: usize,
}

impl Bits {
    /// All bits of these bytes.
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.to_vec(),
            len: bytes.len() * 8,
        }
    }

    /// How many bits these are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The bits, and up to seven zeros.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Up to 56 bits from a place on, as a number; `None` beyond the end.
    pub(super) fn number(&self, start: usize, n_bits: usize) -> Option<u64> {
        if start + n_bits > self.len {
            return None;
        }
        let bytes = self.bytes.iter().skip(start / 8).take(8);
        let window = bytes
            .chain(std::iter::repeat(&0))
            .take(8)
            .fold(0, |window, byte| window << 8 | u64::from(*byte));
        Some(window << (start % 8) >> (64 - n_bits))
    }

    /// Adds the lowest bits of a number.
    pub(super) fn push(&mut self, number: u64, n_bits: usize) {
        self.append(&number.to_be_bytes(), 64 - n_bits, n_bits);
    }

    /// Adds other bits.
    pub(super) fn extend(&mut self, other: &Self) {
        self.append(&other.bytes, 0, other.len);
    }

    /// The bits from a place on.
    pub(super) fn after(&self, start: usize) -> Self {
        let mut rest = Self::default();
        if start < self.len {
            rest.append(&self.bytes, start, self.len - start);
        }
        rest
    }

    /// Adds bits of `bytes`, which holds at least `start + n_bits`.
    fn append(&mut self, bytes: &[u8], start: usize, n_bits: usize) {
        if n_bits == 0 {
            return;
        }
        let bytes = &bytes[start / 8..(start + n_bits).div_ceil(8)];
        let (skipped, filled) = (start % 8, self.len % 8);
        // Two bytes at a time, so that any shift from one alignment to the other fits.
        let pairs = bytes.iter().zip(bytes[1..].iter().chain([&0]));
        let aligned = pairs.map(|(high, low)| {
            let pair = u16::from(*high) << 8 | u16::from(*low);
            (pair << skipped >> 8) as u8
        });
        if filled == 0 {
            self.bytes.extend(aligned);
        } else {
            self.bytes.reserve(bytes.len() + 1);
            let mut carry = self.bytes.pop().unwrap_or(0);
            for byte in aligned {
                self.bytes.push(carry | byte >> filled);
                carry = byte << (8 - filled);
            }
            self.bytes.push(carry);
        }
        self.len += n_bits;
        self.bytes.truncate(self.len.div_ceil(8));
        if !self.len.is_multiple_of(8)
            && let Some(last) = self.bytes.last_mut()
        {
            *last &= 0xff << (8 - self.len % 8);
        }
    }
}

/// What a piece begins with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Begins {
    /// The file.
    File,
    /// The magic number of a block.
    Block,
    /// The magic number of a stream's end.
    End,
}

/// A part of the file, up to the next magic number or the end.
#[derive(Debug)]
pub(super) struct Piece {
    /// What it begins with.
    pub(super) begins: Begins,
    /// The place in the file of its first bit, modulo 8.
    pub(super) alignment: usize,
    /// Its bits.
    pub(super) bits: Bits,
}

/// Cuts a file into pieces. Ends after an error, and after a piece that is longer than any block.
pub(super) struct Pieces<R> {
    source: R,
    /// Bytes from the current piece's first on.
    raw: Vec<u8>,
    /// How many of them were searched.
    searched: usize,
    /// The last eight that were.
    window: u64,
    begins: Begins,
    /// The current piece's first bit in `raw`.
    start: usize,
    at_end: bool,
}

impl<R: Read> Pieces<R> {
    /// Reads from `source`.
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            raw: Vec::new(),
            searched: 0,
            // No magic number begins with a 1, so none begins before the file.
            window: u64::MAX,
            begins: Begins::File,
            start: 0,
            at_end: false,
        }
    }

    /// The next magic number: what it means, and its first bit in `raw`.
    fn search(&mut self) -> Option<(Begins, usize)> {
        for (idx, byte) in self.raw.iter().enumerate().skip(self.searched) {
            self.window = self.window << 8 | u64::from(*byte);
            // The magic number ends in the lowest byte, so this byte is wholly within.
            if !MAY_BE_WITHIN[(self.window >> 16) as usize & 0xff] {
                continue;
            }
            for shift in 0..8 {
                let bits = self.window >> shift & ((1 << MAGIC_BITS) - 1);
                let begins = match bits {
                    BLOCK_MAGIC => Begins::Block,
                    END_MAGIC => Begins::End,
                    _ => continue,
                };
                self.searched = idx + 1;
                return Some((begins, (idx + 1) * 8 - shift - MAGIC_BITS));
            }
        }
        self.searched = self.raw.len();
        None
    }

    fn read_more(&mut self) -> io::Result<()> {
        let n = Read::take(&mut self.source, CHUNK_BYTES as u64).read_to_end(&mut self.raw)?;
        self.at_end = n == 0;
        Ok(())
    }

    fn cut(&mut self, next: Begins, end: usize) -> Piece {
        let mut bits = Bits::default();
        bits.append(&self.raw, self.start, end - self.start);
        let piece = Piece {
            begins: std::mem::replace(&mut self.begins, next),
            alignment: self.start % 8,
            bits,
        };
        self.raw.drain(..end / 8);
        self.searched -= end / 8;
        self.start = end % 8;
        piece
    }
}

impl<R: Read> Iterator for Pieces<R> {
    type Item = io::Result<Piece>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.at_end {
                return None;
            }
            if let Some((next, end)) = self.search() {
                return Some(Ok(self.cut(next, end)));
            }
            if let Err(error) = self.read_more() {
                self.at_end = true;
                return Some(Err(error));
            }
            if self.at_end || self.raw.len() > MAX_BLOCK_BYTES {
                self.at_end = true;
                self.searched = self.raw.len();
                return Some(Ok(self.cut(Begins::File, self.raw.len() * 8)));
            }
        }
    }
}

/// Whether a byte can be the bits 16 to 23 of one of the magic numbers, shifted by 0 to 7 bits.
static MAY_BE_WITHIN: [bool; 256] = {
    let mut may_be = [false; 256];
    let mut shift = 0;
    while shift < 8 {
        may_be[(BLOCK_MAGIC << shift >> 16) as usize & 0xff] = true;
        may_be[(END_MAGIC << shift >> 16) as usize & 0xff] = true;
        shift += 1;
    }
    may_be
};

/// A stream of one block: a header, the block's bits, and the end that belongs to them. `None`
/// for what is too short to be a block.
pub(super) fn stream_of_block(block: &Bits) -> Option<Bits> {
    // The checksum of a stream of one block is that of the block.
    let checksum = block.number(MAGIC_BITS, 32)?;
    let mut stream = stream_from(block);
    stream.push(END_MAGIC, MAGIC_BITS);
    stream.push(checksum, 32);
    Some(stream)
}

/// A stream's header, and the bits that follow it.
pub(super) fn stream_from(bits: &Bits) -> Bits {
    // Of the largest block size, which decodes smaller blocks as well.
    let mut stream = Bits::of(b"BZh9");
    stream.extend(bits);
    stream
}

/// The checksum of a block, of which the piece is long enough.
pub(super) fn checksum(piece: &Bits) -> Option<u32> {
    piece.number(MAGIC_BITS, 32).map(|number| number as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(text: &str) -> Bits {
        let mut bits = Bits::default();
        for bit in text.bytes().filter(|byte| *byte != b' ') {
            bits.push(u64::from(bit - b'0'), 1);
        }
        bits
    }

    #[test]
    fn bits_are_appended_at_any_place() {
        let text = "1011 0010 1110 0001 0101 1";
        let all = text.replace(' ', "");
        for start in 0..=all.len() {
            for cut in start..=all.len() {
                let mut joined = bits(&all[..start]);
                joined.extend(&bits(&all[start..cut]));
                joined.extend(&bits(&all[cut..]));
                assert_eq!(joined, bits(text), "{start} {cut}");
            }
            assert_eq!(bits(text).after(start), bits(&all[start..]));
        }
        assert_eq!(bits(text).number(3, 6), Some(0b10_0101));
        assert_eq!(bits(text).number(16, 6), None);
        assert_eq!(Bits::of(b"ab").as_bytes(), b"ab");
    }

    #[test]
    fn a_file_is_cut_at_its_magic_numbers_whatever_their_alignment() {
        for shift in 0..16 {
            for portion in [1, 7, CHUNK_BYTES] {
                let mut file = Bits::of(b"head");
                file.push(0, shift);
                file.push(BLOCK_MAGIC, 48);
                file.push(0x1234_5678, 33);
                file.push(END_MAGIC, 48);
                file.push(0x55, 7);
                let pieces: Vec<_> = Pieces::new(Portions(file.as_bytes(), portion))
                    .map(|piece| piece.unwrap())
                    .collect();
                let begins: Vec<_> = pieces.iter().map(|piece| piece.begins).collect();
                assert_eq!(begins, [Begins::File, Begins::Block, Begins::End]);
                assert_eq!(pieces[0].bits.len(), 32 + shift);
                assert_eq!(pieces[1].bits.len(), 48 + 33);
                assert_eq!(pieces[1].alignment, shift % 8);
                assert_eq!(pieces[1].bits.number(48, 33), Some(0x1234_5678));
                let mut joined = Bits::default();
                pieces.iter().for_each(|piece| joined.extend(&piece.bits));
                assert_eq!(joined.as_bytes(), file.as_bytes());
            }
        }
    }

    struct Portions<'a>(&'a [u8], usize);

    impl Read for Portions<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let n = self.1.min(self.0.len()).min(buf.len());
            buf[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }
}
