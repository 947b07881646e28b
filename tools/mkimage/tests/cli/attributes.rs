// SPDX-License-Identifier: GPL-2.0-or-later
//! `ln`, `mknod`, `chmod` and `chown`.

use crate::project::Project;

#[test]
fn links() {
    let project = Project::built();
    project.done(&["ln", "image", "/etc/rc", "/tmp"]);
    project.done(&["ln", "-s", "image", "../etc/rc", "/tmp/s"]);
    let listing = project.output(&["ls", "-l", "image", "/tmp"]);
    let lines: Vec<&str> = listing.lines().collect();
    assert!(lines[0].starts_with("-rw-r--r--   2") && lines[0].ends_with(" rc"));
    assert!(lines[1].starts_with("lrwxrwxrwx   1") && lines[1].ends_with(" s -> ../etc/rc"));
    assert_eq!(
        project.output(&["cat", "image", "/tmp/s"]),
        "cat /etc/motd\n"
    );
    let exists = "mkimage: image: /tmp/rc: cannot make a link: File exists";
    assert_eq!(
        project.failure(&["ln", "image", "/bin/ls", "/tmp/rc"]),
        exists
    );
    project.done(&["ln", "-f", "image", "/bin/ls", "/tmp/rc"]);
    let long = project.failure(&["ln", "image", "/bin/ls", "/tmp/fifteen-letters"]);
    let expected = "mkimage: image: /tmp/fifteen-letters: `fifteen-letters` is a name of 15 bytes, expected at most 14";
    assert_eq!(long, expected);
    let none = project.failure(&["ln", "image", "/no", "/tmp/x"]);
    assert_eq!(
        none,
        "mkimage: image: /tmp/x: cannot make a link: No such file or directory"
    );
    project.assert_clean("image");
}

#[test]
fn nodes() {
    let project = Project::built();
    project.done(&["mknod", "image", "/dev/hd6", "b", "3", "6"]);
    project.done(&[
        "mknod",
        "image",
        "/dev/null",
        "c",
        "1",
        "3",
        "--mode",
        "666",
    ]);
    project.done(&["mknod", "image", "/tmp/pipe", "p"]);
    let listing = project.output(&["ls", "-l", "image", "/dev"]);
    let shown = |start: &str, end: &str| {
        listing
            .lines()
            .any(|line| line.starts_with(start) && line.ends_with(end))
    };
    assert!(
        shown("brw-------", " hd6") && listing.contains(" 3, 6 "),
        "{listing}"
    );
    assert!(
        shown("crw-rw-rw-", " null") && listing.contains(" 1, 3 "),
        "{listing}"
    );
    assert!(
        project
            .output(&["ls", "-l", "image", "/tmp"])
            .starts_with("prw-------")
    );
    // A device needs its numbers.
    project
        .mkimage(&["mknod", "image", "/dev/x", "b", "3"])
        .assert()
        .code(2);
    project.assert_clean("image");
}

#[test]
fn modes_and_owners() {
    let project = Project::built();
    let line = |path: &str, name: &str| {
        let listing = project.output(&["ls", "-l", "image", path]);
        let line = listing.lines().find(|line| line.ends_with(name)).unwrap();
        line.split_whitespace()
            .take(4)
            .collect::<Vec<_>>()
            .join(" ")
    };
    project.done(&["chmod", "image", "4711", "/bin/ls", "/bin/ash"]);
    assert_eq!(line("/bin", " ls"), "-rws--x--x 1 0 0");
    project.done(&["chown", "image", "7", "/etc/rc"]);
    assert_eq!(line("/etc", " rc"), "-rw-r--r-- 1 7 0");
    project.done(&["chown", "-R", "image", "5:6", "/etc"]);
    project.done(&["chmod", "-R", "image", "700", "/etc"]);
    assert_eq!(line("/etc", " rc"), "-rwx------ 1 5 6");
    assert_eq!(line("/", " etc"), "drwx------ 2 5 6");
    assert_eq!(line("/", " bin"), "drwxr-xr-x 2 0 0");
    for words in [
        ["chmod", "image", "8", "/"],
        ["chown", "image", "5:256", "/"],
    ] {
        project.mkimage(&words).assert().code(2);
    }
    let message = project.failure(&["chmod", "image", "700", "/no"]);
    assert_eq!(
        message,
        "mkimage: image: /no: cannot look at: No such file or directory"
    );
    project.assert_clean("image");
}
