// SPDX-License-Identifier: GPL-2.0-or-later
//! `update`: a new system comes to a disk that somebody has worked on.

use crate::elf_builder::ElfBuilder;
use crate::project::{MANIFEST, Project};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;

const UPDATE: [&str; 4] = ["update", "disk", "--from", "new"];

/// With `disk`, its base and `new`, all three alike.
fn project() -> Project {
    let project = Project::built();
    for name in ["disk", "disk.base", "new"] {
        fs::copy(project.path("image"), project.path(name)).unwrap();
    }
    project
}

impl Project {
    /// Puts a file of this text into an image.
    fn put(&self, image: &str, path: &str, text: &str) {
        self.write("text", text);
        self.done(&["put", image, "text", path]);
    }

    /// Puts a file that is in none of them into all three.
    fn put_everywhere(&self, path: &str, text: &str) {
        for image in ["disk", "disk.base", "new"] {
            self.put(image, path, text);
        }
    }

    /// Brings `disk` up to date; what was said.
    fn update(&self) -> String {
        let said = self.output(&UPDATE);
        self.assert_clean("disk");
        assert_eq!(self.read("disk.base"), self.read("new"));
        assert_eq!(self.output(&UPDATE), "");
        said
    }

    fn cat(&self, path: &str) -> String {
        self.output(&["cat", "disk", path])
    }

    fn has(&self, path: &str) -> bool {
        self.mkimage(&["ls", "disk", path])
            .assert()
            .get_output()
            .status
            .success()
    }

    /// An attempt that changes nothing; its status, and what was said.
    fn refused(&self) -> (i32, String) {
        let names = ["disk", "disk.base"];
        let before = names.map(|name| self.read(name));
        let output = self.mkimage(&UPDATE).assert().get_output().clone();
        assert!(before == names.map(|name| self.read(name)));
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8(text).unwrap(),
        )
    }
}

#[test]
fn what_only_the_system_changed_is_taken() {
    let project = project();
    project.put_everywhere("/etc/old", "old");
    for path in ["/etc/rc", "/etc/added"] {
        project.put("new", path, "new");
    }
    project.done(&["chmod", "new", "600", "/etc/long"]);
    project.done(&["chown", "new", "5:6", "/tmp"]);
    project.done(&["chmod", "new", "750", "/etc"]);
    project.done(&["rm", "new", "/etc/old", "/dev/tty0"]);
    project.done(&["mknod", "new", "/dev/tty0", "c", "4", "1"]);
    project.done(&["ln", "-s", "new", "rc", "/etc/link"]);
    let said = project.update();
    assert_eq!(
        said,
        "disk: brought up to date: /dev/tty0, /etc, /etc/added and 4 more; 1 removed\n"
    );
    assert_eq!(project.cat("/etc/rc"), "new");
    assert_eq!(project.cat("/etc/added"), "new");
    assert_eq!(project.cat("/etc/link"), "new");
    assert!(!project.has("/etc/old"));
    for path in ["/", "/etc", "/dev"] {
        let list = |image| {
            let lines = project.output(&["ls", "-l", image, path]);
            // Without size and time of directories.
            let words = |line: &str| match line.split_whitespace().collect::<Vec<_>>()[..] {
                [mode, links, uid, gid, .., name] if mode.starts_with('d') => {
                    [mode, links, uid, gid, name].join(" ")
                }
                _ => line.to_owned(),
            };
            lines.lines().map(words).collect::<Vec<_>>()
        };
        assert_eq!(list("disk"), list("new"), "{path}");
    }
}

#[test]
fn what_only_the_person_changed_stays() {
    let project = project();
    project.put_everywhere("/etc/gone", "old");
    project.put("disk", "/etc/rc", "mine");
    project.put("disk", "/tmp/mine", "mine");
    project.done(&["mkdir", "disk", "/home"]);
    project.done(&["put", "disk", "text", "/home/mine"]);
    project.done(&["rm", "disk", "/etc/gone"]);
    project.done(&["chmod", "disk", "700", "/bin/ls"]);
    project.done(&["cmdline", "disk", "no387"]);
    project.put("new", "/etc/added", "new");
    let said = project.update();
    assert_eq!(said, "disk: brought up to date: /etc/added; 0 removed\n");
    for path in ["/etc/rc", "/tmp/mine", "/home/mine"] {
        assert_eq!(project.cat(path), "mine", "{path}");
    }
    assert!(!project.has("/etc/gone"));
    assert!(
        project
            .output(&["ls", "-l", "disk", "/bin/ls"])
            .starts_with("-rwx------")
    );
    assert_eq!(project.output(&["cmdline", "disk"]), "no387\n");
}

