// SPDX-License-Identifier: GPL-2.0-or-later
//! `mv`, `touch`, `find`, `stat`, `du`, `ls -R`, `edit`, `sync` and `shell`.

use crate::project::{Project, system_tool};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

#[test]
fn names_are_moved() {
    let project = Project::built();
    project.done(&["mv", "image", "/etc/rc", "/tmp/new"]);
    project.done(&["mv", "image", "/tmp/new", "/etc/long", "/bin"]);
    assert_eq!(
        project.output(&["ls", "image", "/bin"]),
        "[\nash\nlong\nls\nnew\n"
    );
    assert_eq!(
        project.output(&["cat", "image", "/bin/new"]),
        "cat /etc/motd\n"
    );
    project.done(&["mv", "image", "/etc", "/tmp"]);
    assert_eq!(project.output(&["ls", "image", "/tmp"]), "etc\n");
    for (words, message) in [
        (
            &["mv", "image", "/no", "/tmp"][..],
            "/no: cannot rename: No such file or directory",
        ),
        (
            &["mv", "image", "/tmp", "/tmp/etc/x"],
            "/tmp: cannot rename: Invalid argument",
        ),
        (
            &["mv", "image", "/tmp", "/dev", "/bin/ash"],
            "/bin/ash: expected a directory, as there are several files to move",
        ),
    ] {
        assert_eq!(project.failure(words), format!("mkimage: image: {message}"));
    }
    project.assert_clean("image");
}

#[test]
fn times_are_set() {
    let project = Project::built();
    project.done(&["touch", "image", "/etc/rc", "/etc/new", "--time", "86400"]);
    let listing = project.output(&["ls", "-l", "image", "/etc"]);
    assert_eq!(listing.matches("1970-01-02 00:00").count(), 2, "{listing}");
    assert!(listing.contains("-rw-r--r--   1     0     0         0 1970-01-02 00:00 new\n"));
    project.assert_clean("image");
}

