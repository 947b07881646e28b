// SPDX-License-Identifier: GPL-2.0-or-later
//! A root that was not left clean: it is for reading only until `/etc/rc` has had it
//! checked. What `fsck` can't repair by itself is left to the person at the prompt.
//! With 4 MB of memory, which the check and a small repair must do with; many wrong
//! numbers take more, as other super blocks are tried then.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use fsck::{ROOT_INODE, STATE_IN_USE, SUPER_BLOCK, UntrustedVolume, super_block};
use guest::{Emulator, Machine};

use crate::common::{LIMIT, boot_to_prompt, check_root, copy_of_image, halt, mkimage, name};

const BLOCK: usize = 1024;
/// Megabytes.
const MEMORY: u32 = 4;
/// What the kernel says.
const HELD: &str = "it was not unmounted; read-only until fsck has run";

guest::in_both!(
    a_damaged_root_is_repaired_at_boot,
    a_root_that_only_a_person_can_repair,
);

/// Changes the root file system of an image.
fn damage(image: &Path, change: impl FnOnce(&mut [u8]) -> Result<()>) -> Result<()> {
    let mut bytes = std::fs::read(image)?;
    // The first sector of the second partition.
    let entry = bytes[446 + 16 + 8..].first_chunk().context("a table")?;
    let start = u32::from_le_bytes(*entry) as usize * 512;
    let root = &mut bytes[start..];
    let mut disk = super_block(&&*root)?;
    disk.state = STATE_IN_USE;
    let block = &mut root[SUPER_BLOCK as usize * BLOCK..];
    disk.store(block.first_chunk_mut().context("a super block")?);
    change(root)?;
    std::fs::write(image, bytes)?;
    Ok(())
}

fn a_damaged_root_is_repaired_at_boot(emulator: Emulator) -> Result<()> {
    let (_folder, disk) = copy_of_image()?;
    damage(&disk, |root| {
        // A zone of a file is marked free, and a free one used.
        let blocks = &*root;
        let map = UntrustedVolume::open(&blocks)?.geometry.zone_map() as usize;
        root[map * BLOCK + 10] ^= 1;
        let free = root[map * BLOCK..].iter().position(|&byte| byte == 0);
        root[map * BLOCK + free.context("a free zone")?] = 1;
        Ok(())
    })?;
    let machine = Machine::new(emulator, &disk).in_place().memory(MEMORY);
    let mut guest = boot_to_prompt(machine.clone())?;
    let said = guest.serial();
    ensure!(said.contains(HELD), "{said}");
    ensure!(said.contains("zone bitmap: marked used: "), "{said}");
    ensure!(said.contains("3 problems repaired"), "{said}");
    ensure!(!said.contains("still read-only"), "{said}");
    guest.command("echo written > /written; sync")?;
    halt(&mut guest)?;
    check_root(&disk)?;
    ensure!(mkimage(&["cat", name(&disk)?, "/written"])? == "written\n");
    // The next boot finds it clean.
    let mut guest = boot_to_prompt(machine)?;
    ensure!(!guest.serial().contains("fsck"), "{}", guest.serial());
    halt(&mut guest)
}

fn a_root_that_only_a_person_can_repair(emulator: Emulator) -> Result<()> {
    // More files than there are on the image otherwise.
    const FILES: u32 = 600;
    let (folder, disk) = copy_of_image()?;
    let many = folder.path().join("many");
    std::fs::create_dir(&many)?;
    for number in 0..FILES {
        std::fs::write(many.join(number.to_string()), "")?;
    }
    mkimage(&["cp", "-r", name(&many)?, &format!("{}:/many", name(&disk)?)])?;
    damage(&disk, |root| {
        let blocks = &*root;
        let volume = UntrustedVolume::open(&blocks)?;
        let in_root = volume.entries(&volume.inode(ROOT_INODE));
        let entry = in_root.iter().find(|entry| entry.name == b"many");
        let directory = volume.inode(entry.context("/many")?.number);
        let zones: Vec<usize> = (volume.file_blocks(&directory).into_iter())
            .flatten()
            .map(|zone| zone.block() as usize)
            .collect();
        // All but those of the first block lead nowhere: without these it would be
        // taken for a file.
        let slots = zones
            .iter()
            .skip(1)
            .flat_map(|zone| (0..BLOCK).step_by(16).map(move |at| zone * BLOCK + at));
        for slot in slots {
            if root[slot..slot + 2] != [0, 0] {
                root[slot..slot + 2].fill(0xfe);
            }
        }
        Ok(())
    })?;
    let machine = Machine::new(emulator, &disk).in_place().memory(4 * MEMORY);
    let mut guest = boot_to_prompt(machine)?;
    let said = guest.serial();
    for words in [
        HELD,
        "the repair throws away 538 files",
        "Root is still read-only.",
    ] {
        ensure!(said.contains(words), "{words}: {said}");
    }
    let said = guest.command("echo no > /no; fsck -n /; echo status $?")?;
    ensure!(said.contains("Read-only file system"), "{said}");
    ensure!(
        said.contains("does not exist") && said.contains("status 4"),
        "{said}"
    );
    let said = guest.command_within("fsck -y / && echo done; echo status $?", LIMIT)?;
    ensure!(
        said.contains("problems repaired") && said.contains("status 1"),
        "{said}"
    );
    guest.command("mount -o remount,rw / && echo written > /written; sync")?;
    halt(&mut guest)?;
    check_root(&disk)?;
    ensure!(mkimage(&["cat", name(&disk)?, "/written"])? == "written\n");
    Ok(())
}
