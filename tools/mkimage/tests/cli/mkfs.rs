// SPDX-License-Identifier: GPL-2.0-or-later
//! `mkfs` and `convert`.

use crate::project::Project;
use std::fs;

#[test]
fn new_files_of_all_sizes() {
    let project = Project::new();
    for (size, names, longest) in [("100K", "14", 14), ("1440K", "30", 30), ("64M", "14", 14)] {
        project.done(&["mkfs", "new", "--size", size, "--names", names, "--force"]);
        project.assert_fsck("new");
        project.assert_clean_file_system("new");
        let name = format!("/{}", "x".repeat(longest));
        project.done(&["cp", "kernel", &format!("new:{name}")]);
        assert_eq!(project.output(&["ls", "new"]), format!("{}\n", &name[1..]));
    }
    project.done(&["mkfs", "inodes", "--size", "1M", "--inodes", "500"]);
    assert!(
        project
            .output(&["df", "inodes"])
            .contains("inodes         512       1     511")
    );
    for (size, message) in [
        ("65M", "66560 KB, expected 6 KB to 64 MB"),
        ("1000G", ""),
        ("5K", "5 KB, expected 6 KB to 64 MB"),
    ] {
        let words = ["mkfs", "bad", "--size", size];
        match message {
            "" => drop(project.mkimage(&words).assert().code(2)),
            _ => assert_eq!(
                project.failure(&words),
                format!("mkimage: bad: size: {message}")
            ),
        }
        assert!(!project.path("bad").exists());
    }
    assert_eq!(
        project.failure(&["mkfs", "bad", "--size", "10K", "--inodes", "5000"]),
        "mkimage: bad: inodes: so many inodes don't fit into 10 KB"
    );
    assert_eq!(
        project.failure(&["mkfs", "bad"]),
        "mkimage: bad: size: expected --size for a new file"
    );
}

#[test]
fn nothing_is_destroyed_unless_forced() {
    let project = Project::built();
    project.done(&["mkfs", "floppy", "--size", "360K"]);
    project.write("text", "some text\n".repeat(1000));
    project.write("zeros", vec![0; 720 * 1024]);
    for (words, message) in [
        (
            &["mkfs", "floppy"][..],
            "floppy: file: holds a Minix file system with 1 inodes in use",
        ),
        (
            &["mkfs", "image"],
            "image: file: holds a disk with partitions",
        ),
        (&["mkfs", "text"], "text: file: holds data"),
        (
            &["mkfs", "image", "--partition", "2"],
            "image: partition 2: holds a Minix file system with 11 inodes in use",
        ),
    ] {
        let file = words[1];
        let before = project.read(file);
        let expected = format!("mkimage: {message}; --force makes a new file system all the same");
        assert_eq!(project.failure(words), expected);
        assert!(project.read(file) == before);
    }
    assert_eq!(
        project.failure(&["mkfs", "image", "--partition", "1"]),
        "mkimage: image: partition 1: type DAh, expected 81h, a Minix partition, or --force"
    );
    // However far behind the start: in a file's last byte, or a partition's.
    let mut late = vec![0; 5 << 20];
    late[(5 << 20) - 1] = 1;
    project.write("late", &late);
    assert_eq!(
        project.failure(&["mkfs", "late"]),
        "mkimage: late: file: holds data from byte 5242879 on; \
         --force makes a new file system all the same"
    );
    assert!(project.read("late") == late);
    let mut emptied = project.read("image");
    emptied[4032 * 512..].fill(0);
    emptied[4032 * 512 + 1_500_000] = 1;
    project.write("emptied", &emptied);
    assert_eq!(
        project.failure(&["mkfs", "emptied", "--partition", "2"]),
        "mkimage: emptied: partition 2: holds data from byte 1500000 on; \
         --force makes a new file system all the same"
    );
    project.done(&["mkfs", "zeros"]);
    project.assert_fsck("zeros");
    let before = project.read("image");
    project.done(&["mkfs", "image", "--partition", "2", "--force"]);
    assert!(project.read("image")[..4032 * 512] == before[..4032 * 512]);
    project.assert_clean("image");
    assert_eq!(project.output(&["ls", "image"]), "");
}

