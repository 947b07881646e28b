// SPDX-License-Identifier: GPL-2.0-or-later
//! Tells the linker where the kernel lies in memory.

fn main() {
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo::rustc-link-arg-bins=-T{folder}/kernel.ld");
    println!("cargo::rerun-if-changed=kernel.ld");
    println!("cargo::rerun-if-changed=../boot/head.s");
}
