// SPDX-License-Identifier: GPL-2.0-or-later
//! The bootable floppy, and disks of other geometries than ours.

use crate::elf_builder::ElfBuilder;
use crate::project::Project;
use mkimage::kernel_header::{KernelHeader, checksum};

const FLOPPY: [&str; 7] = [
    "floppy", "--output", "floppy", "--boot", "boot", "--kernel", "kernel",
];

fn with_floppy() -> Project {
    let project = Project::new();
    project.done(&FLOPPY);
    project
}

/// A root file system of 360 KB with one file, and a floppy that has it.
fn with_ramdisk() -> Project {
    let project = Project::new();
    project.done(&["mkfs", "root.img", "--size", "360K", "--time", "1"]);
    project.done(&["cp", "root/etc/rc", "root.img:/rc"]);
    project.done(&[&FLOPPY[..], &["--ramdisk-root", "root.img"]].concat());
    project
}

#[test]
fn every_sector_of_a_floppy_is_where_it_belongs() {
    let project = with_floppy();
    let floppy = project.read("floppy");
    assert_eq!(floppy.len(), 1_474_560);
    assert_eq!(floppy[..440], [0xfa; 440]);
    assert_eq!(floppy[444..446], [1, 3]);
    assert_eq!(
        floppy[446..512],
        [[0; 64].as_slice(), &[0x55, 0xaa]].concat()
    );
    // Setup of 1500 bytes, then the 400 of a floppy's loader.
    assert_eq!(floppy[512..2012], [0xfb; 1500]);
    assert_eq!(floppy[2012..2412], [0xfc; 400]);
    assert!(floppy[2412..3072].iter().all(|&byte| byte == 0));
    let header = KernelHeader::parse(&floppy[3072..]).unwrap();
    assert_eq!(header.length, 3072);
    assert_eq!(header.checksum, checksum(&floppy[3584..6656]));
    assert!(floppy[6656..].iter().all(|&byte| byte == 0));
}

