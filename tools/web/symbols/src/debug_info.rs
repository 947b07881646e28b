// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel's debugging information: its variables, types and functions.
//!
//! [`DebugInfo::read`] reads all of it once, from an ELF file with DWARF. A path is
//! that of the language, as `kernel::sched::task::TASK`.

use anyhow::{Context, Result, bail};
use gimli::{AttributeValue, DebuggingInformationEntry, EndianSlice, LittleEndian};
use object::{Object, ObjectSection};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

type Slice<'a> = EndianSlice<'a, LittleEndian>;
type Entry<'a> = DebuggingInformationEntry<Slice<'a>>;
type Unit<'a> = gimli::Unit<Slice<'a>>;
type Dwarf<'a> = gimli::Dwarf<Slice<'a>>;

/// Names a type.
pub type TypeId = usize;
/// Names an entry for a function.
type EntryId = usize;

/// Where something is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub file: String,
    pub line: u64,
}

/// A static variable.
#[derive(Debug)]
pub struct Static {
    /// `None` if the compiler has left it no place of its own.
    pub address: Option<u64>,
    pub type_id: TypeId,
    pub place: Place,
}

#[derive(Clone, Debug)]
pub struct Member {
    pub name: String,
    pub offset: u64,
    pub type_id: TypeId,
}

#[derive(Debug, Default)]
pub enum Kind {
    /// A struct or a union.
    Struct(Vec<Member>),
    Array {
        element: TypeId,
        count: u64,
    },
    /// An enum without data.
    Enum(Vec<(String, i64)>),
    /// Numbers, pointers, enums with data.
    #[default]
    Other,
}

#[derive(Debug, Default)]
pub struct Type {
    /// With the modules that it is in.
    pub path: String,
    pub size: u64,
    pub kind: Kind,
}

#[derive(Default)]
pub struct DebugInfo {
    /// By path.
    pub statics: HashMap<String, Static>,
    pub types: HashMap<TypeId, Type>,
    /// By the name that the linker has for them.
    pub functions: HashMap<String, Place>,
    /// The functions that have code of their own with one that is inlined there, by
    /// the linker's names: the one that is inlined first.
    pub inlined: BTreeSet<(String, String)>,
    /// What the entries of functions are called.
    names: HashMap<EntryId, String>,
    /// Entries that say more of a function, and the one that has its name.
    origins: HashMap<EntryId, EntryId>,
    /// As `inlined`, by entries.
    copies: Vec<(EntryId, EntryId)>,
}

/// What the entries below one belong to.
enum Scope {
    Module(String),
    Type(TypeId),
    /// One that has code of its own.
    Function(EntryId),
    Other,
}

impl DebugInfo {
    /// Reads an ELF file.
    pub fn read(elf: &object::File<'_>) -> Result<DebugInfo> {
        let sections = gimli::DwarfSections::load(|id| match elf.section_by_name(id.name()) {
            Some(section) => section.uncompressed_data(),
            None => Ok(Cow::Borrowed(&[][..])),
        })?;
        let dwarf = sections.borrow(|section| EndianSlice::new(section, LittleEndian));
        let mut found = DebugInfo::default();
        let mut units = dwarf.units();
        while let Some(header) = units.next()? {
            found.unit(&dwarf, &dwarf.unit(header)?)?;
        }
        if found.statics.is_empty() {
            bail!("the file has no debugging information");
        }
        found.name_copies();
        Ok(found)
    }

    /// Of copies between entries makes copies between names.
    fn name_copies(&mut self) {
        let name = |entry: &EntryId| {
            let mut entry = entry;
            while let Some(origin) = self.origins.get(entry) {
                entry = origin;
            }
            self.names.get(entry).cloned()
        };
        let named = |(copy, into): &(EntryId, EntryId)| Some((name(copy)?, name(into)?));
        self.inlined = self.copies.iter().filter_map(named).collect();
    }

    fn unit(&mut self, dwarf: &Dwarf<'_>, unit: &Unit<'_>) -> Result<()> {
        let reader = UnitReader { dwarf, unit };
        let mut scopes: Vec<(isize, Scope)> = Vec::new();
        let mut entries = unit.entries();
        while let Some(entry) = entries.next_dfs()? {
            scopes.retain(|(depth, _)| *depth < entry.depth());
            let scope = self.entry(&reader, entry, &scopes)?;
            scopes.push((entry.depth(), scope));
        }
        Ok(())
    }

