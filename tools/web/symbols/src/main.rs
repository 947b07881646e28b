// SPDX-License-Identifier: GPL-2.0-or-later
//! Writes down what the web page has to know of the kernel to show its insides:
//! where its variables are, how its structs are laid out, what its numbers mean,
//! and which line of the sources defines each. `make web` calls it:
//!
//! ```text
//! symbols KERNEL tools/web/symbols.toml --root . --output symbols.json
//! ```
//!
//! The numbers come from the kernel's own debugging information, and from the
//! crates that it is made of: the page has none of its own.

mod debug_info;
mod functions;
mod layout;
mod sources;

use abi::Errno;
use abi::unistd::number::{ARGUMENTS, NAMES};
use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use debug_info::{DebugInfo, Kind, Place};
use functions::Functions;
use kernel_host::descriptor::Selector;
use mm::memory;
use object::{Object, ObjectSection, ObjectSymbol};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sources::Sources;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// Tells the web page where the kernel's variables are
#[derive(Parser)]
struct Arguments {
    /// The kernel as ELF, with its debugging information
    kernel: PathBuf,
    /// What the page wants to know
    wanted: PathBuf,
    /// The folder of the project
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// Where the answer goes
    #[arg(long)]
    output: PathBuf,
}

/// What the page wants to know; in the page each goes by its last name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Statics, or fields of them.
    statics: BTreeMap<String, String>,
    /// Structs, and of each the fields, by the names that they have in the page.
    structs: BTreeMap<String, BTreeMap<String, String>>,
    /// Enums, and the variants that the page knows.
    enums: BTreeMap<String, Vec<String>>,
    /// Symbols of the linker.
    labels: Vec<String>,
    /// All statics of these types.
    all: BTreeMap<String, String>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let bytes = fs::read(&arguments.kernel)
        .with_context(|| format!("can't read {}", arguments.kernel.display()))?;
    let wanted = fs::read_to_string(&arguments.wanted)
        .with_context(|| format!("can't read {}", arguments.wanted.display()))?;
    let wanted: Wanted = toml::from_str(&wanted)?;
    let sources = Sources::read(&arguments.root)?;
    let answer = answer(&bytes, &wanted, &sources)
        .with_context(|| format!("what {} wants is not there", arguments.wanted.display()))?;
    fs::write(&arguments.output, serde_json::to_string(&answer)?)
        .with_context(|| format!("can't write {}", arguments.output.display()))
}

fn answer(kernel: &[u8], wanted: &Wanted, sources: &Sources) -> Result<Value> {
    let elf = object::File::parse(kernel)?;
    let info = DebugInfo::read(&elf)?;
    let place = |place: &Place| sources.in_project(place).context("a file of others");
    let mut statics = Map::new();
    for (name, path) in &wanted.statics {
        let (spot, defined) = layout::static_named(&info, path)?;
        let defined = place(&defined)?;
        let mut value = json!(spot);
        value["file"] = json!(defined.file);
        value["line"] = json!(defined.line);
        statics.insert(name.clone(), value);
    }
    let mut structs = Map::new();
    for (path, fields) in &wanted.structs {
        structs.insert(
            last(path).to_owned(),
            a_struct(&info, sources, path, fields)?,
        );
    }
    let mut enums = Map::new();
    for (path, variants) in &wanted.enums {
        enums.insert(
            last(path).to_owned(),
            an_enum(&info, sources, path, variants)?,
        );
    }
    let mut all = Map::new();
    for (name, path) in &wanted.all {
        all.insert(
            name.clone(),
            json!(layout::all_of_type(&info, sources, path)?),
        );
    }
    let functions = Functions::of(&elf, &wanted.labels);
    Ok(json!({
        "kernel": fingerprint(&elf)?,
        "statics": statics,
        "structs": structs,
        "enums": enums,
        "all": all,
        "labels": labels(&elf, &wanted.labels)?,
        "functions": functions.rows(&info, sources),
        "inlined": functions.inlined(&info, sources),
        "calls": calls(sources)?,
        "errors": errors(),
        "constants": constants(),
        "page_flags": page_flags(),
        "selectors": selectors(),
    }))
}

fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

fn a_struct(
    info: &DebugInfo,
    sources: &Sources,
    path: &str,
    fields: &BTreeMap<String, String>,
) -> Result<Value> {
    let id = layout::type_named(info, path)?;
    let mut spots = Map::new();
    for (name, field) in fields {
        let (offset, field) = layout::follow(info, id, field)?;
        spots.insert(name.clone(), json!(layout::spot(info, offset, field)));
    }
    let defined = defined(sources, path)?;
    Ok(json!({"size": info.size(id), "fields": spots, "file": defined.file, "line": defined.line}))
}

