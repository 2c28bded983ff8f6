//! What the parallel decoder gives, beside what the serial one gives, for files of every kind.

use std::io::Write as _;

use super::*;

/// Text that fills two blocks and more of the smallest size.
fn text(n_bytes: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let letters = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b"etaoin shrdlu\n<>"[(state >> 28) as usize]
    });
    letters.take(n_bytes).collect()
}

fn pack(text: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn unpack(packed: &[u8]) -> (Vec<u8>, Option<io::Error>) {
    let mut unpacked = Vec::new();
    let source = io::Cursor::new(packed.to_vec());
    let result = ParallelBzip2::new(source, 3)
        .unwrap()
        .read_to_end(&mut unpacked);
    (unpacked, result.err())
}

fn unpack_serially(packed: &[u8]) -> (Vec<u8>, Option<io::Error>) {
    let mut unpacked = Vec::new();
    let result = bzip2::bufread::MultiBzDecoder::new(packed).read_to_end(&mut unpacked);
    (unpacked, result.err())
}

/// The same text, and the same error, as the serial decoder's.
#[track_caller]
fn check_as_serial(packed: &[u8], what: &str) {
    let (text, error) = unpack(packed);
    let (expected, expected_error) = unpack_serially(packed);
    let error = error.map(|error| error.to_string());
    let expected_error = expected_error.map(|error| error.to_string());
    assert_eq!(error, expected_error, "{what}");
    assert!(
        text == expected,
        "{what}: {} for {} bytes",
        text.len(),
        expected.len()
    );
}

#[test]
fn blocks_and_streams_come_out_in_their_order() {
    let text = text(1_050_000);
    let one_stream = pack(&text);
    assert_eq!(unpack(&one_stream).0, text);
    check_as_serial(&one_stream, "one stream");
    check_as_serial(&pack(b""), "an empty stream");
    check_as_serial(&pack(&[b'a'; 5_000_000]), "a block of one letter");
    let streams: Vec<_> = [130_000, 0, 1, 220_000, 90_000, 0]
        .map(|n| pack(&text[..n]))
        .concat();
    check_as_serial(&streams, "many streams");
    // As parallel compressors write them, a stream for each block.
    let streams: Vec<_> = text.chunks(95_000).flat_map(pack).collect();
    check_as_serial(&streams, "a stream a block");
    assert_eq!(unpack(&streams).0, text);
}

#[test]
fn a_truncated_file_gives_its_whole_blocks_and_an_error() {
    let packed = [pack(&text(250_000)), pack(b""), pack(b"short")].concat();
    let n = packed.len();
    // Everywhere around the ends of streams, and here and there within blocks.
    let cuts = (3..60)
        .chain((60..n - 200).step_by(2_999))
        .chain(n - 200..n);
    for cut in cuts {
        check_as_serial(&packed[..cut], &format!("{cut} of {n} bytes"));
    }
    // A cut at each of the bytes around a block's beginning.
    let pieces: Vec<_> = Pieces::new(&packed[..]).map(|p| p.unwrap().bits).collect();
    let second = (pieces[0].len() + pieces[1].len()) / 8;
    for cut in second - 4..second + 16 {
        check_as_serial(&packed[..cut], &format!("{cut} at a block's beginning"));
    }
}

#[test]
fn what_follows_a_stream_and_is_none_is_an_error() {
    let packed = pack(b"text");
    for garbage in [
        &b"\0\0\0\0\0"[..],
        b"BZh",
        b"BZh0aaaaaaaa",
        b"garbage",
        b"\n",
    ] {
        check_as_serial(&[&packed, garbage].concat(), &format!("{garbage:?}"));
    }
    check_as_serial(&[&packed, &packed[4..]].concat(), "a header is missing");
    check_as_serial(b"BZh0", "an unknown header");
    check_as_serial(b"BZh9 is no bzip2", "a header alone");
}

#[test]
fn a_flipped_bit_never_gives_wrong_text() {
    let text = text(210_000);
    let packed = [pack(&text), pack(b"more")].concat();
    let whole = [&text[..], b"more"].concat();
    let n = packed.len();
    let bytes = (0..40).chain((40..n).step_by(4_001)).chain(n - 45..n);
    for byte in bytes {
        let mut damaged = packed.clone();
        damaged[byte] ^= 1 << (byte % 8);
        let (unpacked, error) = unpack(&damaged);
        assert!(whole.starts_with(&unpacked), "byte {byte}");
        // The block size that a header gives is only an upper limit, and padding means nothing.
        let is_whole = unpacked == whole && unpack_serially(&damaged).0 == whole;
        assert!(error.is_some() || is_whole || byte == 3, "byte {byte}");
    }
}

#[test]
fn magic_numbers_within_a_block_do_not_end_it() {
    let magic = *b"\x31\x41\x59\x26\x53\x59\x17\x72\x45\x38\x50\x90";
    for n_magic in 0..=5 {
        let symbols: Vec<u8> = (0..200)
            .map(|i| 2 + i % 250)
            .chain(std::iter::repeat_n(magic, n_magic).flatten())
            .chain((0..100).map(|i| 3 + i % 100))
            .collect();
        let before = pack(b"before");
        let packed = [&before, &*stream_of(&symbols), &pack(b"after")].concat();
        let n_pieces = Pieces::new(&packed[..]).count();
        assert_eq!(n_pieces, 7 + 2 * n_magic);
        let (text, error) = unpack_serially(&packed);
        assert!(error.is_none() && text.len() > 200);
        check_as_serial(&packed, &format!("{n_magic} times both numbers"));
        let mut damaged = packed.clone();
        damaged[before.len() + 10] ^= 4; // the block's checksum
        assert_eq!(unpack(&damaged).0, b"before");
    }
}

/// A stream of one block in which a symbol is a byte: packed bits at will.
fn stream_of(symbols: &[u8]) -> Vec<u8> {
    let block = |checksum: u32, first_row: u64| {
        let mut bits = Bits::default();
        bits.push(0x3141_5926_5359, 48);
        bits.push(checksum.into(), 32);
        bits.push(first_row, 25); // not randomised
        bits.push(0xffff, 16);
        (0..15).for_each(|_| bits.push(0xffff, 16));
        bits.push(0xfffc, 16); // 254 letters, so 256 symbols
        bits.push(2, 3);
        let n_selectors = (symbols.len() + 1).div_ceil(50);
        bits.push(n_selectors as u64, 15);
        bits.push(0, n_selectors);
        for _table in 0..2 {
            bits.push(8, 5);
            (0..256).for_each(|_| bits.push(0, 1)); // each 8 bits long
        }
        symbols
            .iter()
            .for_each(|symbol| bits.push(u64::from(*symbol), 8));
        bits.push(255, 8);
        bits
    };
    // The text is there before the decoder finds the checksum wrong.
    let text_from = |first_row| {
        let wrong = stream_of_block(&block(0, first_row)).unwrap();
        let mut text = Vec::with_capacity(1 << 20);
        let result = Decompress::new(false).decompress_vec(wrong.as_bytes(), &mut text);
        assert!(result.is_err());
        text
    };
    // Rows at will are several circles: one that is long enough.
    let is_varied = |text: &[u8]| text.iter().collect::<std::collections::BTreeSet<_>>().len() > 20;
    let (first_row, text) = (0..200)
        .map(|first_row| (first_row, text_from(first_row)))
        .find(|(_, text)| is_varied(text))
        .unwrap();
    let checksum = text.iter().fold(u32::MAX, |checksum, byte| {
        (0..8).fold(checksum ^ u32::from(*byte) << 24, |rest, _| {
            rest << 1 ^ if rest >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    });
    let right = stream_of_block(&block(!checksum, first_row)).unwrap();
    right.as_bytes().to_vec()
}