    fn entry(
        &mut self,
        reader: &UnitReader<'_, '_>,
        entry: &Entry<'_>,
        scopes: &[(isize, Scope)],
    ) -> Result<Scope> {
        let name = reader.string(entry, gimli::DW_AT_name)?;
        let named = name.clone().unwrap_or_default();
        let scope = match entry.tag() {
            gimli::DW_TAG_namespace => Scope::Module(named),
            gimli::DW_TAG_structure_type | gimli::DW_TAG_union_type => {
                self.add_type(reader, entry, path_of(scopes, &named), Kind::Struct(vec![]))
            }
            gimli::DW_TAG_enumeration_type => {
                self.add_type(reader, entry, path_of(scopes, &named), Kind::Enum(vec![]))
            }
            gimli::DW_TAG_base_type => self.add_type(reader, entry, named, Kind::Other),
            gimli::DW_TAG_pointer_type => {
                let scope = self.add_type(reader, entry, named, Kind::Other);
                if let Scope::Type(id) = scope {
                    self.types.entry(id).or_default().size = 4;
                }
                scope
            }
            gimli::DW_TAG_array_type => {
                let element = reader.type_of(entry).context("an array of nothing")?;
                let kind = Kind::Array { element, count: 0 };
                self.add_type(reader, entry, named, kind)
            }
            gimli::DW_TAG_subrange_type => {
                let number = number(entry, gimli::DW_AT_count);
                if let (Some(Kind::Array { count, .. }), Some(number)) =
                    (self.kind_around(scopes), number)
                {
                    *count = number;
                }
                Scope::Other
            }
            gimli::DW_TAG_member => {
                if let (Some(Kind::Struct(members)), Some(name), Some(type_id)) =
                    (self.kind_around(scopes), name, reader.type_of(entry))
                {
                    let offset = number(entry, gimli::DW_AT_data_member_location);
                    members.push(Member {
                        name,
                        offset: offset.unwrap_or(0),
                        type_id,
                    });
                }
                Scope::Other
            }
            // An enum with data is no struct of all its variants.
            gimli::DW_TAG_variant_part => {
                if let Some(kind) = self.kind_around(scopes) {
                    *kind = Kind::Other;
                }
                Scope::Other
            }
            gimli::DW_TAG_enumerator => {
                let value = entry.attr_value(gimli::DW_AT_const_value);
                if let (Some(Kind::Enum(variants)), Some(name), Some(value)) =
                    (self.kind_around(scopes), name, value)
                {
                    let value = value
                        .sdata_value()
                        .or(value.udata_value().map(|v| v as i64));
                    variants.push((name, value.unwrap_or(0)));
                }
                Scope::Other
            }
            gimli::DW_TAG_variable => {
                if let (Some(name), Some(type_id), Some(place)) =
                    (name, reader.type_of(entry), reader.place(entry)?)
                {
                    let found = Static {
                        address: reader.address(entry)?,
                        type_id,
                        place,
                    };
                    self.statics.insert(path_of(scopes, &name), found);
                }
                Scope::Other
            }
            gimli::DW_TAG_subprogram => {
                let id = reader.id(entry.offset());
                let linkage = reader.string(entry, gimli::DW_AT_linkage_name)?;
                if let Some(name) = linkage.or(name) {
                    if let Some(place) = reader.place(entry)? {
                        self.functions.insert(name.clone(), place);
                    }
                    self.names.insert(id, name);
                } else if let Some(origin) = reader.origin(entry) {
                    self.origins.insert(id, origin);
                }
                match entry.attr_value(gimli::DW_AT_low_pc) {
                    Some(_) => Scope::Function(id),
                    None => Scope::Other,
                }
            }
            gimli::DW_TAG_inlined_subroutine => {
                let function = scopes.iter().rev().find_map(|(_, scope)| match scope {
                    Scope::Function(id) => Some(*id),
                    _ => None,
                });
                self.copies.extend(reader.origin(entry).zip(function));
                Scope::Other
            }
            _ => Scope::Other,
        };
        Ok(scope)
    }

    fn add_type(
        &mut self,
        reader: &UnitReader<'_, '_>,
        entry: &Entry<'_>,
        path: String,
        kind: Kind,
    ) -> Scope {
        let id = reader.id(entry.offset());
        let size = number(entry, gimli::DW_AT_byte_size).unwrap_or(0);
        self.types.insert(id, Type { path, size, kind });
        Scope::Type(id)
    }

    /// The kind of the type that the entry is directly below.
    fn kind_around(&mut self, scopes: &[(isize, Scope)]) -> Option<&mut Kind> {
        match scopes.last() {
            Some((_, Scope::Type(id))) => self.types.get_mut(id).map(|found| &mut found.kind),
            _ => None,
        }
    }

    /// The size of a type in bytes.
    pub fn size(&self, id: TypeId) -> u64 {
        match self.types.get(&id) {
            Some(Type {
                kind: Kind::Array { element, count },
                ..
            }) => count * self.size(*element),
            Some(found) => found.size,
            None => 0,
        }
    }

