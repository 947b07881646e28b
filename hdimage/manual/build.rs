// SPDX-License-Identifier: GPL-2.0-or-later
//! Makes the pages of the manual, and gives the linker the memory layout of programs, as
//! `hdimage/programs` does.

#[path = "src/pages.rs"]
mod pages;

use std::path::Path;

fn main() {
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let output = std::env::var("OUT_DIR").unwrap_or_default();
    for watched in [
        "../tests/src/bin",
        "../programs/src/bin",
        "src/bin",
        "../programs/program.ld",
        "../image.toml",
    ] {
        println!("cargo::rerun-if-changed={watched}");
    }
    let manual: String = pages::all(Path::new(&folder))
        .iter()
        .map(|(name, page)| format!("{MARK}{name}\n{page}"))
        .collect();
    if let Err(error) = std::fs::write(Path::new(&output).join("manual"), manual) {
        println!("cargo::error=the pages of the manual: {error}");
    }
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "none") {
        println!("cargo::rustc-link-arg-bins=-T{folder}/../programs/program.ld");
        println!("cargo::rustc-link-arg-bins=--gc-sections");
        println!("cargo::rustc-link-arg-bins=-znoexecstack");
    }
}

/// Stands before the names of a page.
const MARK: char = '\x0c';
