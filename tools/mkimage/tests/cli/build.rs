// SPDX-License-Identifier: GPL-2.0-or-later
//! Images made from the manifest, looked at byte by byte and by other tools.

use crate::elf_builder::ElfBuilder;
use crate::project::{MANIFEST, Project};
use mkimage::kernel_header::{KernelHeader, checksum};
use std::fs;

#[test]
fn every_sector_is_where_it_belongs() {
    let project = Project::new();
    project
        .build("image")
        .assert()
        .success()
        .stdout("")
        .stderr("");
    let image = project.read("image");
    assert_eq!(image.len(), 8 * 16 * 63 * 512);
    assert_eq!(image[..440], [0xfa; 440]);
    assert_eq!(image[444..446], [2, 3]);
    // Sectors 2048 to 4031, cylinder 3 the last; 4032 to 8063, cylinder 4 on.
    assert_eq!(
        image[446..462],
        [0x80, 0, 33, 2, 0xda, 15, 63, 3, 0, 8, 0, 0, 0xc0, 7, 0, 0]
    );
    assert_eq!(
        image[462..478],
        [0, 0, 1, 4, 0x81, 15, 63, 7, 0xc0, 15, 0, 0, 0xc0, 15, 0, 0]
    );
    assert_eq!(image[510..512], [0x55, 0xaa]);
    assert_eq!(
        (image[512..2512].to_vec(), &image[2512..2560]),
        (vec![0xfb; 2000], &[0; 48][..])
    );
    assert_eq!(image[2560..2573], *b"console=tty0\0");

    let partition = &image[2048 * 512..4032 * 512];
    let header = KernelHeader::parse(partition).unwrap();
    assert_eq!(
        (header.length, header.entry, header.memory_end),
        (3072, 0x10_0000, 0x10_0000 + 5000)
    );
    assert_eq!(header.checksum, checksum(&partition[512..512 + 3072]));
    assert_eq!(partition[512..3512], [0x90; 3000]);
    assert!(partition[3512..].iter().all(|&byte| byte == 0));
    assert_eq!(image[4032 * 512 + 1024 + 16..][..2], [0x7f, 0x13]);
}

#[test]
fn the_real_fsck_and_ours_find_it_clean() {
    let project = Project::new();
    project.build("image").assert().success();
    project
        .mkimage(&["extract", "image", "2", "root.img"])
        .assert()
        .success();
    assert_eq!(
        project.read("root.img"),
        project.read("image")[4032 * 512..]
    );
    project.assert_fsck("root.img");
    let report = project.output(&["fsck", "image"]);
    assert!(report.starts_with("clean: 11 inodes, "), "{report}");
}

