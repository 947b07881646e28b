// SPDX-License-Identifier: GPL-2.0-or-later
//! What runs before the kernel (0.11: `boot/bootsect.s`, `boot/setup.s`).
//!
//! The assembly files become the sections `.bootsect` (sector 0 of the disk), `.setup`
//! (sectors 1 to 4) and, behind it in the same sectors, `.load_disk` or `.load_floppy`
//! of an ELF file that nobody runs: the image tool takes the sections out of it. So it
//! does with the only Rust, `.unpack`, which goes in front of the compressed kernel. The
//! third file of 0.11's `boot/`, `head.s`, is the kernel's first code and is linked with
//! the kernel.

#![no_std]
#![no_main]

mod unpack;

use core::arch::global_asm;

global_asm!(include_str!("../bootsect.s"), options(raw));
global_asm!(include_str!("../setup.s"), options(raw));
global_asm!(include_str!("../load_disk.s"), options(raw));
global_asm!(include_str!("../load_floppy.s"), options(raw));

/// Nothing in [`unpack`] panics; the compiler asks for this.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    unpack::fail(b"Kernel cannot be unpacked: panic")
}
