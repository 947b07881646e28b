// SPDX-License-Identifier: GPL-2.0-or-later
//! Damaged images, and those of other kinds: what can be saved, and what is said.

use crate::project::{Project, system_tool};
use flate2::Compression;
use flate2::write::GzEncoder;
use lzma_rust2::{XzOptions, XzWriter};
use std::fs;
use std::io::Write;

/// Where partition 2 begins.
const ROOT: usize = 4032 * 512;
/// No zone has this number, and no inode.
const NONSENSE: [u8; 2] = 60000u16.to_le_bytes();

/// The place of the directory entry with this name.
fn entry_of(image: &[u8], name: &str) -> usize {
    let mut bytes = [0; 14];
    bytes[..name.len()].copy_from_slice(name.as_bytes());
    let place = image.windows(14).position(|window| window == bytes);
    place.unwrap() - 2
}

/// Makes zone `slot` of the file with this name one that is not there.
fn spoil_zone(image: &mut [u8], name: &str, slot: usize) {
    let entry = entry_of(image, name);
    let number = usize::from(u16::from_le_bytes([image[entry], image[entry + 1]]));
    let place = ROOT + 4 * 1024 + (number - 1) * 32 + 14 + 2 * slot;
    image[place..place + 2].copy_from_slice(&NONSENSE);
}