#[test]
fn the_tree_has_the_modes_owners_and_times_of_the_manifest() {
    let project = Project::new();
    project.build("image").assert().success();
    let all: String = ["/", "/bin", "/dev", "/etc"]
        .iter()
        .map(|path| format!("{path}\n{}", project.output(&["ls", "-l", "image", path])))
        .collect();
    insta::assert_snapshot!(all, @r"
    /
    drwxr-xr-x   2     0     0        80 1991-12-08 12:00 bin
    drwxr-xr-x   2     0     0        64 1991-12-08 12:00 dev
    drwxr-xr-x   2     0     0        64 1991-12-08 12:00 etc
    drwxrwxrwt   2     3     4        32 1991-12-08 12:00 tmp
    /bin
    -rwxr-xr-x   2     0     0      9224 1991-12-08 12:00 [
    -rwxr-xr-x   2     0     0      9224 1991-12-08 12:00 ash
    -rwxr-xr-x   1     0     0      9224 1991-12-08 12:00 ls
    /dev
    brw-------   1     0     0      3, 1 1991-12-08 12:00 hd1
    crw--w--w-   1     0     0      4, 0 1991-12-08 12:00 tty0
    /etc
    -rw-r--r--   1     0     0     20000 1991-12-08 12:00 long
    -rw-r--r--   1     0     0        14 1991-12-08 12:00 rc
    ");
}

#[test]
fn programs_are_a_out_files_with_a_hole_for_page_0() {
    let project = Project::new();
    project.build("image").assert().success();
    project
        .mkimage(&["get", "image", "/bin/ls", "ls.out"])
        .assert()
        .success();
    let file = project.read("ls.out");
    assert_eq!(file[..4], [0x0b, 0x01, 0, 0]);
    assert_eq!(file.len(), 1024 + 0x2000 + 8);
    assert_eq!(file[1024 + 0x1000..][..4], [0xaa; 4]);
    // Of its ten blocks only the header, the first of the text and the data
    // take room, and the indirect block that lists the data's.
    let before = used_kilobytes(&project);
    project
        .mkimage(&["rm", "image", "/bin/ls"])
        .assert()
        .success();
    assert_eq!(before - used_kilobytes(&project), 4);
}

fn used_kilobytes(project: &Project) -> u32 {
    let table = project.output(&["df", "image"]);
    table
        .lines()
        .next()
        .unwrap()
        .split_whitespace()
        .nth(2)
        .unwrap()
        .parse()
        .unwrap()
}

#[test]
fn same_input_same_bytes() {
    let project = Project::new();
    project.build("one").assert().success();
    // Another order in the folders, other times of the files.
    fs::remove_file(project.path("root/etc/rc")).unwrap();
    project.write("root/etc/rc", "cat /etc/motd\n");
    project.build("two").assert().success();
    assert!(project.read("one") == project.read("two"));
    project
        .build("three")
        .env("SOURCE_DATE_EPOCH", "700000000")
        .assert()
        .success();
    assert!(
        project
            .output(&["ls", "-l", "three", "/etc/rc"])
            .contains("1992-03-07 20:26")
    );
}

#[test]
fn parts_may_be_left_out() {
    let project = Project::new();
    project
        .mkimage(&["build", "--manifest", "image.toml", "-o", "image"])
        .assert()
        .success();
    let image = project.read("image");
    assert_eq!(image[..5], [0xcd, 0x18, 0xf4, 0xeb, 0xfd]);
    assert_eq!(image[2048 * 512..][..4], [0; 4]);
    assert_eq!(project.output(&["ls", "image", "/bin"]), "");
    assert!(project.output(&["fsck", "image"]).starts_with("clean"));
}

#[test]
fn a_failed_build_leaves_the_old_image() {
    let project = Project::new();
    project.write("image", "precious");
    let fails = |message: &str| {
        let output = project
            .build("image")
            .assert()
            .code(1)
            .get_output()
            .stderr
            .clone();
        assert_eq!(
            String::from_utf8(output).unwrap().trim_end(),
            format!("mkimage: {message}")
        );
        assert_eq!(project.read("image"), b"precious");
        let hidden = |name: &str| name.starts_with(".mkimage-");
        let names = fs::read_dir(project.path(".")).unwrap();
        assert!(
            !names
                .into_iter()
                .any(|entry| hidden(entry.unwrap().file_name().to_str().unwrap()))
        );
    };
    let manifest = |old: &str, new: &str| {
        assert!(MANIFEST.contains(old));
        project.write("image.toml", MANIFEST.replace(old, new));
    };

    manifest("0o1777", "0o17777");
    fails(r#"image.toml:9: directories."/tmp".mode: mode 0o17777, expected at most 0o7777"#);
    manifest("\"/dev\" = {}\n", "");
    fails(
        r#"image.toml:15: devices."/dev/hd1": root file system: /dev/hd1 needs the directory /dev, which is not in [directories]"#,
    );
    manifest("inodes = 64", "inodes = 10");
    fails(
        "image.toml:3: root.inodes: 10 inodes, expected at least 11 for what goes into the image",
    );
    manifest("\"/bin/[\" = \"/bin/ash\"\n", "");
    project.write(
        "image.toml",
        String::from_utf8(project.read("image.toml"))
            .unwrap()
            .replace("to = \"/bin\"", "to = \"/usr/bin\""),
    );
    fails(
        "programs/ash.rs: root file system: /usr/bin/ash needs the directory /usr/bin, which is not in [directories]",
    );
    project.write("image.toml", MANIFEST);

    // It is found only while the file system is being filled.
    project.write("root/etc/huge", [1].repeat(3 << 20));
    fails(
        "image.toml:2: disk.cylinders: the root file system is full at /etc/huge, expected a larger disk",
    );
    fs::remove_file(project.path("root/etc/huge")).unwrap();

    project.write("root/fifteen-letters", "");
    fails(
        "root/fifteen-letters: folder of the image: `fifteen-letters` is a name of 15 bytes, expected at most 14",
    );
    fs::remove_file(project.path("root/fifteen-letters")).unwrap();

    project.write(
        "kernel",
        ElfBuilder::new(0x10_0000)
            .segment(0x10_0000, 0x10_0000, &vec![0x90; 1 << 20], 1 << 20, "rx")
            .build(),
    );
    fails(
        "kernel: PT_LOAD segments: the image takes 1048576 bytes, but its place holds 1015296 of it",
    );
    project.write("boot", "");
    fails("boot: ELF header: expected a little-endian 32-bit ELF file");
    fs::remove_file(project.path("boot")).unwrap();
    fails("boot: cannot read: No such file or directory (os error 2)");
    fs::remove_file(project.path("image.toml")).unwrap();
    fails("image.toml: cannot read: No such file or directory (os error 2)");
}

/// The manifest that everybody uses, without kernel and programs.
#[test]
fn our_own_manifest_is_good() {
    let project = Project::new();
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../hdimage/image.toml");
    project
        .mkimage(&["build", "--manifest", manifest, "--output", "image"])
        .assert()
        .success();
    project
        .mkimage(&["extract", "image", "2", "root.img"])
        .assert()
        .success();
    project.assert_fsck("root.img");
    let devices = project.output(&["ls", "image", "/dev"]);
    for name in [
        "tty", "tty0", "tty4", "ttyS0", "tty65", "hd2", "null", "ps", "fd0", "ram",
    ] {
        assert!(devices.lines().any(|line| line == name), "{name}");
    }
    assert!(
        project
            .output(&["cat", "image", "/etc/rc"])
            .contains("motd")
    );
}
