// SPDX-License-Identifier: GPL-2.0-or-later
//! `dump`, `map`, the drawing of `info`, and `--json`.

use crate::project::{Project, system_tool};
use roxmltree::Document;
use serde_json::Value;

#[test]
fn dumps() {
    let project = Project::built();
    insta::assert_snapshot!(project.output(&["dump", "image", "super"]), @r"
    super block: block 1
    00000400  40 00        ninodes        64 inodes
    00000402  e0 07        nzones         2016 blocks in all
    00000404  01 00        imap_blocks    1 blocks of inode bitmap
    00000406  01 00        zmap_blocks    1 blocks of zone bitmap
    00000408  06 00        firstdatazone  data from block 6 on
    0000040a  00 00        log_zone_size  zones of 1 KB
    0000040c  00 1c 08 10  max_size       files of up to 268966912 bytes
    00000410  7f 13        magic          0x137f: Minix v1, names of 14 bytes
    00000412  01 00        state          0x1: unmounted cleanly
    inode bitmap from block 2, zone bitmap from 3, inodes from 4, data from 6 to 2015
    ");
    insta::assert_snapshot!(project.output(&["dump", "image", "inode", "/etc/long"]), @r"
    inode 9: block 4, byte 256; /etc/long; marked used
    00001100  a4 81        mode     0o100644: file
    00001102  00 00        uid      0
    00001104  20 4e 00 00  size     20000 bytes
    00001108  40 09 42 29  time     1991-12-08 12:00:00 UTC
    0000110c  00           gid      0
    0000110d  01           nlinks   names: 1
    0000110e  12 00        zone[0]  zone 18
    00001110  13 00        zone[1]  zone 19
    00001112  14 00        zone[2]  zone 20
    00001114  15 00        zone[3]  zone 21
    00001116  16 00        zone[4]  zone 22
    00001118  17 00        zone[5]  zone 23
    0000111a  18 00        zone[6]  zone 24
    0000111c  19 00        zone[7]  zone 25: lists the next 512 blocks
    0000111e  00 00        zone[8]
    data in zones 18-24, 26-38
    ");
    insta::assert_snapshot!(project.output(&["dump", "image", "inode", "/dev/tty0"]), @r"
    inode 7: block 4, byte 192; /dev/tty0; marked used
    000010c0  92 21        mode     0o20622: character device
    000010c2  00 00        uid      0
    000010c4  00 00 00 00  size     0 bytes
    000010c8  40 09 42 29  time     1991-12-08 12:00:00 UTC
    000010cc  00           gid      0
    000010cd  01           nlinks   names: 1
    000010ce  00 04        zone[0]  device 4,0
    000010d0  00 00        zone[1]
    000010d2  00 00        zone[2]
    000010d4  00 00        zone[3]
    000010d6  00 00        zone[4]
    000010d8  00 00        zone[5]
    000010da  00 00        zone[6]
    000010dc  00 00        zone[7]
    000010de  00 00        zone[8]
    ");
    insta::assert_snapshot!(project.output(&["dump", "image", "bitmap", "inodes"]), @r"
    inode bitmap: 1 blocks from block 2; bit 1 is inode 1, bit 64 is inode 64
    00000800  ff 0f 00 00 00 00 00 00 fe ff ff ff ff ff ff ff    1 to 64: 11 used
    11 of 64 inodes used
    ");
    insta::assert_snapshot!(project.output(&["dump", "image", "zone", "6"]), @r"
    zone 6: entries of inode 1 (/)
    00001800  01 00 2e 00 00 00 00 00 00 00 00 00 00 00 00 00    `.` is inode 1
    00001810  01 00 2e 2e 00 00 00 00 00 00 00 00 00 00 00 00    `..` is inode 1
    00001820  02 00 62 69 6e 00 00 00 00 00 00 00 00 00 00 00    `bin` is inode 2
    00001830  05 00 64 65 76 00 00 00 00 00 00 00 00 00 00 00    `dev` is inode 5
    00001840  08 00 65 74 63 00 00 00 00 00 00 00 00 00 00 00    `etc` is inode 8
    00001850  0b 00 74 6d 70 00 00 00 00 00 00 00 00 00 00 00    `tmp` is inode 11
    ");
    // Second names lead to the same inode.
    let first = project.output(&["dump", "image", "inode", "/bin/ash"]);
    assert_eq!(project.output(&["dump", "image", "inode", "/bin/["]), first);
    let zones = project.output(&["dump", "image", "bitmap", "zones"]);
    assert!(zones.ends_with("35 of 2010 zones used\n"), "{zones}");
    for (words, message) in [
        (["inode", "65"], "inode 65: expected 1 to 64"),
        (["inode", "x"], "number: \"x\", expected 0 to 65535"),
        (
            ["inode", "/no"],
            "/no: cannot look at: No such file or directory",
        ),
        (["zone", "2016"], "zone 2016: expected 0 to 2015"),
        (["bitmap", "x"], "bitmap: \"x\", expected inodes or zones"),
    ] {
        let words = [&["dump", "image"], &words[..]].concat();
        assert_eq!(
            project.failure(&words),
            format!("mkimage: image: {message}")
        );
    }
    project
        .mkimage(&["dump", "image", "inode"])
        .assert()
        .code(2);
}

/// The super block is shown even where nothing else can be.
#[test]
fn a_bad_super_block_is_dumped() {
    let project = Project::built();
    let mut image = project.read("image");
    image[4032 * 512 + 1024 + 2] = 0xff;
    image[4032 * 512 + 1024 + 3] = 0xff;
    project.write("image", image);
    let text = project.output(&["dump", "image", "super"]);
    assert!(
        text.contains("refused: more zones than the device"),
        "{text}"
    );
    project.failure(&["dump", "image", "inode", "1"]);
    assert!(
        project
            .output(&["info", "image"])
            .contains("no file system: ")
    );
    project.failure(&["map", "image", "--svg", "-"]);
}

#[test]
fn the_map_is_sound_svg_and_shows_every_file() {
    let project = Project::built();
    project.done(&["map", "image", "--svg", "map.svg"]);
    let text = String::from_utf8(project.read("map.svg")).unwrap();
    assert_eq!(project.output(&["map", "image", "--svg", "-"]), text);
    let document = Document::parse(&text).unwrap();
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "svg");
    let titles: Vec<&str> = document
        .descendants()
        .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "title")))
        .filter_map(|node| node.text())
        .collect();
    for part in [
        "boot: sectors 0 to 5",
        "partition 1, type DAh: 992 KB",
        "kernel: 3072 bytes",
        "super block",
        "inode bitmap",
        "zone bitmap",
        "inode table",
        ": / (inode 1)",
        "/etc/rc (inode",
        "/etc/long (inode",
        "list of zones",
        "/bin/ls (inode",
        "free",
    ] {
        assert!(
            titles.iter().any(|title| title.contains(part)),
            "{part}: {titles:?}"
        );
    }
    // Nothing from elsewhere, nothing outside of the picture.
    let links = text.replace("http://www.w3.org/2000/svg", "");
    assert!(
        !links.contains("http") && !links.contains("href"),
        "{links}"
    );
    let number = |node: roxmltree::Node<'_, '_>, name: &str| -> f64 {
        node.attribute(name).unwrap_or("0").parse().unwrap()
    };
    let (width, height) = (number(root, "width"), number(root, "height"));
    for node in document
        .descendants()
        .filter(|node| node.has_tag_name("rect"))
    {
        assert!(number(node, "x") + number(node, "width") <= width);
        assert!(number(node, "y") + number(node, "height") <= height);
    }
    // Names that XML can't have as they are.
    project.done(&["cp", "kernel", "image:/etc/<&\">"]);
    let text = project.output(&["map", "image", "--svg", "-"]);
    assert!(Document::parse(&text).is_ok() && text.contains("/etc/&lt;&amp;&quot;&gt;"));
}

#[test]
fn colours_and_bars_only_on_a_terminal() {
    let project = Project::built();
    let on_terminal = |variable: &str| {
        let binary = assert_cmd::cargo::cargo_bin("mkimage");
        let words = format!("{} info image", binary.display());
        let mut command = system_tool("script");
        command.current_dir(project.path("."));
        command.args(["-qec", &words, "/dev/null"]);
        command.env_remove("NO_COLOR");
        if !variable.is_empty() {
            command.env(variable, "1");
        }
        let output = command.assert().success().get_output().stdout.clone();
        String::from_utf8(output).unwrap().replace('\r', "")
    };
    let plain = project.output(&["info", "image"]);
    assert!(!plain.contains('\x1b') && plain.contains("▒█▅░"), "{plain}");
    assert_eq!(on_terminal("NO_COLOR"), plain);
    let coloured = on_terminal("");
    assert!(coloured.contains("\x1b[34m█▅\x1b[0m"), "{coloured}");
}

#[test]
fn programs_read_json() {
    let project = Project::built();
    let json = |words: &[&str]| -> Value { serde_json::from_str(&project.output(words)).unwrap() };
    let info = json(&["info", "--json", "image"]);
    assert_eq!(info["bytes"], 8064 * 512);
    assert_eq!(info["sectors"], 8064);
    assert_eq!(info["geometry"]["cylinders"], 8);
    assert_eq!(info["command_line"], "console=tty0");
    assert_eq!(info["partitions"][0]["kernel"]["is_checksum_good"], true);
    assert_eq!(info["partitions"][1]["file_system"]["inodes"]["free"], 53);
    let df = json(&["df", "--json", "image"]);
    assert_eq!(df["kb"]["free"], 1975);
    let ls = json(&["ls", "--json", "image", "/dev"]);
    assert_eq!(ls[1]["name"], "tty0");
    assert_eq!(ls[1]["device"], serde_json::json!([4, 0]));
    assert_eq!(ls[1]["mode"], "0622");
    let tree = json(&["tree", "--json", "image", "/etc"]);
    let names: Vec<&str> = tree
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["/etc", "/etc/long", "/etc/rc"]);
    let dump = json(&["dump", "--json", "image", "inode", "1"]);
    assert_eq!(dump["lines"][0]["field"], "mode");
    assert_eq!(dump["lines"][0]["bytes"], "ed 41");
}
