// SPDX-License-Identifier: GPL-2.0-or-later
//! A project in a temporary folder.

use crate::elf_builder::ElfBuilder;
use assert_cmd::Command;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A manifest, a root tree, boot code, a kernel and two programs.
pub struct Project {
    folder: TempDir,
}

pub const MANIFEST: &str = r#"time = 1991-12-08T12:00:00Z
disk = { cylinders = 8, root-cylinder = 4, root-device = 0x302, command-line = "console=tty0" }
root.inodes = 64
tree = [{ from = "root", to = "/" }]

[directories]
"/bin" = {}
"/dev" = {}
"/tmp" = { mode = 0o1777, uid = 3, gid = 4 }

[links]
"/bin/[" = "/bin/ash"

[devices]
"/dev/tty0" = { character = [4, 0], mode = 0o622 }
"/dev/hd1" = { block = [3, 1] }

[programs]
sources = ["programs"]
install = [{ names = ["*"], to = "/bin" }]
"#;

/// Boot code that takes a kernel as it is.
pub fn boot_code() -> ElfBuilder {
    let mut bootsect = [0xfa; 512];
    bootsect[440..510].fill(0);
    bootsect[510..].copy_from_slice(&[0x55, 0xaa]);
    ElfBuilder::new(0)
        .section(".bootsect", &bootsect)
        .section(".setup", &[0xfb; 1500])
        .section(".load_disk", &[0xfb; 500])
        .section(".load_floppy", &[0xfc; 400])
}

impl Project {
    pub fn new() -> Project {
        let folder = tempfile::tempdir().unwrap();
        let project = Project { folder };
        for name in ["root/etc", "programs/ls", "built"] {
            fs::create_dir_all(project.path(name)).unwrap();
        }
        project.write("image.toml", MANIFEST);
        project.write("root/etc/rc", "cat /etc/motd\n");
        project.write("root/etc/long", "x".repeat(20_000));
        project.write("programs/ash.rs", "");
        project.write("programs/ls/main.rs", "");
        let program = ElfBuilder::new(0x1010)
            .segment(0x1000, 0x1000, &[0xaa; 0x20], 0x20, "rx")
            .segment(0x2000, 0x2000, &[0xbb; 8], 0x100, "rw")
            .build();
        project.write("built/ash", &program);
        project.write("built/ls", &program);
        project.write("built/stale", "not a program");
        let kernel =
            ElfBuilder::new(0x10_0000).segment(0x10_0000, 0x10_0000, &[0x90; 3000], 5000, "rwx");
        project.write("kernel", kernel.build());
        project.write("boot", boot_code().build());
        project
    }

    /// With the image `image` made from everything.
    pub fn built() -> Project {
        let project = Project::new();
        project.build("image").assert().success();
        project
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        fs::write(self.path(name), contents).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// `mkimage` in the project's folder, with these words.
    pub fn mkimage(&self, words: &[&str]) -> Command {
        let mut command = Command::cargo_bin("mkimage").unwrap();
        command
            .current_dir(self.folder.path())
            .env_remove("SOURCE_DATE_EPOCH")
            .args(words);
        command
    }

    /// Makes the image `output` from everything.
    pub fn build(&self, output: &str) -> Command {
        self.mkimage(&[
            "build",
            "--manifest",
            "image.toml",
            "--output",
            output,
            "--boot",
            "boot",
            "--kernel",
            "kernel",
            "--programs",
            "built",
        ])
    }

    /// A command that succeeds.
    pub fn done(&self, words: &[&str]) {
        self.mkimage(words).assert().success().stderr("");
    }

    /// What a command that succeeds prints.
    pub fn output(&self, words: &[&str]) -> String {
        let output = self
            .mkimage(words)
            .assert()
            .success()
            .get_output()
            .stdout
            .clone();
        String::from_utf8(output).unwrap()
    }

    /// The message of a command that fails.
    pub fn failure(&self, words: &[&str]) -> String {
        let output = self
            .mkimage(words)
            .assert()
            .code(1)
            .get_output()
            .stderr
            .clone();
        String::from_utf8(output).unwrap().trim_end().to_owned()
    }

    /// Our checker and the real one find partition 2 of `image` clean.
    pub fn assert_clean(&self, image: &str) {
        self.assert_clean_file_system(image);
        self.done(&["extract", image, "2", "partition"]);
        self.assert_fsck("partition");
    }

    /// Our checker finds it clean.
    pub fn assert_clean_file_system(&self, image: &str) {
        let report = self.output(&["fsck", image]);
        assert!(report.starts_with("clean: "), "{report}");
    }

    /// The real checker finds the file system in `file` clean.
    pub fn assert_fsck(&self, file: &str) {
        system_tool("fsck.minix")
            .arg("-f")
            .arg(self.path(file))
            .assert()
            .success();
    }
}

/// A tool of the host, which is not always in the PATH.
pub fn system_tool(name: &str) -> Command {
    let folders = ["/sbin", "/usr/sbin", "/bin", "/usr/bin"];
    let path = folders
        .iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.exists());
    Command::new(
        path.unwrap_or_else(|| panic!("the tests need {name}: tools/setup.sh installs it")),
    )
}
