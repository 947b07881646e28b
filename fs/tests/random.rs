// SPDX-License-Identifier: GPL-2.0-or-later
//! Long random sequences of operations, compared with a model that keeps
//! everything in maps, and the image checked after each step.
//!
//! A sequence that fails is cut down to the steps that matter by `proptest`.

mod common;

use abi::fcntl::{O_RDWR, O_TRUNC};
use abi::sys::stat::S_ISDIR;
use abi::{Errno, Result};
use common::{Machine, Random, check, read, touch, write};
use fs::mkfs::Options;
use fs::{Fs, FsTask};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeMap;

/// Bytes of a directory entry as `read` shows it, whatever the disk has.
const READ_ENTRY: usize = 16;

enum Node {
    File { bytes: Vec<u8>, links: u32 },
    Directory(BTreeMap<String, usize>),
}

/// A file system without a disk: nodes by number, the root is 0.
struct Model(BTreeMap<usize, Node>, usize);

impl Model {
    fn new() -> Model {
        let root = Node::Directory(BTreeMap::new());
        Model(BTreeMap::from([(0, root)]), 1)
    }

    fn entries(&mut self, directory: usize) -> &mut BTreeMap<String, usize> {
        match self.0.get_mut(&directory) {
            Some(Node::Directory(entries)) => entries,
            _ => panic!("the model's own mistake"),
        }
    }

    fn is_directory(&self, node: usize) -> bool {
        matches!(self.0[&node], Node::Directory(_))
    }

    fn find(&self, path: &str) -> Result<usize> {
        path.split('/')
            .filter(|name| !name.is_empty())
            .try_fold(0, |node, name| match &self.0[&node] {
                Node::Directory(entries) => entries.get(name).copied().ok_or(Errno::ENOENT),
                Node::File { .. } => Err(Errno::ENOTDIR),
            })
    }

    /// The directory of a path's last name.
    fn parent<'p>(&self, path: &'p str) -> Result<(usize, &'p str)> {
        let (parent, name) = path.rsplit_once('/').unwrap();
        let node = self.find(parent)?;
        if self.is_directory(node) {
            Ok((node, name))
        } else {
            Err(Errno::ENOTDIR)
        }
    }

    fn add(&mut self, path: &str, node: Node) -> Result<()> {
        let (parent, name) = self.parent(path)?;
        if self.entries(parent).contains_key(name) {
            return Err(Errno::EEXIST);
        }
        let number = self.1;
        self.1 += 1;
        self.0.insert(number, node);
        self.entries(parent).insert(name.into(), number);
        Ok(())
    }

    fn unlink_node(&mut self, node: usize) {
        if let Some(Node::File { links, .. }) = self.0.get_mut(&node) {
            *links -= 1;
            if *links > 0 {
                return;
            }
        }
        self.0.remove(&node);
    }

    fn unlink(&mut self, path: &str) -> Result<()> {
        let node = self.find(path)?;
        if self.is_directory(node) {
            return Err(Errno::EPERM);
        }
        let (parent, name) = self.parent(path)?;
        self.entries(parent).remove(name);
        self.unlink_node(node);
        Ok(())
    }

    fn rmdir(&mut self, path: &str) -> Result<()> {
        let node = self.find(path)?;
        if !self.is_directory(node) {
            return Err(Errno::ENOTDIR);
        }
        if !self.entries(node).is_empty() {
            return Err(Errno::ENOTEMPTY);
        }
        let (parent, name) = self.parent(path)?;
        self.entries(parent).remove(name);
        self.unlink_node(node);
        Ok(())
    }

    fn link(&mut self, old: &str, new: &str) -> Result<()> {
        let node = self.find(old)?;
        if self.is_directory(node) {
            return Err(Errno::EPERM);
        }
        let (parent, name) = self.parent(new)?;
        if self.entries(parent).contains_key(name) {
            return Err(Errno::EEXIST);
        }
        self.entries(parent).insert(name.into(), node);
        if let Some(Node::File { links, .. }) = self.0.get_mut(&node) {
            *links += 1;
        }
        Ok(())
    }

    fn rename(&mut self, old: &str, new: &str) -> Result<()> {
        let (old_parent, old_name) = self.parent(old)?;
        let (new_parent, new_name) = self.parent(new)?;
        let source = self.find(old)?;
        if self.is_directory(source) && (new.starts_with(&format!("{old}/"))) {
            return Err(Errno::EINVAL);
        }
        if let Ok(target) = self.find(new) {
            match (self.is_directory(source), self.is_directory(target)) {
                _ if source == target => return Ok(()),
                (false, true) => return Err(Errno::EISDIR),
                (true, false) => return Err(Errno::ENOTDIR),
                (true, true) if !self.entries(target).is_empty() => return Err(Errno::ENOTEMPTY),
                _ => self.unlink_node(target),
            }
        }
        self.entries(old_parent).remove(old_name);
        self.entries(new_parent).insert(new_name.into(), source);
        Ok(())
    }

    /// The bytes of a file; a directory's are an error.
    fn bytes(&mut self, path: &str) -> Result<&mut Vec<u8>> {
        let node = self.find(path)?;
        match self.0.get_mut(&node) {
            Some(Node::File { bytes, .. }) => Ok(bytes),
            _ => Err(Errno::EISDIR),
        }
    }
}

