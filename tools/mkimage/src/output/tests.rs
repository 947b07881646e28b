// SPDX-License-Identifier: GPL-2.0-or-later
//! Tests of [`NewFile`](super::NewFile).

use super::*;
use nix::unistd::geteuid;
use std::os::unix::fs::{chown, symlink};

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Rewrites a file with these bytes at these offsets.
fn change(path: &Path, changes: &[(u64, &[u8])]) {
    let file = open_to_change(path).unwrap();
    let change = |&(offset, bytes): &(u64, &[u8])| Change {
        offset,
        bytes: bytes.to_vec(),
    };
    let changes: Vec<Change> = changes.iter().map(change).collect();
    rewrite(path, &file, &changes).unwrap();
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
    change(&target, &[(0, &[2; 1000])]);
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
fn a_rewritten_file_keeps_contents_mode_owner_and_symbolic_links() {
    let folder = tempfile::tempdir().unwrap();
    let (target, link) = (folder.path().join("image"), folder.path().join("link"));
    let old: Vec<u8> = (0..300_000u32).map(|n| (n / 1000) as u8).collect();
    fs::write(&target, &old).unwrap();
    fs::set_permissions(&target, Permissions::from_mode(0o640)).unwrap();
    symlink("image", &link).unwrap();
    if geteuid().is_root() {
        chown(&target, Some(77), Some(78)).unwrap();
    }
    let before = fs::metadata(&target).unwrap();
    change(&link, &[(0, &[0; 1000]), (299_999, &[0xff])]);
    let new = fs::read(&target).unwrap();
    assert_eq!(new[..1000], [0; 1000]);
    assert_eq!(
        (&new[1000..299_999], new[299_999]),
        (&old[1000..299_999], 0xff)
    );
    let after = fs::metadata(&target).unwrap();
    assert_eq!(after.mode() & 0o777, 0o640);
    assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
    assert_ne!(after.ino(), before.ino(), "it is another file");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[test]
fn all_names_of_a_file_stay_its_names() {
    let folder = tempfile::tempdir().unwrap();
    let (target, second) = (folder.path().join("image"), folder.path().join("second"));
    fs::write(&target, [7; 5000]).unwrap();
    fs::hard_link(&target, &second).unwrap();
    change(&target, &[(0, &[1; 2000]), (4000, &[2])]);
    let expected = [vec![1; 2000], vec![7; 2000], vec![2], vec![7; 999]].concat();
    assert!(fs::read(&second).unwrap() == expected);

    let new = NewFile::create(&second, 3000, &[]).unwrap();
    new.write_at(b"new", 1000).unwrap();
    assert!(fs::read(&target).unwrap() == expected, "not before commit");
    new.commit().unwrap();
    let expected = [vec![0; 1000], b"new".to_vec(), vec![0; 1997]].concat();
    assert!(fs::read(&target).unwrap() == expected);
    assert_eq!(names(folder.path()), ["image", "second"]);
}

#[test]
fn one_sector_is_written_in_place_and_nothing_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("image");
    fs::write(&target, [7; 5000]).unwrap();
    let before = fs::metadata(&target).unwrap();
    change(&target, &[(512, &[1; 512])]);
    let after = fs::metadata(&target).unwrap();
    assert_eq!(after.ino(), before.ino());
    assert_eq!(
        fs::read(&target).unwrap()[511..1025],
        [&[7][..], &[1; 512], &[7]].concat()
    );
    change(&target, &[]);
    let unchanged = fs::metadata(&target).unwrap();
    assert_eq!(
        (unchanged.ino(), unchanged.mtime_nsec()),
        (after.ino(), after.mtime_nsec())
    );
    change(&target, &[(511, &[2; 2])]);
    assert_ne!(fs::metadata(&target).unwrap().ino(), before.ino());
}

/// As where the host's file system knows no files without a name.
#[test]
fn a_name_in_between_goes_when_the_work_ends() {
    let folder = tempfile::tempdir().unwrap();
    let wait = SignalsWait::begin();
    let temporary = builder().tempfile_in(folder.path()).unwrap();
    let (file, name) = temporary.into_parts();
    let new = NewFile {
        file,
        target: folder.path().join("image"),
        destination: Destination::Name {
            name: Some((name, wait)),
            _old: None,
        },
    };
    let [name] = &names(folder.path())[..] else {
        panic!("one file")
    };
    assert!(name.starts_with(".mkimage-"), "{name}");
    let pending = SigSet::thread_get_mask().unwrap();
    assert!(pending.contains(Signal::SIGTERM));
    drop(new);
    assert_eq!(names(folder.path()).len(), 0);
    assert!(!SigSet::thread_get_mask().unwrap().contains(Signal::SIGTERM));
}
