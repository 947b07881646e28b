// SPDX-License-Identifier: GPL-2.0-or-later
//! A block device as an image: a loop device of the host, for which one must be
//! root.

use crate::project::{Project, system_tool};
use std::fs::File;
use std::process::Command;

/// A file of the project as a block device.
struct LoopDevice(String);

impl LoopDevice {
    /// `None` where the host does not let us.
    fn new(project: &Project, file: &str) -> Option<LoopDevice> {
        let mut losetup = system_tool("losetup");
        losetup.args(["--find", "--show"]).arg(project.path(file));
        let output = losetup.output().unwrap();
        if !output.status.success() {
            println!("skipped: block devices as images: {output:?}");
            return None;
        }
        let name = String::from_utf8(output.stdout).unwrap();
        Some(LoopDevice(name.trim_end().to_owned()))
    }
}

impl Drop for LoopDevice {
    fn drop(&mut self) {
        system_tool("losetup")
            .args(["--detach", &self.0])
            .output()
            .unwrap();
    }
}

#[test]
fn a_disk_is_shown_and_changed_in_place() {
    let project = Project::built();
    let whole = project.read("image");
    let Some(device) = LoopDevice::new(&project, "image") else {
        return;
    };
    let name = device.0.as_str();
    let shown = project.output(&["info", name]);
    assert!(shown.contains(&format!("{} bytes", whole.len())), "{shown}");
    project.done(&["put", name, "boot", "/boot"]);
    project.done(&["cmdline", name, "no387"]);
    project.assert_clean_file_system(name);
    project.done(&["get", name, "/boot", "back"]);
    assert!(project.read("back") == project.read("boot"));
    // Its own file shows it, and where nothing was changed it is as it was.
    drop(device);
    assert_eq!(project.output(&["cmdline", "image"]), "no387\n");
    assert_eq!(project.read("image")[..2560], whole[..2560]);
    project.assert_clean("image");
}

/// A device that can't be read is not one with a bad file system, for which the next
/// thing to try would be a repair.
#[test]
fn what_cannot_be_read_is_no_damage_of_the_file_system() {
    let project = Project::new();
    project.done(&["mkfs", "disk", "--size", "360K"]);
    let Some(device) = LoopDevice::new(&project, "disk") else {
        return;
    };
    let file = File::options().write(true).open(project.path("disk"));
    file.unwrap().set_len(4096).unwrap();
    for words in [&["fsck", &device.0][..], &["fsck", "--repair", &device.0]] {
        let message = project.failure(words);
        assert!(
            message.ends_with(": block 4: it cannot be read"),
            "{message}"
        );
    }
}

#[test]
fn a_file_system_is_made_on_it() {
    let project = Project::new();
    project.write("disk", vec![0; 2 << 20]);
    let Some(device) = LoopDevice::new(&project, "disk") else {
        return;
    };
    project.done(&["mkfs", &device.0]);
    project.done(&["put", &device.0, "boot", "/boot"]);
    let message = project.failure(&["mkfs", &device.0]);
    assert!(
        message.contains("holds a Minix file system with 2 inodes in use"),
        "{message}"
    );
    // A file is not written to a disk, as a whole image might be.
    let message = project.failure(&["get", &device.0, "/boot", &device.0]);
    assert!(message.ends_with("output: a block device, expected a file, a pipe or `-`"));
    drop(device);
    project.assert_fsck("disk");
}

#[test]
fn what_is_mounted_is_left_alone() {
    let project = Project::new();
    project.write("disk", vec![0; 4 << 20]);
    let made = system_tool("mkfs.ext4")
        .arg("-q")
        .arg(project.path("disk"))
        .output();
    assert!(made.unwrap().status.success());
    let Some(device) = LoopDevice::new(&project, "disk") else {
        return;
    };
    let folder = project.path("root");
    let mounted = system_tool("mount")
        .arg(&device.0)
        .arg(&folder)
        .output()
        .unwrap();
    if !mounted.status.success() {
        println!("skipped: a mounted block device: {mounted:?}");
        return;
    }
    let message = project.failure(&["mkfs", &device.0, "--force"]);
    let unmounted = Command::new("umount").arg(&folder).status().unwrap();
    assert!(unmounted.success());
    let expected = "block device: in use by the host, expected it not to be mounted";
    assert!(message.ends_with(expected), "{message}");
    project.done(&["mkfs", &device.0, "--force"]);
}