    /// What is in a type that only wraps another one: a lock, a cell, an atomic.
    pub fn wrapped(&self, id: TypeId) -> Option<&Member> {
        const WRAPPERS: [&str; 3] = ["core::", "spin::", "sync::"];
        /// What they call it.
        const CONTENTS: [&str; 7] = ["__0", "data", "value", "inner", "v", "p", "pointer"];
        let found = self.types.get(&id)?;
        let Kind::Struct(members) = &found.kind else {
            return None;
        };
        let is_wrapper = WRAPPERS.iter().any(|start| found.path.starts_with(start));
        let is_content = |member: &&Member| {
            CONTENTS.contains(&member.name.as_str()) && self.size(member.type_id) > 0
        };
        members.iter().filter(|_| is_wrapper).find(is_content)
    }
}

/// Reads attributes.
struct UnitReader<'a, 'data> {
    dwarf: &'a Dwarf<'data>,
    unit: &'a Unit<'data>,
}

impl UnitReader<'_, '_> {
    fn id(&self, offset: gimli::UnitOffset) -> TypeId {
        offset
            .to_debug_info_offset(&self.unit.header)
            .map_or(offset.0, |offset| offset.0)
    }

    fn string(&self, entry: &Entry<'_>, name: gimli::DwAt) -> Result<Option<String>> {
        let Some(value) = entry.attr_value(name) else {
            return Ok(None);
        };
        let text = match value {
            AttributeValue::String(text) => text,
            AttributeValue::DebugStrRef(offset) => self.dwarf.debug_str.get_str(offset)?,
            _ => return Ok(None),
        };
        Ok(Some(text.to_string_lossy().into_owned()))
    }

    fn type_of(&self, entry: &Entry<'_>) -> Option<TypeId> {
        self.reference(entry, gimli::DW_AT_type)
    }

    /// The entry that has the name of a function of which this one says more.
    fn origin(&self, entry: &Entry<'_>) -> Option<EntryId> {
        let of = |attribute| self.reference(entry, attribute);
        of(gimli::DW_AT_abstract_origin).or_else(|| of(gimli::DW_AT_specification))
    }

    fn reference(&self, entry: &Entry<'_>, attribute: gimli::DwAt) -> Option<usize> {
        match entry.attr_value(attribute)? {
            AttributeValue::UnitRef(offset) => Some(self.id(offset)),
            AttributeValue::DebugInfoRef(offset) => Some(offset.0),
            _ => None,
        }
    }

    fn address(&self, entry: &Entry<'_>) -> Result<Option<u64>> {
        let Some(AttributeValue::Exprloc(location)) = entry.attr_value(gimli::DW_AT_location)
        else {
            return Ok(None);
        };
        let mut operations = location.operations(self.unit.encoding());
        let address = match operations.next()? {
            Some(gimli::Operation::Address { address }) => Some(address),
            _ => None,
        };
        // More follows where only a part is there.
        Ok(address.filter(|_| matches!(operations.next(), Ok(None))))
    }

    fn place(&self, entry: &Entry<'_>) -> Result<Option<Place>> {
        let (Some(file), Some(line)) = (
            number(entry, gimli::DW_AT_decl_file),
            number(entry, gimli::DW_AT_decl_line),
        ) else {
            return Ok(None);
        };
        let Some(program) = &self.unit.line_program else {
            return Ok(None);
        };
        let Some(entry) = program.header().file(file) else {
            return Ok(None);
        };
        let mut path = String::new();
        if let Some(folder) = entry.directory(program.header()) {
            path += &self.text(folder)?;
            path.push('/');
        }
        let name = self.text(entry.path_name())?;
        let file = if name.starts_with('/') {
            name
        } else {
            path + &name
        };
        Ok(Some(Place { file, line }))
    }

    fn text(&self, value: AttributeValue<Slice<'_>>) -> Result<String> {
        let text = match value {
            AttributeValue::String(text) => text,
            AttributeValue::DebugLineStrRef(offset) => self.dwarf.debug_line_str.get_str(offset)?,
            AttributeValue::DebugStrRef(offset) => self.dwarf.debug_str.get_str(offset)?,
            _ => bail!("a file without a name"),
        };
        Ok(text.to_string_lossy().into_owned())
    }
}

fn number(entry: &Entry<'_>, name: gimli::DwAt) -> Option<u64> {
    match entry.attr_value(name)? {
        AttributeValue::FileIndex(index) => Some(index),
        value => value.udata_value(),
    }
}

fn path_of(scopes: &[(isize, Scope)], name: &str) -> String {
    let mut path = String::new();
    for (_, scope) in scopes {
        if let Scope::Module(module) = scope {
            path += module;
            path += "::";
        }
    }
    path + name
}
