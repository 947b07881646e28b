// SPDX-License-Identifier: GPL-2.0-or-later
//! Packs bytes into a block of LZ4, as small as the format allows.
//!
//! `boot/src/lz4.rs` describes the format, and takes such a block apart before the kernel
//! runs; here the crate `lz4_flex` does so, whose own packer makes a kernel a quarter
//! larger.
//!
//! For each place the longest repeat is looked up. Then, from the end back to the
//! beginning, it is decided for each place whether a literal or a repeat, and of which
//! length, makes the rest cheapest.

/// The fewest bytes that are repeated.
const SHORTEST: usize = 4;
/// How far back a repeat may reach.
const FARTHEST: usize = 0xFFFF;
/// The last bytes are literals, and the last repeat does not begin later than so many
/// bytes before the end: other unpackers rely on it.
const LAST_LITERALS: usize = 5;
const LAST_REPEAT: usize = 12;
/// In a half of a sequence's first byte: more is to come.
const MORE: usize = 15;
/// How many places with the same four bytes are looked at.
const PATIENCE: usize = 2048;
/// Repeats that are longer are taken whole.
const LONG: usize = 512;

/// What a byte of the block costs, and on top of its bytes a sequence: of two blocks of
/// the same length that with fewer is unpacked sooner.
const BYTE: u32 = 8;
const SEQUENCE: u32 = 1;

/// A repeat of `length` bytes, from `distance` bytes back. A length of 0 is none.
#[derive(Clone, Copy, Default)]
struct Repeat {
    length: usize,
    distance: usize,
}

/// The block.
pub fn compress(bytes: &[u8]) -> Vec<u8> {
    let choices = choose(&longest_repeats(bytes));
    let mut block = Vec::new();
    let (mut at, mut literals) = (0, 0);
    while at < bytes.len() {
        let Repeat { length, distance } = choices[at];
        if length == 0 {
            at += 1;
            continue;
        }
        push_literals(
            &mut block,
            &bytes[literals..at],
            (length - SHORTEST).min(MORE),
        );
        block.extend((distance as u16).to_le_bytes());
        push_more(&mut block, length - SHORTEST);
        at += length;
        literals = at;
    }
    push_literals(&mut block, &bytes[literals..], 0);
    block
}

/// The first byte of a sequence, and the literals.
fn push_literals(block: &mut Vec<u8>, literals: &[u8], low_half: usize) {
    block.push((literals.len().min(MORE) << 4 | low_half) as u8);
    push_more(block, literals.len());
    block.extend(literals);
}

/// What a half of the first byte has no room for.
fn push_more(block: &mut Vec<u8>, count: usize) {
    if let Some(rest) = count.checked_sub(MORE) {
        block.extend(std::iter::repeat_n(255, rest / 255));
        block.push((rest % 255) as u8);
    }
}

/// The longest repeat that may begin at each byte.
fn longest_repeats(bytes: &[u8]) -> Vec<Repeat> {
    const NONE: usize = usize::MAX;
    let mut repeats = vec![Repeat::default(); bytes.len()];
    // The last place with each hash of four bytes, and for each place the one before.
    let mut last = vec![NONE; 1 << 16];
    let mut before = vec![NONE; bytes.len()];
    let hash = |at: usize| {
        let word = u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        (word.wrapping_mul(0x9E37_79B1) >> 16) as usize
    };
    for at in 0..(bytes.len() + 1).saturating_sub(LAST_REPEAT) {
        let most = bytes.len() - LAST_LITERALS - at;
        let mut best = Repeat::default();
        // Within a long repeat the rest of it is good enough.
        if at > 0 && repeats[at - 1].length > LONG {
            best = repeats[at - 1];
            best.length -= 1;
        } else {
            let mut from = last[hash(at)];
            for _ in 0..PATIENCE {
                if from == NONE || at - from > FARTHEST || best.length > LONG {
                    break;
                }
                let (old, new) = (&bytes[from..], &bytes[at..at + most]);
                let length = new.iter().zip(old).take_while(|(a, b)| a == b).count();
                if length > best.length {
                    let distance = at - from;
                    best = Repeat { length, distance };
                }
                from = before[from];
            }
        }
        if best.length >= SHORTEST {
            repeats[at] = best;
        }
        before[at] = std::mem::replace(&mut last[hash(at)], at);
    }
    repeats
}

/// What to do at each place, if a sequence or a literal begins there: a repeat of the
/// length that makes the rest cheapest, or none.
fn choose(longest: &[Repeat]) -> Vec<Repeat> {
    let mut choices = vec![Repeat::default(); longest.len()];
    let mut costs = vec![0; longest.len() + 1];
    for at in (0..longest.len()).rev() {
        costs[at] = costs[at + 1] + BYTE;
        let Repeat { length, distance } = longest[at];
        let shorter = SHORTEST..=length.min(LONG);
        for length in shorter.chain((length > LONG).then_some(length)) {
            let more = (length - SHORTEST).checked_sub(MORE);
            let bytes = 3 + more.map_or(0, |rest| 1 + rest / 255) as u32;
            let cost = costs[at + length] + bytes * BYTE + SEQUENCE;
            if cost < costs[at] {
                costs[at] = cost;
                choices[at] = Repeat { length, distance };
            }
        }
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;
    use lz4_flex::block::decompress;
    use proptest::prelude::*;

    #[test]
    fn what_repeats_becomes_small() {
        assert_eq!(compress(b""), [0]);
        assert_eq!(compress(b"abc"), *b"\x30abc");
        // One literal, a repeat of 94 = 4 + 15 + 75 from one byte back, 5 literals.
        assert_eq!(compress(&[b'x'; 100]), *b"\x1fx\x01\x00\x4b\x50xxxxx");
        let long = vec![0; 100_000];
        assert!(compress(&long).len() < 410);
    }

    #[test]
    fn the_ends_of_a_count_are_right() {
        for count in [14, 15, 16, 15 + 254, 15 + 255, 15 + 256] {
            // No four bytes of it come twice.
            let literals = (0..count)
                .flat_map(|n: u16| n.to_be_bytes())
                .collect::<Vec<_>>();
            let repeats = [vec![7; count as usize + 5], vec![1; 12]].concat();
            for bytes in [literals, repeats] {
                assert_eq!(decompress(&compress(&bytes), bytes.len()).unwrap(), bytes);
            }
        }
    }

    /// Some bytes, how often.
    fn piece() -> impl Strategy<Value = (Vec<u8>, usize)> {
        (prop::collection::vec(0u8..4, 0..40), 1usize..40)
    }

    proptest! {
        #[test]
        fn what_was_packed_comes_back(pieces in prop::collection::vec(piece(), 0..10)) {
            let repeated = pieces.iter().map(|(piece, times)| piece.repeat(*times));
            let bytes = repeated.collect::<Vec<_>>().concat();
            let block = compress(&bytes);
            prop_assert!(block.len() <= bytes.len() + bytes.len() / 255 + 16);
            prop_assert_eq!(decompress(&block, bytes.len()).unwrap(), bytes);
        }
    }
}