/// `/a`, `/b/c`, `/a/a/d` ..., each name as long as a file system's names are
/// if `long_names` is set.
fn path(random: &mut Random, long_names: bool) -> String {
    let depth = 1 + random.below(3);
    let name = |random: &mut Random| {
        let name = ["/a", "/b", "/c", "/d"][random.below(4) as usize];
        if long_names {
            format!("{name:_<31}")
        } else {
            name.into()
        }
    };
    (0..depth).map(|_| name(random)).collect()
}

/// Does one thing on both sides.
fn step<'a>(
    fs: &'a Fs<'a>,
    task: &FsTask<'a>,
    model: &mut Model,
    random: &mut Random,
    long_names: bool,
) {
    let (one, two) = (path(random, long_names), path(random, long_names));
    let (path_one, path_two) = (one.as_bytes(), two.as_bytes());
    let full = Err(Errno::ENOSPC);
    match random.below(9) {
        0 | 1 => {
            let result = touch(fs, task, &one);
            if result == full {
                return;
            }
            let expected = match model.find(&one) {
                Ok(node) if model.is_directory(node) => Err(Errno::EISDIR),
                Ok(_) => Ok(()),
                Err(_) => model.add(
                    &one,
                    Node::File {
                        bytes: vec![],
                        links: 1,
                    },
                ),
            };
            assert_eq!(result, expected, "create {one}");
        }
        2 | 3 if model.bytes(&one).is_ok() => {
            // Mostly near the start, sometimes in the indirect blocks.
            let limit = [3000, 20_000, 700_000][random.below(3) as usize];
            let offset = random.below(limit);
            let bytes = common::pattern(random.below(9000) as usize + 1, random.below(1000));
            let written = match write(fs, task, &one, offset as i32, &bytes) {
                Ok(written) => written,
                Err(error) => {
                    assert_eq!(error, Errno::ENOSPC, "write {one}");
                    0
                }
            };
            let file = model.bytes(&one).unwrap();
            if written != 0 {
                let end = offset as usize + written;
                file.resize(file.len().max(end), 0);
                file[offset as usize..end].copy_from_slice(&bytes[..written]);
            }
        }
        4 => {
            let result = fs.sys_mkdir(task, path_one, 0o755);
            if result != full {
                assert_eq!(
                    result,
                    model.add(&one, Node::Directory(BTreeMap::new())),
                    "mkdir {one}"
                );
            }
        }
        5 => match random.below(2) {
            0 => assert_eq!(
                fs.sys_rmdir(task, path_one),
                model.rmdir(&one),
                "rmdir {one}"
            ),
            _ => assert_eq!(
                fs.sys_unlink(task, path_one),
                model.unlink(&one),
                "unlink {one}"
            ),
        },
        6 => {
            let result = fs.sys_link(task, path_one, path_two);
            if result != full {
                assert_eq!(result, model.link(&one, &two), "link {one} {two}");
            }
        }
        7 => {
            let result = fs.sys_rename(task, path_one, path_two);
            if result != full {
                assert_eq!(result, model.rename(&one, &two), "rename {one} {two}");
            }
        }
        _ => match fs.sys_open(task, path_one, O_RDWR | O_TRUNC, 0) {
            Ok(fd) => {
                model.bytes(&one).unwrap().clear();
                fs.sys_close(task, fd as u32).unwrap();
            }
            Err(error) => assert_eq!(Err(error), model.bytes(&one).map(drop), "truncate {one}"),
        },
    }
}