#[test]
fn where_both_changed_the_person_s_wins_and_is_named() {
    let project = project();
    for path in [
        "/etc/one",
        "/etc/two",
        "/etc/three",
        "/etc/four",
        "/etc/five",
    ] {
        project.put_everywhere(path, "old");
    }
    // Both have removed it, so they agree.
    for image in ["disk", "new"] {
        project.done(&["rm", image, "/etc/five"]);
    }
    for (image, text) in [("disk", "mine"), ("new", "new")] {
        project.put(image, "/etc/one", text);
        project.put(image, "/etc/added", text);
        project.put(image, "/etc/same", "same");
    }
    // Changed and removed, either way; then by mode only.
    project.put("disk", "/etc/two", "mine");
    project.done(&["rm", "new", "/etc/two"]);
    project.done(&["rm", "disk", "/etc/three"]);
    project.put("new", "/etc/three", "new");
    project.done(&["chmod", "disk", "600", "/etc/four"]);
    project.done(&["chmod", "new", "640", "/etc/four"]);
    for (image, line) in [("disk", "no387"), ("new", "keyboard=de")] {
        project.done(&["cmdline", image, line]);
    }
    let said = project.update();
    let names = [
        "/etc/added",
        "/etc/four",
        "/etc/one",
        "/etc/three",
        "/etc/two",
        "command line",
    ];
    let line = |name| format!("disk: {name}: changed by you and in new: yours is kept\n");
    let lines: String = names.into_iter().map(line).collect();
    assert_eq!(
        said,
        lines + "disk: brought up to date: nothing; 0 removed\n"
    );
    for path in ["/etc/one", "/etc/added", "/etc/two"] {
        assert_eq!(project.cat(path), "mine", "{path}");
    }
    assert_eq!(project.cat("/etc/same"), "same");
    assert!(!project.has("/etc/three"));
    assert_eq!(project.output(&["cmdline", "disk"]), "no387\n");
    assert!(
        project
            .output(&["ls", "-l", "disk", "/etc/four"])
            .starts_with("-rw-------")
    );
}

#[test]
fn files_become_directories_and_directories_files() {
    let project = project();
    for image in ["disk", "disk.base", "new"] {
        project.done(&["mkdir", "-p", image, "/a/b", "/kept/b", "/mine"]);
    }
    for path in [
        "/file",
        "/changed",
        "/a/b/file",
        "/kept/b/file",
        "/mine/file",
    ] {
        project.put_everywhere(path, "old");
    }
    project.done(&[
        "rm", "-r", "new", "/file", "/changed", "/a", "/kept", "/mine",
    ]);
    project.done(&["mkdir", "-p", "new", "/file/sub", "/changed/sub"]);
    for path in ["/file/sub/x", "/changed/sub/x", "/a", "/kept"] {
        project.put("new", path, "new");
    }
    for path in ["/changed", "/kept/b/mine", "/mine/own"] {
        project.put("disk", path, "mine");
    }
    let said = project.update();
    let line = |name| format!("disk: {name}: changed by you and in new: yours is kept\n");
    let conflicts = ["/changed", "/changed/sub", "/changed/sub/x", "/kept"]
        .map(line)
        .concat();
    assert!(said.starts_with(&conflicts), "{said}");
    assert!(
        said.ends_with(": /a, /file, /file/sub, /file/sub/x; 4 removed\n"),
        "{said}"
    );
    for path in ["/file/sub/x", "/a"] {
        assert_eq!(project.cat(path), "new", "{path}");
    }
    for path in ["/changed", "/kept/b/mine", "/mine/own"] {
        assert_eq!(project.cat(path), "mine", "{path}");
    }
    assert!(!project.has("/mine/file") && !project.has("/kept/b/file"));
}

/// A directory gets its new mode with all that is in it, the person's files too.
#[test]
fn a_directory_of_both_stays_with_what_is_in_it() {
    let project = project();
    for image in ["disk", "disk.base", "new"] {
        project.done(&["mkdir", image, "/both"]);
    }
    project.put_everywhere("/both/file", "old");
    project.put("disk", "/both/mine", "mine");
    project.done(&["chmod", "new", "700", "/both"]);
    assert_eq!(
        project.update(),
        "disk: brought up to date: /both; 0 removed\n"
    );
    assert_eq!(project.cat("/both/file"), "old");
    assert_eq!(project.cat("/both/mine"), "mine");
    let stat = project.output(&["stat", "disk", "/both"]);
    assert!(stat.contains("mode 0700"), "{stat}");
}