/// What a command prints that goes on past damage, and its complaints.
fn partly(project: &Project, words: &[&str]) -> (String, String) {
    let output = project.mkimage(words).assert().code(1).get_output().clone();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

#[test]
fn a_bad_entry_leaves_the_others() {
    let project = Project::built();
    let mut image = project.read("image");
    let entry = entry_of(&image, "long");
    image[entry..entry + 2].copy_from_slice(&NONSENSE);
    project.write("image", image);
    let complaint = "mkimage: image: /etc/long: cannot look at: Input/output error: \
                     a directory entry for inode 60000\n";
    for (words, expected) in [
        (&["ls", "image", "/etc"][..], "rc\n"),
        (&["tree", "image", "/etc"], "/etc\n└── rc\n"),
        (&["cp", "-r", "image:/etc", "out"], ""),
    ] {
        let (out, complaints) = partly(&project, words);
        assert_eq!(out, expected);
        assert_eq!(complaints, complaint);
    }
    assert_eq!(project.read("out/rc"), b"cat /etc/motd\n");
}

#[test]
fn a_bad_block_leaves_the_rest_of_the_file() {
    let project = Project::built();
    let mut image = project.read("image");
    spoil_zone(&mut image, "long", 2);
    project.write("image", image);
    let mut expected = vec![b'x'; 20_000];
    expected[2048..3072].fill(0);
    for words in [
        &["get", "image", "/etc/long", "got"][..],
        &["cp", "-r", "image:/etc", "out"],
    ] {
        let (_, complaints) = partly(&project, words);
        assert!(
            complaints.contains("/etc/long: cannot read: Input/output error: "),
            "{complaints}"
        );
        let zeros = "/etc/long: 1 of its blocks can't be read, the first at byte 2048; zeros stand for it\n";
        assert!(complaints.ends_with(zeros), "{complaints}");
    }
    assert!(project.read("got") == expected);
    assert!(project.read("out/long") == expected);
    assert_eq!(project.read("out/rc"), b"cat /etc/motd\n");
}

#[test]
fn a_bad_directory_leaves_the_others() {
    let project = Project::built();
    let mut image = project.read("image");
    spoil_zone(&mut image, "etc", 0);
    project.write("image", image);
    let (tree, complaints) = partly(&project, &["tree", "image"]);
    assert!(
        tree.contains("├── etc\n") && tree.contains("ash\n"),
        "{tree}"
    );
    let expected = "mkimage: image: /etc: cannot list all of it: Input/output error: ";
    assert!(complaints.starts_with(expected), "{complaints}");
}

#[test]
fn a_bad_block_of_a_directory_leaves_its_other_names() {
    let project = Project::built();
    let lines: String = (0..70).map(|n| format!("ln /etc/rc /etc/{n}\n")).collect();
    let mut shell = project.mkimage(&["shell", "image"]);
    shell.write_stdin(lines).assert().success();
    let mut image = project.read("image");
    spoil_zone(&mut image, "etc", 1);
    project.write("image", image);
    let (listing, complaints) = partly(&project, &["ls", "image", "/etc"]);
    assert_eq!(listing.lines().count(), 62, "{listing}");
    assert!(listing.ends_with("long\nrc\n"), "{listing}");
    let expected = "mkimage: image: /etc: cannot list all of it: Input/output error: ";
    assert!(complaints.starts_with(expected), "{complaints}");
}

/// Behind a thousand bad blocks the rest of a file is looked at, but not behind more.
#[test]
fn a_file_is_given_up_after_many_bad_blocks() {
    let project = Project::built();
    let image = project.read("image");
    let block = |number: usize| ROOT + number * 1024;
    for (bad, is_found) in [(999, true), (1000, true), (1001, false)] {
        let mut image = image.clone();
        let entry = entry_of(&image, "long");
        let number = usize::from(u16::from_le_bytes([image[entry], image[entry + 1]]));
        let inode = block(4) + (number - 1) * 32;
        let size = (7 + bad + 1) * 1024;
        image[inode + 4..inode + 8].copy_from_slice(&(size as u32).to_le_bytes());
        // Its list is zone 100, its list of lists is zone 101, which has zone 102.
        image[inode + 28..inode + 32].copy_from_slice(&[100, 0, 101, 0]);
        image[block(101)..][..2].copy_from_slice(&[102, 0]);
        let slot = |index: usize| match index {
            ..512 => block(100) + 2 * index,
            _ => block(102) + 2 * (index - 512),
        };
        (0..bad).for_each(|index| image[slot(index)..][..2].copy_from_slice(&NONSENSE));
        image[slot(bad)..][..2].copy_from_slice(&[103, 0]);
        image[block(103)..block(104)].fill(b'g');
        project.write("image", image);
        let (_, complaints) = partly(&project, &["get", "image", "/etc/long", "got"]);
        let told = match bad {
            999 => "999 of its blocks can't be read, the first at byte 7168",
            _ => "what is behind byte 7168 can't be read",
        };
        assert!(complaints.contains(told), "{complaints}");
        let got = project.read("got");
        assert_eq!(got.len(), size);
        assert_eq!(got[..7168], [b'x'; 7168]);
        assert!(got[7168..size - 1024].iter().all(|&byte| byte == 0));
        let last = if is_found { b'g' } else { 0 };
        assert_eq!(got[size - 1024..], [last; 1024]);
    }
}

/// Behind up to a thousand bad entries the rest of a directory is looked at.
#[test]
fn a_directory_is_given_up_after_many_bad_entries() {
    let project = Project::built();
    let image = project.read("image");
    let block = |number: usize| ROOT + number * 1024;
    for (bad, is_found) in [(15, true), (16, false)] {
        let mut image = image.clone();
        let entry = entry_of(&image, "etc");
        let number = usize::from(u16::from_le_bytes([image[entry], image[entry + 1]]));
        let inode = block(4) + (number - 1) * 32;
        // Block 7 and those behind it are listed in zone 100. So many of them are not
        // there, of 64 entries each, and then comes zone 101.
        let size = (7 + bad + 1) * 1024;
        image[inode + 4..inode + 8].copy_from_slice(&(size as u32).to_le_bytes());
        image[inode + 16..inode + 28].fill(0);
        image[inode + 28..inode + 30].copy_from_slice(&100u16.to_le_bytes());
        for slot in 0..bad {
            image[block(100) + 2 * slot..][..2].copy_from_slice(&NONSENSE);
        }
        image[block(100) + 2 * bad..][..2].copy_from_slice(&101u16.to_le_bytes());
        image[block(101)] = 1;
        image[block(101) + 2..][..6].copy_from_slice(b"behind");
        project.write("image", image);
        let (listing, complaints) = partly(&project, &["ls", "image", "/etc"]);
        assert_eq!(listing, "long\nrc\n");
        assert!(
            complaints.contains("/etc: cannot list all of it: "),
            "{complaints}"
        );
        // By its name it can't be reached.
        let behind = "/etc/behind: cannot look at: Input/output error";
        assert_eq!(complaints.contains(behind), is_found, "{bad}: {complaints}");
    }
}

#[test]
fn what_is_left_of_an_image_that_was_cut() {
    let project = Project::built();
    let whole = project.read("image");
    // The last files in the tree lie furthest behind: this is within /etc/long.
    project.write("cut", &whole[..ROOT + 26 * 1024]);
    let told = "partition table: the table reaches sector 8064, the file ends at sector 4084";
    let (listing, complaints) = partly(&project, &["ls", "cut", "/etc"]);
    assert_eq!(listing, "long\nrc\n");
    assert_eq!(complaints, format!("mkimage: cut: {told}\n"));
    partly(&project, &["cp", "-r", "--skip-special", "cut:/.", "out"]);
    let (saved, original) = (project.read("out/etc/long"), [b'x'; 20_000]);
    assert!(saved[..1024] == original[..1024] && saved.len() == original.len());
    let info = project.output(&["info", "cut"]);
    assert!(info.contains(told), "{info}");
    // What is there is checked; zeros stand for the rest.
    let checked = project.mkimage(&["fsck", "cut"]).assert().code(4);
    let output = checked.get_output();
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        format!("mkimage: cut: {told}\n")
    );
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.starts_with("/tmp: `.` should lead to inode 11\n"),
        "{text}"
    );
    // That only contents of files are missing is no reason to call it clean.
    project.write("shorter", &whole[..whole.len() - 1024]);
    project.mkimage(&["fsck", "shorter"]).assert().code(4);
    // Nothing is changed.
    let before = project.read("cut");
    for words in [
        &["rm", "cut", "/etc/rc"][..],
        &["fsck", "--repair", "cut"],
        &["fsck", "--repair", "--dry-run", "cut"],
    ] {
        assert_eq!(project.failure(words), format!("mkimage: cut: {told}"));
    }
    assert!(project.read("cut") == before);
}

