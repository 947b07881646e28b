// SPDX-License-Identifier: GPL-2.0-or-later
//! A pool of random bits, and the generator that uses it.
//!
//! The generator is ChaCha20 (RFC 8439, 2.3) with a key that is replaced by half of
//! each block it makes, so that earlier output cannot be found out later. What was
//! added since then is mixed into the key of the next block.

/// Bytes that are generated at a time: half a block, the other is the next key.
pub const PIECE: usize = 32;
/// Words that wait to be mixed into the key.
const STIRRED: usize = 8;
/// "expand 32-byte k" (RFC 8439, 2.3).
const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646E, 0x7962_2D32, 0x6B20_6574];

/// The state of the generator.
pub struct Pool {
    key: [u32; 8],
    stirred: [u32; STIRRED],
    /// How many words were ever added.
    count: u32,
    /// How many blocks were ever made.
    block: u32,
}

impl Pool {
    /// An empty pool.
    pub const fn new() -> Pool {
        Pool {
            key: [0; 8],
            stirred: [0; STIRRED],
            count: 0,
            block: 0,
        }
    }

    /// Adds a word, at nearly no cost.
    pub fn stir(&mut self, word: u32) {
        let place = &mut self.stirred[self.count as usize % STIRRED];
        *place = place.rotate_left(7) ^ word;
        self.count = self.count.wrapping_add(1);
    }

    /// Makes some random bytes.
    pub fn generate(&mut self) -> [u8; PIECE] {
        for (word, stirred) in self.key.iter_mut().zip(self.stirred) {
            *word ^= stirred;
        }
        self.block = self.block.wrapping_add(1);
        let block = chacha20_block(&self.key, self.block, [self.count, 0, 0]);
        let (key, rest) = block.split_at(8);
        self.key.copy_from_slice(key);
        let mut bytes = [0; PIECE];
        for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(rest) {
            *bytes = word.to_le_bytes();
        }
        bytes
    }
}

/// A block of the key stream (RFC 8439, 2.3).
fn chacha20_block(key: &[u32; 8], counter: u32, nonce: [u32; 3]) -> [u32; 16] {
    let mut start = [0; 16];
    start[..4].copy_from_slice(&CONSTANTS);
    start[4..12].copy_from_slice(key);
    start[12] = counter;
    start[13..].copy_from_slice(&nonce);
    let mut state = start;
    for _ in 0..10 {
        for column in 0..4 {
            quarter_round(&mut state, [column, column + 4, column + 8, column + 12]);
        }
        for diagonal in 0..4 {
            let [b, c, d] = [1, 2, 3].map(|row| row * 4 + (diagonal + row) % 4);
            quarter_round(&mut state, [diagonal, b, c, d]);
        }
    }
    core::array::from_fn(|index| state[index].wrapping_add(start[index]))
}

/// RFC 8439, 2.1.
fn quarter_round(state: &mut [u32; 16], [a, b, c, d]: [usize; 4]) {
    for (left, right) in [(16, 12), (8, 7)] {
        state[a] = state[a].wrapping_add(state[b]);
        state[d] = (state[d] ^ state[a]).rotate_left(left);
        state[c] = state[c].wrapping_add(state[d]);
        state[b] = (state[b] ^ state[c]).rotate_left(right);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8439, 2.3.2.
    #[test]
    fn the_block_of_the_rfc() {
        let key = core::array::from_fn(|index| {
            u32::from_le_bytes([0, 1, 2, 3].map(|byte| byte + 4 * index as u8))
        });
        let block = chacha20_block(&key, 1, [0x0900_0000, 0x4A00_0000, 0]);
        assert_eq!(
            block,
            [
                0xe4e7_f110,
                0x1559_3bd1,
                0x1fdd_0f50,
                0xc471_20a3,
                0xc7f4_d1c7,
                0x0368_c033,
                0x9aaa_2204,
                0x4e6c_d4c3,
                0x4664_82d2,
                0x09aa_9f07,
                0x05d7_c214,
                0xa202_8bd9,
                0xd19c_12b5,
                0xb94e_16de,
                0xe883_d0cb,
                0x4e3c_50a2,
            ]
        );
    }

    #[test]
    fn no_two_pieces_are_alike() {
        let mut pool = Pool::new();
        let pieces: Vec<_> = (0..100).map(|_| pool.generate()).collect();
        for (index, piece) in pieces.iter().enumerate() {
            assert!(!pieces[..index].contains(piece));
        }
    }

    #[test]
    fn each_word_stirred_in_changes_what_comes() {
        let first = |words: &[u32]| {
            let mut pool = Pool::new();
            words.iter().for_each(|&word| pool.stir(word));
            pool.generate()
        };
        let words: Vec<u32> = (0..3 * STIRRED as u32).collect();
        let expected = first(&words);
        assert_eq!(first(&words), expected);
        for index in 0..words.len() {
            let mut other = words.clone();
            other[index] ^= 1 << 31;
            assert_ne!(first(&other), expected);
        }
    }

    #[test]
    fn the_key_does_not_stay() {
        let mut pool = Pool::new();
        let before = pool.key;
        pool.generate();
        assert_ne!(pool.key, before);
    }
}
