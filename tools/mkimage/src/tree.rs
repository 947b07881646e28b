// SPDX-License-Identifier: GPL-2.0-or-later
//! Everything that goes into the root file system, put together from the
//! manifest, the host's folders and the programs.
//!
//! [`gather`] reads it all into memory and checks it, so that nothing of the
//! image is written before it is known to be whole. The order of a [`Tree`] is
//! that of its paths, whatever order the host lists its folders in.

#[cfg(test)]
mod tests;

use crate::a_out;
use crate::error::{Error, Fault, FaultContext, HostContext, Result};
use crate::image_path::ImagePath;
use crate::manifest::{Attributes, Install, Manifest, Programs, Source};
use ::fs::layout::NAME_LEN;
use abi::sys::types::Device;
use glob::Pattern;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// The programs by name: the source of each, and where in the manifest its folder is
/// named.
type ProgramSources = BTreeMap<String, (PathBuf, Range<usize>)>;

/// What a path is.
#[derive(Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A regular file and its contents.
    File(Vec<u8>),
    /// A character or block device.
    Device {
        /// Which of the two.
        is_block: bool,
        /// Its number.
        device: Device,
    },
    /// A second name of the file at another path.
    Link(ImagePath),
}

/// One path of the image.
#[derive(Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// The twelve lower bits of its mode.
    pub mode: u16,
    /// Owner.
    pub uid: u16,
    /// Group.
    pub gid: u8,
    /// Who asked for it, for messages.
    origin: String,
}

impl Node {
    /// The file on the host that it is or is made of, or the key of the manifest
    /// that asked for it.
    pub fn origin(&self) -> &str {
        &self.origin
    }
}

/// All paths of the image but `/`, directories before their contents.
pub type Tree = BTreeMap<ImagePath, Node>;

const DIRECTORY_MODE: u16 = 0o755;
const FILE_MODE: u16 = 0o644;
const PROGRAM_MODE: u16 = 0o755;
const DEVICE_MODE: u16 = 0o600;

/// Puts the tree together; `programs` is the folder with the executables, and
/// without it no programs are installed.
pub fn gather(manifest: &Manifest, source: &Source, programs: Option<&Path>) -> Result<Tree> {
    let mut gatherer = Gatherer {
        source,
        tree: Tree::new(),
    };
    for (path, attributes) in &manifest.directories {
        gatherer.add_key(path, Kind::Directory, DIRECTORY_MODE, *attributes)?;
    }
    for tree in &manifest.trees {
        let from = source.host_path(tree.from.get_ref());
        if !from.is_dir() {
            let problem = format!("{} is not a folder", from.display());
            return Err(source.error(tree.from.span(), problem));
        }
        gatherer.add_folder(&from, &tree.to)?;
    }
    if let (Some(rules), Some(folder)) = (&manifest.programs, programs) {
        gatherer.add_programs(rules, folder)?;
    }
    for (path, node) in &manifest.devices {
        if let Some((is_block, device)) = node.device() {
            let kind = Kind::Device { is_block, device };
            gatherer.add_key(path, kind, DEVICE_MODE, node.attributes())?;
        }
    }
    for (path, target) in &manifest.links {
        gatherer.add_link(path, target, programs.is_some())?;
    }
    for (path, attributes) in &manifest.attributes {
        gatherer.change(path, *attributes, programs.is_some())?;
    }
    gatherer.check_parents()?;
    check_inodes(&gatherer.tree, manifest, source)?;
    Ok(gatherer.tree)
}

struct Gatherer<'a> {
    source: &'a Source,
    tree: Tree,
}

