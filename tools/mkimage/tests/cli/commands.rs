// SPDX-License-Identifier: GPL-2.0-or-later
//! The commands that look at images and change them.

use crate::elf_builder::ElfBuilder;
use crate::project::{Project, system_tool};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;

#[test]
fn command_line_is_set_in_place() {
    let project = Project::built();
    let before = project.read("image");
    assert_eq!(project.output(&["cmdline", "image"]), "console=tty0\n");
    project
        .mkimage(&["cmdline", "image", "init=/bin/x console=ttyS0"])
        .assert()
        .success();
    assert_eq!(
        project.output(&["cmdline", "image"]),
        "init=/bin/x console=ttyS0\n"
    );
    let after = project.read("image");
    assert!(before[..2560] == after[..2560] && before[3072..] == after[3072..]);
    let message = project.failure(&["cmdline", "image", &"x".repeat(512)]);
    assert_eq!(
        message,
        "mkimage: image: command line: 512 bytes, expected at most 511"
    );
    assert_eq!(project.read("image"), after);
    project
        .mkimage(&["cmdline", "image", ""])
        .assert()
        .success();
    assert_eq!(project.output(&["cmdline", "image"]), "\n");
}

#[test]
fn files_go_in_and_come_out() {
    let project = Project::built();
    // Direct, indirect and double indirect zones.
    let long: Vec<u8> = (0..600_000u32)
        .flat_map(|n| (n / 251).to_le_bytes())
        .take(600_000)
        .collect();
    project.write("long", &long);
    project
        .mkimage(&["put", "image", "long", "/tmp"])
        .assert()
        .success();
    project
        .mkimage(&["get", "image", "/tmp/long", "back"])
        .assert()
        .success();
    assert!(project.read("back") == long);
    // A shorter one over it.
    project.write("short", "short\n");
    project
        .mkimage(&["put", "image", "short", "/tmp/long", "--time", "0"])
        .assert()
        .success();
    project
        .mkimage(&["cat", "image", "/tmp/long", "etc/rc"])
        .assert()
        .success()
        .stdout("short\ncat /etc/motd\n");
    assert!(
        project
            .output(&["ls", "-l", "image", "/tmp"])
            .contains("1970-01-01 00:00 long")
    );
    project
        .mkimage(&["extract", "image", "2", "root.img"])
        .assert()
        .success();
    project.assert_fsck("root.img");
    assert!(project.output(&["fsck", "image"]).starts_with("clean"));
}

#[test]
fn the_mode_of_a_file_that_is_put() {
    let project = Project::built();
    project.write("file", "");
    let mode = |words: &[&str]| {
        project
            .mkimage(&[&["put", "image", "file"], words].concat())
            .assert()
            .success();
        project.output(&["ls", "-l", "image", words[0]])[..10].to_owned()
    };
    assert_eq!(mode(&["/tmp/f"]), "-rw-r--r--");
    assert_eq!(mode(&["/tmp/f", "--mode", "4711"]), "-rws--x--x");
    assert_eq!(
        mode(&["/tmp/f"]),
        "-rws--x--x",
        "an old file keeps its mode"
    );
    fs::set_permissions(project.path("file"), Permissions::from_mode(0o700)).unwrap();
    assert_eq!(mode(&["/tmp/g"]), "-rwxr-xr-x");
}

