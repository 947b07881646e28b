// SPDX-License-Identifier: GPL-2.0-or-later
//! What happens to an image that is used by others, or that a signal interrupts.

use crate::project::{Project, system_tool};
use nix::unistd::geteuid;
use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// `mkimage` in the project's folder, to be run beside others. Shells let what
/// runs in the background ignore some signals, which is undone.
fn mkimage(project: &Project, words: &[&str]) -> Command {
    let mut command = Command::new("env");
    command
        .current_dir(project.path(""))
        .arg("--default-signal=INT,TERM,HUP")
        .arg(assert_cmd::cargo::cargo_bin("mkimage"))
        .args(words);
    command
}

fn put_ten_at_once(project: &Project) {
    let names: Vec<String> = (0..10).map(|number| format!("file-{number}")).collect();
    for name in &names {
        project.write(name, name);
    }
    let children: Vec<_> = names
        .iter()
        .map(|name| {
            mkimage(project, &["put", "image", name, "/tmp"])
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    for name in &names {
        let path = format!("/tmp/{name}");
        assert_eq!(&project.output(&["cat", "image", &path]), name);
    }
    project.assert_clean("image");
}

#[test]
fn ten_at_once_lose_nothing() {
    let project = Project::built();
    put_ten_at_once(&project);
    // In place, too, which is how a file with two names is changed.
    project.done(&["rm", "-r", "image", "/tmp/file-0", "/tmp/file-9"]);
    fs::hard_link(project.path("image"), project.path("second")).unwrap();
    put_ten_at_once(&project);
    assert!(project.read("second") == project.read("image"));
}

#[test]
fn bochs_and_whoever_made_it_read_only_are_respected() {
    let project = Project::built();
    let before = project.read("image");
    let commands = [
        &["put", "image", "boot", "/boot"][..],
        &["rm", "image", "/etc/rc"],
        &["cmdline", "image", "no387"],
        &["kernel", "image", "kernel"],
        &["mkfs", "image", "--partition", "2", "--force"],
        &["mkfs", "image", "--force"],
        &["fsck", "--repair", "image"],
        &["cp", "boot", "image:/"],
        &["get", "image", "/etc/rc", "image"],
    ];
    project.write("image.lock", "");
    for words in &commands[..8] {
        assert_eq!(
            project
                .failure(words)
                .replace(&project.path("").display().to_string(), ""),
            "mkimage: image: image: Bochs has it open, says image.lock, expected no emulator \
             to run on it; if Bochs was killed, remove that file"
        );
        assert!(project.read("image") == before, "{words:?}");
    }
    project.output(&["ls", "image"]);
    fs::remove_file(project.path("image.lock")).unwrap();
    fs::set_permissions(project.path("image"), Permissions::from_mode(0o444)).unwrap();
    for words in &commands[..8] {
        assert_eq!(
            project.failure(words),
            "mkimage: image: file: read-only (mode 0444), expected leave to write: chmod u+w"
        );
        assert!(project.read("image") == before, "{words:?}");
    }
    project.output(&["ls", "image"]);
    fs::write(project.path("out"), "").unwrap();
    fs::set_permissions(project.path("out"), Permissions::from_mode(0o400)).unwrap();
    let message = project.failure(&["get", "image", "/etc/rc", "out"]);
    assert!(message.starts_with("mkimage: out: file: read-only (mode 0400)"));
}

#[test]
fn a_signal_leaves_nothing_behind() {
    let project = Project::built();
    // Holes that take seconds to read.
    let image = OpenOptions::new()
        .write(true)
        .open(project.path("image"))
        .unwrap();
    image.set_len(30 << 30).unwrap();
    let names = || fs::read_dir(project.path("")).unwrap().count();
    let before = names();
    for (signal, number) in [("INT", 2), ("TERM", 15), ("HUP", 1), ("KILL", 9)] {
        let mut child = mkimage(&project, &["convert", "image", "out", "--to", "raw"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        sleep(Duration::from_millis(100));
        let mut kill = Command::new("kill");
        kill.args(["-s", signal, &child.id().to_string()]);
        assert!(kill.status().unwrap().success());
        assert_eq!(child.wait().unwrap().signal(), Some(number));
        assert_eq!(names(), before, "SIG{signal}");
    }
}

#[test]
fn an_image_keeps_its_owner_mode_and_names() {
    let project = Project::built();
    let path = project.path("image");
    let look = || {
        let found = fs::metadata(&path).unwrap();
        (found.mode(), found.uid(), found.gid(), found.nlink())
    };
    fs::set_permissions(&path, Permissions::from_mode(0o606)).unwrap();
    // Only root may give a file away.
    let _ = std::os::unix::fs::chown(&path, Some(12), Some(34));
    let before = look();
    project.done(&["put", "image", "boot", "/boot"]);
    assert_eq!(look(), before);
    project.build("image").assert().success();
    assert_eq!(look(), before);
    fs::hard_link(&path, project.path("second")).unwrap();
    let before = look();
    project.done(&["put", "image", "boot", "/boot"]);
    assert_eq!(look(), before);
    assert!(project.read("second") == project.read("image"));
    assert_eq!(project.output(&["ls", "second", "/boot"]), "/boot\n");
}

const NOBODY: u32 = 65534;

/// As a user who is not root, which it may be already.
fn as_ordinary_user(project: &Project, words: &[&str]) -> Command {
    let program = project.path("mkimage");
    // Written by another process: what one of our threads has open for writing, a child
    // of any other thread has too for a moment, and then it can't be run.
    let mut copy = system_tool("cp");
    copy.arg(assert_cmd::cargo::cargo_bin("mkimage"));
    copy.arg(&program).assert().success();
    let mut command = Command::new(program);
    command.current_dir(project.path("")).args(words);
    if geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

#[test]
fn what_cannot_be_replaced_is_written_in_place() {
    let project = Project::built();
    let path = project.path("image");
    // Whoever may write the image may not make files beside it.
    fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
    let mut put = as_ordinary_user(&project, &["put", "image", "boot", "/boot"]);
    fs::set_permissions(project.path(""), Permissions::from_mode(0o555)).unwrap();
    let before = fs::metadata(&path).unwrap();
    let output = put.output().unwrap();
    fs::set_permissions(project.path(""), Permissions::from_mode(0o755)).unwrap();
    assert!(output.status.success(), "{output:?}");
    let after = fs::metadata(&path).unwrap();
    assert_eq!((after.ino(), after.uid()), (before.ino(), before.uid()));
    project.assert_clean("image");
    project.done(&["get", "image", "/boot", "back"]);
    assert!(project.read("back") == project.read("boot"));
}

/// A file of one's own is replaced; another's is written in place, as a new one would
/// be one's own.
#[test]
fn the_owner_of_an_image_stays_its_owner() {
    let project = Project::built();
    let path = project.path("image");
    fs::set_permissions(project.path(""), Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
    let put = |name: &str| {
        let before = fs::metadata(&path).unwrap();
        let mut put = as_ordinary_user(&project, &["put", "image", "boot", name]);
        let output = put.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let after = fs::metadata(&path).unwrap();
        assert_eq!(after.uid(), before.uid());
        assert_eq!(project.output(&["ls", "image", name]), format!("{name}\n"));
        after.ino() == before.ino()
    };
    if !geteuid().is_root() {
        assert!(!put("/own"), "replaced");
        return;
    }
    assert!(put("/of-root"), "in place");
    std::os::unix::fs::chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
    assert!(!put("/own"), "replaced");
    // One that can't be written is not said to be mounted.
    std::os::unix::fs::chown(&path, Some(0), None).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let output = as_ordinary_user(&project, &["mkdir", "image", "/d"]).output();
    let message = String::from_utf8(output.unwrap().stderr).unwrap();
    let expected = "mkimage: image: cannot open to write: Permission denied";
    assert!(message.starts_with(expected), "{message}");
}

/// A folder with room for little, for which one must be root.
struct SmallDisk<'a>(&'a Path);

impl SmallDisk<'_> {
    fn mount(folder: &Path) -> Option<SmallDisk<'_>> {
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=2M", "tmpfs"])
            .arg(folder);
        let output = mount.output().unwrap();
        if !output.status.success() {
            println!("skipped: a full disk of the host: {output:?}");
            return None;
        }
        Some(SmallDisk(folder))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        Command::new("umount").arg(self.0).status().unwrap();
    }
}

#[test]
fn a_full_host_leaves_the_image_as_it_was() {
    let project = Project::new();
    let folder = project.path("root");
    project.done(&["mkfs", "small.img", "--size", "4M"]);
    project.write("large", vec![7; 3 << 20]);
    let Some(_disk) = SmallDisk::mount(&folder) else {
        return;
    };
    let mut copy = Command::new("cp");
    copy.arg("--sparse=always")
        .arg(project.path("small.img"))
        .arg(&folder);
    assert!(copy.status().unwrap().success());
    let before = project.read("root/small.img");
    // Replaced, then in place.
    for _ in 0..2 {
        let message = project.failure(&["put", "root/small.img", "large", "/large"]);
        assert!(message.contains("No space left on device"), "{message}");
        assert!(project.read("root/small.img") == before, "{message}");
        let _ = fs::hard_link(folder.join("small.img"), folder.join("second"));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    }
    project.done(&["mkdir", "root/small.img", "/there-is-room"]);
    assert!(project.read("root/second") == project.read("root/small.img"));
}