impl Gatherer<'_> {
    /// Adds what a key of the manifest asks for.
    fn add_key(
        &mut self,
        path: &Spanned<ImagePath>,
        kind: Kind,
        mode: u16,
        attributes: Attributes,
    ) -> Result<()> {
        let mut node = new_node(kind, mode, self.source.describe(path.span()));
        apply(&mut node, attributes);
        self.add(path.get_ref(), node)
            .map_err(|problem| self.source.error(path.span(), problem))
    }

    /// Adds a path; says what is wrong if it is there already.
    fn add(&mut self, path: &ImagePath, node: Node) -> std::result::Result<(), String> {
        if path.is_root() {
            return Err("the root directory is always there".into());
        }
        path.check_lengths(NAME_LEN)?;
        match self.tree.entry(path.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(node);
                Ok(())
            }
            Entry::Occupied(entry) => Err(format!(
                "{path} is in the image already, by {}",
                entry.get().origin
            )),
        }
    }

    /// Adds the contents of a folder of the host.
    fn add_folder(&mut self, folder: &Path, to: &ImagePath) -> Result<()> {
        for host_path in entries_of(folder)? {
            let wrong =
                |problem: String| Fault::new("folder of the image", problem).in_file(&host_path);
            let name = host_path.file_name().unwrap_or_default();
            let path = to.join(name.as_encoded_bytes()).map_err(wrong)?;
            let metadata = fs::symlink_metadata(&host_path).on_host("look at", &host_path)?;
            let origin = host_path.display().to_string();
            if metadata.is_dir() {
                let is_there = |node: &Node| node.kind == Kind::Directory;
                if !self.tree.get(&path).is_some_and(is_there) {
                    self.add(&path, new_node(Kind::Directory, DIRECTORY_MODE, origin))
                        .map_err(wrong)?;
                }
                self.add_folder(&host_path, &path)?;
            } else if metadata.is_file() {
                let contents = fs::read(&host_path).on_host("read", &host_path)?;
                // Of the host's mode only this bit is the same on every machine.
                let executable = metadata.permissions().mode() & 0o100 != 0;
                let mode = if executable { PROGRAM_MODE } else { FILE_MODE };
                self.add(&path, new_node(Kind::File(contents), mode, origin))
                    .map_err(wrong)?;
            } else {
                return Err(wrong("expected a regular file or a folder".into()));
            }
        }
        Ok(())
    }

    /// Adds the executables of all programs, made into a.out files.
    fn add_programs(&mut self, rules: &Programs, folder: &Path) -> Result<()> {
        let programs = self.program_sources(rules)?;
        self.check_rules(rules, &programs)?;
        for (name, (program_source, place)) in &programs {
            let rule = rules
                .install
                .iter()
                .find(|rule| applies(rule, name))
                .ok_or_else(|| {
                    let problem = format!(
                        "no rule of programs.install matches {}",
                        program_source.display()
                    );
                    self.source.error(place.clone(), problem)
                })?;
            let file = folder.join(name);
            let elf = read_program(&file, program_source)?;
            let contents = a_out::from_elf(&elf).in_file(&file)?;
            let at_rule = |problem| self.source.error(rule.to.span(), problem);
            let path = rule.to.get_ref().join(name.as_bytes()).map_err(at_rule)?;
            let node = new_node(
                Kind::File(contents),
                PROGRAM_MODE,
                program_source.display().to_string(),
            );
            self.add(&path, node).map_err(at_rule)?;
        }
        Ok(())
    }

    /// The programs of all folders of sources.
    fn program_sources(&self, rules: &Programs) -> Result<ProgramSources> {
        let mut programs = ProgramSources::new();
        for folder in &rules.sources {
            let path = self.source.host_path(folder.get_ref());
            if !path.is_dir() {
                let problem = format!("{} is not a folder", path.display());
                return Err(self.source.error(folder.span(), problem));
            }
            for (name, source) in program_names(&path)? {
                if let Some((other, _)) = programs.get(&name) {
                    let problem = format!("{name} is in {} too", other.display());
                    return Err(self.source.error(folder.span(), problem));
                }
                programs.insert(name, (source, folder.span()));
            }
        }
        Ok(programs)
    }

    /// Each pattern is well formed, and each plain name is a program's.
    fn check_rules(&self, rules: &Programs, programs: &ProgramSources) -> Result<()> {
        for name in rules.install.iter().flat_map(|rule| &rule.names) {
            Pattern::new(name.get_ref())
                .map_err(|error| self.source.error(name.span(), error.to_string()))?;
            if !name.get_ref().contains(['*', '?', '[']) && !programs.contains_key(name.get_ref()) {
                let folders = rules.sources.iter().map(|folder| folder.get_ref().as_str());
                let folders = folders.collect::<Vec<_>>().join(" or ");
                let problem = format!("there is no program {name} in {folders}");
                return Err(self.source.error(name.span(), problem));
            }
        }
        Ok(())
    }

    /// Adds a second name. The file itself may be missing only if it is left
    /// out together with all programs.
    fn add_link(
        &mut self,
        path: &Spanned<ImagePath>,
        target: &Spanned<ImagePath>,
        with_programs: bool,
    ) -> Result<()> {
        match self.tree.get(target.get_ref()).map(|node| &node.kind) {
            Some(Kind::File(_) | Kind::Device { .. }) => {
                let kind = Kind::Link(target.get_ref().clone());
                self.add_key(path, kind, 0, Attributes::default())
            }
            None if !with_programs => Ok(()),
            _ => {
                let problem = format!("expected {target} to be a file of the image");
                Err(self.source.error(target.span(), problem))
            }
        }
    }

    /// Changes mode and owner of what is there already. As for a link, a file may be
    /// missing only if it is left out together with all programs.
    fn change(
        &mut self,
        path: &Spanned<ImagePath>,
        attributes: Attributes,
        with_programs: bool,
    ) -> Result<()> {
        match self.tree.get_mut(path.get_ref()) {
            None if !with_programs => Ok(()),
            Some(node) if !matches!(node.kind, Kind::Link(_)) => {
                apply(node, attributes);
                Ok(())
            }
            _ => {
                let problem = format!("expected {path} to be a file or directory of the image");
                Err(self.source.error(path.span(), problem))
            }
        }
    }

    fn check_parents(&self) -> Result<()> {
        for (path, node) in &self.tree {
            let Some(parent) = path.parent().filter(|parent| !parent.is_root()) else {
                continue;
            };
            if self
                .tree
                .get(&parent)
                .is_none_or(|node| node.kind != Kind::Directory)
            {
                let problem =
                    format!("{path} needs the directory {parent}, which is not in [directories]");
                return Err(
                    Fault::new("root file system", problem).in_file(Path::new(&node.origin))
                );
            }
        }
        Ok(())
    }
}

