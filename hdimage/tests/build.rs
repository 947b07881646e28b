// SPDX-License-Identifier: GPL-2.0-or-later
//! Gives the linker the memory layout of programs, as `hdimage/programs` does.

fn main() {
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo::rerun-if-changed=../programs/program.ld");
    println!("cargo::rustc-link-arg-bins=-T{folder}/../programs/program.ld");
    println!("cargo::rustc-link-arg-bins=--gc-sections");
    println!("cargo::rustc-link-arg-bins=-znoexecstack");
}