#[test]
fn a_bare_file_system_that_was_cut() {
    let project = Project::new();
    project.write("long", [b'x'; 20_000]);
    project.write("short", "short\n");
    project.done(&["mkfs", "m", "--size", "360K"]);
    project.done(&["put", "m", "short", "/short"]);
    project.done(&["put", "m", "long", "/long"]);
    let whole = project.read("m");
    project.write("m", &whole[..20 * 1024]);
    let (text, complaints) = partly(&project, &["cat", "m", "/short"]);
    assert_eq!(text, "short\n");
    let told = "super block: the file system has 360 blocks, the file ends at block 20";
    assert_eq!(complaints, format!("mkimage: m: {told}\n"));
}

#[test]
fn other_kinds_are_named() {
    let project = Project::built();
    for (option, version) in [("-2", 2), ("-3", 3)] {
        fs::write(project.path("m"), vec![0; 360 << 10]).unwrap();
        let mut mkfs = system_tool("mkfs.minix");
        mkfs.arg(option).arg(project.path("m")).assert().success();
        let message = project.failure(&["ls", "m"]);
        let expected = format!(
            "mkimage: m: sectors 0 to 3: a Minix file system of version {version}, expected"
        );
        assert!(message.starts_with(&expected), "{message}");
        // In a partition.
        let mut image = project.read("image");
        image[ROOT..ROOT + (360 << 10)].copy_from_slice(&project.read("m"));
        project.write("disk", image);
        let message = project.failure(&["ls", "disk"]);
        let expected = format!(
            "mkimage: disk: file system: a Minix file system of version {version}, \
             expected Minix version 1"
        );
        assert_eq!(message, expected);
        let info = project.output(&["info", "disk"]);
        let expected = format!("  a Minix file system of version {version}, which is not read");
        assert!(info.contains(&expected), "{info}");
    }
    for (magic, at, name) in [
        (&b"\xfd7zXZ\0"[..], 0, "a file compressed by xz"),
        (b"FAT12   ", 54, "a FAT file system"),
        // As MS-DOS 2 made it, without a magic number.
        (
            b"\xeb\x34\x90IBM  2.0\0\x02\x02\x01\0\x02\x70\0\xd0\x02\xfd",
            0,
            "a FAT file system",
        ),
        (&[0x53, 0xef], 1080, "an ext2, ext3 or ext4 file system"),
    ] {
        let mut bytes = vec![1; 4096];
        bytes[at..at + magic.len()].copy_from_slice(magic);
        project.write("m", bytes);
        let message = project.failure(&["put", "m", "kernel", "/"]);
        assert!(message.contains(&format!("{name}, expected")), "{message}");
    }
}

/// Only our own boot sector has ROOT_DEV at byte 444.
#[test]
fn the_root_device_of_a_boot_sector_of_others() {
    let project = Project::built();
    let shown = |image: &str| {
        let info = project.output(&["info", image]);
        let json = project.output(&["info", "--json", image]);
        (info.contains("root device"), json.contains("root_device"))
    };
    assert_eq!(shown("image"), (true, true));
    let mut image = project.read("image");
    image[446 + 4] = 0x83;
    project.write("other", image);
    assert_eq!(shown("other"), (false, false));
}

