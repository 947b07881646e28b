// SPDX-License-Identifier: GPL-2.0-or-later
//! `cp` in all directions.

use crate::project::Project;
use std::fs::{self, Permissions};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

fn with_tree() -> Project {
    let project = Project::built();
    fs::create_dir_all(project.path("tree/sub/empty")).unwrap();
    project.write("tree/file", "contents\n");
    project.write("tree/sub/long", "x".repeat(30_000));
    fs::hard_link(project.path("tree/file"), project.path("tree/other")).unwrap();
    symlink("sub/long", project.path("tree/link")).unwrap();
    let secret = Permissions::from_mode(0o600);
    fs::set_permissions(project.path("tree/file"), secret).unwrap();
    let file = fs::File::options()
        .write(true)
        .open(project.path("tree/file"));
    let time = UNIX_EPOCH + Duration::from_secs(700_000_000);
    file.unwrap().set_modified(time).unwrap();
    project
}

#[test]
fn a_tree_goes_in_and_comes_out() {
    let project = with_tree();
    project.done(&["cp", "-rp", "tree", "image:/tmp"]);
    insta::assert_snapshot!(project.output(&["tree", "image", "/tmp"]), @r"
    /tmp
    └── tree
        ├── file
        ├── link -> sub/long
        ├── other
        └── sub
            ├── empty
            └── long
    ");
    let listing = project.output(&["ls", "-l", "image", "/tmp/tree"]);
    let file = "-rw-------   2     0     0         9 1992-03-07 20:26 file\n";
    assert!(listing.starts_with(file), "{listing}");
    assert!(listing.contains("lrwxrwxrwx"), "{listing}");
    project.assert_clean("image");

    project.done(&["cp", "-rp", "image:/tmp/tree", "back"]);
    for name in ["file", "other", "sub/long", "link"] {
        let (old, new) = (format!("tree/{name}"), format!("back/{name}"));
        assert_eq!(project.read(&old), project.read(&new), "{name}");
    }
    assert!(project.path("back/sub/empty").is_dir());
    let metadata = |name: &str| fs::symlink_metadata(project.path(name)).unwrap();
    assert_eq!(metadata("back/file").mtime(), 700_000_000);
    assert_eq!(metadata("back/file").mode() & 0o777, 0o600);
    assert_eq!(metadata("back/file").ino(), metadata("back/other").ino());
    assert_eq!(
        fs::read_link(project.path("back/link")).unwrap().to_str(),
        Some("sub/long")
    );
}

#[test]
fn names_at_the_destination() {
    let project = with_tree();
    // Into a directory, under a new name, over an old file, contents only.
    project.done(&["cp", "tree/file", "image:/tmp/"]);
    project.done(&["cp", "tree/file", "tree/sub/long", "image:/etc"]);
    project.done(&["cp", "tree/file", "image:/etc/rc"]);
    project.done(&["cp", "-r", "tree/.", "image:/"]);
    project.done(&["cp", "-r", "tree/sub", "image:/new"]);
    assert_eq!(project.output(&["ls", "image", "/tmp"]), "file\n");
    assert_eq!(project.output(&["ls", "image", "/etc"]), "file\nlong\nrc\n");
    assert_eq!(project.output(&["cat", "image", "/etc/rc"]), "contents\n");
    assert_eq!(project.output(&["ls", "image", "/new"]), "empty\nlong\n");
    assert!(project.output(&["ls", "image", "/"]).contains("sub\n"));
    // Without -r a link is followed.
    project.done(&["cp", "tree/link", "image:/tmp/l"]);
    let listing = project.output(&["ls", "-l", "image", "/tmp/l"]);
    assert!(
        listing.starts_with('-') && listing.contains(" 30000 "),
        "{listing}"
    );
    project.done(&["cp", "image:/etc/rc", "image:/etc/file", "."]);
    assert_eq!(project.read("rc"), b"contents\n");
    project.assert_clean("image");
}

#[test]
fn inside_an_image_and_between_two() {
    let project = Project::built();
    project.done(&["chown", "image", "5:6", "/etc/rc"]);
    project.done(&["cp", "-r", "image:/etc", "image:/etc/again"]);
    let listing = project.output(&["ls", "-l", "image", "/etc/again"]);
    assert!(listing.contains("    0     0        14"), "{listing}");
    project.done(&["mkfs", "floppy", "--size", "720K"]);
    project.done(&["cp", "-rp", "image:/", "floppy:/"]);
    let listing = project.output(&["ls", "-l", "floppy", "/etc"]);
    assert!(
        listing.contains("    5     6        14 1991-12-08 12:00 rc"),
        "{listing}"
    );
    let dev = |image: &str| project.output(&["ls", "-l", image, "/dev"]);
    assert_eq!(dev("floppy"), dev("image"));
    let links = project.output(&["ls", "-l", "floppy", "/bin"]);
    assert!(
        links.lines().next().unwrap().starts_with("-rwxr-xr-x   2"),
        "{links}"
    );
    project.assert_clean("image");
    project.assert_fsck("floppy");
}

#[test]
fn what_cannot_be_copied_changes_nothing() {
    let project = with_tree();
    let before = project.read("image");
    project.write("tree/a-name-that-is-too-long", "");
    for (words, message) in [
        (
            &["cp", "tree", "image:/tmp"][..],
            "mkimage: tree: copy: cannot copy without -r: Is a directory",
        ),
        (
            &["cp", "-r", "tree", "image:/tmp"],
            "mkimage: image: /tmp/tree/a-name-that-is-too-long: `a-name-that-is-too-long` is a name of \
             23 bytes, expected at most 14",
        ),
        (
            &["cp", "tree/file", "tree/other", "image:/etc/rc"],
            "mkimage: image: /etc/rc: expected a directory, as there are several files to copy",
        ),
        (
            &["cp", "-r", "tree/sub", "image:/etc/rc"],
            "mkimage: image: /etc/rc: cannot copy over it: File exists",
        ),
        (
            &["cp", "tree/file", "tree/copy"],
            "mkimage: tree/file: copy to tree/copy: expected IMAGE:/PATH on one side; \
             from host to host there is cp(1)",
        ),
        (
            &["cp", "-r", "image:/dev", "out"],
            "mkimage: dev/hd1: copy: a device or pipe, which is not made on the host; \
             --skip-special leaves it out",
        ),
        (
            &["cp", "image:/no", "out"],
            "mkimage: image: /no: cannot look at: No such file or directory",
        ),
    ] {
        assert_eq!(project.failure(words), message);
        assert!(project.read("image") == before, "{words:?}");
        assert!(!project.path("out").exists() && !project.path("tree/copy").exists());
    }
    project.done(&["cp", "-r", "--skip-special", "image:/dev", "out"]);
    assert_eq!(fs::read_dir(project.path("out")).unwrap().count(), 0);
}

/// A damaged image must not write elsewhere on the host.
#[test]
fn names_that_lead_elsewhere_are_refused() {
    let project = with_tree();
    project.done(&["cp", "tree/file", "image:/etc/evil-name"]);
    // In the image, too, the bad name leads to a file.
    project.done(&["cp", "tree/file", "image:/bad123"]);
    let mut image = project.read("image");
    let place = image
        .windows(9)
        .position(|bytes| bytes == b"evil-name")
        .unwrap();
    image[place..place + 9].copy_from_slice(b"../bad123");
    project.write("image", image);
    assert_eq!(
        project.failure(&["cp", "-r", "image:/etc", "out"]),
        "mkimage: image: /etc: `../bad123` cannot be the name of a file; try fsck"
    );
    assert!(!project.path("bad123").exists());
    assert_eq!(
        project.read("out/rc"),
        b"cat /etc/motd\n",
        "the rest is saved"
    );
}

/// `cp -r` again makes the same again, where there are links and devices too.
#[test]
fn a_copy_is_repeated() {
    let project = with_tree();
    for _ in 0..2 {
        project.done(&["cp", "-r", "tree", "image:/tmp"]);
        project.done(&["cp", "-r", "image:/tmp/tree/.", "back"]);
        project.done(&["cp", "-r", "image:/dev", "image:/tmp"]);
    }
    let inode = |name: &str| fs::metadata(project.path(name)).unwrap().ino();
    assert_eq!(inode("back/file"), inode("back/other"));
    let listing = project.output(&["ls", "-l", "image", "/tmp/tree"]);
    assert!(listing.starts_with("-rw-------   2"), "{listing}");
    // A file that has become a link, and a link that has become a file.
    for name in ["tree/link", "tree/other"] {
        fs::remove_file(project.path(name)).unwrap();
    }
    project.write("tree/link", "no link\n");
    symlink("file", project.path("tree/other")).unwrap();
    project.done(&["cp", "-r", "tree", "image:/tmp"]);
    project.done(&["cp", "-r", "image:/tmp/tree/.", "back"]);
    for name in ["link", "other", "file", "sub/long"] {
        let (old, new) = (format!("tree/{name}"), format!("back/{name}"));
        assert_eq!(project.read(&old), project.read(&new), "{name}");
    }
    assert_eq!(
        fs::read_link(project.path("back/other")).unwrap(),
        Path::new("file")
    );
    // The device stays one.
    let message = project.failure(&["cp", "tree/file", "image:/tmp/dev/hd1"]);
    let expected = "mkimage: image: /tmp/dev/hd1: cannot copy over it: File exists";
    assert_eq!(message, expected);
    project.assert_clean("image");
}

/// A link that an earlier copy made must not lead the next one elsewhere.
#[test]
fn a_file_replaces_a_link_on_the_host() {
    let project = Project::built();
    project.write("precious", "mine\n");
    fs::create_dir(project.path("out")).unwrap();
    symlink("../precious", project.path("out/rc")).unwrap();
    project.done(&["cp", "-r", "image:/etc/.", "out"]);
    assert_eq!(project.read("precious"), b"mine\n");
    assert_eq!(project.read("out/rc"), b"cat /etc/motd\n");
}

/// Nobody reads the holes of a file: so many of them would take half a minute.
#[test]
fn holes_are_not_read() {
    const FILES: u64 = 40;
    let project = Project::built();
    let folder = project.path("sparse");
    fs::create_dir(&folder).unwrap();
    let length = 268_000_000;
    for number in 0..FILES {
        let file = fs::File::create(folder.join(number.to_string())).unwrap();
        // Neither begins nor ends with a block.
        file.write_all_at(b"middle", 100_000_777).unwrap();
        file.set_len(length - number).unwrap();
    }
    let start = std::time::Instant::now();
    project.done(&["cp", "-r", "sparse", "image:/tmp"]);
    assert_eq!(project.output(&["sync", "sparse", "image:/tmp/sparse"]), "");
    let took = start.elapsed();
    assert!(took.as_secs() < 10, "{took:?}");
    project.done(&["cp", "image:/tmp/sparse/7", "got"]);
    let got = fs::File::open(project.path("got")).unwrap();
    assert_eq!(got.metadata().unwrap().len(), length - 7);
    let mut middle = [0; 8];
    got.read_exact_at(&mut middle, 100_000_776).unwrap();
    assert_eq!(middle, *b"\0middle\0");
    // Where the one has a hole, the other has not.
    let file = fs::File::options().write(true).open(folder.join("3"));
    file.unwrap().write_all_at(b"more", 200_000_000).unwrap();
    let said = project.output(&["sync", "sparse", "image:/tmp/sparse"]);
    assert_eq!(said, "+ /tmp/sparse/3\n");
    let file = fs::File::create(folder.join("3")).unwrap();
    file.write_all_at(b"middle", 100_000_777).unwrap();
    file.set_len(length - 3).unwrap();
    let said = project.output(&["sync", "sparse", "image:/tmp/sparse"]);
    assert_eq!(said, "+ /tmp/sparse/3\n");
}

/// Files that are longer than memory should be asked for, and of next to no blocks.
#[test]
fn holes_stay_holes() {
    let project = Project::built();
    let length = 200 << 20;
    let free = |what: &str| -> u64 {
        let table = project.output(&["df", "image"]);
        let line = table.lines().find(|line| line.starts_with(what)).unwrap();
        line.split_whitespace().nth(3).unwrap().parse().unwrap()
    };
    let before = free("KB");
    let file = fs::File::create(project.path("sparse")).unwrap();
    file.write_all_at(b"begin", 0).unwrap();
    file.write_all_at(b"middle", 100 << 20).unwrap();
    file.set_len(length).unwrap();
    project.done(&["put", "image", "sparse", "/tmp/put"]);
    project.done(&["cp", "sparse", "image:/tmp/cp"]);
    project.done(&["cp", "image:/tmp/cp", "image:/tmp/again"]);
    // Three blocks and three lists for each file.
    assert_eq!(before - free("KB"), 3 * 6);
    project.done(&["get", "image", "/tmp/put", "got"]);
    project.done(&["cp", "-r", "image:/tmp/.", "out"]);
    for name in ["got", "out/put", "out/cp", "out/again"] {
        let metadata = fs::metadata(project.path(name)).unwrap();
        assert_eq!(metadata.len(), length, "{name}");
        assert!(
            metadata.blocks() < 1000,
            "{name}: {} blocks",
            metadata.blocks()
        );
        let mut middle = [0; 6];
        let file = fs::File::open(project.path(name)).unwrap();
        file.read_exact_at(&mut middle, 100 << 20).unwrap();
        assert_eq!(middle, *b"middle", "{name}");
    }
    let stream = project
        .mkimage(&["get", "image", "/tmp/put", "-"])
        .output()
        .unwrap();
    assert_eq!(stream.stdout.len() as u64, length);
    assert!(stream.stdout.starts_with(b"begin\0"));
    assert!(stream.stdout[100 << 20..].starts_with(b"middle\0"));
    project.assert_clean("image");
}

/// What is copied goes through memory in small pieces: two of the largest files need
/// less than one of them takes.
#[test]
fn large_trees_need_little_memory() {
    const LENGTH: u64 = 268_966_912;
    const FILES: u64 = 2;
    let project = Project::built();
    fs::create_dir(project.path("many")).unwrap();
    for number in 0..FILES {
        let file = fs::File::create(project.path(&format!("many/{number}"))).unwrap();
        file.write_all_at(b"end", LENGTH - 3).unwrap();
    }
    project.done(&["mkfs", "disk", "--size", "1440K"]);
    let limited = |words: &str| {
        let program = assert_cmd::cargo::cargo_bin("mkimage");
        let line = format!("ulimit -v 100000; exec {} {words}", program.display());
        let mut command = assert_cmd::Command::new("sh");
        let command = command.current_dir(project.path("")).args(["-c", &line]);
        command.assert().success().stderr("");
    };
    limited("cp -r many disk:/");
    limited("cp -r disk:/many out");
    limited("tar -c disk:/many out.tar");
    limited("sync --dry-run out disk:/many");
    limited("tar -x disk:/again out.tar");
    for number in 0..FILES {
        let file = fs::File::open(project.path(&format!("out/{number}"))).unwrap();
        let metadata = file.metadata().unwrap();
        assert!(metadata.len() == LENGTH && metadata.blocks() < 100);
        let mut end = [0; 3];
        file.read_exact_at(&mut end, LENGTH - 3).unwrap();
        assert_eq!(&end, b"end");
    }
    project.assert_clean_file_system("disk");
}

#[test]
fn an_endless_file_ends_at_the_largest_size() {
    let project = Project::built();
    let before = project.read("image");
    let expected = "mkimage: image: /tmp/x: a file has at most 268966912 bytes, this one is larger";
    for words in [
        &["put", "image", "/dev/zero", "/tmp/x"][..],
        &["cp", "/dev/zero", "image:/tmp/x"],
    ] {
        assert_eq!(project.failure(words), expected);
        assert!(project.read("image") == before);
    }
}

/// Permissions go with a file, and with a directory too; a file alone has none of its
/// type's bits.
#[test]
fn modes_go_with_what_is_copied() {
    let project = with_tree();
    let line = |path: &str| project.output(&["ls", "-l", "image", path]);
    project.done(&["cp", "tree/file", "image:/tmp/f"]);
    assert!(
        line("/tmp/f").starts_with("-rw-------   1"),
        "{}",
        line("/tmp/f")
    );
    project.done(&["mkdir", "-p", "image", "/d/shut", "/d/open"]);
    project.done(&["chmod", "image", "1700", "/d/shut"]);
    project.done(&["chmod", "image", "2775", "/d/open"]);
    project.done(&["cp", "-r", "image:/d", "d"]);
    let mode = |name: &str| fs::metadata(project.path(name)).unwrap().mode() & 0o7777;
    assert_eq!((mode("d/shut"), mode("d/open")), (0o700, 0o775));
}

/// With `-r` a symbolic link is copied itself, otherwise what it leads to.
#[test]
fn a_link_of_an_image_is_followed_or_copied() {
    let project = Project::built();
    project.done(&["ln", "-s", "image", "/etc/rc", "/tmp/s"]);
    project.done(&["cp", "image:/tmp/s", "followed"]);
    let metadata = fs::symlink_metadata(project.path("followed")).unwrap();
    assert!(metadata.is_file());
    assert_eq!(project.read("followed"), b"cat /etc/motd\n");
    project.done(&["cp", "-r", "image:/tmp/s", "copied"]);
    let target = fs::read_link(project.path("copied")).unwrap();
    assert_eq!(target, Path::new("/etc/rc"));
}

/// What is written over a file is seen under its other names.
#[test]
fn a_file_that_is_copied_over_keeps_its_names() {
    let project = with_tree();
    project.done(&["cp", "tree/file", "image:/bin/ash"]);
    assert_eq!(project.output(&["cat", "image", "/bin/["]), "contents\n");
    assert!(
        project
            .output(&["ls", "-l", "image", "/bin/["])
            .contains("   2     0")
    );
    project.assert_clean("image");
    // On the host one of a single name keeps its owner.
    if nix::unistd::geteuid().is_root() {
        project.done(&["cp", "-r", "tree", "image:/tmp"]);
        project.done(&["cp", "-r", "image:/tmp/tree", "back"]);
        let long = project.path("back/sub/long");
        std::os::unix::fs::chown(&long, Some(77), Some(78)).unwrap();
        project.done(&["cp", "-r", "image:/tmp/tree/.", "back"]);
        let metadata = fs::metadata(&long).unwrap();
        assert_eq!((metadata.uid(), metadata.gid()), (77, 78));
    }
}

/// What is left out has no time that could be kept.
#[test]
fn special_files_are_left_out_in_images_too() {
    let project = Project::built();
    project.done(&["ln", "image", "/etc/rc", "/dev/rc"]);
    project.done(&["cp", "-rp", "--skip-special", "image:/dev", "image:/tmp/d"]);
    assert_eq!(project.output(&["ls", "image", "/tmp/d"]), "rc\n");
}

#[test]
fn a_socket_is_not_copied() {
    let project = with_tree();
    let _socket = std::os::unix::net::UnixListener::bind(project.path("tree/socket")).unwrap();
    assert_eq!(
        project.failure(&["cp", "-r", "tree", "image:/tmp"]),
        "mkimage: tree/socket: copy: a kind of file that an image can't have"
    );
}

/// Before `:/` there is the name of an image, or it is a file of the host.
#[test]
fn a_folder_may_be_called_like_the_end_of_an_images_name() {
    let project = Project::built();
    fs::create_dir(project.path(":")).unwrap();
    project.write(":/x", "of the host\n");
    project.done(&["cp", ":/x", "image:/tmp"]);
    assert_eq!(project.output(&["cat", "image", "/tmp/x"]), "of the host\n");
}

#[test]
fn standard_input_and_output() {
    let project = Project::built();
    let put = |words: &[&str]| {
        let mut command = project.mkimage(words);
        command.write_stdin("from a pipe\n").assert().success();
    };
    put(&["put", "image", "-", "/tmp/put"]);
    put(&["cp", "-", "image:/tmp/cp"]);
    for words in [
        &["get", "image", "/tmp/put", "-"][..],
        &["cp", "image:/tmp/cp", "-"],
        &["cat", "image", "/tmp/cp"],
    ] {
        assert_eq!(project.output(words), "from a pipe\n", "{words:?}");
    }
    project
        .mkimage(&["cat", "image", "/tmp/put", "-"])
        .write_stdin("and more\n")
        .assert()
        .success()
        .stdout("from a pipe\nand more\n");
    let message = project.failure(&["cp", "-r", "image:/tmp", "-"]);
    let expected = "mkimage: -: copy: expected a regular file for standard output";
    assert_eq!(message, expected);
}

#[test]
fn names_of_one_file_on_the_host_do_not_tie_those_of_the_image() {
    let project = Project::built();
    project.write("one", "1");
    project.write("two", "2");
    project.done(&["mkdir", "image", "/d"]);
    project.done(&["cp", "one", "two", "image:/d"]);
    fs::create_dir(project.path("d")).unwrap();
    project.write("d/one", "old");
    fs::hard_link(project.path("d/one"), project.path("d/two")).unwrap();
    project.done(&["cp", "-r", "image:/d", "."]);
    assert_eq!(
        (project.read("d/one"), project.read("d/two")),
        (b"1".into(), b"2".into())
    );
}

/// Nor must a link to a directory, or what is no file at all.
#[test]
fn what_is_in_the_way_on_the_host_stays() {
    let project = with_tree();
    project.done(&["cp", "-r", "tree", "image:/tmp"]);
    for name in ["elsewhere", "out"] {
        fs::create_dir(project.path(name)).unwrap();
    }
    symlink("../elsewhere", project.path("out/sub")).unwrap();
    let message = project.failure(&["cp", "-r", "image:/tmp/tree/.", "out"]);
    assert!(
        message.contains("out/sub: cannot create the directory"),
        "{message}"
    );
    assert_eq!(fs::read_dir(project.path("elsewhere")).unwrap().count(), 0);

    fs::remove_file(project.path("out/sub")).unwrap();
    for name in ["link", "other"] {
        fs::remove_file(project.path("out").join(name)).unwrap_or_default();
        let mut mkfifo = std::process::Command::new("mkfifo");
        assert!(
            mkfifo
                .arg(project.path("out").join(name))
                .status()
                .unwrap()
                .success()
        );
        let message = project.failure(&["cp", "-r", "image:/tmp/tree/.", "out"]);
        assert!(
            message.contains(": cannot create the link: File exists"),
            "{message}"
        );
        fs::remove_file(project.path("out").join(name)).unwrap();
    }
    // What was named itself may be a link to a directory.
    symlink("elsewhere", project.path("to")).unwrap();
    project.done(&["cp", "-r", "image:/tmp/tree/.", "to"]);
    assert_eq!(
        project.read("elsewhere/sub/long"),
        project.read("tree/sub/long")
    );
}

/// Of each kind something is copied over each kind in the image: what is replaced,
/// and what is refused and stays.
#[test]
fn what_goes_over_what() {
    const OLD: [&str; 5] = ["file", "link", "directory", "device", "pipe"];
    let project = Project::built();
    project.write("text", "new");
    let make = |kind: &str, path: &str| match kind {
        "file" => project.done(&["put", "image", "kernel", path]),
        "link" => project.done(&["ln", "-s", "image", "nowhere", path]),
        "directory" => project.done(&["mkdir", "image", path]),
        "device" => project.done(&["mknod", "image", path, "c", "4", "7"]),
        _ => project.done(&["mknod", "image", path, "p"]),
    };
    // In the image, so that no device of the host is needed.
    for kind in OLD {
        project.done(&["mkdir", "image", &format!("/{kind}")]);
        make(kind, &format!("/{kind}/x"));
    }
    // The second name of a file.
    project.done(&["mkdir", "image", "/second"]);
    project.done(&["put", "image", "text", "/second/first"]);
    project.done(&["ln", "image", "/second/first", "/second/x"]);
    let shown = |path: &str| {
        let line = project.output(&["ls", "-l", "image", path]);
        line.chars().next().unwrap()
    };
    let before = project.read("image");
    for (new, goes_over) in [
        ("file", "-l"),
        ("link", "-l"),
        ("directory", "d"),
        ("device", "c"),
        ("pipe", "p"),
        ("second", "-l"),
    ] {
        for old in OLD {
            project.write("image", &before);
            project.done(&["mkdir", "image", "/to"]);
            make(old, "/to/x");
            let list = |path: &str| project.output(&["find", "image", path]);
            let (old_kind, old_list) = (
                if old == "directory" {
                    'd'
                } else {
                    shown("/to/x")
                },
                list("/to"),
            );
            let from = format!("image:/{new}/.");
            let words = ["cp", "-r", &from, "image:/to"];
            if !goes_over.contains(old_kind) {
                let message = project.failure(&words);
                let expected = "mkimage: image: /to/x: cannot copy over it: File exists";
                assert_eq!(message, expected, "{new} over {old}");
                assert_eq!(list("/to"), old_list);
                continue;
            }
            project.done(&words);
            let there = |folder: &str| {
                let listing = project.output(&["ls", "-l", "image", folder]);
                // Without the time.
                let words = |line: &str| {
                    let words: Vec<&str> = line.split_whitespace().collect();
                    (
                        words[0].to_owned(),
                        words[1].to_owned(),
                        words[4].to_owned(),
                    )
                };
                listing.lines().map(words).collect::<Vec<_>>()
            };
            assert_eq!(there("/to"), there(&format!("/{new}")), "{new} over {old}");
            project.assert_clean_file_system("image");
        }
    }
}

/// For which one must be root.
#[test]
fn devices_of_the_host_keep_their_numbers() {
    let project = Project::built();
    fs::create_dir(project.path("dev")).unwrap();
    for (kind, major, minor) in [("c", "5", "2"), ("b", "3", "255")] {
        let mut mknod = std::process::Command::new("mknod");
        mknod
            .arg(project.path("dev").join(kind))
            .args([kind, major, minor]);
        let output = mknod.output().unwrap();
        if !output.status.success() {
            println!("skipped: devices of the host: {output:?}");
            return;
        }
    }
    project.done(&["cp", "-r", "dev/.", "image:/tmp"]);
    let listing = project.output(&["ls", "-l", "image", "/tmp"]);
    let shown: Vec<(char, bool)> = listing
        .lines()
        .map(|line| {
            (
                line.chars().next().unwrap(),
                line.contains(" 5, 2 ") || line.contains(" 3, 255 "),
            )
        })
        .collect();
    assert_eq!(shown, [('b', true), ('c', true)], "{listing}");
}
