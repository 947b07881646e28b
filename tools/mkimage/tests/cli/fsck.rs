// SPDX-License-Identifier: GPL-2.0-or-later
//! `fsck --repair` of images; what it makes of each kind of damage is tested
//! beside the repair.

use crate::project::{Project, system_tool};
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
    image.undo keeps what was changed: fsck --undo image.undo
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
    let actions = value["actions"].as_array().unwrap();
    let attached = actions.iter().find(|a| a["kind"] == "attached").unwrap();
    assert_eq!(
        (&attached["number"], &attached["path"]),
        (&8.into(), &"/lost+found/#8".into())
    );
    assert_eq!(
        attached["message"],
        "inode 8 was in no directory: now /lost+found/#8"
    );
    assert_eq!(value["backup"], "image.undo");
    let text = project.output(&["fsck", "--json", "image"]);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&value["clean"], &value["count"]),
        (&true.into(), &0.into())
    );
}

#[test]
fn a_repair_can_be_taken_back() {
    let project = damaged();
    let before = project.read("image");
    project.done(&["fsck", "--repair", "image", "--time", "0"]);
    let repaired = project.read("image");
    assert!(repaired != before);
    let text = project.output(&["fsck", "--undo", "image.undo"]);
    assert!(
        text.ends_with("image: 7 sectors are as before the repair\n"),
        "{text}"
    );
    assert!(project.read("image") == before);
    // A second one does not replace the first; either may be elsewhere.
    project.done(&["fsck", "--repair", "image", "--time", "0"]);
    assert!(project.read("image.undo.2") == project.read("image.undo"));
    assert!(project.read("image") == repaired);
    fs::rename(project.path("image"), project.path("moved")).unwrap();
    project.done(&["fsck", "--undo", "image.undo.2", "moved"]);
    assert!(project.read("moved") == before);
    project.done(&["fsck", "--repair", "moved", "--backup", "b", "--time", "0"]);
    project.done(&["fsck", "--undo", "b"]);
    assert!(project.read("moved") == before);
    project.done(&["fsck", "--repair", "--no-backup", "moved"]);
    assert!(!project.path("moved.undo").exists());
}

#[test]
fn what_changed_since_the_repair_is_not_taken_back() {
    let project = damaged();
    let before = project.read("image");
    project.done(&["fsck", "--repair", "image", "--time", "0"]);
    project.done(&["rm", "-r", "image", "/lost+found"]);
    let changed = project.read("image");
    let message = project.failure(&["fsck", "--undo", "image.undo"]);
    assert!(message.contains("changed since the repair"), "{message}");
    assert!(project.read("image") == changed);
    project.write("image", &changed[..changed.len() - 512]);
    let message = project.failure(&["fsck", "--undo", "image.undo", "--force"]);
    assert!(message.contains("at the repair it had"), "{message}");
    project.write("image", &changed);
    project.done(&["fsck", "--undo", "image.undo", "--force"]);
    let restored = project.read("image");
    let bitmap_and_inodes = ROOT + 2 * 1024..ROOT + 6 * 1024;
    assert!(restored[bitmap_and_inodes.clone()] == before[bitmap_and_inodes]);
    project.write("text", "no backup");
    let message = project.failure(&["fsck", "--undo", "text", "image"]);
    assert!(message.contains("text: header: expected what"), "{message}");
}

/// All inodes are zeros but the root's.
fn without_inodes() -> Project {
    let project = Project::built();
    let mut image = project.read("image");
    image[ROOT + 4 * 1024 + 32..][..1024 - 32].fill(0);
    project.write("image", &image);
    project
}

#[test]
fn a_repair_that_loses_more_than_it_keeps_is_refused() {
    let project = without_inodes();
    let image = project.read("image");
    let refused = project
        .mkimage(&["fsck", "--repair", "image"])
        .assert()
        .code(4);
    let text = String::from_utf8(refused.get_output().stdout.clone()).unwrap();
    assert!(
        text.contains("throws away 4 files and 0 zones, and keeps 1 and"),
        "{text}"
    );
    assert!(text.ends_with("nothing was changed; --force does it\n"));
    assert!(project.read("image") == image);
    assert!(!project.path("image.undo").exists());
    project.done(&["fsck", "--repair", "--force", "image"]);
    project.assert_clean("image");
}

