// SPDX-License-Identifier: GPL-2.0-or-later
//! Looks up what the page wants to know of the kernel. What is not there is told in
//! words, with what is there instead, so that a renamed field stops the build.

use crate::debug_info::{DebugInfo, Kind, Member, Place, TypeId};
use crate::sources::Sources;
use anyhow::{Context, Result, bail};
use serde::Serialize;

/// Where the bytes of something are, in a struct or in memory.
#[derive(Serialize, Debug, PartialEq)]
pub struct Spot {
    /// From the start of the struct; in a static, its address.
    pub at: u64,
    pub size: u64,
    /// How many elements an array has; each takes `size / count`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

/// The queues of one static: one for each way to choose elements of `arrays`.
#[derive(Serialize)]
pub struct Queues {
    pub name: String,
    pub at: u64,
    /// How many elements, and the bytes from one to the next.
    pub arrays: Vec<(u64, u64)>,
    pub file: String,
    pub line: u64,
}

/// Follows fields from a type, seeing through what only wraps: `files.filp`.
pub fn follow(info: &DebugInfo, from: TypeId, fields: &str) -> Result<(u64, TypeId)> {
    let (mut offset, mut id) = (0, from);
    for name in fields.split('.').filter(|name| !name.is_empty()) {
        let member = loop {
            if let Some(member) = member(info, id, name) {
                break member;
            }
            let inner = info.wrapped(id);
            let inner = inner.with_context(|| no_such_field(info, id, name))?;
            (offset, id) = (offset + inner.offset, inner.type_id);
        };
        (offset, id) = (offset + member.offset, member.type_id);
    }
    while let Some(inner) = info.wrapped(id) {
        (offset, id) = (offset + inner.offset, inner.type_id);
    }
    Ok((offset, id))
}

fn member<'a>(info: &'a DebugInfo, id: TypeId, name: &str) -> Option<&'a Member> {
    match &info.types.get(&id)?.kind {
        Kind::Struct(members) => members.iter().find(|member| member.name == name),
        _ => None,
    }
}

fn no_such_field(info: &DebugInfo, id: TypeId, name: &str) -> String {
    let Some(found) = info.types.get(&id) else {
        return format!("there is no field `{name}` in a type without a name");
    };
    let fields = match &found.kind {
        Kind::Struct(members) => members.iter().map(|member| member.name.as_str()).collect(),
        _ => vec![],
    };
    format!(
        "`{}` has no field `{name}`; it has: {}",
        found.path,
        fields.join(", ")
    )
}

/// The spot of a type's bytes.
pub fn spot(info: &DebugInfo, at: u64, id: TypeId) -> Spot {
    let count = match info.types.get(&id).map(|found| &found.kind) {
        Some(Kind::Array { count, .. }) => Some(*count),
        _ => None,
    };
    let size = info.size(id);
    Spot { at, size, count }
}

/// The type of a path.
pub fn type_named(info: &DebugInfo, path: &str) -> Result<TypeId> {
    let found = info
        .types
        .iter()
        .find(|(_, found)| found.path == path && found.size > 0);
    let (id, _) = found.with_context(|| format!("the kernel has no type `{path}`"))?;
    Ok(*id)
}

/// The spot of a static, or of a field of it: `kernel::file_system::FS.buffers`.
pub fn static_named(info: &DebugInfo, path: &str) -> Result<(Spot, Place)> {
    let (name, fields) = path.split_once('.').unwrap_or((path, ""));
    let found = info.statics.get(name);
    let found = found.with_context(|| format!("the kernel has no static `{name}`"))?;
    let Some(address) = found.address else {
        bail!("the static `{name}` has no place of its own: the compiler has taken it apart");
    };
    let (offset, id) = follow(info, found.type_id, fields)?;
    Ok((spot(info, address + offset, id), found.place.clone()))
}

/// All values of that type in the statics of the kernel.
pub fn all_of_type(info: &DebugInfo, sources: &Sources, path: &str) -> Result<Vec<Queues>> {
    let mut search = Search {
        info,
        sources,
        wanted: type_named(info, path)?,
        found: Vec::new(),
    };
    let mut names: Vec<_> = info.statics.keys().collect();
    names.sort();
    for name in names {
        let found = &info.statics[name];
        if let (Some(address), Some(place)) = (found.address, sources.in_project(&found.place)) {
            let start = name
                .split_once("::")
                .map_or(name.as_str(), |(_, rest)| rest);
            search.visit(found.type_id, address, start.to_owned(), &[], &place);
        }
    }
    Ok(search.found)
}

struct Search<'a> {
    info: &'a DebugInfo,
    sources: &'a Sources,
    wanted: TypeId,
    found: Vec<Queues>,
}

impl Search<'_> {
    fn visit(&mut self, id: TypeId, at: u64, name: String, arrays: &[(u64, u64)], place: &Place) {
        let info = self.info;
        let (Some(found), Some(wanted)) = (info.types.get(&id), info.types.get(&self.wanted))
        else {
            return;
        };
        if found.path == wanted.path {
            let Place { file, line } = place.clone();
            let arrays = arrays.to_vec();
            self.found.push(Queues {
                name,
                at,
                arrays,
                file,
                line,
            });
            return;
        }
        match &found.kind {
            Kind::Array { element, count } => {
                let mut arrays = arrays.to_vec();
                arrays.push((*count, info.size(*element)));
                self.visit(*element, at, format!("{name}[]"), &arrays, place);
            }
            Kind::Struct(members) => {
                let is_wrapper = info.wrapped(id).is_some();
                for member in members {
                    let field = format!("{}::{}", found.path, member.name);
                    let (name, place) = match is_wrapper || member.name.starts_with("__") {
                        true => (name.clone(), place.clone()),
                        false => (
                            format!("{name}.{}", member.name),
                            self.sources
                                .find_field(&field)
                                .unwrap_or_else(|| place.clone()),
                        ),
                    };
                    self.visit(member.type_id, at + member.offset, name, arrays, &place);
                }
            }
            _ => {}
        }
    }
}