#[test]
fn a_compressed_image_is_read_and_not_changed() {
    for (tool, pack) in [("gzip", gzip as fn(&[u8]) -> Vec<u8>), ("xz", xz)] {
        let project = Project::built();
        let packed = format!("image.{tool}");
        project.write(&packed, pack(&project.read("image")));
        for words in [
            ["ls", "-l", "/etc"],
            ["cat", "--", "/etc/rc"],
            ["tree", "--json", "/"],
        ] {
            let of = |image: &str| project.output(&[words[0], words[1], image, words[2]]);
            assert_eq!(of(&packed), of("image"));
        }
        for command in ["df", "fsck"] {
            let of = |image: &str| project.output(&[command, image]);
            assert_eq!(of(&packed), of("image"));
        }
        let before = project.read(&packed);
        let refused = format!("a file compressed by {tool}, expected");
        for words in [
            &["rm", &packed, "/etc/rc"][..],
            &["fsck", "--repair", &packed],
        ] {
            let message = project.failure(words);
            assert!(message.contains(&refused), "{message}");
        }
        assert!(project.read(&packed) == before);
        // Two parts one behind the other are one.
        let tail = vec![0; 1 << 20];
        project.write("two", [before.clone(), pack(&tail)].concat());
        let shown = project.output(&["info", "two"]);
        let length = format!("two: {} bytes", project.read("image").len() + tail.len());
        assert!(shown.starts_with(&length), "{shown}");
        // A broken one is told.
        project.write(&packed, &before[..before.len() / 2]);
        for words in [["ls", &packed], ["fsck", &packed]] {
            let message = project.failure(&words);
            let expected = format!("mkimage: {packed}: cannot unpack: ");
            assert!(message.starts_with(&expected), "{message}");
        }
    }
}

/// What a damaged image is found to be does not depend on how it is packed.
#[test]
fn a_damage_is_found_in_a_compressed_image() {
    let project = Project::new();
    project.done(&["mkfs", "image", "--size", "360K"]);
    let mut image = project.read("image");
    image[1024] = 3;
    project.write("image", image);
    project.write("image.xz", xz(&project.read("image")));
    for image in ["image", "image.xz"] {
        let assert = project.mkimage(&["fsck", image]).assert().code(4);
        let printed = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
        assert!(
            printed.starts_with("super block: ninodes is 3"),
            "{printed}"
        );
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::default());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut writer = XzWriter::new(Vec::new(), XzOptions::with_preset(6)).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// One of two files of the same name is shown and saved, the first.
#[test]
fn a_name_that_is_there_twice() {
    let project = Project::built();
    let mut image = project.read("image");
    let (long, rc) = (entry_of(&image, "long"), entry_of(&image, "rc"));
    image.copy_within(rc + 2..rc + 16, long + 2);
    project.write("image", image);
    let complaint = "mkimage: image: /etc: `rc` occurs twice; try fsck\n";
    for (words, expected) in [
        (&["ls", "image", "/etc"][..], "rc\n"),
        (&["find", "image", "/etc"], "/etc\n/etc/rc\n"),
        (&["cp", "-r", "image:/etc", "out"], ""),
    ] {
        let said = partly(&project, words);
        assert_eq!(
            said,
            (expected.to_owned(), complaint.to_owned()),
            "{words:?}"
        );
    }
    assert_eq!(fs::read_dir(project.path("out")).unwrap().count(), 1);
    assert_eq!(
        project.output(&["cat", "image", "/etc/rc"]).as_bytes(),
        project.read("out/rc")
    );
}

/// Directories in directories: there is an end to what is drawn and listed.
#[test]
fn directories_nested_too_deeply() {
    const LEVELS: usize = 503;
    let project = Project::new();
    project.done(&["mkfs", "m", "--size", "1M", "--inodes", "600"]);
    // 68 names fill 1020 bytes, and the next makes 1024 of them.
    let names: Vec<String> = (0..LEVELS)
        .map(|level| match level {
            68 => "abc".to_owned(),
            _ => format!("d-{level:012}"),
        })
        .collect();
    project.done(&["mkdir", "-p", "m", &names.join("/")]);
    let (found, complaints) = partly(&project, &["find", "m"]);
    assert_eq!(found.lines().count(), 1 + 501);
    let told = "directories are nested too deeply, what is below is left out\n";
    assert!(
        complaints.ends_with(told) && complaints.lines().count() == 1,
        "{complaints}"
    );
    // Of the map's paths the longest are those in a directory of 1024 bytes.
    let map = project.output(&["map", "m", "--svg", "-"]);
    let shown = |level: usize| map.contains(&format!("/{} (inode", names[level]));
    assert!(shown(67) && shown(68) && shown(69) && !shown(70));
    assert!(
        map.contains(&format!(" (inode {})", LEVELS + 1)),
        "those without a path, too"
    );
}
