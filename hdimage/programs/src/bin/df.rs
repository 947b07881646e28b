// SPDX-License-Identifier: GPL-2.0-or-later
//! `df [-h] [-i] [-k] [path...]`: tells how full the file systems are, from the super
//! block and the zone bitmap on the device (Minix v1). Sizes are kilobytes (`-k`), with
//! `-h` in K and M; `-i` tells inodes instead.
#![no_std]
#![no_main]

use abi::Errno;
use abi::sys::types::Device;
use abi::unistd::SEEK_SET;
use alloc::vec;
use alloc::vec::Vec;
use core::ffi::CStr;
use programs::command::{At, Outcome, options, report, status};
use programs::files::{Mount, device_node, mounts};
use programs::number::human;
use user::calls::{self, File};
use user::stdio;
use user::{print, println};

extern crate alloc;

user::program!(main);

const BLOCK: u32 = 1024;
/// Magic numbers of Minix v1, names of 14 and of 30 characters.
const MAGICS: [u16; 2] = [0x137f, 0x138f];

/// Sizes in kilobytes.
struct Usage {
    total: u32,
    used: u32,
    inodes: u32,
}

/// What is told, and how.
#[derive(Clone, Copy)]
enum Unit {
    Kilobytes,
    Human,
    Inodes,
}

fn main() -> i32 {
    let options = options("hik", "df [-h] [-i] [-k] [path...]");
    let how = if options.has('i') {
        println!("Filesystem         Inodes    IUsed    IFree IUse% Mounted on");
        Unit::Inodes
    } else if options.has('h') {
        println!("Filesystem           Size     Used    Avail Use% Mounted on");
        Unit::Human
    } else {
        println!("Filesystem      1K-blocks     Used    Avail Use% Mounted on");
        Unit::Kilobytes
    };
    let all = mounts();
    if options.operands.is_empty() {
        for mount in &all {
            report(show(mount, &mount.directory, how));
        }
    }
    for path in options.operands {
        let Some(stat) = report(calls::stat(path).at(path)) else {
            continue;
        };
        let device = Device(stat.st_dev);
        let known = all.iter().find(|mount| mount.device == device);
        let directory = known.map_or(path, |mount| &mount.directory).into();
        report(show(&Mount { device, directory }, path, how));
    }
    status()
}

fn show(mount: &Mount, path: &CStr, unit: Unit) -> Outcome {
    let node = device_node(mount.device).ok_or(Errno::ENODEV).at(path)?;
    let Usage {
        total,
        used,
        inodes,
    } = usage(&node).at(&node)?;
    // Of a mounted one the kernel knows what the bitmap on the disk does not
    // show yet.
    let ustat = calls::ustat(mount.device);
    let (total, used) = match (unit, ustat) {
        (Unit::Inodes, Ok(ustat)) => (inodes, inodes.saturating_sub(ustat.f_tinode.into())),
        (Unit::Inodes, Err(errno)) => return Err(errno).at(&node),
        (_, Ok(ustat)) => (total, total.saturating_sub(ustat.f_tfree as u32)),
        (_, Err(_)) => (total, used),
    };
    let percent = (u64::from(used) * 100).div_ceil(u64::from(total.max(1)));
    stdio::put(node.to_bytes());
    print!("{:1$}", "", 15usize.saturating_sub(node.to_bytes().len()));
    let free = total.saturating_sub(used);
    match unit {
        Unit::Human => {
            let [total, used, free] = [total, used, free].map(|size| human(u64::from(size) * 1024));
            print!(" {total:>9} {used:>8} {free:>8}");
        }
        _ => print!(" {total:9} {used:8} {free:8}"),
    }
    print!(" {percent:3}% ");
    stdio::put(mount.directory.to_bytes());
    println!();
    Ok(())
}

fn usage(node: &CStr) -> abi::Result<Usage> {
    let file = File::open(node)?;
    let super_block = read_at(&file, BLOCK, BLOCK)?;
    let word = |index: usize| {
        let bytes = super_block
            .get(2 * index..2 * index + 2)
            .unwrap_or_default();
        bytes.try_into().map(u16::from_le_bytes).unwrap_or(0)
    };
    let [
        zones,
        inode_map_blocks,
        zone_map_blocks,
        first_data_zone,
        log_zone_size,
    ] = [1, 2, 3, 4, 5].map(word);
    if !MAGICS.contains(&word(8)) || log_zone_size > 8 || first_data_zone > zones {
        return Err(Errno::EINVAL);
    }
    let map_start = (2 + u32::from(inode_map_blocks)) * BLOCK;
    let map = read_at(&file, map_start, u32::from(zone_map_blocks) * BLOCK)?;
    // Bit 0 stands for no zone; bit 1 for the first data zone.
    let data_zones = usize::from(zones - first_data_zone);
    let is_used = |zone: &usize| {
        map.get(zone / 8)
            .is_some_and(|byte| byte >> (zone % 8) & 1 != 0)
    };
    let used = (1..=data_zones).filter(is_used).count() as u32;
    Ok(Usage {
        inodes: word(0).into(),
        total: (data_zones as u32) << log_zone_size,
        used: used << log_zone_size,
    })
}

fn read_at(file: &File, offset: u32, size: u32) -> abi::Result<Vec<u8>> {
    let mut bytes = vec![0; size as usize];
    calls::lseek(file.fd(), offset as i32, SEEK_SET)?;
    let mut done = 0;
    while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match calls::read_on(file.fd(), rest)? {
            0 => return Err(Errno::EIO),
            count => done += count,
        }
    }
    Ok(bytes)
}
