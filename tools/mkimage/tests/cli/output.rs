// SPDX-License-Identifier: GPL-2.0-or-later
//! Where output goes, and what it must not go over.

use crate::project::Project;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::thread;

const RC: &str = "cat /etc/motd\n";

/// A project with an image, and a file system, which is `fs.img`.
fn project() -> Project {
    let project = Project::built();
    project.done(&["extract", "image", "2", "fs.img"]);
    project
}

/// Makes a named pipe.
fn make_fifo(project: &Project, name: &str) {
    let made = Command::new("mkfifo").arg(project.path(name)).status();
    assert!(made.unwrap().success());
}

/// A device of the memory driver: root, who could replace that of the host, makes
/// one of its own.
fn character_device(project: &Project, name: &str, minor: &str) -> String {
    let mut mknod = Command::new("mknod");
    mknod.arg(project.path(name)).args(["c", "1", minor]);
    match mknod.output().unwrap().status.success() {
        true => name.to_owned(),
        false => format!("/dev/{name}"),
    }
}

#[test]
fn the_input_is_never_the_output() {
    let project = project();
    fs::hard_link(project.path("image"), project.path("second-name")).unwrap();
    symlink("image", project.path("link")).unwrap();
    let before = project.read("image");
    for output in ["image", "second-name", "link", "./image"] {
        for words in [
            &["get", "image", "/etc/rc", output][..],
            &["cp", "image:/etc/rc", output],
            &["map", "image", "--svg", output],
            &["extract", "image", "2", output],
            &["convert", "image", output],
            &["convert", "image", output, "--to", "disk"],
            &["convert", "image", output, "--to", "file-system"],
        ] {
            let message = project.failure(words);
            let expected = format!(
                "mkimage: {output}: output: the same file as the input image, \
                 expected a file, a pipe or `-`"
            );
            assert_eq!(message, expected, "{words:?}");
            assert!(project.read("image") == before, "{words:?}");
        }
    }
}

#[test]
fn nothing_that_an_image_is_made_of_is_its_output() {
    let project = project();
    for output in ["image.toml", "boot", "kernel", "built/ls", "root/etc/rc"] {
        let before = project.read(output);
        project.build(output).assert().code(1);
        assert!(project.read(output) == before, "{output}");
    }
    project.done(&["mkfs", "root.img", "--size", "100K"]);
    for output in ["boot", "kernel", "root.img"] {
        let before = project.read(output);
        let words = [
            "floppy", "-o", output, "--boot", "boot", "--kernel", "kernel",
        ];
        let message = project.failure(&[&words[..], &["--ramdisk-root", "root.img"]].concat());
        assert!(message.contains(": output: the same file as"), "{message}");
        assert!(project.read(output) == before, "{output}");
    }
}

#[test]
fn a_pipe_is_written_to() {
    let project = project();
    make_fifo(&project, "pipe");
    let whole = project.read("image");
    for (words, expected) in [
        (&["get", "image", "/etc/rc", "pipe"][..], RC.as_bytes()),
        (&["cp", "image:/etc/rc", "pipe"], RC.as_bytes()),
        (&["convert", "image", "pipe"], &whole),
    ] {
        let path = project.path("pipe");
        let reader = thread::spawn(move || {
            let mut bytes = Vec::new();
            File::open(path).unwrap().read_to_end(&mut bytes).unwrap();
            bytes
        });
        assert_eq!(project.output(words), "", "{words:?}");
        assert!(reader.join().unwrap() == expected, "{words:?}");
        let kind = fs::symlink_metadata(project.path("pipe")).unwrap();
        assert!(kind.file_type().is_fifo());
    }
}

