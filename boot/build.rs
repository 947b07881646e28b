// SPDX-License-Identifier: GPL-2.0-or-later
//! Links by `boot.ld`, which also checks the sizes.

fn main() {
    for file in [
        "bootsect.s",
        "setup.s",
        "load_disk.s",
        "load_floppy.s",
        "boot.ld",
    ] {
        println!("cargo:rerun-if-changed={file}");
    }
    let folder = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    println!("cargo:rustc-link-arg=-T{folder}/boot.ld");
    println!("cargo:rustc-link-arg=--nmagic");
}
