// SPDX-License-Identifier: GPL-2.0-or-later
//! `side-by-side original`: sources are found in whatever they are in, checked and
//! kept. The project here is one whose sums are those of a tree that is made up.

mod common;

use assert_cmd::Command;
use common::{archive, gzip, project, tree, write_folder};
use fs::host::MemoryDisk;
use fs::mkfs::Options;
use mkimage::complaints::Complaints;
use mkimage::image_path::ImagePath;
use mkimage::root_fs::{make, with_file_system};
use side_by_side::facts::{FILES, MACROS, SYMBOLS, file_row};
use side_by_side::original::KEPT;
use std::collections::BTreeMap;
use std::fs as host;
use std::io::Write;
use std::path::Path;
use tempfile::TempDir;

/// A project with the facts of 0.11, but for the sums.
fn project_of(tree: &BTreeMap<String, Vec<u8>>) -> TempDir {
    let folder = TempDir::new().unwrap();
    host::create_dir(folder.path().join("docs")).unwrap();
    for table in [SYMBOLS, MACROS] {
        host::copy(project().join(table), folder.path().join(table)).unwrap();
    }
    let rows: String = tree
        .iter()
        .map(|(name, bytes)| file_row(name, bytes))
        .collect();
    host::write(folder.path().join(FILES), rows).unwrap();
    folder
}

