// SPDX-License-Identifier: GPL-2.0-or-later
//! A floppy that fails does not keep the hard disk waiting.

mod common;

use abi::Errno;
use abi::sys::stat::S_IFBLK;
use abi::sys::types::Device;
use common::{BeforeWrite, Machine, ROOT, mount, touch, write};
use fs::host::MemoryDisk;
use fs::mkfs::Options;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

const FLOPPY: Device = Device::new(2, 28);

#[test]
fn the_hard_disk_is_written_before_a_floppy_that_fails() {
    let machine = Machine::new(400);
    let writes = Arc::new(Mutex::new(vec![]));
    let fails = Arc::new(AtomicBool::new(false));
    // A disk that tells of its writes, and may fail.
    let told = |disk: &MemoryDisk, device, fails: &Arc<AtomicBool>| {
        let (writes, fails) = (writes.clone(), fails.clone());
        BeforeWrite(disk.clone(), move |_, _: &_| {
            writes.lock().unwrap().push(device);
            match fails.load(SeqCst) {
                true => Err(io::ErrorKind::TimedOut.into()),
                false => Ok(()),
            }
        })
    };
    let floppy = MemoryDisk::new(200);
    machine.host.attach(FLOPPY, told(&floppy, FLOPPY, &fails));
    machine
        .host
        .attach(ROOT, told(&machine.disk, ROOT, &Arc::default()));
    let fs = machine.host.fs();
    fs.mkfs(FLOPPY, &Options::new(200)).unwrap();
    let task = &mount(&fs).unwrap();
    fs.sys_mkdir(task, b"/mnt", 0o755).unwrap();
    fs.sys_mknod(task, b"/fd", S_IFBLK | 0o600, FLOPPY).unwrap();
    fs.sys_mount(task, b"/fd", b"/mnt", false).unwrap();
    fs.sys_sync().unwrap();

    fails.store(true, SeqCst);
    writes.lock().unwrap().clear();
    for n in 0..5 {
        write(&fs, task, &format!("/mnt/{n}"), 0, &[1; 3000]).unwrap();
        write(&fs, task, &format!("/{n}"), 0, &[2; 3000]).unwrap();
    }
    touch(&fs, task, "/last").unwrap();
    assert_eq!(fs.sys_sync(), Err(Errno::EIO));
    let writes = writes.lock().unwrap();
    let first = writes.iter().position(|it| *it == FLOPPY).unwrap();
    let last = writes.iter().rposition(|it| *it == ROOT).unwrap();
    assert!(last < first, "{writes:?}");
    common::check::check(&machine.disk.to_bytes()).unwrap();
}