#[test]
fn get_keeps_the_mode_and_goes_into_a_folder() {
    let project = Project::built();
    project.done(&["chmod", "image", "640", "/etc/rc"]);
    fs::create_dir(project.path("folder")).unwrap();
    for file in ["folder", "folder/other"] {
        project.done(&["get", "image", "/etc/rc", file]);
    }
    for file in ["folder/rc", "folder/other"] {
        assert_eq!(project.read(file), b"cat /etc/motd\n");
        let mode = fs::metadata(project.path(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o640, "{file}");
    }
}

#[test]
fn directories_are_made_and_removed() {
    let project = Project::built();
    let at_start = project.output(&["df", "image"]);
    project
        .mkimage(&["mkdir", "-p", "image", "/a/b/c", "/a/d"])
        .assert()
        .success();
    project
        .mkimage(&["put", "image", "boot", "/a/b/f"])
        .assert()
        .success();
    insta::assert_snapshot!(project.output(&["tree", "image", "/a"]), @r"
    /a
    ├── b
    │   ├── c
    │   └── f
    └── d
    ");
    let refused = |words: &[&str], message: &str| {
        let before = project.read("image");
        assert_eq!(project.failure(words), format!("mkimage: image: {message}"));
        assert!(project.read("image") == before);
    };
    refused(
        &["mkdir", "image", "/new", "/a"],
        "/a: cannot make the directory: File exists",
    );
    refused(&["rm", "image", "/a"], "/a: cannot remove: Is a directory");
    refused(
        &["rm", "-r", "image", "/"],
        "/: cannot remove: Device or resource busy",
    );
    refused(
        &["rm", "image", "/no"],
        "/no: cannot look at: No such file or directory",
    );
    refused(
        &["put", "image", "boot", "/dev/tty0"],
        "/dev/tty0: cannot write: File exists",
    );
    refused(
        &["cat", "image", "/dev/tty0"],
        "/dev/tty0: cannot read: No such device or address",
    );
    refused(
        &["cat", "image", "/dev/hd1"],
        "/dev/hd1: cannot read: No such device or address",
    );
    refused(
        &["cat", "image", "/etc"],
        "/etc: cannot read: Is a directory",
    );
    refused(
        &["ls", "image", "/etc/rc/x"],
        "/etc/rc/x: cannot look at: Not a directory",
    );
    project
        .mkimage(&["rm", "-r", "image", "/a"])
        .assert()
        .success();
    assert_eq!(project.output(&["df", "image"]), at_start);
    assert!(project.output(&["fsck", "image"]).starts_with("clean"));
}

#[test]
fn info_shows_the_whole_disk() {
    let project = Project::built();
    insta::assert_snapshot!(project.output(&["info", "image"]), @r#"
    image: 4128768 bytes, 8064 sectors
    geometry: cylinders=8, heads=16, spt=63
    boot sector: root device /dev/hd2
    command line: "console=tty0"
    partition 1: type DAh, sectors 2048 to 4031, 992 KB, active
      kernel: 3072 bytes at 0x100000, entry 0x100000, memory to 0x101388, checksum f5683b30 good
    partition 2: type 81h, sectors 4032 to 8063, 2016 KB
      Minix file system, names of 14 characters: 1975 of 2010 KB and 53 of 64 inodes free
    one place is 16 KB
      ▚·······························································
      ·▓░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
      ▒█▅░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
      ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
      ▚ boot   ▓ kernel   ▒ bitmaps and inodes   ▁▄█ files, by how full   ░ free   · no partition
    "#);
    let mut image = project.read("image");
    image[2049 * 512] ^= 1;
    project.write("image", &image);
    assert!(project.output(&["info", "image"]).contains(" WRONG\n"));
}

/// What the header says against the room of the partition, and of the file.
#[test]
fn a_kernel_that_is_not_all_there_is_told() {
    let project = Project::built();
    let image = project.read("image");
    let told = |image: &[u8]| {
        project.write("image", image);
        let page = project.output(&["info", "image"]);
        let mut lines = page
            .lines()
            .skip_while(|line| !line.starts_with("partition 1"));
        lines.nth(1).unwrap().trim_start().to_owned()
    };
    let room = (4032 - 2048) * 512u32;
    let with_length = |length: u32| {
        let mut image = image.clone();
        image[2048 * 512 + 8..][..4].copy_from_slice(&length.to_le_bytes());
        image
    };
    // Zeros more count nothing.
    let all = told(&with_length(room - 512));
    assert!(all.starts_with("kernel: 1015296 bytes at 0x100000") && all.ends_with(" good"));
    assert_eq!(
        told(&with_length(room)),
        "kernel: 1015808 bytes, more than the partition holds"
    );
    let end = 2049 * 512 + 3072;
    assert!(told(&image[..end]).ends_with(" good"));
    assert_eq!(
        told(&image[..end - 1]),
        "kernel: the file ends before it does"
    );
}

/// Whoever reads may have read enough; what can't be written is an error.
#[test]
fn what_happens_to_output_is_told() {
    let project = Project::built();
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("mkimage"));
    command
        .current_dir(project.path(""))
        .args(["cat", "image", "/etc/long"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command
        .stdout(writer)
        .stderr(std::process::Stdio::piped())
        .output();
    let output = output.unwrap();
    assert_eq!(
        (output.status.code(), &output.stderr[..]),
        (Some(0), &[][..])
    );
    for words in [&["cat", "image", "/etc/long"][..], &["ls", "image"]] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("mkimage"));
        command
            .current_dir(project.path(""))
            .args(words)
            .stdout(full);
        let output = command
            .stderr(std::process::Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("No space left on device"), "{said}");
    }
}

#[test]
fn df_counts_blocks_and_inodes() {
    let project = Project::built();
    insta::assert_snapshot!(project.output(&["df", "image"]), @r"
    KB            2010      35    1975     2%
    inodes          64      11      53    18%
    ");
}

/// A change without `--time` is of now.
#[test]
fn what_is_changed_is_of_now() {
    let project = Project::built();
    let seconds = || {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.unwrap().as_secs()
    };
    let before = seconds();
    project.done(&["mkdir", "image", "/new"]);
    let tree = project.output(&["tree", "--json", "image", "/new"]);
    let tree: serde_json::Value = serde_json::from_str(&tree).unwrap();
    let time = tree[0]["time"].as_u64().unwrap();
    assert!((before..=seconds()).contains(&time), "{time}");
}

#[test]
fn another_kernel() {
    let project = Project::built();
    let before = project.read("image");
    let kernel = ElfBuilder::new(0x10_0000)
        .segment(0x10_0000, 0x10_0000, &[0xcc; 600], 600, "rx")
        .build();
    project.write("kernel", kernel);
    project
        .mkimage(&["kernel", "image", "kernel"])
        .assert()
        .success();
    assert!(
        project
            .output(&["info", "image"])
            .contains("kernel: 1024 bytes at 0x100000")
    );
    project.build("fresh").assert().success();
    assert!(project.read("image") == project.read("fresh"));
    project.write("kernel", "no kernel");
    project.write("image", &before);
    project.failure(&["kernel", "image", "kernel"]);
    assert!(project.read("image") == before);
}

#[test]
fn fsck_tells_damage_by_its_exit_status() {
    let project = Project::built();
    let mut image = project.read("image");
    // The zone bitmap of the root: block 3 of the file system.
    image[4032 * 512 + 3 * 1024 + 1] = 0;
    project.write("image", &image);
    let output = project
        .mkimage(&["fsck", "image"])
        .assert()
        .code(4)
        .get_output()
        .stdout
        .clone();
    let text = String::from_utf8(output).unwrap();
    assert!(
        text.contains(" is in use, but marked free\n") && text.contains("8 problems; "),
        "{text}"
    );
}

/// `/d/e`, whose entry is then made to lead back to `/d`.
#[test]
fn a_loop_of_directories_ends() {
    let project = Project::built();
    project
        .mkimage(&["mkdir", "-p", "image", "/d/e"])
        .assert()
        .success();
    let mut image = project.read("image");
    let entry = |image: &[u8], name: &[u8]| {
        image
            .windows(16)
            .position(|entry| entry[2..] == [name, &[0; 13]].concat())
            .unwrap()
    };
    let (d, e) = (entry(&image, b"d"), entry(&image, b"e"));
    image.copy_within(d..d + 2, e);
    project.write("image", &image);
    project
        .mkimage(&["tree", "image", "/d"])
        .assert()
        .code(1)
        .stdout("/d\n└── e\n")
        .stderr(
            "mkimage: image: /d/e: the directory has another name too, \
             and is shown there; try fsck\n",
        );
    let before = project.read("image");
    project.failure(&["rm", "-r", "image", "/d"]);
    assert!(project.read("image") == before);
    let output = project
        .mkimage(&["fsck", "image"])
        .assert()
        .code(4)
        .get_output()
        .stdout
        .clone();
    let text = String::from_utf8(output).unwrap();
    assert!(
        text.starts_with("/d/e: the directory, inode 12, has another name too\n"),
        "{text}"
    );
}

#[test]
fn images_of_the_real_mkfs() {
    let project = Project::new();
    for (options, length, name) in [
        (&["-1", "-n", "14"][..], 1440, "fourteen-chars"),
        (
            &["-1", "-n", "30", "-i", "100"],
            360,
            "long-name-of-thirty-characters",
        ),
    ] {
        let file = File::create(project.path("floppy")).unwrap();
        file.set_len(length * 1024).unwrap();
        system_tool("mkfs.minix")
            .args(options)
            .arg(project.path("floppy"))
            .assert()
            .success();
        let path = format!("/{name}");
        project
            .mkimage(&["mkdir", "floppy", "/d"])
            .assert()
            .success();
        project
            .mkimage(&["put", "floppy", "kernel", &path])
            .assert()
            .success();
        project
            .mkimage(&["get", "floppy", &path, "back"])
            .assert()
            .success();
        assert_eq!(project.read("back"), project.read("kernel"));
        assert_eq!(project.output(&["ls", "floppy"]), format!("d\n{name}\n"));
        project.assert_fsck("floppy");
        assert!(
            project
                .output(&["info", "floppy"])
                .contains("Minix file system")
        );
    }
}

#[test]
fn what_is_no_image_is_refused() {
    let project = Project::new();
    project.write("zeros", [0; 4096]);
    let expected = "mkimage: zeros: sectors 0 to 3: nothing but zeros, expected a boot sector \
                    with a partition table, or a Minix super block at byte 1024";
    assert_eq!(project.failure(&["ls", "zeros"]), expected);
    assert_eq!(
        project.failure(&["ls", "nothing"]),
        "mkimage: nothing: cannot open: No such file or directory (os error 2)"
    );
    project.build("image").assert().success();
    assert_eq!(
        project.failure(&["ls", "image", "--partition", "3"]),
        "mkimage: image: partition 3: there is no such partition"
    );
    project.mkimage(&["ls"]).assert().code(2);
}

/// Standard input is `-` alone.
#[test]
fn a_file_may_be_called_like_standard_input() {
    let project = Project::built();
    project.write("text", "of the image\n");
    project.done(&["put", "image", "text", "/tmp/-"]);
    for (path, expected) in [("/tmp/-", "of the image\n"), ("-", "typed\n")] {
        let mut cat = project.mkimage(&["cat", "image", path]);
        cat.write_stdin("typed\n")
            .assert()
            .success()
            .stdout(expected);
    }
}