/// Bochs has names for floppies by their size; what is no floppy is a disk.
#[test]
fn floppies_are_known_by_their_size() {
    let project = Project::new();
    for (size, name) in [
        ("160K", "160k"),
        ("180K", "180k"),
        ("320K", "320k"),
        ("360K", "360k"),
        ("720K", "720k"),
        ("1200K", "1_2"),
        ("1440K", "1_44"),
        ("2880K", "2_88"),
    ] {
        project.done(&["mkfs", "bare", "--size", size, "--force"]);
        let expected = format!("floppya: {name}=\"bare\", status=inserted\n");
        assert_eq!(project.output(&["convert", "bare"]), expected);
        fs::remove_file(project.path("bare")).unwrap();
    }
    project.done(&["mkfs", "bare", "--size", "504K"]);
    let disk = "ata0-master: type=disk, path=\"bare\", mode=flat, cylinders=1, heads=16, spt=63\n";
    assert_eq!(project.output(&["convert", "bare"]), disk);
}

/// Not a byte of what is behind a partition comes out with it.
#[test]
fn a_partition_of_others_comes_out_as_it_is() {
    let project = Project::new();
    let sectors = 3000;
    let mut disk = vec![0; 6001 * 512];
    let mut contents: Vec<u8> = (0..sectors * 512u32)
        .map(|at| (at / 512 % 251) as u8 + 1)
        .collect();
    contents[700_000..800_000].fill(0);
    disk[512..512 + contents.len()].copy_from_slice(&contents);
    disk[512 + contents.len()..].fill(0xee);
    for (entry, first) in [(446, 1u32), (462, 3001)] {
        disk[entry + 4] = 0x83;
        disk[entry + 8..entry + 12].copy_from_slice(&first.to_le_bytes());
        disk[entry + 12..entry + 16].copy_from_slice(&sectors.to_le_bytes());
    }
    disk[510..512].copy_from_slice(&[0x55, 0xaa]);
    project.write("disk", &disk);
    project.done(&["extract", "disk", "1", "out"]);
    assert!(project.read("out") == contents);
    project.done(&["extract", "disk", "2", "out"]);
    assert!(project.read("out") == [0xee; 3000 * 512]);
}

#[test]
fn a_file_system_becomes_a_disk_and_comes_back() {
    let project = Project::new();
    project.done(&["mkfs", "bare", "--size", "720K"]);
    project.done(&["cp", "kernel", "bare:/k"]);
    assert_eq!(
        project.output(&["convert", "bare"]),
        "floppya: 720k=\"bare\", status=inserted\n"
    );
    // 1440 sectors are two cylinders, and one is before them.
    assert_eq!(
        project.output(&["convert", "bare", "disk"]),
        "ata0-master: type=disk, path=\"disk\", mode=flat, cylinders=3, heads=16, spt=63\n"
    );
    assert_eq!(project.read("disk").len(), 3 * 16 * 63 * 512);
    assert_eq!(project.output(&["ls", "disk"]), "k\n");
    let info = project.output(&["info", "disk"]);
    assert!(
        info.contains("partition 1: type 81h, sectors 1008 to 3023, 1008 KB\n"),
        "{info}"
    );
    project.done(&["convert", "disk", "back", "--to", "file-system"]);
    assert!(project.read("back") == project.read("bare"));
    // Some bytes too many: filled up to whole cylinders.
    let mut odd = project.read("disk");
    odd.extend([7; 512]);
    project.write("odd", &odd);
    let lines = project.output(&["convert", "odd"]);
    assert!(
        lines.contains("cylinders=3,") && lines.contains("# 512 bytes are behind"),
        "{lines}"
    );
    let lines = project.output(&["convert", "odd", "even"]);
    assert!(
        lines.ends_with("cylinders=4, heads=16, spt=63\n"),
        "{lines}"
    );
    assert!(project.read("even").starts_with(&odd));
    assert_eq!(project.output(&["ls", "even"]), "k\n");
    project
        .mkimage(&["convert", "odd", "--to", "raw"])
        .assert()
        .code(2);
}