#[test]
fn a_floppy_is_shown_and_edited() {
    let project = with_floppy();
    let page = project.output(&["info", "floppy"]);
    insta::assert_snapshot!(page.lines().take(5).collect::<Vec<_>>().join("\n"), @r#"
    floppy: 1474560 bytes, 2880 sectors
    bootable floppy
    boot sector: root device /dev/hd1
    command line: ""
      kernel: 3072 bytes at 0x100000, entry 0x100000, memory to 0x101388, checksum f5683b30 good
    "#);
    project.done(&["cmdline", "floppy", "root=/dev/hd6 console=ttyS0"]);
    assert_eq!(
        project.output(&["cmdline", "floppy"]),
        "root=/dev/hd6 console=ttyS0\n"
    );
    let kernel = ElfBuilder::new(0x10_0000)
        .segment(0x10_0000, 0x10_0000, &[0x91; 600], 600, "rx")
        .build();
    project.write("kernel2", kernel);
    project.done(&["kernel", "floppy", "kernel2"]);
    let page = project.output(&["info", "floppy"]);
    assert!(page.contains("kernel: 1024 bytes at 0x100000"), "{page}");
    assert!(page.contains("good"), "{page}");
    assert_eq!(
        project.output(&["convert", "floppy"]),
        "floppya: 1_44=\"floppy\", status=inserted\n"
    );
    let info: serde_json::Value =
        serde_json::from_str(&project.output(&["info", "--json", "floppy"])).unwrap();
    assert_eq!(info["root_device"], "/dev/hd1");
    assert_eq!(info["kernel"]["is_checksum_good"], true);
    assert_eq!(
        project.failure(&["ls", "floppy"]),
        "mkimage: floppy: command line: expected ramdisk=KB,BLOCK: the floppy has no file system"
    );
    assert_eq!(
        project.failure(&["extract", "floppy", "1", "x"]),
        "mkimage: floppy: partition 1: the image has no partitions"
    );
}

#[test]
fn root_device_and_command_line_are_the_users() {
    let project = Project::new();
    for (name, bytes) in [
        ("/dev/hd6", [6, 3]),
        ("/dev/fd0", [28, 2]),
        ("/dev/fd1", [29, 2]),
        ("/dev/ram", [1, 1]),
        ("0306", [6, 3]),
    ] {
        project.done(&[&FLOPPY[..], &["--root-device", name]].concat());
        assert_eq!(project.read("floppy")[444..446], bytes, "{name}");
    }
    for name in ["/dev/hd10", "/dev/fd4", "/dev/tty1", "+306", "03060", ""] {
        let words = [&FLOPPY[..], &["--root-device", name]].concat();
        project.mkimage(&words).assert().code(2);
    }
    project.done(&[&FLOPPY[..], &["--command-line", "console=ttyS0"]].concat());
    assert_eq!(project.output(&["cmdline", "floppy"]), "console=ttyS0\n");
}

#[test]
fn a_root_for_the_ramdisk_lies_behind_the_kernel() {
    let project = with_ramdisk();
    // The kernel ends at byte 6656: 6.5 KB.
    assert_eq!(project.output(&["cmdline", "floppy"]), "ramdisk=360,7\n");
    let floppy = project.read("floppy");
    assert_eq!(floppy[444..446], [28, 2]);
    assert_eq!(floppy[7 << 10..367 << 10], project.read("root.img"));
    let page = project.output(&["info", "floppy"]);
    assert!(
        page.contains("root of the RAM disk: from block 7 on"),
        "{page}"
    );
    // It is a file system like any other.
    project.done(&["cp", "root/etc/long", "floppy:/long"]);
    assert_eq!(project.output(&["ls", "floppy"]), "long\nrc\n");
    project.assert_clean_file_system("floppy");
    project.done(&["map", "floppy", "--svg", "map.svg"]);
    // A disk's root will do as well, but not one that is larger than the floppy.
    project.build("image").assert().success();
    assert_eq!(
        project.failure(&[&FLOPPY[..], &["--ramdisk-root", "image"]].concat()),
        "mkimage: image: root file system: 2016 KB, but the floppy has 1433 KB behind the kernel"
    );
    project.done(&["mkfs", "just.img", "--size", "1433K"]);
    let mut words = [&FLOPPY[..], &["--ramdisk-root", "just.img"]].concat();
    words[2] = "full";
    project.done(&words);
    assert_eq!(project.read("full")[7 << 10..], project.read("just.img"));
    let kernel = ElfBuilder::new(0x10_0000)
        .segment(0x10_0000, 0x10_0000, &[0x91; 4000], 4000, "rx")
        .build();
    project.write("kernel2", kernel);
    assert_eq!(
        project.failure(&["kernel", "floppy", "kernel2"]),
        "mkimage: kernel2: PT_LOAD segments: the image takes 4000 bytes, but its place holds 3584 of it"
    );
}

#[test]
fn what_does_not_fit_leaves_the_old_floppy() {
    let project = Project::new();
    project.write("floppy", "precious");
    let line = "x".repeat(512);
    assert_eq!(
        project.failure(&[&FLOPPY[..], &["--command-line", &line]].concat()),
        "mkimage: floppy: command line: 512 bytes, expected at most 511"
    );
    let code = vec![0x90; 1_474_560 - 3584 + 1];
    let kernel = ElfBuilder::new(0x10_0000).segment(0x10_0000, 0x10_0000, &code, 1 << 21, "rx");
    project.write("kernel", kernel.build());
    assert_eq!(
        project.failure(&FLOPPY),
        "mkimage: kernel: PT_LOAD segments: the image takes 1470977 bytes, but its place holds 1470976 of it"
    );
    project.write("boot", "");
    assert_eq!(
        project.failure(&FLOPPY),
        "mkimage: boot: ELF header: expected a little-endian 32-bit ELF file"
    );
    assert_eq!(project.read("floppy"), b"precious");
}

/// A disk of 1991: another geometry, the first partition right behind the table.
#[test]
fn an_old_disk_is_made_read_and_changed() {
    let project = Project::built();
    let shape = [
        "--partition",
        "2",
        "--to",
        "disk",
        "--geometry",
        "410/16/38",
    ];
    let words = [
        &["convert", "image", "old"],
        &shape[..],
        &["--first-sector", "2"],
    ]
    .concat();
    assert_eq!(
        project.output(&words),
        "ata0-master: type=disk, path=\"old\", mode=flat, cylinders=410, heads=16, spt=38\n"
    );
    let disk = project.read("old");
    assert_eq!(disk.len(), 410 * 16 * 38 * 512);
    // Sectors 2 to 4255: 0,0,3 to 6,15,38.
    assert_eq!(
        disk[446..462],
        [0, 0, 3, 0, 0x81, 15, 38, 6, 2, 0, 0, 0, 0x9e, 0x10, 0, 0]
    );
    let page = project.output(&["info", "old"]);
    insta::assert_snapshot!(page.lines().take(4).collect::<Vec<_>>().join("\n"), @r#"
    old: 127631360 bytes, 249280 sectors
    geometry: cylinders=410, heads=16, spt=38
    partition 1: type 81h, sectors 2 to 4255, 2127 KB
      Minix file system, names of 14 characters: 1975 of 2010 KB and 53 of 64 inodes free
    "#);
    project.done(&["put", "old", "root/etc/long", "/tmp/long"]);
    project.done(&["rm", "-r", "old", "/etc"]);
    assert_eq!(project.output(&["ls", "old", "/tmp"]), "long\n");
    project.assert_clean_file_system("old");
    project.done(&["extract", "old", "1", "partition"]);
    project.assert_fsck("partition");
    for (geometry, first, message) in [
        ("4/16/38", "2", "image: file system: larger than the disk"),
        (
            "410/16/38",
            "249279",
            "image: file system: larger than the disk",
        ),
        (
            "410/16/38",
            "0",
            "image: first sector: 0, expected 1 or more: the partition table is in sector 0",
        ),
    ] {
        let words = [
            "convert",
            "image",
            "x",
            "--to",
            "disk",
            "--geometry",
            geometry,
            "--first-sector",
            first,
        ];
        assert_eq!(project.failure(&words), format!("mkimage: {message}"));
    }
}
