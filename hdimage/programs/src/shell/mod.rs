// SPDX-License-Identifier: GPL-2.0-or-later
//! The language of `sh`: from lines ([`source`]) to tokens ([`lexer`], [`quotes`])
//! and commands ([`parser`], [`tree`]), and from words to arguments ([`expand`],
//! [`fields`], [`braces`], [`arithmetic`]). Running them is the program's part.
//!
//! [`parser::Parser`] is the one parser: what stands in `$( )` is read by it too,
//! on the way, so that it ends where the commands end.

pub mod arithmetic;
pub mod braces;
pub mod expand;
pub mod fields;
mod lexer;
pub mod parser;
mod quotes;
pub mod source;
pub mod tree;

/// Whether the byte may be in the name of a variable.
pub fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether it can be the name of a variable.
pub fn is_name(text: &[u8]) -> bool {
    text.first().is_some_and(|byte| !byte.is_ascii_digit())
        && text.iter().all(|&byte| is_name_byte(byte))
}