/// Everything in the model is on the disk, and nothing else.
fn compare<'a>(fs: &'a Fs<'a>, task: &FsTask<'a>, model: &Model, node: usize, path: &str) {
    match &model.0[&node] {
        Node::File { bytes, links } => {
            let stat = fs.sys_stat(task, path.as_bytes()).unwrap();
            assert_eq!(
                (stat.st_size as usize, u32::from(stat.st_nlink)),
                (bytes.len(), *links)
            );
            assert!(
                read(fs, task, path, 0, bytes.len() + 1).unwrap() == *bytes,
                "{path}"
            );
        }
        Node::Directory(entries) => {
            let listing = read(fs, task, &format!("{path}/"), 0, 1 << 16).unwrap();
            let used = listing
                .chunks(READ_ENTRY)
                .filter(|entry| entry[..2] != [0, 0])
                .count();
            assert_eq!(used, entries.len() + 2, "{path}");
            for (name, child) in entries {
                compare(fs, task, model, *child, &format!("{path}/{name}"));
            }
        }
    }
}

/// Does the steps, each told by a number, on a new disk; checks the disk after
/// each, and compares it with the model after some, where it is also mounted
/// anew.
fn run(steps: &[u32], options: &Options, buffers: u32) {
    let long_names = options.long_names;
    let machine = Machine::with(buffers, options);
    let mut model = Model::new();
    for steps in steps.chunks(25) {
        machine.run(|fs, task| {
            for number in steps {
                let mut random = Random::new(u64::from(*number));
                step(fs, task, &mut model, &mut random, long_names);
                fs.sys_sync().unwrap();
                check::check(&machine.disk.to_bytes()).unwrap();
            }
            compare(fs, task, &model, 0, "");
            assert!(S_ISDIR(fs.sys_stat(task, b"/").unwrap().st_mode));
        });
    }
}

/// As [`run`], but nothing is written before it must be: what is only in
/// buffers is as right as what was written.
fn run_lazily(steps: &[u32], options: &Options, buffers: u32) {
    let long_names = options.long_names;
    let machine = Machine::with(buffers, options);
    let mut model = Model::new();
    machine.run(|fs, task| {
        for number in steps {
            let mut random = Random::new(u64::from(*number));
            step(fs, task, &mut model, &mut random, long_names);
        }
        compare(fs, task, &model, 0, "");
    });
    machine.run(|fs, task| compare(fs, task, &model, 0, ""));
}

/// Long sequences of steps.
fn steps() -> impl Strategy<Value = Vec<u32>> {
    vec(any::<u32>(), 150..250)
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        // Always the same ones, unless told otherwise.
        rng_seed: RngSeed::Fixed(11),
        failure_persistence: None,
        max_shrink_iters: 2000,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn with_room(steps in steps()) {
        run(&steps, &Options::new(1500), 128);
    }

    #[test]
    fn on_a_disk_that_runs_full(steps in steps(), blocks in 40..90u32) {
        run(&steps, &Options::new(blocks), 32);
    }

    #[test]
    fn with_few_inodes(steps in steps()) {
        let options = Options { inodes: Some(1), ..Options::new(300) };
        run(&steps, &options, 32);
    }

    #[test]
    fn with_long_names(steps in steps(), blocks in 60..300u32) {
        let options = Options { long_names: true, ..Options::new(blocks) };
        run(&steps, &options, 64);
    }

    #[test]
    fn with_a_tiny_cache(steps in vec(any::<u32>(), 400..700), long_names in any::<bool>()) {
        let options = Options { long_names, ..Options::new(800) };
        run_lazily(&steps, &options, 12);
    }

    #[test]
    fn written_when_it_must_be(steps in vec(any::<u32>(), 400..700), blocks in 60..300u32) {
        run_lazily(&steps, &Options::new(blocks), 256);
    }
}