#[test]
fn what_is_there_is_shown() {
    let project = Project::built();
    project.done(&["ln", "-s", "image", "../etc/rc", "/tmp/link"]);
    project.done(&["mkdir", "image", "/tmp/d"]);
    let find = |words: &[&str]| project.output(&[&["find", "image"], words].concat());
    assert_eq!(find(&["/etc"]), "/etc\n/etc/long\n/etc/rc\n");
    assert_eq!(
        find(&["--name", "l*", "--kind", "f"]),
        "/bin/ls\n/etc/long\n"
    );
    assert_eq!(find(&["--kind", "l"]), "/tmp/link\n");
    assert_eq!(find(&["--kind", "b"]), "/dev/hd1\n");
    insta::assert_snapshot!(project.output(&["ls", "-R", "image", "/tmp"]), @r"
    /tmp:
    d
    link

    /tmp/d:
    ");
    insta::assert_snapshot!(
        project.output(&["stat", "image", "/etc/long", "/dev/hd1", "/tmp/link"]).lines().take(7).collect::<Vec<_>>().join("\n"),
        @r"
    /etc/long: file, inode 9
      20000 bytes in 21 KB
      mode 0644 -rw-r--r--, links 1, owner 0:0
      changed 1991-12-08 12:00, 692193600 s since 1970
    /dev/hd1: block device, inode 6
      device /dev/hd1
      mode 0600 brw-------, links 1, owner 0:0
    "
    );
    // 20 blocks and a list of /etc/long, one of /etc/rc, one of the directory.
    assert_eq!(project.output(&["du", "image", "/etc"]), "      23 /etc\n");
    let sums = project.output(&["du", "image"]);
    let table = project.output(&["df", "image"]);
    let used = table
        .lines()
        .next()
        .unwrap()
        .split_whitespace()
        .nth(2)
        .unwrap();
    assert!(
        sums.starts_with(&format!("{used:>8} /\n")),
        "{sums}, {table}"
    );
    assert_eq!(project.output(&["du", "-s", "image"]).lines().count(), 1);
    let json = project.output(&["tree", "--json", "image", "/tmp"]);
    assert!(json.contains("\"target\": \"../etc/rc\""), "{json}");
}

#[test]
fn modes_by_letters() {
    let project = Project::built();
    let mode = |change: &str| {
        project.done(&["chmod", "image", change, "/etc/rc"]);
        project.output(&["ls", "-l", "image", "/etc/rc"])[..10].to_owned()
    };
    assert_eq!(mode("u+x,go-r"), "-rwx------");
    assert_eq!(mode("a=r,u+ws"), "-rwSr--r--");
    project.done(&["chmod", "-R", "image", "go=X", "/etc"]);
    let listing = project.output(&["ls", "-l", "image", "/"]);
    assert!(
        listing.contains("drwx--x--x   2     0     0        64 1991"),
        "{listing}"
    );
    project
        .mkimage(&["chmod", "image", "u+y", "/"])
        .assert()
        .code(2);
}

#[test]
fn an_editor_changes_a_file() {
    let project = Project::built();
    project.done(&["chmod", "image", "755", "/etc/rc"]);
    let run = |editor: &str, path: &str| {
        let mut command = project.mkimage(&["edit", "image", path]);
        command.env("EDITOR", editor).env_remove("VISUAL").assert()
    };
    run("sed -i s/motd/other/", "/etc/rc").success();
    assert_eq!(
        project.output(&["cat", "image", "/etc/rc"]),
        "cat /etc/other\n"
    );
    assert!(
        project
            .output(&["ls", "-l", "image", "/etc/rc"])
            .starts_with("-rwxr-xr-x")
    );
    run("echo new >", "/etc/new").success();
    assert_eq!(project.output(&["cat", "image", "/etc/new"]), "new\n");
    let before = project.read("image");
    run("true", "/etc/rc").success();
    run("false", "/etc/rc").code(1);
    // Another change meanwhile is not overwritten.
    let tool = assert_cmd::cargo::cargo_bin("mkimage");
    let image = project.path("image");
    let (tool, image) = (tool.display(), image.display());
    let other = format!("{tool} chmod {image} 700 /etc/new; echo mine >>");
    run(&other, "/etc/new").success();
    assert!(project.read("image") != before);
    let other = format!("echo theirs | {tool} put {image} - /etc/new; echo mine >>");
    let assert = run(&other, "/etc/new").code(1);
    let message = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(
        message.contains("somebody else has changed it meanwhile"),
        "{message}"
    );
    assert_eq!(project.output(&["cat", "image", "/etc/new"]), "theirs\n");
    let kept = message
        .strip_prefix("mkimage: the changed file is ")
        .unwrap();
    let kept = kept.lines().next().unwrap();
    assert_eq!(fs::read(kept).unwrap(), b"new\nmine\nmine\n");
    fs::remove_dir_all(std::path::Path::new(kept).parent().unwrap()).unwrap();
}

#[test]
fn a_folder_is_followed() {
    let project = Project::built();
    fs::create_dir_all(project.path("tree/sub")).unwrap();
    project.write("tree/a", "a\n");
    project.write("tree/sub/b", "x".repeat(5000));
    symlink("a", project.path("tree/link")).unwrap();
    fs::hard_link(project.path("tree/a"), project.path("tree/z")).unwrap();
    let sync = |words: &[&str]| {
        let words = [&["sync"], words, &["tree", "image:/new"]].concat();
        project.output(&words)
    };
    let all = "+ /new/a\n+ /new/link\n+ /new/sub\n+ /new/sub/b\n+ /new/z\n";
    assert_eq!(sync(&["--dry-run"]), all);
    assert!(!project.output(&["ls", "image"]).contains("new"));
    assert_eq!(sync(&[]), all);
    let before = project.read("image");
    assert_eq!(sync(&["--delete"]), "", "it is equal already");
    assert!(project.read("image") == before);
    // One file is changed in its last byte, another has become a directory.
    project.write("tree/sub/b", "x".repeat(4999) + "y");
    fs::remove_file(project.path("tree/link")).unwrap();
    fs::create_dir(project.path("tree/link")).unwrap();
    project.done(&["mkdir", "-p", "image", "/new/extra/below"]);
    project.done(&["mkdir", "image", "/outside"]);
    let message = project.failure(&["sync", "tree", "image:/new"]);
    assert!(
        message.contains("/new/link: cannot copy over it"),
        "{message}"
    );
    let expected = "- /new/extra\n- /new/link\n+ /new/link\n+ /new/sub/b\n";
    assert_eq!(sync(&["--delete"]), expected);
    assert_eq!(sync(&["--delete"]), "");
    fs::set_permissions(project.path("tree/sub/b"), Permissions::from_mode(0o600)).unwrap();
    assert_eq!(sync(&[]), "+ /new/sub/b\n");
    project.done(&["cp", "-r", "image:/new", "back"]);
    assert!(project.read("back/sub/b") == project.read("tree/sub/b"));
    assert!(project.output(&["ls", "image"]).contains("outside\n"));
    project.assert_clean("image");
}

#[test]
fn many_commands_on_one_image() {
    let project = Project::built();
    let run = |lines: &str| {
        let mut command = project.mkimage(&["shell", "image"]);
        command.write_stdin(lines).assert()
    };
    let lines = "mkdir -p /a/b # two\n\nput kernel '/a/with space'\ncp -r :/etc :/a\n\
                 cat /etc/rc\nls /a\nmv /a/etc /a/b\n";
    run(lines)
        .success()
        .stdout("cat /etc/motd\nb\netc\nwith space\n");
    assert_eq!(project.output(&["ls", "image", "/a"]), "b\nwith space\n");
    assert_eq!(project.output(&["ls", "image", "/a/b/etc"]), "long\nrc\n");
    project.assert_clean("image");
    // A command that fails is the last, and the image is left as it was.
    let before = project.read("image");
    for (lines, message) in [
        (
            "rm /etc/rc\nrm /no\n",
            "mkimage: image: /no: cannot look at: No such file or directory\n",
        ),
        (
            "rm /etc/rc\nfsck\n",
            "mkimage: -: line 2: fsck is not for files in an image",
        ),
        (
            "rm /etc/rc\nls --partition 2 /etc\nls --partition 1\n",
            "mkimage: image: partition: expected the partition that the shell has open\n",
        ),
        (
            "rm /etc/rc\nls '\n",
            "mkimage: -: line 2: a quote without an end\n",
        ),
    ] {
        let output = run(lines).code(1).get_output().stderr.clone();
        let output = String::from_utf8(output).unwrap();
        assert!(output.starts_with(message), "{output}");
        assert!(project.read("image") == before, "{lines}");
    }
    run("rm /etc/rc\nabort\n").success();
    assert!(project.read("image") == before);
    run("rm /etc/rc\nexit\nrm /etc/long\n").success();
    assert_eq!(project.output(&["ls", "image", "/etc"]), "long\n");
    project.write("commands", "touch /etc/x\nls /etc\n");
    let output = project.output(&["shell", "image", "--file", "commands"]);
    assert_eq!(output, "long\nx\n");
}

/// Where nothing is to be done, nothing is opened to be changed.
#[test]
fn a_folder_is_followed_in_an_image_that_has_it_already() {
    let project = Project::built();
    project.write("built/x", "text");
    project.done(&["sync", "built", "image:/new"]);
    let image = project.path("image");
    fs::set_permissions(&image, Permissions::from_mode(0o444)).unwrap();
    project.done(&["sync", "built", "image:/new"]);
    project.write("built/x", "other text");
    let message = project.failure(&["sync", "built", "image:/new"]);
    assert!(message.contains("read-only (mode 0444)"), "{message}");
}

/// A person at a terminal is asked for commands, and told what went wrong.
#[test]
fn a_shell_for_a_person() {
    let project = Project::built();
    let binary = assert_cmd::cargo::cargo_bin("mkimage");
    let words = format!("{} shell image", binary.display());
    let mut command = system_tool("script");
    command.current_dir(project.path("."));
    command.args(["-qec", &words, "/dev/null"]);
    command.write_stdin("ls /no\nhelp\nnonsense\nmkdir /new\nexit\n");
    let output = command.assert().success().get_output().stdout.clone();
    let said = String::from_utf8(output).unwrap();
    assert_eq!(said.matches("mkimage> ").count(), 5, "{said}");
    for part in [
        "/no: cannot look at: No such file or directory",
        "abort",
        "nonsense",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(project.output(&["ls", "image"]).contains("new\n"));
}

/// A shell on a partition that is not the root's: its commands need not say so.
#[test]
fn a_shell_is_on_one_partition() {
    let project = Project::new();
    project.done(&["mkfs", "bare", "--size", "1008K"]);
    project.done(&["convert", "bare", "disk"]);
    // A second partition with the same, behind the first; ROOT_DEV is still the first.
    let mut disk = project.read("disk");
    let end = disk.len();
    disk.extend_from_within(1008 * 512..);
    let mut entry = disk[446..462].to_vec();
    entry[8..12].copy_from_slice(&((end / 512) as u32).to_le_bytes());
    disk[462..478].copy_from_slice(&entry);
    project.write("disk", &disk);
    let mut shell = project.mkimage(&["shell", "disk", "--partition", "2"]);
    let lines = "mkdir /second\nls /\nls --partition 2 /\n";
    shell
        .write_stdin(lines)
        .assert()
        .success()
        .stdout("second\nsecond\n");
    assert_eq!(
        project.output(&["ls", "disk", "--partition", "2"]),
        "second\n"
    );
    assert_eq!(project.output(&["ls", "disk"]), "");
    let mut shell = project.mkimage(&["shell", "disk", "--partition", "2"]);
    let refused = shell.write_stdin("ls --partition 1 /\n").assert().code(1);
    let said = String::from_utf8(refused.get_output().stderr.clone()).unwrap();
    assert!(
        said.contains("expected the partition that the shell has open"),
        "{said}"
    );
}

/// What is another kind of file, leads elsewhere or has other contents is made again;
/// what is equal is not.
#[test]
fn a_folder_is_followed_whatever_is_in_it() {
    let project = Project::built();
    fs::create_dir(project.path("tree")).unwrap();
    for (name, text) in [("a", "text"), ("b", "text"), ("c", "longer text")] {
        project.write(&format!("tree/{name}"), text);
    }
    symlink("a", project.path("tree/l")).unwrap();
    let pipe = project.path("tree/p");
    let mkfifo = |path: &std::path::Path| {
        let made = std::process::Command::new("mkfifo").arg(path).status();
        assert!(made.unwrap().success());
    };
    mkfifo(&pipe);
    let remove = |name: &str| fs::remove_file(project.path("tree").join(name)).unwrap();
    let sync = || {
        let said = project.output(&["sync", "tree", "image:/new"]);
        assert_eq!(project.output(&["sync", "tree", "image:/new"]), "");
        project.assert_clean_file_system("image");
        said
    };
    let listing = || project.output(&["ls", "-l", "image", "/new"]);
    assert_eq!(sync(), "+ /new/a\n+ /new/b\n+ /new/c\n+ /new/l\n+ /new/p\n");
    // Shorter, longer, and as long.
    for (name, text) in [("c", "longer"), ("c", "longer text"), ("c", "longer TEXT")] {
        project.write(&format!("tree/{name}"), text);
        assert_eq!(sync(), "+ /new/c\n");
        assert_eq!(project.output(&["cat", "image", "/new/c"]), text);
    }
    remove("l");
    symlink("b", project.path("tree/l")).unwrap();
    assert_eq!(sync(), "+ /new/l\n");
    assert!(listing().contains(" l -> b\n"));
    remove("b");
    fs::hard_link(project.path("tree/a"), project.path("tree/b")).unwrap();
    assert_eq!(sync(), "+ /new/b\n");
    assert!(listing().starts_with("-rw-r--r--   2"), "{}", listing());
    // A device in place of a pipe, which the next one makes a pipe again.
    project.done(&["rm", "image", "/new/p"]);
    project.done(&["mknod", "image", "/new/p", "c", "0", "0"]);
    project.failure(&["sync", "tree", "image:/new"]);
    project.done(&["rm", "image", "/new/p"]);
    assert_eq!(sync(), "+ /new/p\n");
    assert!(listing().contains("\nprw"), "{}", listing());
    // The time of what was made is that on the host.
    project.write("tree/c", "new");
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(700_000_000);
    let file = fs::File::options().write(true).open(project.path("tree/c"));
    file.unwrap().set_modified(time).unwrap();
    assert_eq!(sync(), "+ /new/c\n");
    assert!(listing().contains(" 1992-03-07 20:26 c\n"), "{}", listing());
}
