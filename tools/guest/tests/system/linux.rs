// SPDX-License-Identifier: GPL-2.0-or-later
//! A second implementation of the Minix file system: the Linux kernel of
//! Debian's package, in QEMU, reads what our kernel wrote and the other way
//! round. `tools/linux.sh` fetches it; where it can't, the test says so and
//! passes.

mod machine;

use std::path::Path;

use anyhow::{Result, ensure};
use guest::{Emulator, Machine};

use crate::common::{LIMIT, boot_to_prompt, check_root, copy_of_image, halt, mkimage, name, skip};

/// Longer than what a file's direct and indirect zones hold (7 + 512 blocks of
/// 1024 bytes), so that there are double indirect ones.
const PAYLOAD_BYTES: usize = 1_234_567;

/// What our kernel is told to do first.
const OURS_WRITES: &[&str] = &[
    "mkdir /ours /ours/inner /ours/gone",
    "cp /payload /ours/large; cat /payload /payload > /ours/twice",
    "ln /ours/large /ours/inner/link; mv /ours/inner/link /ours/inner/moved",
    "mknod /ours/disk b 3 6; mknod /ours/line c 4 65",
    "echo one > /ours/text; echo two >> /ours/text; chmod 604 /ours/text",
    "cp /ours/text /ours/gone/text; rm -r /ours/gone",
    "for i in 0 1 2 3 4 5 6 7 8 9; do for j in 0 1 2 3 4 5 6 7 8 9; do echo $i$j > /ours/inner/f$i$j; done; done",
    "rm /ours/inner/f2*",
];

/// What Linux must find, and then does itself, in the root of our disk.
const LINUX_CHECKS_AND_WRITES: &str = r#"
    cmp /payload payload
    cmp /payload ours/large
    cat /payload /payload | cmp - ours/twice
    [ "$(stat -c '%h %i' ours/large)" = "$(stat -c '%h %i' ours/inner/moved)" ]
    [ "$(stat -c '%h' ours/large)" = 2 ]
    [ "$(stat -c '%F %t %T' ours/disk)" = "block special file 3 6" ]
    [ "$(stat -c '%F %t %T' ours/line)" = "character special file 4 41" ]
    [ "$(stat -c '%a %s' ours/text)" = "604 8" ]
    [ "$(tr '\n' . < ours/text)" = one.two. ]
    [ ! -e ours/gone ]
    [ "$(ls ours/inner | wc -l)" = 91 ]
    [ "$(cat ours/inner/f73)" = 73 ]

    mkdir -p linux/deep/inner
    cp /payload linux/large
    ln linux/large linux/deep/link
    ln -s deep/kept linux/symbolic
    mknod linux/node c 4 65
    dd if=/payload of=ours/twice bs=1000 seek=5 count=900 conv=notrunc
    dd if=/payload of=linux/sparse bs=1024 seek=3000 count=1
    truncate -s 600000 ours/large
    for i in $(seq 300); do echo $i > linux/deep/f$i; done
    for i in $(seq 1 2 300); do rm linux/deep/f$i; done
    mv linux/deep/f200 linux/deep/kept
    chmod 640 linux/deep/kept
    rm -r ours/inner
"#;

/// What our kernel must find then (a command and the words it prints), before it
/// changes Linux's work.
const OURS_FINDS: &[(&str, &str)] = &[
    ("ls /linux/deep | wc -l", "152"),
    ("cat /linux/deep/kept /linux/symbolic", "200 200"),
    ("wc -c < /linux/sparse", "3073024"),
    ("ls /ours", "disk large line text twice"),
    ("cp /linux/large /back", ""),
    ("cp /ours/twice /back2", ""),
    ("cp /linux/sparse /back3", ""),
    ("rm -r /linux/deep /ours; rm /linux/symbolic", ""),
    ("mv /linux /renamed; ls /renamed", "large node sparse"),
];

/// What Linux must find at last.
const LINUX_CHECKS: &str = r#"
    cmp /payload back
    cmp renamed/sparse back3
    [ "$(stat -c '%h %s' renamed/large)" = "1 1234567" ]
    [ "$(stat -c '%F %t %T' renamed/node)" = "character special file 4 41" ]
    [ ! -e ours ]
"#;

#[test]
#[ignore = "needs QEMU, the image and a package of Debian's"]
fn linux_and_we_read_each_others_work() -> Result<()> {
    let linux = match machine::fetch()? {
        Ok(linux) => linux,
        Err(reason) => return skip(&format!("Linux on our disk: {reason}")),
    };
    let (folder, disk) = copy_of_image()?;
    let payload = payload();
    let file = folder.path().join("payload");
    std::fs::write(&file, &payload)?;
    mkimage(&["put", name(&disk)?, name(&file)?, "/payload"])?;
    check_root(&disk)?;

    let ours = Machine::new(Emulator::Qemu, &disk).in_place();
    let mut guest = boot_to_prompt(ours.clone())?;
    for command in OURS_WRITES {
        let output = guest.command(command)?;
        ensure!(output.is_empty(), "{command}: {output}");
    }
    halt(&mut guest)?;
    check_root(&disk)?;

    linux.run(&disk, &payload, LINUX_CHECKS_AND_WRITES)?;
    check_root(&disk)?;
    // bs=1000 seek=5 count=900
    let mut twice = payload.repeat(2);
    twice[5000..905_000].copy_from_slice(&payload[..900_000]);
    ensure!(read(&disk, "/ours/twice")? == twice);
    ensure!(read(&disk, "/ours/large")? == payload[..600_000]);
    ensure!(read(&disk, "/linux/deep/link")? == payload);

    let mut guest = boot_to_prompt(ours)?;
    for (command, expected) in OURS_FINDS {
        let output = guest.command_within(command, 2 * LIMIT)?;
        let words: Vec<&str> = output.split_whitespace().collect();
        ensure!(
            words.join(" ") == *expected,
            "{command}: {output:?}, not {expected:?}"
        );
    }
    halt(&mut guest)?;
    check_root(&disk)?;
    ensure!(read(&disk, "/back2")? == twice);
    linux.run(&disk, &payload, LINUX_CHECKS)?;
    check_root(&disk)
}

/// Bytes in which a misplaced block would be seen.
fn payload() -> Vec<u8> {
    let mut state = 1_u32;
    let mut byte = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..PAYLOAD_BYTES).map(|_| byte()).collect()
}

/// Reads the file `path` of the image by `mkimage`.
fn read(image: &Path, path: &str) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("file");
    mkimage(&["get", name(image)?, path, name(&file)?])?;
    Ok(std::fs::read(file)?)
}
