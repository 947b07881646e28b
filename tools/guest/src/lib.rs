// SPDX-License-Identifier: GPL-2.0-or-later
//! Boots a disk image in Bochs, QEMU or v86, talks to the guest and looks at it.
//!
//! A [`Machine`] says what to boot; [`Machine::boot`] starts the emulator and
//! gives a running [`Guest`]. Input goes in over the first serial line
//! ([`Guest::send`]) or the keyboard ([`Guest::type_keys`]); what the guest says
//! is awaited with a deadline ([`Guest::expect_serial`],
//! [`Guest::expect_screen`]). A deadline missed, a kernel panic, or an emulator
//! that ends too early comes back as an error that holds the last screen and
//! the tail of the serial line. Dropping the guest, in a panic too, ends the
//! emulator and removes all its files.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use guest::{Emulator, Machine, PROMPT_TIME};
//! let mut guest = Machine::new(Emulator::Bochs, "build/eleven.img")
//!     .command_line("console=ttyS0")
//!     .boot()?;
//! guest.expect_serial("# ", PROMPT_TIME)?;
//! assert_eq!(guest.command("echo hello")?, "hello\n");
//! # Ok(())
//! # }
//! ```
//!
//! The emulators' own flags stand in one place each: [`bochs`] (with
//! `hdimage/bochsrc`), [`qemu`], and [`v86`] (with `tools/web/headless.js`).

pub mod bench;
pub mod bochs;
pub mod debug;
pub mod image;
pub mod interactive;
pub mod keys;
pub mod latency;
mod line_rom;
pub mod lock;
mod machine;
pub mod picture;
pub mod process;
pub mod profile;
mod prompt;
pub mod qemu;
mod screen;
mod serial;
pub mod shared_screen;
pub mod soak;
pub mod symbols;
pub mod tour;
pub mod v86;

pub use machine::{Emulator, End, Guest, Machine, PROMPT_TIME};
pub use prompt::{PROMPT, Prompt};
pub use screen::Screen;

/// Makes tests of functions `fn name(emulator: Emulator) -> anyhow::Result<()>`,
/// one for each emulator, that run only with `--ignored`.
#[macro_export]
macro_rules! in_both {
    ($($name:ident),* $(,)?) => {
        mod in_bochs { $(
            #[test]
            #[ignore = "needs Bochs"]
            fn $name() -> anyhow::Result<()> { super::$name($crate::Emulator::Bochs) }
        )* }
        mod in_qemu { $(
            #[test]
            #[ignore = "needs QEMU"]
            fn $name() -> anyhow::Result<()> { super::$name($crate::Emulator::Qemu) }
        )* }
    };
}
