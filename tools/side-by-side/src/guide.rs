// SPDX-License-Identifier: GPL-2.0-or-later
//! `docs/map.md`: the map as a page to read.

use crate::facts::{File, MACROS, Symbol};
use crate::map::{Entry, ItemPath, MAP, Run};
use crate::project::Project;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The page, in the project.
pub const GUIDE: &str = "docs/map.md";

/// The page's text.
pub fn guide(project: &Project) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write_guide(project, &mut page);
    page
}

fn write_guide(project: &Project, page: &mut String) -> std::fmt::Result {
    let all = || project.files.iter().flat_map(|file| &file.symbols);
    let macros = all().filter(|symbol| symbol.table == MACROS).count();
    let symbols = all().count() - macros;
    writeln!(page, "<!-- SPDX-License-Identifier: GPL-2.0-or-later -->")?;
    writeln!(page, "<!-- Made of {MAP} by `make map`: change that. -->")?;
    writeln!(page, "# Linux 0.11, symbol by symbol\n")?;
    writeln!(
        page,
        "The {} source files of Linux 0.11 with their {symbols} functions, global variables,\n\
         types and labels and their {macros} macros and constants, and what became of each of\n\
         them here. Constants that stand together are one row. The order in which to read\n\
         is in [reading-guide.md](reading-guide.md). `make side-by-side C=PATH` shows both\n\
         sources beside each other, if you have those of 0.11.\n",
        project.files.len()
    )?;
    writeln!(page, "## Files\n")?;
    writeln!(page, "| 0.11 | here | remarks |\n|---|---|---|")?;
    for file in &project.files {
        file_row(project, file, page)?;
    }
    for file in &project.files {
        file_section(project, file, page)?;
    }
    Ok(())
}

fn file_row(project: &Project, file: &File, page: &mut String) -> std::fmt::Result {
    let Some(entry) = project.map.file(&file.path) else {
        return Ok(());
    };
    let name = if file.symbols.is_empty() {
        format!("`{}`", file.path)
    } else {
        format!("[`{}`](#{})", file.path, anchor(&file.path))
    };
    let files: Vec<String> = entry.files.iter().map(|path| file_link(path)).collect();
    writeln!(
        page,
        "| {name} | {} | {} |",
        files.join(", "),
        cell(entry.note.as_deref().unwrap_or_default())
    )
}

fn file_section(project: &Project, file: &File, page: &mut String) -> std::fmt::Result {
    if file.symbols.is_empty() {
        return Ok(());
    }
    writeln!(page, "\n## {}\n", file.path)?;
    writeln!(page, "| 0.11 | here | difference |\n|---|---|---|")?;
    let mut runs = BTreeSet::new();
    for symbol in file.symbols.iter().filter(|symbol| symbol.repeated == 0) {
        let Some(entry) = project.entry(file, symbol) else {
            continue;
        };
        match project
            .map
            .file(&file.path)
            .and_then(|file| file.run(entry))
        {
            None => writeln!(page, "{}", symbol_row(symbol, entry))?,
            Some(run) if runs.insert(&run.key) => writeln!(page, "{}", run_row(run))?,
            Some(_) => {}
        }
    }
    Ok(())
}

fn symbol_row(symbol: &Symbol, entry: &Entry) -> String {
    row(&format!("`{}`", symbol.key), entry)
}

/// One row for all constants of a run.
fn run_row(run: &Run) -> String {
    let names = match run.key.split_once("..") {
        Some((first, last)) => format!("`{first}` to `{last}`"),
        None => format!("`{}`", run.key),
    };
    row(&format!("{names} ({})", run.length), &run.entry)
}

fn row(names: &str, entry: &Entry) -> String {
    let items: Vec<String> = entry.items.iter().map(item_link).collect();
    let items = if items.is_empty() {
        "none".to_owned()
    } else {
        items.join(", ")
    };
    format!(
        "| {names} | {items} | {} |",
        cell(entry.note.as_deref().unwrap_or_default())
    )
}

fn file_link(path: &str) -> String {
    format!("[`{path}`](../{path})")
}

fn item_link(path: &ItemPath) -> String {
    if let Some(around) = path.item.strip_suffix('*') {
        let of = match around.strip_suffix("::") {
            Some(item) => format!("`{item}`"),
            None => format!("`{}`", path.file),
        };
        return format!("[{of}](../{} \"{}\"): the same names", path.file, path.file);
    }
    format!("[`{}`](../{} \"{}\")", path.item, path.file, path.file)
}

/// Text for a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// What a heading's anchor is called where Markdown is shown.
fn anchor(heading: &str) -> String {
    heading
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "_-".contains(*c))
        .collect::<String>()
        .to_lowercase()
}
