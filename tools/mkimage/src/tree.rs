// SPDX-License-Identifier: GPL-2.0-or-later
//! Everything that goes into the root file system, put together from the
//! manifest, the host's folders and the programs.
//!
//! [`gather`] reads it all into memory and checks it, so that nothing of the
//! image is written before it is known to be whole. The order of a [`Tree`] is
//! that of its paths, whatever order the host lists its folders in.

use crate::a_out;
use crate::error::{Error, Fault, FaultContext, HostContext, Result};
use crate::image_path::ImagePath;
use crate::manifest::{Attributes, Install, Manifest, Programs, Source};
use glob::Pattern;
use lib::sys::types::Device;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use toml::Spanned;

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
        gatherer.change(path, *attributes)?;
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
            let name = host_path
                .file_name()
                .and_then(|name| name.to_str())
                .ok_or_else(|| wrong("the name is not UTF-8".into()))?;
            let path = to.join(name).map_err(wrong)?;
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
        let sources = self.source.host_path(rules.sources.get_ref());
        if !sources.is_dir() {
            let problem = format!("{} is not a folder", sources.display());
            return Err(self.source.error(rules.sources.span(), problem));
        }
        let programs = program_names(&sources)?;
        self.check_rules(rules, &programs)?;
        for (name, program_source) in &programs {
            let rule = rules
                .install
                .iter()
                .find(|rule| applies(rule, name))
                .ok_or_else(|| {
                    let problem = format!(
                        "no rule of programs.install matches {}",
                        program_source.display()
                    );
                    self.source.error(rules.sources.span(), problem)
                })?;
            let file = folder.join(name);
            let elf = read_program(&file, program_source)?;
            let contents = a_out::from_elf(&elf).in_file(&file)?;
            let at_rule = |problem| self.source.error(rule.to.span(), problem);
            let path = rule.to.get_ref().join(name).map_err(at_rule)?;
            let node = new_node(
                Kind::File(contents),
                PROGRAM_MODE,
                program_source.display().to_string(),
            );
            self.add(&path, node).map_err(at_rule)?;
        }
        Ok(())
    }

    /// Each pattern is well formed, and each plain name is a program's.
    fn check_rules(&self, rules: &Programs, programs: &BTreeMap<String, PathBuf>) -> Result<()> {
        for name in rules.install.iter().flat_map(|rule| &rule.names) {
            Pattern::new(name.get_ref())
                .map_err(|error| self.source.error(name.span(), error.to_string()))?;
            if !name.get_ref().contains(['*', '?', '[']) && !programs.contains_key(name.get_ref()) {
                let problem = format!("there is no program {name} in {}", rules.sources);
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

    /// Changes mode and owner of what is there already.
    fn change(&mut self, path: &Spanned<ImagePath>, attributes: Attributes) -> Result<()> {
        match self.tree.get_mut(path.get_ref()) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::testing::ElfBuilder;
    use std::fs::{create_dir_all, write};
    use tempfile::TempDir;

    const DISK: &str = r#"time = 1991-12-08T00:00:00Z
disk = { cylinders = 65, root-cylinder = 10, root-device = 0x302, command-line = "" }
"#;

    /// A folder with a manifest that ends in `text`, some sources and programs.
    fn gather_from(inodes: u16, text: &str) -> (TempDir, Result<Tree>) {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let text = format!("{DISK}root.inodes = {inodes}\n{text}");
        write(path("image.toml"), text).unwrap();
        create_dir_all(path("root/etc")).unwrap();
        write(path("root/etc/rc"), "echo\n").unwrap();
        create_dir_all(path("src/grep")).unwrap();
        write(path("src/cat.rs"), "").unwrap();
        write(path("src/grep/main.rs"), "").unwrap();
        write(path("src/notes.txt"), "").unwrap();
        create_dir_all(path("bin")).unwrap();
        let elf = ElfBuilder::new(0x1000)
            .segment(0x1000, 0, &[0x90], 1, "rx")
            .build();
        write(path("bin/cat"), &elf).unwrap();
        write(path("bin/grep"), &elf).unwrap();
        write(path("bin/stale"), &elf).unwrap();
        let (manifest, source) = Manifest::load(&path("image.toml")).unwrap();
        let tree = gather(&manifest, &source, Some(&path("bin")));
        (folder, tree)
    }

    fn message(text: &str) -> String {
        let (folder, tree) = gather_from(100, text);
        tree.unwrap_err()
            .to_string()
            .replace(&format!("{}/", folder.path().display()), "")
    }

    #[test]
    fn everything_comes_together() {
        let (_, tree) = gather_from(
            100,
            r#"directories = { "/bin" = {}, "/dev" = {}, "/etc" = { mode = 0o711 } }
            devices = { "/dev/hd0" = { block = [3, 0], gid = 4 } }
            links = { "/bin/egrep" = "/bin/grep" }
            attributes = { "/etc/rc" = { mode = 0o700, uid = 7 } }
            tree = [{ from = "root", to = "/" }]
            programs = { sources = "src", install = [{ names = ["*"], to = "/bin" }] }"#,
        );
        let tree = tree.unwrap();
        let lines: Vec<String> = tree
            .iter()
            .map(|(path, node)| {
                let kind = match &node.kind {
                    Kind::Directory => "directory".into(),
                    Kind::File(contents) => format!("{} bytes", contents.len()),
                    Kind::Device { is_block, device } => format!("{is_block} {device}"),
                    Kind::Link(target) => format!("= {target}"),
                };
                format!("{path} {:o} {} {} {kind}", node.mode, node.uid, node.gid)
            })
            .collect();
        assert_eq!(
            lines,
            [
                "/bin 755 0 0 directory",
                "/bin/cat 755 0 0 9216 bytes",
                "/bin/egrep 0 0 0 = /bin/grep",
                "/bin/grep 755 0 0 9216 bytes",
                "/dev 755 0 0 directory",
                "/dev/hd0 600 0 4 true 0300",
                "/etc 711 0 0 directory",
                "/etc/rc 700 7 0 5 bytes",
            ]
        );
    }

    #[test]
    fn what_does_not_fit_together_is_told() {
        assert_eq!(
            message("devices = { \"/dev/hd0\" = { block = [3, 0] } }"),
            "image.toml:4: devices.\"/dev/hd0\": root file system: /dev/hd0 needs the directory /dev, which is not in [directories]"
        );
        assert_eq!(
            message("directories.\"/x\" = {}\ndevices = { \"/x\" = { block = [3, 0] } }"),
            "image.toml:5: devices.\"/x\": /x is in the image already, by image.toml:4: directories.\"/x\""
        );
        assert_eq!(
            message(
                "directories = { \"/etc\" = {}, \"/etc/rc\" = {} }\ntree = [{ from = \"root\", to = \"/\" }]"
            ),
            "root/etc/rc: folder of the image: /etc/rc is in the image already, by image.toml:4: directories.\"/etc/rc\""
        );
        assert_eq!(
            message("tree = [{ from = \"nowhere\", to = \"/\" }]"),
            "image.toml:4: tree[0].from: nowhere is not a folder"
        );
        assert_eq!(
            message("links = { \"/a\" = \"/b\" }"),
            "image.toml:4: links.\"/a\": expected /b to be a file of the image"
        );
        assert_eq!(
            message("attributes = { \"/a\" = {} }"),
            "image.toml:4: attributes.\"/a\": expected /a to be a file or directory of the image"
        );
        assert_eq!(
            message("directories = { \"/\" = {} }"),
            "image.toml:4: directories.\"/\": the root directory is always there"
        );
    }

    #[test]
    fn programs_follow_their_sources_and_the_rules() {
        let rules = |rules: &str| {
            message(&format!(
                "directories.\"/bin\" = {{}}\nprograms = {{ sources = \"src\", install = [{rules}] }}"
            ))
        };
        assert_eq!(
            rules("{ names = [\"c*\"], to = \"/bin\" }"),
            "image.toml:5: programs.sources: no rule of programs.install matches src/grep/main.rs"
        );
        assert_eq!(
            rules("{ names = [\"*\", \"stale\"], to = \"/bin\" }"),
            "image.toml:5: programs.install[0].names[1]: there is no program stale in src"
        );
        assert!(
            rules("{ names = [\"[\"], to = \"/bin\" }")
                .starts_with("image.toml:5: programs.install[0].names[0]: ")
        );
    }

    #[test]
    fn a_program_that_is_not_built_or_no_program_is_told() {
        let rules = "directories.\"/bin\" = {}\nprograms = { sources = \"src\", install = [{ names = [\"*\"], to = \"/bin\" }] }";
        let (folder, tree) = gather_from(100, rules);
        assert!(tree.is_ok());
        let (manifest, source) = Manifest::load(&folder.path().join("image.toml")).unwrap();
        let bin = folder.path().join("bin");
        write(bin.join("grep"), "#!/bin/sh\n").unwrap();
        let message = gather(&manifest, &source, Some(&bin))
            .unwrap_err()
            .to_string();
        assert!(
            message.ends_with("bin/grep: ELF header: expected a little-endian 32-bit ELF file"),
            "{message}"
        );
        fs::remove_file(bin.join("grep")).unwrap();
        let message = gather(&manifest, &source, Some(&bin))
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("bin/grep: executable: not there, expected the program of "),
            "{message}"
        );
        // Without a folder of programs there are none.
        assert_eq!(gather(&manifest, &source, None).unwrap().len(), 1);
    }

    #[test]
    fn inodes_are_counted_before_anything_is_written() {
        let tree = "directories = { \"/etc\" = {} }\ntree = [{ from = \"root\", to = \"/\" }]";
        assert!(gather_from(3, tree).1.is_ok());
        let message = gather_from(2, tree).1.unwrap_err().to_string();
        assert!(
            message.ends_with(
                "root.inodes: 2 inodes, expected at least 3 for what goes into the image"
            ),
            "{message}"
        );
    }
}
