// SPDX-License-Identifier: GPL-2.0-or-later
//! A source tree that has every symbol of 0.11 in its place, and nothing else
//! of it: the text is made up from the facts.

#![allow(dead_code)]

use side_by_side::facts::{self, File, Kind, Symbol};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The folder of this project.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Its files with their text.
pub fn tree() -> BTreeMap<String, Vec<u8>> {
    let files = facts::read(&project()).expect("the facts");
    files
        .iter()
        .map(|file| (file.path.clone(), text(file).into_bytes()))
        .collect()
}

/// A declaration in each line that the facts name; the other lines are
/// comments.
fn text(file: &File) -> String {
    let last = file
        .symbols
        .iter()
        .map(|symbol| symbol.line)
        .max()
        .unwrap_or(1);
    (1..=last)
        .map(|line| declarations(file, line) + "\n")
        .collect()
}

fn declarations(file: &File, line: usize) -> String {
    let here: Vec<&Symbol> = file
        .symbols
        .iter()
        .filter(|symbol| symbol.line == line)
        .collect();
    let inside = file
        .symbols
        .iter()
        .any(|symbol| symbol.kind == Kind::Struct && symbol.line + 1 == line);
    match &here[..] {
        [] if inside => String::new(),
        [] => format!("/* line {line} of <{}> */", file.path),
        [first, ..] if first.kind == Kind::Struct && here.len() > 1 => {
            format!("struct {} {{ int a; }} {};", first.name, here[1].name)
        }
        [symbol] => declaration(symbol),
        many => {
            let names: Vec<&str> = many.iter().map(|symbol| symbol.name.as_str()).collect();
            format!("int {};", names.join(", "))
        }
    }
}

fn declaration(symbol: &Symbol) -> String {
    let name = &symbol.name;
    match symbol.kind {
        Kind::Function => format!("int {name}(void) {{ return '}}' & \"}}\"; }}"),
        Kind::Variable => format!("int {name} = 0;"),
        Kind::Struct => format!("struct {name} {{ int a; }};"),
        Kind::Typedef => format!("typedef int {name};"),
        Kind::Label => format!("{name}:\tnop"),
        Kind::Macro => format!("#define {name}(a) (a)"),
        Kind::Constant => format!("#define {name} 1"),
        Kind::SyscallStub => format!("_syscall0(int,{name})"),
    }
}

/// Puts a tree into a folder.
pub fn write_folder(tree: &BTreeMap<String, Vec<u8>>, folder: &Path) {
    for (name, bytes) in tree {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, bytes).expect("a file");
    }
}

/// Puts a tree into an archive, below a folder `top` that may be empty.
pub fn archive(tree: &BTreeMap<String, Vec<u8>>, top: &str) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in tree {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, format!("{top}{name}"), &bytes[..])
            .expect("an entry");
    }
    tar.into_inner().expect("an archive")
}

/// Packs by gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).expect("packed");
    packer.finish().expect("packed")
}