fn an_enum(info: &DebugInfo, sources: &Sources, path: &str, known: &[String]) -> Result<Value> {
    let id = layout::type_named(info, path)?;
    let Kind::Enum(variants) = &info.types[&id].kind else {
        bail!("`{path}` is no enum without data");
    };
    let has: Vec<_> = variants.iter().map(|(name, _)| name.clone()).collect();
    ensure!(
        has == known,
        "`{path}` has the variants {has:?}, and the page knows {known:?}"
    );
    let defined = defined(sources, path)?;
    let names: Map<_, _> = variants
        .iter()
        .map(|(name, value)| (value.to_string(), json!(name)))
        .collect();
    Ok(json!({"names": names, "file": defined.file, "line": defined.line}))
}

fn defined(sources: &Sources, path: &str) -> Result<Place> {
    sources
        .find(path)
        .with_context(|| format!("the sources do not define `{path}`"))
}

/// What tells this kernel from others: its code, which never changes in memory.
fn fingerprint(elf: &object::File<'_>) -> Result<Value> {
    let text = elf.section_by_name(".text").context("no code")?;
    let hash = crc32fast::hash(text.data()?);
    Ok(json!({"at": text.address(), "size": text.size(), "crc32": hash}))
}

fn labels(elf: &object::File<'_>, wanted: &[String]) -> Result<Value> {
    let mut labels = Map::new();
    for name in wanted {
        let symbol = elf.symbols().find(|symbol| symbol.name() == Ok(name));
        let symbol = symbol.with_context(|| format!("the kernel has no symbol `{name}`"))?;
        labels.insert(name.clone(), json!(symbol.address()));
    }
    Ok(labels.into())
}

/// The system calls in order of their numbers.
fn calls(sources: &Sources) -> Result<Value> {
    let rows = NAMES.iter().zip(ARGUMENTS);
    let calls: Result<Vec<_>> = rows
        .map(|(name, arguments)| {
            let handler = format!("sys_{}", name.trim_end_matches('_'));
            let in_fs = format!("Fs::{handler}");
            let found = sources.named("kernel/src", &handler);
            let defined = found
                .chain(sources.named("fs/src", &in_fs))
                .next()
                .with_context(|| format!("no `{handler}` in the kernel"))?;
            Ok(
                json!({"name": name.trim_end_matches('_'), "arguments": arguments,
                "file": defined.file, "line": defined.line}),
            )
        })
        .collect();
    Ok(calls?.into())
}

/// What a call returns when it fails, by number.
fn errors() -> Value {
    let all = (1..=u8::MAX).map_while(|number| Errno::from_eax(-i32::from(number)).err());
    let named = all.map(|error| {
        (
            error.to_eax().unsigned_abs().to_string(),
            json!(error.name()),
        )
    });
    Value::Object(named.collect())
}

fn constants() -> Value {
    json!({
        "PAGE_SIZE": memory::PAGE_SIZE,
        "TASK_SIZE": memory::TASK_SIZE,
        "PHYSICAL_LIMIT": memory::PHYSICAL_LIMIT,
        "KERNEL_STACKS": memory::KERNEL_STACKS.0,
        "HZ": abi::limits::HZ,
    })
}

fn page_flags() -> Value {
    let flags = memory::PageFlags::all();
    let named = flags
        .iter_names()
        .map(|(name, flag)| (name.to_owned(), json!(flag.bits())));
    Value::Object(named.collect())
}

/// What the entries of the GDT and of an LDT are for.
fn selectors() -> Value {
    let named = [
        ("kernel code", Selector::KERNEL_CODE),
        ("kernel data", Selector::KERNEL_DATA),
        ("double fault", Selector::DOUBLE_FAULT_TSS),
        ("user code", Selector::USER_CODE),
        ("user data", Selector::USER_DATA),
    ];
    let named: Map<_, _> = named
        .into_iter()
        .map(|(name, selector)| (selector.0.to_string(), json!(name)))
        .collect();
    let tasks: Vec<_> = (0..abi::limits::NR_TASKS)
        .map(|task| [Selector::tss(task).0, Selector::ldt(task).0])
        .collect();
    json!({"names": named, "tasks": tasks})
}
