// SPDX-License-Identifier: GPL-2.0-or-later
//! The language of `sh`: from text to commands ([`lexer`], [`parser`],
//! [`tree`]), and from words to arguments ([`expand`], [`arithmetic`]). Running
//! them is the program's part.

pub mod arithmetic;
pub mod expand;
pub mod lexer;
pub mod parser;
pub mod tree;
