// SPDX-License-Identifier: GPL-2.0-or-later
//! `bc`, the calculator with numbers of any length, as POSIX has it.
//!
//! `magnitude` computes with whole numbers, `decimal` with numbers that have digits
//! behind the point; `parser` makes a tree of a program, and a [`Calculator`] walks over
//! it. The functions of `-l` are written in `bc` itself ([`LIBRARY`]).

mod calculator;
mod decimal;
mod lexer;
mod magnitude;
mod parser;
#[cfg(test)]
mod tests;
mod tree;

pub use calculator::Calculator;

/// Sine, cosine, arctangent, logarithm, exponential and Bessel functions: each computes
/// with some digits more than are asked for, and drops them in the end.
pub const LIBRARY: &str = include_str!("bc/library.bc");