/// Status, standard output and standard error.
fn bring(project: &Path, original: Option<&Path>) -> (i32, String, String) {
    let mut command = Command::cargo_bin("side-by-side").unwrap();
    command.arg("--project").arg(project).arg("original");
    let output = command.args(original).output().unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// The tree with something in two files that was not there in 1991.
fn patched(tree: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    let mut tree = tree.clone();
    tree.get_mut("fs/exec.c").unwrap().extend(b"/* more */\n");
    tree.get_mut("fs/stat.c").unwrap()[3] = b'X';
    tree
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(0);
    let mut packer = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// A file system with a tree in each of these folders.
fn disk(trees: &[(&str, &BTreeMap<String, Vec<u8>>)]) -> Vec<u8> {
    let disk = MemoryDisk::new(4096);
    let image = Path::new("image");
    make(image, disk.clone(), &Options::new(4096), 0).unwrap();
    with_file_system(image, disk.clone(), 0, &Complaints::default(), |mounted| {
        let mkdirs = |path: &str| {
            for (at, _) in path.match_indices('/').skip(1) {
                let folder: ImagePath = path[..at].parse().unwrap();
                if mounted.find(&folder)?.is_none() {
                    mounted.mkdir(&folder, 0o755)?;
                }
            }
            Ok::<(), mkimage::error::Error>(())
        };
        for (top, tree) in trees {
            for (name, bytes) in *tree {
                let path = format!("{top}/{name}");
                mkdirs(&path)?;
                mounted.write_file(&path.parse().unwrap(), 0o644, bytes)?;
            }
        }
        Ok(())
    })
    .unwrap();
    disk.to_bytes()
}

/// What is kept in a project.
fn kept(project: &Path) -> BTreeMap<String, Vec<u8>> {
    let tree = tree();
    let read = |name: &String| {
        let bytes = host::read(project.join(KEPT).join(name)).ok()?;
        Some((name.clone(), bytes))
    };
    tree.keys().filter_map(read).collect()
}

#[test]
fn sources_are_found_in_folders_archives_and_disks_and_kept() {
    let tree = tree();
    let project = project_of(&tree);
    let place = TempDir::new().unwrap();
    let folder = place.path().join("download");
    write_folder(&tree, &folder.join("linux"));
    let tar = archive(&tree, "linux/");
    let packed = [
        ("linux.tar", tar.clone()),
        ("linux.tar.gz", gzip(&tar)),
        ("linux.tar.xz", xz(&tar)),
        ("disk.img", disk(&[("/usr/src/linux-0.11.org", &tree)])),
        ("disk.img.gz", gzip(&disk(&[("/usr/src/linux", &tree)]))),
    ];
    let files = packed.map(|(name, bytes)| {
        let path = place.path().join(name);
        host::write(&path, bytes).unwrap();
        path
    });
    for path in files.iter().chain([&folder]) {
        let (status, said, problems) = bring(project.path(), Some(path));
        assert_eq!((status, problems.as_str()), (0, ""), "{}", path.display());
        let name = path.display().to_string();
        assert!(
            said.starts_with(&format!("{KEPT} has the files of {name}/")),
            "{said}"
        );
        assert_eq!(kept(project.path()), tree, "{}", path.display());
        host::remove_dir_all(project.path().join(KEPT)).unwrap();
    }
}

#[test]
fn of_two_trees_the_real_one_is_taken() {
    let tree = tree();
    let patched = patched(&tree);
    let project = project_of(&tree);
    let image = project.path().join("disk.img");
    let trees = [
        ("/usr/src/linux", &patched),
        ("/usr/src/linux-0.11.org", &tree),
    ];
    host::write(&image, disk(&trees)).unwrap();
    let (status, said, problems) = bring(project.path(), Some(&image));
    assert_eq!((status, problems.as_str()), (0, ""));
    assert!(said.contains("disk.img/usr/src/linux-0.11.org/"), "{said}");
    assert_eq!(kept(project.path()), tree);
}

#[test]
fn patched_sources_are_told_a_line_a_file_and_kept() {
    let tree = tree();
    let patched = patched(&tree);
    let project = project_of(&tree);
    let archived = project.path().join("linux.tar");
    host::write(&archived, archive(&patched, "")).unwrap();
    let sizes = [tree["fs/exec.c"].len(), tree["fs/stat.c"].len()];
    let expected = [
        format!(
            "fs/exec.c: has {} bytes, in Linux 0.11 {}",
            sizes[0] + 11,
            sizes[0]
        ),
        format!(
            "fs/stat.c: has {} bytes as in Linux 0.11, but others",
            sizes[1]
        ),
        "90 of 92 files are those of Linux 0.11; the others are taken as they are".to_owned(),
    ];
    let expected = expected
        .map(|line| format!("side-by-side: {line}\n"))
        .concat();
    let (status, _, problems) = bring(project.path(), Some(&archived));
    assert_eq!((status, &problems), (0, &expected));
    assert_eq!(kept(project.path()), patched);
    // And again when it is asked what is kept.
    let (status, said, problems) = bring(project.path(), None);
    assert_eq!((status, &problems), (0, &expected));
    assert_eq!(said, format!("{KEPT} has the sources of Linux 0.11\n"));
}

#[test]
fn what_a_person_has_at_the_place_is_not_lost() {
    let tree = tree();
    let project = project_of(&tree);
    let place = project.path().join(KEPT);
    let archived = project.path().join("linux.tar");
    host::write(&archived, archive(&tree, "")).unwrap();
    let refused = |file: &Path| {
        let before = host::read(file).unwrap();
        let (status, _, problems) = bring(project.path(), Some(&archived));
        assert_eq!(status, 1, "{problems}");
        let expected = format!("side-by-side: {}: is not of Linux 0.11", file.display());
        assert!(problems.starts_with(&expected), "{problems}");
        assert_eq!(host::read(file).unwrap(), before);
    };
    // A folder of one's own, and the kept one with a file more, or with another one.
    host::create_dir_all(place.join("mine")).unwrap();
    host::write(place.join("mine/notes.txt"), "mine").unwrap();
    refused(&place.join("mine/notes.txt"));
    host::remove_dir_all(&place).unwrap();
    assert_eq!(bring(project.path(), Some(&archived)).0, 0);
    host::write(place.join("fs/notes.txt"), "mine").unwrap();
    refused(&place.join("fs/notes.txt"));
    host::remove_file(place.join("fs/notes.txt")).unwrap();
    host::write(place.join("fs/exec.c"), patched(&tree)["fs/exec.c"].clone()).unwrap();
    refused(&place.join("fs/exec.c"));
    // Nothing is lost by keeping the same changes again.
    host::write(&archived, archive(&patched(&tree), "")).unwrap();
    assert_eq!(bring(project.path(), Some(&archived)).0, 0);
    assert_eq!(kept(project.path()), patched(&tree));
    // Nor does a link to a folder go.
    let elsewhere = project.path().join("elsewhere");
    host::rename(&place, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &place).unwrap();
    let (status, _, problems) = bring(project.path(), Some(&archived));
    assert_eq!(status, 1, "{problems}");
    assert!(problems.contains("is not of Linux 0.11"), "{problems}");
    assert!(place.is_symlink());
}

#[test]
fn without_words_it_says_where_to_get_them() {
    let project = project_of(&tree());
    let (status, said, problems) = bring(project.path(), None);
    assert_eq!((status, problems.as_str()), (0, ""));
    for expected in [
        "linux-0.11.tar.gz",
        "/usr/src/linux-0.11.org",
        "make original C=PATH",
    ] {
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn what_is_not_linux_0_11_is_refused_and_what_was_kept_stays() {
    let tree = tree();
    let project = project_of(&tree);
    let path = project.path().join("linux.tar");
    host::write(&path, archive(&tree, "")).unwrap();
    assert_eq!(bring(project.path(), Some(&path)).0, 0);
    // Another release: most files are others.
    let other = tree
        .iter()
        .map(|(name, bytes)| (name.clone(), [bytes, &b"\n"[..]].concat()))
        .collect();
    host::write(&path, archive(&other, "")).unwrap();
    let refused = |expected: &str| {
        let (status, _, problems) = bring(project.path(), Some(&path));
        assert_eq!(status, 1, "{problems}");
        assert!(
            problems.starts_with(&format!("side-by-side: {}", path.display())),
            "{problems}"
        );
        assert!(problems.contains(expected), "{problems}");
        assert_eq!(kept(project.path()), tree);
    };
    refused("expected Linux 0.11, but only 0 of its 92 files are in ");
    // A disk without sources, and one that ends in the middle.
    let bytes = disk(&[("/usr/src/linux", &tree)]);
    host::write(&path, disk(&[("/usr/else/linux", &tree)])).unwrap();
    refused("expected the sources of Linux 0.11, but there is no folder with init/main.c in it");
    host::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    refused("cannot be read as a disk: file system: cannot be mounted");
    host::write(&path, "no archive\n").unwrap();
    refused("but it begins like none of them");
    host::remove_file(&path).unwrap();
    refused("cannot read the sources of Linux 0.11: No such file");
}
