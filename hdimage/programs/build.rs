// SPDX-License-Identifier: GPL-2.0-or-later
//! Gives the linker the memory layout of programs.

fn main() {
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo::rerun-if-changed=program.ld");
    // On the host only the library is built, and there is nothing to lay out.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "none") {
        println!("cargo::rustc-link-arg-bins=-T{folder}/program.ld");
        println!("cargo::rustc-link-arg-bins=--gc-sections");
        println!("cargo::rustc-link-arg-bins=-znoexecstack");
    }
}