/// The person has made a link of a directory: what is behind it is not touched.
#[test]
fn nothing_is_written_through_a_link() {
    let project = project();
    project.done(&["mkdir", "disk", "/other"]);
    project.put("disk", "/other/rc", "cat /etc/motd\n");
    project.done(&["rm", "-r", "disk", "/etc"]);
    project.done(&["ln", "-s", "disk", "other", "/etc"]);
    project.put("new", "/etc/rc", "new");
    project.put("new", "/etc/added", "new");
    let said = project.update();
    for name in ["/etc/added", "/etc/rc"] {
        assert!(
            said.contains(&format!("disk: {name}: changed by you")),
            "{said}"
        );
    }
    assert_eq!(project.output(&["ls", "disk", "/other"]), "rc\n");
    assert_eq!(project.cat("/other/rc"), "cat /etc/motd\n");
}

#[test]
fn names_of_one_file_stay_together_and_the_person_s_own_name_keeps_the_old_one() {
    let project = project();
    for image in ["disk", "disk.base"] {
        project.put(image, "/bin/ash", "old");
    }
    project.done(&["ln", "disk", "/bin/ash", "/tmp/mine"]);
    project.put("new", "/bin/ash", "new");
    project.put("new", "/bin/first", "two names");
    project.done(&["ln", "new", "/bin/first", "/bin/second"]);
    let said = project.update();
    assert!(
        said.contains(": /bin/[, /bin/ash, /bin/first, /bin/second; 0 "),
        "{said}"
    );
    for (path, links) in [
        ("/bin/ash", 2),
        ("/bin/[", 2),
        ("/bin/second", 2),
        ("/tmp/mine", 1),
    ] {
        let line = project.output(&["ls", "-l", "disk", path]);
        assert_eq!(
            line.split_whitespace().nth(1),
            Some(&*links.to_string()),
            "{line}"
        );
    }
    assert_eq!(project.cat("/tmp/mine"), "old");
    assert_eq!(project.cat("/bin/["), "new");
}

/// What the person has made of a file is not what its new second name means.
#[test]
fn a_second_name_is_not_that_of_the_person_s_file() {
    let project = project();
    project.put("disk", "/etc/rc", "mine");
    project.done(&["ln", "new", "/etc/rc", "/etc/second"]);
    let said = project.update();
    assert_eq!(said, "disk: brought up to date: /etc/second; 0 removed\n");
    assert_eq!(project.cat("/etc/rc"), "mine");
    assert_eq!(project.cat("/etc/second"), "cat /etc/motd\n");
}

#[test]
fn kernel_and_boot_code_are_brought_in() {
    let project = project();
    let kernel =
        ElfBuilder::new(0x10_0000).segment(0x10_0000, 0x10_0000, &[0x91; 9000], 9000, "rwx");
    project.write("kernel", kernel.build());
    project.build("new").assert().success();
    assert_eq!(
        project.update(),
        "disk: brought up to date: kernel; 0 removed\n"
    );
    assert_eq!(
        project.read("disk")[..4032 * 512],
        project.read("new")[..4032 * 512]
    );
    // One that was put in by hand stays.
    let other = ElfBuilder::new(0x10_0000).segment(0x10_0000, 0x10_0000, &[0x92; 99], 99, "rwx");
    project.write("other", other.build());
    project.done(&["kernel", "disk", "other"]);
    let mut boot = project.read("new");
    // The last of set-up's bytes, too.
    (boot[5], boot[600], boot[2559]) = (1, 2, 3);
    project.write("new", boot);
    assert_eq!(
        project.update(),
        "disk: brought up to date: boot sector, set-up; 0 removed\n"
    );
    assert_eq!(project.read("disk")[2049 * 512..][..99], [0x92; 99]);
    assert_eq!(project.read("disk")[..3072], project.read("new")[..3072]);
}

