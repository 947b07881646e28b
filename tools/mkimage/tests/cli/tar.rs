// SPDX-License-Identifier: GPL-2.0-or-later
//! `tar`: what comes out is what the host's tar reads, and what it writes goes in.

use crate::project::Project;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::process::Command;
use tar::{Builder, EntryType, Header};

/// The host's tar in the project's folder.
fn host_tar(project: &Project, words: &[&str]) -> String {
    let mut command = Command::new("tar");
    command.current_dir(project.path("")).env("TZ", "UTC");
    let output = command.args(words).output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}: {message}");
    assert_eq!(message, "", "{words:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// A floppy image with a file of each kind, all of the same time.
fn project() -> Project {
    let project = Project::new();
    project.done(&["mkfs", "image", "--size", "1440K"]);
    project.write("new", "hello\n");
    // More pieces than a header and a block of further ones have room for.
    let holes = File::create(project.path("holes")).unwrap();
    for piece in 0..40 {
        holes.write_all_at(b"data", piece << 17).unwrap();
    }
    holes.set_len(6_000_000).unwrap();
    let deep = "/deep/twelve-bytes/twelve-bytes/twelve-bytes/twelve-bytes/twelve-bytes/\
                twelve-bytes/twelve-bytes/twelve-bytes";
    project.write("target", "../".repeat(60) + "etc//./rc/");
    let target = fs::read_to_string(project.path("target")).unwrap();
    for words in [
        &["mkdir", "image", "/etc"][..],
        &["mkdir", "-p", "image", deep],
        &["put", "image", "new", "/etc/rc", "--mode", "4751"],
        &["put", "image", "holes", "/etc/holes"],
        &["put", "image", "new", &format!("{deep}/file")],
        &["touch", "image", "/etc/empty"],
        &["ln", "image", "/etc/rc", "/etc/same"],
        &["ln", "-s", "image", "a//b/./c", "/etc/link"],
        &["ln", "image", "/etc/link", "/etc/link2"],
        &["ln", "-s", "image", &target, "/etc/long"],
        &["ln", "image", &format!("{deep}/file"), "/etc/z"],
        &["mknod", "image", "/etc/hd1", "b", "3", "1"],
        &["mknod", "image", "/etc/tty", "c", "4", "0", "--mode", "622"],
        &["mknod", "image", "/etc/pipe", "p"],
    ] {
        project.done(&[words, &["--time", "86400"]].concat());
    }
    for words in [
        &["chown", "image", "65535:255", "/etc/rc"][..],
        &["chmod", "image", "4751", "/etc/rc"],
        &["chown", "image", "5:6", "/etc"],
        &["chmod", "image", "1777", "/etc"],
        &["touch", "image", "/etc/empty", "--time", "4294967295"],
    ] {
        let is_touch = words[0] == "touch";
        let time: &[&str] = if is_touch { &[] } else { &["--time", "86400"] };
        project.done(&[words, time].concat());
    }
    project
}

#[test]
fn what_comes_out_is_read_by_the_tar_of_the_host() {
    let project = project();
    project.done(&["tar", "-c", "image:/etc", "x.tar"]);
    let listing = host_tar(&project, &["--numeric-owner", "-tvf", "x.tar"]);
    let target = fs::read_to_string(project.path("target")).unwrap();
    insta::assert_snapshot!(listing.replace(&target, "TARGET"), @r"
    drwxrwxrwt 5/6               0 1970-01-02 00:00 ./
    -rw-r--r-- 0/0               0 2106-02-07 06:28 empty
    brw------- 0/0             3,1 1970-01-02 00:00 hd1
    -rw-r--r-- 0/0         6000000 1970-01-02 00:00 holes
    lrwxrwxrwx 0/0               0 1970-01-02 00:00 link -> a//b/./c
    hrwxrwxrwx 0/0               0 1970-01-02 00:00 link2 link to link
    lrwxrwxrwx 0/0               0 1970-01-02 00:00 long -> TARGET
    prw------- 0/0               0 1970-01-02 00:00 pipe
    -rwsr-x--x 65535/255         6 1970-01-02 00:00 rc
    hrwsr-x--x 65535/255         0 1970-01-02 00:00 same link to rc
    crw--w--w- 0/0             4,0 1970-01-02 00:00 tty
    -rw-r--r-- 0/0               6 1970-01-02 00:00 z
    ");
    // A stream is the same.
    let stream = project.mkimage(&["tar", "-c", "image:/etc"]);
    let stream = { stream }.assert().success().get_output().stdout.clone();
    assert!(stream == project.read("x.tar"));
    // The holes are left out, and come back.
    assert!(stream.len() < 3 << 20, "{}", stream.len());
    fs::create_dir(project.path("out")).unwrap();
    let names = ["holes", "link", "rc"];
    host_tar(
        &project,
        &[&["-C", "out", "-xf", "x.tar"], &names[..]].concat(),
    );
    assert!(project.read("out/holes") == project.read("holes"));
    assert_eq!(project.read("out/rc"), b"hello\n");
    let link = fs::read_link(project.path("out/link")).unwrap();
    assert_eq!(link.to_str(), Some("a//b/./c"));
    // All of the image, with names that have no room in a header.
    project.done(&["tar", "-c", "image", "x.tar"]);
    let listing = host_tar(&project, &["-tf", "x.tar"]);
    let found = project.output(&["find", "image"]);
    assert_eq!(listing.lines().count(), found.lines().count());
    assert!(listing.lines().any(|name| name.len() > 100), "{listing}");
    // A file alone.
    project.done(&["tar", "-c", "image:/etc/rc", "x.tar"]);
    assert_eq!(host_tar(&project, &["-tf", "x.tar"]), "rc\n");
    let message = project.failure(&["tar", "-c", "image", "image"]);
    assert!(message.contains("the same file as the input"), "{message}");
}

#[test]
fn a_round_trip_keeps_everything() {
    let project = project();
    project.done(&["tar", "-c", "image", "x.tar"]);
    project.done(&["mkfs", "copy", "--size", "1440K"]);
    for _ in 0..2 {
        // It can be repeated.
        project.done(&["tar", "-x", "copy", "x.tar"]);
        project.done(&["tar", "-c", "copy", "copy.tar"]);
        assert!(project.read("copy.tar") == project.read("x.tar"));
        assert_eq!(
            project.output(&["ls", "-R", "-l", "copy"]),
            project.output(&["ls", "-R", "-l", "image"])
        );
        let taken = |image: &str| project.output(&["du", image]);
        assert_eq!(taken("copy"), taken("image"), "holes stay holes");
        for path in ["/etc/rc", "/etc/holes", "/etc/z"] {
            let contents = |image: &str| project.output(&["cat", image, path]);
            assert!(contents("copy") == contents("image"), "{path}");
        }
        project.assert_clean_file_system("copy");
        project.assert_fsck("copy");
    }
}

#[test]
fn cp_keeps_the_times_of_links_too() {
    let project = project();
    project.done(&["mkfs", "copy", "--size", "1440K"]);
    project.done(&["cp", "-rp", "image:/.", "copy:/"]);
    let listing = |image: &str| project.output(&["ls", "-R", "-l", image]);
    assert_eq!(listing("copy"), listing("image"));
}

#[test]
fn what_the_tar_of_the_host_writes_goes_in() {
    let project = project();
    fs::create_dir(project.path("tree")).unwrap();
    fs::rename(project.path("holes"), project.path("tree/holes")).unwrap();
    project.write("tree/small", "x".repeat(700));
    std::os::unix::fs::symlink("small", project.path("tree/link")).unwrap();
    fs::hard_link(project.path("tree/small"), project.path("tree/small2")).unwrap();
    let metadata = [
        "--owner=7",
        "--group=8",
        "--numeric-owner",
        "--mtime=@86400",
    ];
    for format in ["gnu", "ustar", "posix", "v7"] {
        let format = format!("--format={format}");
        let words = [
            &["-c", "-S", "-f", "x.tar", &format][..],
            &metadata,
            &["tree"],
        ]
        .concat();
        if format.ends_with("gnu") {
            host_tar(&project, &words);
        } else {
            host_tar(
                &project,
                &words
                    .iter()
                    .filter(|it| **it != "-S")
                    .copied()
                    .collect::<Vec<_>>(),
            );
        }
        project.done(&["mkfs", "copy", "--size", "1440K", "--force"]);
        // The directory is made.
        let mut command = project.mkimage(&["tar", "-x", "copy:/a/b"]);
        command.write_stdin(project.read("x.tar"));
        command.assert().success().stderr("");
        let listing = project.output(&["ls", "-R", "-l", "copy", "/a/b/tree"]);
        assert_eq!(
            listing.matches(" 7     8 ").count(),
            4,
            "{format}: {listing}"
        );
        assert_eq!(listing.matches("1970-01-02 00:00").count(), 4, "{listing}");
        assert!(listing.contains("link -> small\n"), "{listing}");
        let contents = project
            .mkimage(&["cat", "copy", "/a/b/tree/holes"])
            .output()
            .unwrap();
        assert!(contents.stdout == project.read("tree/holes"));
        let links = project.output(&["stat", "copy", "/a/b/tree/small2"]);
        assert!(links.contains("links 2"), "{links}");
        project.assert_fsck("copy");
    }
    // It may be compressed, in a file and in a stream.
    host_tar(
        &project,
        &[&["-c", "-z", "-f", "x.tar.gz"][..], &metadata, &["tree"]].concat(),
    );
    project.done(&["tar", "-x", "copy:/file", "x.tar.gz"]);
    let mut command = project.mkimage(&["tar", "-x", "copy:/stream"]);
    command
        .write_stdin(project.read("x.tar.gz"))
        .assert()
        .success()
        .stderr("");
    let names = |path: &str| project.output(&["ls", "-l", "copy", path]);
    assert_eq!(names("/file/tree"), names("/a/b/tree"));
    assert_eq!(names("/stream/tree"), names("/a/b/tree"));
}

/// These holes are told in three ways of which none is known: such a file is named
/// and left out, rather than made with wrong contents.
#[test]
fn holes_in_the_format_of_pax_are_refused() {
    let project = project();
    fs::create_dir(project.path("tree")).unwrap();
    fs::rename(project.path("holes"), project.path("tree/holes")).unwrap();
    project.write("tree/small", "small");
    let owner = ["--owner=7", "--group=8", "tree"];
    for version in ["0.0", "0.1", "1.0"] {
        let version = format!("--sparse-version={version}");
        let words = [&["-cSf", "x.tar", "--format=posix", &version][..], &owner];
        host_tar(&project, &words.concat());
        project.done(&["mkfs", "copy", "--size", "1440K", "--force"]);
        let message = project.failure(&["tar", "-x", "copy", "x.tar"]);
        let expected = "`tree/holes` is a file with holes in the format of pax, \
                        expected that of GNU tar; left out";
        assert!(message.ends_with(expected), "{version}: {message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        assert_eq!(project.output(&["ls", "copy", "/tree"]), "small\n");
    }
}

/// An archive of entries that a sound tar does not write: name, kind, target.
fn archive(project: &Project, entries: &[(&str, u8, &str)]) {
    let mut builder = Builder::new(Vec::new());
    for (name, kind, target) in entries {
        let mut header = Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_link_name_literal(target).unwrap();
        header.set_entry_type(EntryType::new(*kind));
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        let contents: &[u8] = if *kind == b'0' { b"theirs" } else { b"" };
        header.set_size(contents.len() as u64);
        header.set_cksum();
        builder.append(&header, contents).unwrap();
    }
    project.write("x.tar", builder.into_inner().unwrap());
}

/// The place in `x.tar` of the header of the entry with this name.
fn header_of(archive: &[u8], name: &str) -> usize {
    let is_it = |block: &[u8]| block.starts_with(name.as_bytes()) && block[name.len()] == 0;
    archive.chunks(512).position(is_it).unwrap() * 512
}

/// A number of a header.
fn number(archive: &[u8], at: usize, length: usize) -> u64 {
    let field = std::str::from_utf8(&archive[at..at + length]).unwrap();
    u64::from_str_radix(field.trim_matches(['\0', ' ']), 8).unwrap()
}

/// A file without holes is a plain one, and what has no hole within is one piece.
#[test]
fn entries_are_no_more_than_they_need() {
    let project = Project::new();
    project.done(&["mkfs", "image", "--size", "1440K"]);
    project.write("plain", vec![b'p'; 200_000]);
    project.write("late", [vec![0; 8192], vec![b'l'; 200_000]].concat());
    let long = "x".repeat(14) + "/" + &"y".repeat(14);
    let deep = format!("/{}", [long.as_str(); 4].join("/"));
    for words in [
        &["put", "image", "plain", "/plain"][..],
        &["put", "image", "late", "/late"],
        &["mkdir", "-p", "image", &deep],
    ] {
        project.done(words);
    }
    project.done(&["tar", "-c", "image:/", "x.tar"]);
    let archive = project.read("x.tar");
    let plain = header_of(&archive, "plain");
    assert_eq!(archive[plain + 156], b'0');
    assert_eq!(number(&archive, plain + 124, 12), 200_000);
    let late = header_of(&archive, "late");
    assert_eq!(archive[late + 156], b'S');
    // Where the piece is, how long, and the empty one at the end.
    let fields = [
        (386, 8192),
        (398, 200_000),
        (410, 208_192),
        (422, 0),
        (483, 208_192),
    ];
    for (at, value) in fields {
        assert_eq!(number(&archive, late + at, 12), value, "byte {at}");
    }
    // The name of the deepest directory alone has no room in its header: with the
    // last `/` it has 120 bytes.
    let name = deep.trim_start_matches('/').to_owned() + "/";
    let link = "././@LongLink";
    let links = archive
        .chunks(512)
        .filter(|block| block.starts_with(link.as_bytes()));
    assert_eq!(links.count(), 2);
    let first = header_of(&archive, link);
    let length = number(&archive, first + 124, 12) as usize;
    assert_eq!(archive[first + 512..][..length].last(), Some(&0));
    let second = first + header_of(&archive[first + 1024..], link) + 1024;
    assert_eq!(number(&archive, second + 124, 12) as usize, name.len() + 1);
    assert_eq!(archive[second + 512..][..name.len()], *name.as_bytes());
}

/// What archives of other programs and other times have.
#[test]
fn directories_and_links_of_all_sorts_go_in() {
    let project = project();
    project.done(&["mkdir", "image", "/in"]);
    project.done(&["mknod", "image", "/in/b", "p"]);
    archive(
        &project,
        &[
            // Without a type of its own.
            ("old/", b'0', ""),
            ("a", b'0', ""),
            // Another name in place of a pipe, and a file's own name.
            ("b", b'1', "a"),
            ("a", b'1', "a"),
            ("b", b'1', "a"),
        ],
    );
    project.done(&["tar", "-x", "image:/in", "x.tar"]);
    let listing = project.output(&["ls", "-l", "image", "/in"]);
    let starts: Vec<&str> = listing.lines().map(|line| &line[..14]).collect();
    assert_eq!(
        starts,
        ["-rw-r--r--   2", "-rw-r--r--   2", "drw-r--r--   2"]
    );
    assert_eq!(project.output(&["cat", "image", "/in/b"]), "theirs");
    project.assert_clean_file_system("image");
    // A file is not removed for a directory.
    let before = project.read("image");
    archive(&project, &[("a/", b'5', "")]);
    let message = project.failure(&["tar", "-x", "image:/in", "x.tar"]);
    assert_eq!(
        message,
        "mkimage: image: /in/a: cannot copy over it: File exists"
    );
    assert!(project.read("image") == before);
}

#[test]
fn nothing_goes_out_of_the_directory() {
    let project = project();
    project.done(&["mkdir", "image", "/in"]);
    let inode = |path: &str| project.output(&["stat", "image", path]);
    let before = inode("/etc/rc");
    archive(
        &project,
        &[
            ("../../etc/rc", b'0', ""),
            ("/etc/x", b'0', ""),
            ("a/../../y", b'0', ""),
        ],
    );
    project.done(&["tar", "-x", "image:/in", "x.tar"]);
    let found = project.output(&["find", "image", "/in", "--kind", "f"]);
    assert_eq!(found, "/in/etc/rc\n/in/etc/x\n/in/y\n");
    // What has other names outside is replaced, not written to.
    project.done(&["ln", "image", "/etc/rc", "/in/rc"]);
    archive(&project, &[("rc", b'0', "")]);
    project.done(&["tar", "-x", "image:/in", "x.tar"]);
    assert_eq!(project.output(&["cat", "image", "/in/rc"]), "theirs");
    assert_eq!(inode("/etc/rc"), before);
    // No symbolic link is followed, neither to a directory nor to a file.
    archive(
        &project,
        &[
            ("l", b'2', "/etc/rc"),
            ("l", b'0', ""),
            ("m", b'2', "/etc/rc"),
            ("n", b'1', "m"),
            ("n", b'0', ""),
        ],
    );
    project.done(&["tar", "-x", "image:/in", "x.tar"]);
    assert_eq!(inode("/etc/rc"), before);
    let image = project.read("image");
    for entries in [
        &[("d", b'2', "/etc"), ("d/rc", b'0', "")][..],
        &[("d", b'2', "/etc"), ("d/rc", b'2', "x")],
        &[("d", b'2', "/etc"), ("d/rc/", b'5', "")],
        &[("d", b'2', "/etc"), ("h", b'1', "d/rc")],
    ] {
        archive(&project, entries);
        let message = project.failure(&["tar", "-x", "image:/in", "x.tar"]);
        let expected = "mkimage: image: /in/d: expected a directory";
        assert!(message.starts_with(expected), "{message}");
        assert!(project.read("image") == image);
    }
    archive(&project, &[("h", b'1', "../../etc/no")]);
    let message = project.failure(&["tar", "-x", "image:/in", "x.tar"]);
    assert!(message.contains("No such file or directory"), "{message}");
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let project = project();
    let image = project.read("image");
    let refused = |expected: &str| {
        let message = project.failure(&["tar", "-x", "image", "x.tar"]);
        assert!(message.contains(expected), "{message}");
        assert!(project.read("image") == image, "{expected}");
    };
    archive(
        &project,
        &[("new", b'0', ""), ("dir/fifteen-bytes-x", b'0', "")],
    );
    refused("`fifteen-bytes-x` is a name of 15 bytes, expected at most 14");
    archive(&project, &[("new", b'0', ""), ("etc", b'0', "")]);
    refused("/etc: cannot copy over it");
    // Owners and devices have fewer numbers than on the host.
    let change = |at: usize, digits: &[u8]| {
        let mut bytes = project.read("x.tar");
        bytes[at..at + digits.len()].copy_from_slice(digits);
        bytes[148..156].fill(b' ');
        let sum: u32 = bytes[..512].iter().map(|byte| u32::from(*byte)).sum();
        bytes[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        project.write("x.tar", bytes);
    };
    archive(&project, &[("dev", b'4', "")]);
    change(329, b"0000400\x000000000\0");
    refused("entry `dev`: device 256, 0, expected numbers up to 255");
    archive(&project, &[("new", b'0', "")]);
    change(108, b"0200000\x000000400\0");
    refused("entry `new`: owner 65536:");
    project.done(&[
        "tar", "-x", "--owner", "3:4", "image", "x.tar", "--time", "0",
    ]);
    let listing = project.output(&["ls", "-l", "image", "/new"]);
    assert!(listing.contains(" 3     4         6 1970"), "{listing}");
    let image = project.read("image");
    // An archive that ends too early, and what is none.
    let whole = project.read("x.tar");
    for length in [100, 512 + 3] {
        project.write("x.tar", &whole[..length]);
        let message = project.failure(&["tar", "-x", "--owner", "0:0", "image", "x.tar"]);
        assert!(message.starts_with("mkimage: x.tar: "), "{message}");
    }
    for other in ["\x1b".repeat(2000), "\0".repeat(2000), String::new()] {
        project.write("x.tar", other);
        let message = project.failure(&["tar", "-x", "image", "x.tar"]);
        assert!(
            message.starts_with("mkimage: x.tar: archive: "),
            "{message}"
        );
        assert!(!message.contains('\x1b'), "{message:?}");
    }
    assert!(project.read("image") == image);
}

#[test]
fn unknown_kinds_are_told_and_the_rest_is_made() {
    let project = project();
    archive(
        &project,
        &[
            ("label", b'V', ""),
            ("a", b'0', ""),
            ("g", b'g', ""),
            ("\x1b", b'M', ""),
            ("b", b'0', ""),
        ],
    );
    let message = project.failure(&["tar", "-x", "image:/new", "x.tar"]);
    let expected = "mkimage: x.tar: entry `label`: a kind that is not known (`V`), left out\n\
                    mkimage: x.tar: entry `\\u{1b}`: a kind that is not known (`M`), left out";
    assert_eq!(message, expected);
    assert_eq!(project.output(&["ls", "image", "/new"]), "a\nb\n");
    project.mkimage(&["tar", "image"]).assert().code(2);
    project
        .mkimage(&["tar", "-c", "-x", "image"])
        .assert()
        .code(2);
}

#[test]
fn a_shell_has_it_too() {
    let project = project();
    let mut command = project.mkimage(&["shell", "image"]);
    command
        .write_stdin("tar -c :/etc x.tar\ntar -x :/copy x.tar\n")
        .assert()
        .success();
    let names = |path: &str| project.output(&["ls", "image", path]);
    assert_eq!(names("/copy"), names("/etc"));
}
