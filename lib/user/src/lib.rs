// SPDX-License-Identifier: GPL-2.0-or-later
//! What a program is linked to (0.11: `lib/`).
//!
//! A program is a crate with `#![no_std]` and `#![no_main]` that says
//!
//! ```ignore
//! user::program!(main);
//!
//! fn main() -> i32 {
//!     user::println!("hello, world");
//!     0
//! }
//! ```
//!
//! [`program!`](crate::program) brings the entry point ([`crt0`]), the
//! allocator ([`malloc`]) and the panic handler. Below them are the raw stubs
//! of all system calls ([`syscall`]) and their typed forms ([`calls`]); above
//! them arguments and environment ([`env`]), output and lines ([`stdio`]),
//! directories ([`dirent`]) and signals ([`signal`]).
//!
//! Of 0.11's `lib/`, `_exit close dup execve open setsid wait write` are rows
//! of the table that [`syscall`] is made of; `errno` is the error side of
//! `Result`; `ctype` and `string` are Rust's `u8::is_ascii_*` and slices.
#![cfg(target_os = "none")]
#![no_std]

extern crate alloc;

pub mod calls;
pub mod crt0;
pub mod dirent;
pub mod env;
pub mod malloc;
pub mod signal;
mod single;
pub mod stdio;
pub use abi::syscall;