/// The kernel of a system with a larger partition for it.
#[test]
fn a_kernel_without_room_for_it_changes_nothing() {
    let project = project();
    let manifest = String::from_utf8(project.read("image.toml")).unwrap();
    let larger = manifest.replace("root-cylinder = 4", "root-cylinder = 5");
    project.write("image.toml", larger);
    let room = (4 * 1008 - 2048) * 512u32;
    // The header takes a sector.
    for (length, has_room) in [(room - 512, true), (room - 511, false)] {
        let code = vec![0x93; length as usize];
        let kernel = ElfBuilder::new(0x10_0000).segment(0x10_0000, 0x10_0000, &code, length, "rwx");
        project.write("kernel", kernel.build());
        project.build("new").assert().success();
        if has_room {
            assert!(
                project
                    .update()
                    .starts_with("disk: brought up to date: kernel")
            );
            assert_eq!(project.read("disk")[2049 * 512..4032 * 512], code);
        } else {
            let (status, said) = project.refused();
            assert_eq!(status, 1);
            assert!(
                said.contains(&format!(", there is room for {room}")),
                "{said}"
            );
        }
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    let project = project();
    project.put("disk", "/tmp/mine", &"m".repeat(1_900_000));
    project.put("new", "/etc/rc", "new");
    project.put("new", "/tmp/big", &"n".repeat(150_000));
    let (status, said) = project.refused();
    assert_eq!(status, 1);
    assert!(
        said.starts_with("mkimage: disk: /tmp/big: the disk is full with it"),
        "{said}"
    );
    project.done(&["rm", "disk", "/tmp/mine"]);
    project.update();
}

/// Neither the images are in memory nor all of their files: three images, each with
/// two of the largest files, need less than one of these takes.
#[test]
fn large_images_need_little_memory() {
    const LENGTH: u64 = 268_966_912;
    let project = Project::new();
    let manifest = MANIFEST.replace("cylinders = 8", "cylinders = 120");
    project.write("image.toml", manifest);
    project.build("disk").assert().success();
    for name in ["same", "changed"] {
        let file = File::create(project.path(name)).unwrap();
        file.write_all_at(b"old", LENGTH - 3).unwrap();
        project.done(&["put", "disk", name, &format!("/tmp/{name}")]);
    }
    for name in ["disk.base", "new"] {
        fs::copy(project.path("disk"), project.path(name)).unwrap();
    }
    let file = File::options().write(true).open(project.path("changed"));
    file.unwrap().write_all_at(b"new", LENGTH - 3).unwrap();
    project.done(&["put", "new", "changed", "/tmp/changed"]);
    project.put("disk", "/tmp/mine", "mine");
    let program = assert_cmd::cargo::cargo_bin("mkimage");
    let line = format!(
        "ulimit -v 60000; exec {} {}",
        program.display(),
        UPDATE.join(" ")
    );
    let mut command = assert_cmd::Command::new("sh");
    let command = command.current_dir(project.path("")).args(["-c", &line]);
    let said = command.assert().success().stderr("");
    let said = String::from_utf8(said.get_output().stdout.clone()).unwrap();
    assert_eq!(said, "disk: brought up to date: /tmp/changed; 0 removed\n");
    project.done(&["get", "disk", "/tmp/changed", "got"]);
    let mut end = [0; 3];
    let file = File::open(project.path("got")).unwrap();
    file.read_exact_at(&mut end, LENGTH - 3).unwrap();
    assert_eq!(&end, b"new");
    assert_eq!(project.cat("/tmp/mine"), "mine");
    project.assert_clean_file_system("disk");
    assert!(project.read("disk.base") == project.read("new"));
}

/// A block of zeros that the guest wrote is like a hole.
#[test]
fn zeros_are_no_change_of_a_hole() {
    let project = project();
    project.put_everywhere("/tmp/zeros", &"\0".repeat(5000));
    project.put("disk", "/tmp/zeros", &"Z".repeat(5000));
    let mut bytes = project.read("disk");
    for byte in bytes.iter_mut().filter(|byte| **byte == b'Z') {
        *byte = 0;
    }
    project.write("disk", bytes);
    project.put("new", "/tmp/zeros", "new");
    let said = project.update();
    assert_eq!(said, "disk: brought up to date: /tmp/zeros; 0 removed\n");
    assert_eq!(project.cat("/tmp/zeros"), "new");
}

#[test]
fn a_damaged_disk_is_told_and_left() {
    for damaged in ["disk", "new"] {
        let project = project();
        project.put("new", "/etc/rc", "new");
        let mut bytes = project.read(damaged);
        // In the bitmap of the inodes.
        bytes[4032 * 512 + 2 * 1024] ^= 0x10;
        project.write(damaged, bytes);
        let (status, said) = project.refused();
        assert_eq!(status, 4);
        assert!(
            said.starts_with(&format!("{damaged}: its file system has ")),
            "{said}"
        );
        assert!(
            said.contains(&format!("`mkimage fsck --repair {damaged}`")),
            "{said}"
        );
    }
}

/// A person has left the machine without `halt`.
#[test]
fn a_disk_that_was_not_unmounted_is_brought_up_to_date() {
    const STATE: usize = 4032 * 512 + 1024 + 18;
    let project = project();
    project.put("new", "/etc/rc", "new");
    let mut bytes = project.read("disk");
    // In use, and not valid.
    bytes[STATE..][..2].copy_from_slice(&[4, 0]);
    project.write("disk", bytes);
    let said = String::from_utf8(project.mkimage(&["fsck", "disk"]).output().unwrap().stdout);
    assert!(
        said.unwrap()
            .starts_with("the super block says that it was not unmounted\n1 problem")
    );
    assert_eq!(
        project.output(&UPDATE),
        "disk: brought up to date: /etc/rc; 0 removed\n"
    );
    assert_eq!(project.cat("/etc/rc"), "new");
}

#[test]
fn a_disk_in_use_is_told_and_left() {
    let project = project();
    project.put("new", "/etc/rc", "new");
    let machine = File::open(project.path("disk")).unwrap();
    machine.lock().unwrap();
    for words in [&UPDATE[..], &[&UPDATE[..], &["--fresh"]].concat()] {
        let before = project.read("disk");
        let said = project.failure(words);
        assert_eq!(
            said,
            "mkimage: disk: lock: the disk is in use by a machine that runs"
        );
        assert_eq!(project.read("disk"), before);
    }
    drop(machine);
    project.update();
}

#[test]
fn a_disk_is_made_where_there_is_none_and_left_where_nothing_tells_its_base() {
    let project = project();
    fs::remove_file(project.path("disk")).unwrap();
    assert_eq!(project.output(&UPDATE), "disk: made\n");
    project.put("disk", "/etc/rc", "mine");
    assert_eq!(project.output(&UPDATE), "");
    assert_eq!(project.cat("/etc/rc"), "mine");
    project.put("new", "/etc/rc", "new");
    let fresh = [&UPDATE[..], &["--fresh"]].concat();
    assert_eq!(project.output(&fresh), "disk: made\n");
    assert_eq!(project.cat("/etc/rc"), "new");

    fs::remove_file(project.path("disk.base")).unwrap();
    project.put("new", "/etc/rc", "newer");
    let said = project.output(&UPDATE);
    assert!(
        said.starts_with("disk: left as it is, as there is no disk.base"),
        "{said}"
    );
    assert_eq!(project.cat("/etc/rc"), "new");
}

/// `make image` by its script: a change of the image by hand goes to the disk.
#[test]
fn an_image_changed_by_hand_is_made_anew_and_the_change_not_lost() {
    const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../image.sh");
    let project = Project::built();
    let fresh = project.read("image");
    let mkimage = assert_cmd::cargo::cargo_bin("mkimage");
    let make_image = || {
        project.write("fresh", &fresh);
        let words = ["fresh", "image", "disk"];
        let mut script = assert_cmd::Command::new(SCRIPT);
        script
            .current_dir(project.path(""))
            .arg(&mkimage)
            .args(words);
        let output = script.assert().success().get_output().stdout.clone();
        assert_eq!(project.read("image"), fresh);
        assert!(!project.path("fresh").exists());
        String::from_utf8(output).unwrap()
    };
    assert_eq!(make_image(), "");
    project.put("image", "/etc/rc", "mine");
    let said = make_image();
    assert!(
        said.starts_with("image was changed by hand: the changes go to disk\n"),
        "{said}"
    );
    assert_eq!(project.cat("/etc/rc"), "mine");
    assert_eq!(make_image(), "");
    assert_eq!(project.output(&["update", "disk", "--from", "image"]), "");
    assert_eq!(project.cat("/etc/rc"), "mine");
}

/// What was put into the image instead of the disk comes to the disk, and stays
/// when the next image is without it.
#[test]
fn a_change_of_the_image_can_count_as_the_person_s() {
    let project = project();
    project.put("new", "/etc/rc", "mine");
    let words = [
        "update",
        "disk",
        "--from",
        "new",
        "--base",
        "image",
        "--keep-base",
    ];
    assert!(project.output(&words).contains(": /etc/rc; "));
    assert_eq!(project.read("disk.base"), project.read("image"));
    fs::copy(project.path("image"), project.path("new")).unwrap();
    project.put("new", "/etc/added", "new");
    project.update();
    assert_eq!(project.cat("/etc/rc"), "mine");
    assert_eq!(project.cat("/etc/added"), "new");
}
