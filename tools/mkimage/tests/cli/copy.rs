// SPDX-License-Identifier: GPL-2.0-or-later
//! `cp` in all directions.

use crate::project::Project;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
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
        ├── link
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
            "mkimage: image: /tmp/tree/a-name-that-is-too-long: a name of 23 bytes, expected at most 14",
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
            "mkimage: hd1: copy: a device or pipe, which is not made on the host; \
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
        "mkimage: image: /etc/../bad123: a name that can't be; try fsck"
    );
    assert!(!project.path("bad123").exists() && !project.path("out").exists());
}