#[test]
fn a_socket_and_a_character_device_are_written_to() {
    let project = project();
    let listener = UnixListener::bind(project.path("socket")).unwrap();
    let reader = thread::spawn(move || {
        let mut bytes = String::new();
        listener
            .accept()
            .unwrap()
            .0
            .read_to_string(&mut bytes)
            .unwrap();
        bytes
    });
    project.done(&["get", "image", "/etc/rc", "socket"]);
    assert_eq!(reader.join().unwrap(), RC);
    let null = character_device(&project, "null", "3");
    let full = character_device(&project, "full", "7");
    project.done(&["get", "image", "/etc/rc", &null]);
    let message = project.failure(&["get", "image", "/etc/rc", &full]);
    assert!(
        message.contains("full: cannot write: No space"),
        "{message}"
    );
    for device in [null, full] {
        let kind = fs::metadata(project.path(&device)).unwrap().file_type();
        assert!(kind.is_char_device());
    }
}

#[test]
fn standard_output_is_a_minus() {
    let project = project();
    assert_eq!(project.output(&["get", "image", "/etc/rc", "-"]), RC);
    assert_eq!(project.output(&["cp", "image:/etc/rc", "-"]), RC);
    let expected = project.read("fs.img");
    for words in [
        &["extract", "image", "2", "-"][..],
        &["convert", "fs.img", "-", "--to", "file-system"],
    ] {
        let printed = project.mkimage(words).assert().success().stderr("");
        assert!(printed.get_output().stdout.starts_with(&expected[..4096]));
    }
    let mut floppy =
        project.mkimage(&["floppy", "-o", "-", "--boot", "boot", "--kernel", "kernel"]);
    assert_eq!(
        floppy.assert().success().get_output().stdout.len(),
        1_474_560
    );
    let built = project.build("-").assert().success();
    assert!(built.get_output().stdout == project.read("image"));
    assert!(!project.path("-").exists());
}

/// The shell leads standard output to the image: at its end, or over its start.
#[test]
fn standard_output_is_not_the_image() {
    let project = project();
    let image = project.read("image");
    for words in [
        &["cat", "image", "/etc/rc"][..],
        &["cp", "image:/etc/rc", "-"],
        &["get", "image", "/etc/rc", "-"],
        &["tar", "-c", "image:/etc", "-"],
    ] {
        for is_at_end in [false, true] {
            let mut options = File::options();
            let out = options.write(true).append(is_at_end);
            let output = Command::new(assert_cmd::cargo::cargo_bin("mkimage"))
                .current_dir(project.path(""))
                .args(words)
                .stdout(out.open(project.path("image")).unwrap())
                .output()
                .unwrap();
            let message = String::from_utf8(output.stderr).unwrap();
            let expected = "output: the same file as the input image";
            assert!(message.contains(expected), "{words:?}: {message}");
            assert!(project.read("image") == image, "{words:?}");
        }
    }
}

#[test]
fn what_is_no_file_is_refused() {
    let project = project();
    symlink("nowhere", project.path("dangling")).unwrap();
    for (output, what) in [
        ("root", "a directory"),
        ("dangling", "a symbolic link that leads nowhere"),
    ] {
        assert_eq!(
            project.failure(&["extract", "image", "2", output]),
            format!("mkimage: {output}: output: {what}, expected a file, a pipe or `-`")
        );
    }
}

/// `>FILE` is written to, not replaced, under the name that it has for the process.
#[test]
fn standard_output_is_also_dev_stdout() {
    let project = project();
    for name in ["-", "/dev/stdout"] {
        project.write("out", "before\n");
        let path = project.path("out");
        let inode = || fs::metadata(&path).unwrap().ino();
        let before = inode();
        let out = File::options().append(true).open(&path).unwrap();
        let status = Command::new(assert_cmd::cargo::cargo_bin("mkimage"))
            .current_dir(project.path(""))
            .args(["get", "image", "/etc/rc", name])
            .stdout(out)
            .status();
        assert!(status.unwrap().success());
        assert_eq!(
            project.read("out"),
            [b"before\n", RC.as_bytes()].concat(),
            "{name}"
        );
        assert_eq!(inode(), before);
    }
}