/// Only a person who sees the question can agree, and only by saying so.
#[test]
fn who_is_at_a_terminal_is_asked_first() {
    let project = without_inodes();
    let image = project.read("image");
    let binary = assert_cmd::cargo::cargo_bin("mkimage");
    let repair = |line: &str, typed: &str, code: i32| {
        let line = line.replace("FSCK", &format!("{} fsck --repair image", binary.display()));
        let mut script = system_tool("script");
        script.current_dir(project.path("."));
        script.args(["-qec", &line, "/dev/null"]);
        let told = script.write_stdin(typed).assert().code(code);
        String::from_utf8(told.get_output().stdout.clone()).unwrap()
    };
    let question = "The repair throws away 4 files and 0 zones, and keeps 1 and";
    for (line, typed) in [
        ("FSCK", "n\n"),
        ("FSCK", "\n"),
        // Neither whoever types nor whoever reads is at the terminal.
        ("yes | FSCK", ""),
        ("FSCK 2> question", "y\n"),
    ] {
        let told = repair(line, typed, 4);
        assert_eq!(told.contains(question), line == "FSCK", "{line}: {told}");
        assert!(project.read("image") == image, "{line}, {typed:?}");
    }
    assert_eq!(project.read("question"), b"");
    let told = repair("FSCK", "y\n", 0);
    assert!(told.contains(question), "{told}");
    project.assert_clean("image");
}

/// Of many problems the first are told, and how many more there are.
#[test]
fn problems_without_end_are_counted() {
    let project = Project::new();
    project.done(&["mkfs", "m", "--size", "3000K", "--inodes", "32"]);
    let mut image = project.read("m");
    // Every second zone is marked as used, 8 blocks of them from the bitmap's second byte on.
    image[3 * 1024 + 1..][..300].fill(0x55);
    project.write("m", image);
    let told = project.mkimage(&["fsck", "m"]).assert().code(4);
    let text = String::from_utf8(told.get_output().stdout.clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1002, "{text}");
    assert_eq!(lines[1000], "... and 200 more");
    assert!(
        lines[1001].starts_with("1200 problems; "),
        "{}",
        lines[1001]
    );
    let told = project.mkimage(&["fsck", "m", "--json"]).output().unwrap();
    let value: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(value["count"], 1200);
}

#[test]
fn a_wrong_super_block_is_made_right_or_left_alone() {
    let project = Project::built();
    let sound = project.read("image");
    // How many inodes there are.
    let mut image = sound.clone();
    image[ROOT + 1024] = 3;
    project.write("image", &image);
    project.mkimage(&["fsck", "image"]).assert().code(4);
    let text = project.output(&["fsck", "--repair", "image"]);
    assert!(
        text.starts_with("super block: ninodes set from 3 to 64\n"),
        "{text}"
    );
    assert!(project.read("image") == sound);
    // Where everything is, and where the rest would tell it.
    image[ROOT + 1024..][..10].fill(0);
    image[ROOT + 4 * 1024..][..32].fill(0);
    project.write("image", &image);
    for words in [&["fsck", "image"][..], &["fsck", "--repair", "image"]] {
        let refused = project.mkimage(words).assert().code(4);
        let text = String::from_utf8(refused.get_output().stdout.clone()).unwrap();
        assert!(
            text.contains("the rest does not say what is right"),
            "{text}"
        );
    }
    assert!(project.read("image") == image);
    // A bare file system without its magic number.
    project.done(&["mkfs", "bare", "--size", "100K"]);
    project.done(&["cp", "kernel", "bare:/k"]);
    let sound = project.read("bare");
    let mut image = sound.clone();
    image[1024 + 16] = 0;
    project.write("bare", &image);
    project.done(&["fsck", "--repair", "bare"]);
    assert!(project.read("bare") == sound);
}

/// On a full disk a file loses what another has, but not without a word, and it can be
/// had back.
#[test]
fn what_there_is_no_room_for_is_said() {
    let project = Project::new();
    let contents: Vec<u8> = (0..40 * 1024)
        .map(|n| b'a' + (n / 1024 % 26) as u8)
        .collect();
    project.write("one", &contents[..7000]);
    project.write("rest", &contents);
    project.done(&["mkfs", "m", "--size", "60K"]);
    project.done(&["put", "m", "one", "/one"]);
    project.done(&["put", "m", "rest", "/rest"]);
    let mut image = project.read("m");
    // The third zone of an inode: block 4 has them all.
    let third = |number: usize| 4 * 1024 + (number - 1) * 32 + 14 + 2 * 2;
    let ones = u16::from_le_bytes([image[third(2)], image[third(2) + 1]]);
    image[third(3)..][..2].copy_from_slice(&ones.to_le_bytes());
    project.write("m", &image);
    let text = project.output(&["fsck", "--repair", "m", "--free-lost-zones"]);
    let told = format!("/rest: no room for copies of zones that another file has: {ones}\n");
    assert!(text.starts_with(&told), "{text}");
    project.done(&["get", "m", "/one", "got"]);
    assert!(project.read("got") == contents[..7000]);
    project.done(&["fsck", "--undo", "m.undo"]);
    assert!(project.read("m") == image);
}
