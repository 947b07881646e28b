// SPDX-License-Identifier: GPL-2.0-or-later
//! Tests of [`NewFile`](super::NewFile).

use super::*;
use std::os::unix::fs::symlink;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn the_old_file_stays_until_commit() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("image");
    fs::write(&target, "old").unwrap();
    let abandoned = NewFile::create(&target, 100, &[]).unwrap();
    abandoned.write_at(b"new", 0).unwrap();
    drop(abandoned);
    assert_eq!(fs::read(&target).unwrap(), b"old");
    assert_eq!(names(folder.path()), ["image"]);

    let new = NewFile::create(&target, 5, &[]).unwrap();
    new.write_at(b"new", 1).unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"old");
    new.commit().unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"\0new\0");
    assert_eq!(names(folder.path()), ["image"]);
}

#[test]
fn zeros_take_no_room() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("image");
    let new = NewFile::create(&target, 1 << 20, &[]).unwrap();
    new.write_at(&[0; 1 << 19], 0).unwrap();
    new.write_at(&[1], 1 << 19).unwrap();
    new.commit().unwrap();
    let copy = NewFile::copy_of(&target).unwrap();
    copy.commit().unwrap();
    let metadata = fs::metadata(&target).unwrap();
    assert_eq!(metadata.len(), 1 << 20);
    assert!(
        metadata.blocks() * 512 <= 1 << 17,
        "{} blocks",
        metadata.blocks()
    );
    assert_eq!(fs::read(&target).unwrap()[1 << 19], 1);
}

#[test]
fn a_copy_keeps_contents_mode_and_links() {
    let folder = tempfile::tempdir().unwrap();
    let (target, link) = (folder.path().join("image"), folder.path().join("link"));
    let old: Vec<u8> = (0..300_000u32).map(|n| (n / 1000) as u8).collect();
    fs::write(&target, &old).unwrap();
    fs::set_permissions(&target, Permissions::from_mode(0o640)).unwrap();
    symlink("image", &link).unwrap();
    let copy = NewFile::copy_of(&link).unwrap();
    copy.overwrite_at(&[0xff], 299_999).unwrap();
    copy.commit().unwrap();
    let new = fs::read(&target).unwrap();
    assert_eq!((&new[..299_999], new[299_999]), (&old[..299_999], 0xff));
    assert_eq!(fs::metadata(&target).unwrap().mode() & 0o777, 0o640);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}
