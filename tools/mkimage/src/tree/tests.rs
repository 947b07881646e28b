// SPDX-License-Identifier: GPL-2.0-or-later
//! Trees put together from small folders.

use super::*;
use crate::elf::testing::ElfBuilder;
use std::fs::{create_dir_all, write};
use tempfile::TempDir;

const DISK: &str = r#"time = 1991-12-08T00:00:00Z
disk = { cylinders = 65, root-cylinder = 10, root-device = 0x302, command-line = "" }
"#;

/// A folder with a manifest that ends in `text`, some sources and programs.
fn gather_from(inodes: u16, text: &str) -> (TempDir, Result<Tree>) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let text = format!("{DISK}root.inodes = {inodes}\n{text}");
    write(path("image.toml"), text).unwrap();
    create_dir_all(path("root/etc")).unwrap();
    write(path("root/etc/rc"), "echo\n").unwrap();
    create_dir_all(path("src/grep")).unwrap();
    write(path("src/cat.rs"), "").unwrap();
    write(path("src/grep/main.rs"), "").unwrap();
    write(path("src/notes.txt"), "").unwrap();
    create_dir_all(path("bin")).unwrap();
    let elf = ElfBuilder::new(0x1000)
        .segment(0x1000, 0, &[0x90], 1, "rx")
        .build();
    write(path("bin/cat"), &elf).unwrap();
    write(path("bin/grep"), &elf).unwrap();
    write(path("bin/stale"), &elf).unwrap();
    let (manifest, source) = Manifest::load(&path("image.toml")).unwrap();
    let tree = gather(&manifest, &source, Some(&path("bin")));
    (folder, tree)
}

