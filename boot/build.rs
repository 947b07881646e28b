// SPDX-License-Identifier: GPL-2.0-or-later
//! Links by `boot.ld`, which also checks the sizes.

fn main() {
    println!("cargo:rerun-if-changed=bootsect.s");
    println!("cargo:rerun-if-changed=setup.s");
    println!("cargo:rerun-if-changed=boot.ld");
    let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    println!("cargo:rustc-link-arg=-T{folder}/boot.ld");
    println!("cargo:rustc-link-arg=--nmagic");
}