fn new_node(kind: Kind, mode: u16, origin: String) -> Node {
    Node {
        kind,
        mode,
        uid: 0,
        gid: 0,
        origin,
    }
}

fn apply(node: &mut Node, attributes: Attributes) {
    node.mode = attributes.mode.map_or(node.mode, |mode| mode.0);
    node.uid = attributes.uid.unwrap_or(node.uid);
    node.gid = attributes.gid.unwrap_or(node.gid);
}

fn applies(rule: &Install, program: &str) -> bool {
    rule.names
        .iter()
        .any(|name| Pattern::new(name.get_ref()).is_ok_and(|pattern| pattern.matches(program)))
}

fn entries_of(folder: &Path) -> Result<Vec<PathBuf>> {
    fs::read_dir(folder)
        .and_then(|entries| {
            entries
                .map(|entry| Ok(entry?.path()))
                .collect::<std::io::Result<Vec<_>>>()
        })
        .on_host("list", folder)
}

/// The programs whose sources are in `folder`, by cargo's rule: `NAME.rs` and
/// `NAME/main.rs`.
fn program_names(folder: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let mut programs = BTreeMap::new();
    for path in entries_of(folder)? {
        let source = if path.is_dir() {
            path.join("main.rs")
        } else {
            path
        };
        let named = if source.ends_with("main.rs") {
            source.parent()
        } else {
            Some(source.as_path())
        };
        let name = named
            .and_then(Path::file_stem)
            .and_then(|name| name.to_str());
        if let Some(name) =
            name.filter(|_| source.extension().is_some_and(|it| it == "rs") && source.is_file())
        {
            programs.insert(name.to_owned(), source);
        }
    }
    Ok(programs)
}

fn read_program(file: &Path, program_source: &Path) -> Result<Vec<u8>> {
    fs::read(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            let problem = format!(
                "not there, expected the program of {}",
                program_source.display()
            );
            Fault::new("executable", problem).in_file(file)
        }
        _ => Error::Host {
            path: file.to_owned(),
            action: "read",
            source: error,
        },
    })
}

fn check_inodes(tree: &Tree, manifest: &Manifest, source: &Source) -> Result<()> {
    let needed = tree
        .values()
        .filter(|node| !matches!(node.kind, Kind::Link(_)))
        .count()
        + 1;
    let inodes = &manifest.root.inodes;
    if needed > usize::from(*inodes.get_ref()) {
        let problem =
            format!("{inodes} inodes, expected at least {needed} for what goes into the image");
        return Err(source.error(inodes.span(), problem));
    }
    Ok(())
}
