// SPDX-License-Identifier: GPL-2.0-or-later
//! Names: those that are too long, and those that are no text.

use crate::project::Project;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

/// The file system would cut the second name to the first.
#[test]
fn a_long_name_is_no_shorter_one() {
    let project = Project::new();
    for (option, first, second) in [
        ("14", "a-long-name-fo", "a-long-name-fo2"),
        (
            "30",
            "a-name-of-thirty-characters-xx",
            "a-name-of-thirty-characters-xx2",
        ),
    ] {
        project.done(&["mkfs", "m", "--size", "360K", "--names", option, "--force"]);
        project.write("one", "one\n");
        project.write("two", "two\n");
        let (first, second) = (format!("/{first}"), format!("/{second}"));
        project.done(&["put", "m", "one", &first]);
        project.done(&["mkdir", "m", "/d"]);
        let before = project.read("m");
        let image_path = format!("m:{second}");
        let below = format!("{second}/x");
        for words in [
            &["put", "m", "two", &second][..],
            &["put", "m", "two", &below],
            &["cat", "m", &second],
            &["get", "m", &second, "-"],
            &["cp", &image_path, "out"],
            &["cp", "one", &image_path],
            &["rm", "m", &second],
            &["rm", "-r", "m", &second],
            &["mkdir", "m", &second],
            &["mkdir", "-p", "m", &below],
            &["ls", "m", &second],
            &["tree", "m", &second],
            &["ln", "m", &second, "/l"],
            &["ln", "m", &first, &second],
            &["ln", "-s", "m", "x", &second],
            &["mknod", "m", &second, "p"],
            &["chmod", "m", "600", &second],
            &["chown", "m", "1", &second],
        ] {
            let message = project.failure(words);
            let expected = format!(
                "`{}` is a name of {} bytes, expected at most {option}",
                &second[1..],
                second.len() - 1
            );
            assert!(message.ends_with(&expected), "{words:?}: {message}");
            assert!(project.read("m") == before, "{words:?}");
        }
        // The host's file has the long name.
        project.write(&second[1..], "two\n");
        let message = project.failure(&["put", "m", &second[1..], "/d"]);
        assert!(message.contains("is a name of"), "{message}");
    }
}

#[test]
fn names_are_bytes() {
    let project = Project::built();
    fs::create_dir(project.path("bytes")).unwrap();
    let names: [&[u8]; 5] = [b"\x1b[2J", b"a\nb", b"b\xff", b"c\xfe", "grüße".as_bytes()];
    for name in names {
        let path = project.path("bytes").join(OsStr::from_bytes(name));
        fs::write(path, name).unwrap();
    }
    project.done(&["cp", "-r", "bytes", "image:/tmp"]);
    let expected = "\\u{1b}[2J\na\\nb\nb\\xff\nc\\xfe\ngrüße\n";
    assert_eq!(project.output(&["ls", "image", "/tmp/bytes"]), expected);
    insta::assert_snapshot!(project.output(&["tree", "image", "/tmp"]), @r"
    /tmp
    └── bytes
        ├── \u{1b}[2J
        ├── a\nb
        ├── b\xff
        ├── c\xfe
        └── grüße
    ");
    let json = project.output(&["ls", "--json", "image", "/tmp/bytes"]);
    assert!(json.contains("\"name\": \"grüße\""), "{json}");
    assert!(
        json.contains("\"name\": \"b\\\\xff\",\n    \"name_bytes\": ["),
        "{json}"
    );
    project.done(&["cp", "-r", "image:/tmp/bytes", "back"]);
    for name in names {
        let path = project.path("back").join(OsStr::from_bytes(name));
        assert_eq!(fs::read(path).unwrap(), name);
    }
    // A name of bytes is found and removed; the others stay.
    let path = OsStr::from_bytes(b"/tmp/bytes/b\xff");
    project
        .mkimage(&["cat", "image"])
        .arg(path)
        .assert()
        .success()
        .stdout(&b"b\xff"[..]);
    project
        .mkimage(&["rm", "image"])
        .arg(path)
        .assert()
        .success();
    assert_eq!(
        project.output(&["ls", "image", "/tmp/bytes"]),
        expected.replace("b\\xff\n", "")
    );
    let message = project
        .mkimage(&["rm", "image"])
        .arg(path)
        .output()
        .unwrap()
        .stderr;
    let message = String::from_utf8(message).unwrap();
    assert!(
        message.contains(r"/tmp/bytes/b\xff: cannot look at"),
        "{message}"
    );
    project.assert_clean("image");
}
