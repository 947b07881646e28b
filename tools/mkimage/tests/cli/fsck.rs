// SPDX-License-Identifier: GPL-2.0-or-later
//! `fsck --repair` of images; what it makes of each kind of damage is tested
//! beside the repair.

use crate::project::Project;
use serde_json::Value;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

/// Where the file system of the image begins.
const ROOT: usize = 4032 * 512;

/// `/etc` is in no directory any more, and the bitmap of zones is empty.
fn damaged() -> Project {
    let project = Project::built();
    let mut image = project.read("image");
    let entry = image[ROOT..]
        .windows(16)
        .position(|bytes| bytes[2..] == *b"etc\0\0\0\0\0\0\0\0\0\0\0")
        .unwrap();
    image[ROOT + entry..][..2].fill(0);
    image[ROOT + 3 * 1024..][..1024].fill(0);
    project.write("image", image);
    project
}

#[test]
fn a_repair_says_what_it_does() {
    let project = damaged();
    let before = project.read("image");
    let dry = project
        .mkimage(&["fsck", "--repair", "--dry-run", "image", "--time", "0"])
        .assert()
        .code(4);
    let text = String::from_utf8(dry.get_output().stdout.clone()).unwrap();
    assert!(
        text.ends_with("nothing was changed; clean: 12 inodes, 36 zones in use\n"),
        "{text}"
    );
    assert!(project.read("image") == before);

    let mode = Permissions::from_mode(0o640);
    fs::set_permissions(project.path("image"), mode).unwrap();
    let text = project.output(&["fsck", "--repair", "image", "--time", "0"]);
    insta::assert_snapshot!(text, @r"
    /lost+found: made
    inode 8 was in no directory: now /lost+found/#8
    /lost+found/#8: `..` made to lead to inode 12
    inode bitmap: marked used: 12
    zone bitmap: marked used: 6-41
    zone bitmap: set 6182 bits that stand for nothing
    17 problems repaired; clean: 12 inodes, 36 zones in use
    ");
    let after = fs::metadata(project.path("image")).unwrap();
    assert_eq!(after.permissions().mode() & 0o777, 0o640);
    project.assert_clean("image");
    let rc = project.output(&["cat", "image", "/lost+found/#8/rc"]);
    assert_eq!(rc, "cat /etc/motd\n");
    let again = project.output(&["fsck", "--repair", "image"]);
    assert!(again.starts_with("clean: 12 inodes"), "{again}");
}

#[test]
fn lost_zones_are_kept_or_freed() {
    let project = Project::built();
    let mut image = project.read("image");
    // The last zone of the file system: bit 2010, byte 251.
    let end = image.len();
    image[end - 1024..][..4].copy_from_slice(b"lost");
    image[ROOT + 3 * 1024 + 251] |= 1 << 2;
    project.write("image", &image);
    let words = ["fsck", "--repair", "--free-lost-zones", "image"];
    let text = project.output(&words);
    assert!(
        text.starts_with("zone bitmap: marked free: 2015\n"),
        "{text}"
    );
    assert!(!project.output(&["ls", "image"]).contains("lost"));
    project.write("image", &image);
    project.done(&["fsck", "--repair", "image"]);
    let kept = project.output(&["cat", "image", "/lost+found/zone-2015"]);
    assert!(kept.starts_with("lost\0"), "{kept}");
    project.assert_clean("image");
}

#[test]
fn programs_read_the_problems() {
    let project = damaged();
    let output = project
        .mkimage(&["fsck", "--json", "image"])
        .assert()
        .code(4);
    let value: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!(value["clean"], false);
    let problems = value["problems"].as_array().unwrap();
    assert_eq!(problems.len() as u64, value["count"].as_u64().unwrap());
    let lost = problems.iter().find(|p| p["kind"] == "inode-lost").unwrap();
    assert_eq!(lost["number"], 8);
    assert_eq!(
        lost["message"],
        "inode 8 is marked used, but in no directory"
    );
    let text = project.output(&["fsck", "--repair", "--json", "image"]);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["repaired"], true);
    assert!(!value["actions"].as_array().unwrap().is_empty());
    let text = project.output(&["fsck", "--json", "image"]);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&value["clean"], &value["count"]),
        (&true.into(), &0.into())
    );
}