fn message(text: &str) -> String {
    let (folder, tree) = gather_from(100, text);
    tree.unwrap_err()
        .to_string()
        .replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn everything_comes_together() {
    let (_, tree) = gather_from(
        100,
        r#"directories = { "/bin" = {}, "/dev" = {}, "/etc" = { mode = 0o711 } }
        devices = { "/dev/hd0" = { block = [3, 0], gid = 4 } }
        links = { "/bin/egrep" = "/bin/grep" }
        attributes = { "/etc/rc" = { mode = 0o700, uid = 7 } }
        tree = [{ from = "root", to = "/" }]
        programs = { sources = ["src"], install = [{ names = ["*"], to = "/bin" }] }"#,
    );
    let tree = tree.unwrap();
    let lines: Vec<String> = tree
        .iter()
        .map(|(path, node)| {
            let kind = match &node.kind {
                Kind::Directory => "directory".into(),
                Kind::File(contents) => format!("{} bytes", contents.len()),
                Kind::Device { is_block, device } => format!("{is_block} {device}"),
                Kind::Link(target) => format!("= {target}"),
            };
            format!("{path} {:o} {} {} {kind}", node.mode, node.uid, node.gid)
        })
        .collect();
    assert_eq!(
        lines,
        [
            "/bin 755 0 0 directory",
            "/bin/cat 755 0 0 5124 bytes",
            "/bin/egrep 0 0 0 = /bin/grep",
            "/bin/grep 755 0 0 5124 bytes",
            "/dev 755 0 0 directory",
            "/dev/hd0 600 0 4 true /dev/hd0",
            "/etc 711 0 0 directory",
            "/etc/rc 700 7 0 5 bytes",
        ]
    );
}

#[test]
fn what_does_not_fit_together_is_told() {
    assert_eq!(
        message("devices = { \"/dev/hd0\" = { block = [3, 0] } }"),
        "image.toml:4: devices.\"/dev/hd0\": root file system: /dev/hd0 needs the directory /dev, which is not in [directories]"
    );
    assert_eq!(
        message("directories.\"/x\" = {}\ndevices = { \"/x\" = { block = [3, 0] } }"),
        "image.toml:5: devices.\"/x\": /x is in the image already, by image.toml:4: directories.\"/x\""
    );
    assert_eq!(
        message(
            "directories = { \"/etc\" = {}, \"/etc/rc\" = {} }\ntree = [{ from = \"root\", to = \"/\" }]"
        ),
        "root/etc/rc: folder of the image: /etc/rc is in the image already, by image.toml:4: directories.\"/etc/rc\""
    );
    assert_eq!(
        message("tree = [{ from = \"nowhere\", to = \"/\" }]"),
        "image.toml:4: tree[0].from: nowhere is not a folder"
    );
    assert_eq!(
        message("links = { \"/a\" = \"/b\" }"),
        "image.toml:4: links.\"/a\": expected /b to be a file of the image"
    );
    assert_eq!(
        message("attributes = { \"/a\" = {} }"),
        "image.toml:4: attributes.\"/a\": expected /a to be a file or directory of the image"
    );
    // A second name has the attributes of the first.
    assert_eq!(
        message(
            "directories = { \"/etc\" = {} }\ntree = [{ from = \"root\", to = \"/\" }]\n\
             links = { \"/a\" = \"/etc/rc\" }\nattributes = { \"/a\" = { mode = 0o700 } }"
        ),
        "image.toml:7: attributes.\"/a\": expected /a to be a file or directory of the image"
    );
    assert_eq!(
        message("directories = { \"/\" = {} }"),
        "image.toml:4: directories.\"/\": the root directory is always there"
    );
}

#[test]
fn programs_follow_their_sources_and_the_rules() {
    let rules = |rules: &str| {
        message(&format!(
            "directories.\"/bin\" = {{}}\nprograms = {{ sources = [\"src\"], install = [{rules}] }}"
        ))
    };
    assert_eq!(
        rules("{ names = [\"c*\"], to = \"/bin\" }"),
        "image.toml:5: programs.sources[0]: no rule of programs.install matches src/grep/main.rs"
    );
    assert_eq!(
        rules("{ names = [\"*\", \"stale\"], to = \"/bin\" }"),
        "image.toml:5: programs.install[0].names[1]: there is no program stale in src"
    );
    assert!(
        rules("{ names = [\"[\"], to = \"/bin\" }")
            .starts_with("image.toml:5: programs.install[0].names[0]: ")
    );
}

#[test]
fn two_programs_do_not_share_a_name() {
    let message = message(
        "directories.\"/bin\" = {}\nprograms = { sources = [\"src\", \"root/../src\"], \
         install = [{ names = [\"*\"], to = \"/bin\" }] }",
    );
    let told = "image.toml:5: programs.sources[1]: cat is in src/cat.rs too";
    assert_eq!(message, told);
}

#[test]
fn a_program_that_is_not_built_or_no_program_is_told() {
    let rules = "directories.\"/bin\" = {}\nprograms = { sources = [\"src\"], install = [{ names = [\"*\"], to = \"/bin\" }] }";
    let (folder, tree) = gather_from(100, rules);
    assert!(tree.is_ok());
    let (manifest, source) = Manifest::load(&folder.path().join("image.toml")).unwrap();
    let bin = folder.path().join("bin");
    write(bin.join("grep"), "#!/bin/sh\n").unwrap();
    let message = gather(&manifest, &source, Some(&bin))
        .unwrap_err()
        .to_string();
    assert!(
        message.ends_with("bin/grep: ELF header: expected a little-endian 32-bit ELF file"),
        "{message}"
    );
    fs::remove_file(bin.join("grep")).unwrap();
    let message = gather(&manifest, &source, Some(&bin))
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("bin/grep: executable: not there, expected the program of "),
        "{message}"
    );
    // Without a folder of programs there are none.
    assert_eq!(gather(&manifest, &source, None).unwrap().len(), 1);
}

#[test]
fn inodes_are_counted_before_anything_is_written() {
    let tree = "directories = { \"/etc\" = {} }\ntree = [{ from = \"root\", to = \"/\" }]";
    assert!(gather_from(3, tree).1.is_ok());
    let message = gather_from(2, tree).1.unwrap_err().to_string();
    assert!(
        message
            .ends_with("root.inodes: 2 inodes, expected at least 3 for what goes into the image"),
        "{message}"
    );
}
