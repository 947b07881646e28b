// SPDX-License-Identifier: GPL-2.0-or-later
//! Hashed passwords, as the second field of `/etc/passwd` has them.
//!
//! The field is `$5$SALT$HASH`: SHA-256, 5000 times, of password and salt, as
//! `openssl passwd -5` writes it, and the C libraries of today read it. With
//! `$5$rounds=N$SALT$HASH` it is N times. An empty field is for a user who needs no
//! password; whoever asks for one looks for that first. Anything else, such as `*`,
//! matches no password.
//!
//! 0.11 has no log-in.

use alloc::vec::Vec;
use base64ct::{Base64ShaCrypt, Encoding};
use sha_crypt::{BLOCK_SIZE_SHA256, Params, sha256_crypt};
use subtle::ConstantTimeEq;

/// Random bytes that make a salt.
pub const SEED: usize = 12;
/// The letters of such a salt.
const SALT: usize = 16;
/// The letters of a hash.
const HASH: usize = 43;
/// The longest password. The time that a hash takes grows with it.
pub const LONGEST: usize = 128;

const METHOD: &[u8] = b"$5$";
const ROUNDS: &[u8] = b"rounds=";

/// The order in which the bytes of the hash are written.
const ORDER: [usize; BLOCK_SIZE_SHA256] = [
    20, 10, 0, 11, 1, 21, 2, 22, 12, 23, 13, 3, 14, 4, 24, 5, 25, 15, 26, 16, 6, 17, 7, 27, 8, 28,
    18, 29, 19, 9, 30, 31,
];

/// The field for a password. `seed` is random, so that equal passwords differ here.
pub fn hash(password: &[u8], seed: &[u8; SEED]) -> Vec<u8> {
    let mut salt = [0; SALT];
    encode(seed, &mut salt);
    let hash = letters(password, &salt, Params::RECOMMENDED);
    [METHOD, &salt, b"$", &hash].concat()
}

/// Whether it is the password of a field. It takes as long if the field is none.
pub fn matches(password: &[u8], field: &[u8]) -> bool {
    let parts = parse(field);
    let (params, salt, expected) = parts.unwrap_or((Params::RECOMMENDED, b"", b""));
    let hash = letters(password, salt, params);
    let is_same: bool = hash.ct_eq(expected).into();
    parts.is_some() && is_same && password.len() <= LONGEST
}

/// The parts of a field: how often, the salt, the hash.
fn parse(field: &[u8]) -> Option<(Params, &[u8], &[u8])> {
    let mut parts = field.strip_prefix(METHOD)?.split(|&byte| byte == b'$');
    let mut salt = parts.next()?;
    let mut params = Params::RECOMMENDED;
    if let Some(rounds) = salt.strip_prefix(ROUNDS) {
        params = Params::new(crate::number::unsigned(rounds, 10)?).ok()?;
        salt = parts.next()?;
    }
    let hash = parts.next().filter(|hash| hash.len() == HASH)?;
    (salt.len() <= SALT && parts.next().is_none()).then_some((params, salt, hash))
}

fn letters(password: &[u8], salt: &[u8], params: Params) -> [u8; HASH] {
    let password = password.get(..LONGEST).unwrap_or(password);
    let hash = sha256_crypt(password, salt, params);
    let mut letters = [0; HASH];
    encode(&ORDER.map(|index| hash[index]), &mut letters);
    letters
}

/// Writes bytes as letters; `letters` is as long as they need.
fn encode(bytes: &[u8], letters: &mut [u8]) {
    let written = Base64ShaCrypt::encode(bytes, letters);
    debug_assert!(written.is_ok());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `crypt` of the GNU C library and `openssl passwd -5` write them.
    const KNOWN: [(&str, &str); 6] = [
        (
            "secret",
            "$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.",
        ),
        ("", "$5$x$yHbtfs4Y8t6X1xcJemNX.4JQRfUTafA2qQenWGLBee2"),
        (
            "p",
            "$5$0123456789abcdef$5M.P5v5nvakHNXdAukE07B0Y4JtrN7aOmjrQTmw2EAD",
        ),
        (
            "a password of more than thirty-two bytes: 0123456789",
            "$5$salt$TGT9vh/A1tYenSfmkuI80khyu6CpFbnTM56yO1F.4YA",
        ),
        (
            "caf\u{e9}",
            "$5$s$pdhXpnqcQ1bJ60Zd1U2RZpP.GLWEHsXYLE2s5seG85D",
        ),
        (
            "secret",
            "$5$rounds=1000$abc$Mz4DiYKTnNKbZLo/mIp3d8Y4aQBhv3uhSwxLDy55/Y8",
        ),
    ];

    #[test]
    fn fields_of_other_systems_are_read() {
        for (password, field) in KNOWN {
            assert!(matches(password.as_bytes(), field.as_bytes()), "{field}");
            let wrong = [password.as_bytes(), b"x"].concat();
            assert!(!matches(&wrong, field.as_bytes()), "{field}");
        }
    }

    #[test]
    fn every_letter_of_a_field_counts() {
        let [.., (password, field)] = KNOWN;
        for index in 0..field.len() {
            let mut wrong = field.as_bytes().to_vec();
            wrong[index] = if wrong[index] == b'1' { b'2' } else { b'1' };
            assert!(!matches(password.as_bytes(), &wrong), "{field} at {index}");
        }
    }

    #[test]
    fn a_field_is_written_as_other_systems_do() {
        // `printf xxxx | openssl passwd -5 -salt ................ -stdin`
        let field = hash(b"xxxx", &[0; SEED]);
        assert_eq!(
            field,
            b"$5$................$CzFCxNJxFq0/HU.jS8UqMkbvKimQbJ7HTYeJHL199l7"
        );
        assert!(matches(b"xxxx", &field));
        assert_ne!(field, hash(b"xxxx", &[1; SEED]));
        assert_ne!(field, hash(b"xxxy", &[0; SEED]));
    }

    #[test]
    fn what_is_no_hash_matches_nothing() {
        let (_, good) = KNOWN[1];
        let more = [good, "$"].concat();
        let rounds = good.replacen("$5$", "$5$rounds=999$", 1);
        let many = good.replacen("$5$", "$5$rounds=1000000000$", 1);
        let no_number = good.replacen("$5$", "$5$rounds=$", 1);
        let long_salt = good.replacen("$x$", "$xxxxxxxxxxxxxxxxx$", 1);
        for field in [
            "",
            "*",
            "!",
            "x",
            "$",
            "$5",
            "$5$",
            "$5$$",
            "$5$x",
            "$5$x$",
            "$1$x$y",
            "$6$x$y",
            &good[..good.len() - 1],
            &good[1..],
            &more,
            &rounds,
            &many,
            &no_number,
            &long_salt,
        ] {
            assert!(!matches(b"", field.as_bytes()), "{field}");
        }
    }

    #[test]
    fn a_password_has_a_longest_length() {
        let longest = [b'x'; LONGEST];
        let field = hash(&longest, &[7; SEED]);
        assert!(matches(&longest, &field));
        assert!(!matches(&[b'x'; LONGEST + 1], &field));
    }
}
