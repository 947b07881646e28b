// SPDX-License-Identifier: GPL-2.0-or-later
//! 0.11's source and ours, side by side, in HTML: a page for each file of 0.11,
//! one for each of ours, and one that lists them.
//!
//! A page goes through its file from top to bottom. On that of a file of 0.11
//! each of its symbols is a row: left 0.11's text, right our items, or why there
//! are none. What lies between is a row too, and at the end stands what only our
//! files have. On the page of one of ours, `kernel/src/sched.rs.html`, it is the
//! other way round, and each line has an anchor, `L12`. Words lead to their
//! definitions on both sides.
//!
//! All can be read without JavaScript. `reader.js` adds the search, which loads
//! `symbols.js`, and keys. The pages work from a disk as from a server.

mod differences;
mod index;
mod listing;
mod machine;
mod order;
mod rows;
mod site;
mod whole;

use crate::error::{Error, Problem, Result};
use crate::facts::File;
use crate::links::Definition;
use crate::original::Original;
use crate::project::Project;
use crate::rust::Item;
use crate::segments::Cut;
pub use machine::Machine;
use maud::{DOCTYPE, Markup, html};
use rows::{Rows, inline};
pub use site::others;
use site::{Site, Theirs};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("reader.js");

/// Writes all pages into a folder. Returns which files of 0.11's sources are not
/// what they were; they are shown as they are. Refuses another release.
pub fn write(
    project: &Project,
    original: Option<&Original>,
    machine: Option<Machine>,
    folder: &Path,
) -> Result<Vec<Problem>> {
    let others = site::others(project)?;
    let mut site = Site::new(project, original, &others);
    site.machine = machine;
    if original.is_some() {
        refuse_another_release(&site)?;
    }
    let patched = |theirs: &Theirs| difference(original?, theirs.file, &theirs.cut);
    let problems: Vec<Problem> = site.theirs.iter().filter_map(patched).collect();
    let read = |name: &str| {
        let path = project.root.join(name);
        std::fs::read_to_string(&path).map_err(Error::host(path, "read"))
    };
    let differences = differences::read(&read(differences::PAGE)?, &project.files);
    let paths: Vec<&str> = site.ours.keys().copied().collect();
    let steps = order::read(&read(order::PAGE)?, &paths);
    let order = Order::new(&site, &steps);

    let write_page = |name: &str, text: &str| write_file(&folder.join(name), text);
    let mut shown_rest = BTreeSet::new();
    for (place, file) in project.files.iter().enumerate() {
        let rows = Rows::new(&site, &differences, place, &mut shown_rest).all();
        write_page(
            &page_name(&file.path),
            &their_page(&site, &order, file, rows),
        )?;
    }
    for (path, ours) in &site.ours {
        let rows = whole::rows(&site, path, ours);
        write_page(&our_page(path), &whole_page(&site, &order, path, rows))?;
    }
    write_page("index.html", &index::page(&site, &steps, &problems))?;
    write_page("symbols.js", &index::symbols(&site))?;
    write_page("style.css", STYLE)?;
    write_page("reader.js", SCRIPT)?;
    Ok(problems)
}

/// How a file differs from what it was, and what that means for its symbols.
fn difference(original: &Original, file: &File, cut: &Cut) -> Option<Problem> {
    let mut what = original.differs(file)?;
    if original.text(&file.path).is_some() {
        let moved = cut.problems.len() - cut.missing.len();
        if moved > 0 {
            what += &format!("; symbols in other lines: {moved}");
        }
        let missing: Vec<String> = cut
            .missing
            .iter()
            .map(|symbol| format!("`{}`", symbol.name))
            .collect();
        if !missing.is_empty() {
            what += &format!("; not in it: {}", missing.join(", "));
        }
    }
    Some(Problem::with(&file.path, what))
}

/// An error if most symbols are not even in their files.
fn refuse_another_release(site: &Site) -> Result<()> {
    let all: usize = site
        .theirs
        .iter()
        .map(|theirs| theirs.file.symbols.len())
        .sum();
    let missing: usize = site
        .theirs
        .iter()
        .map(|theirs| theirs.cut.missing.len())
        .sum();
    let found = all - missing;
    if found * 2 >= all {
        return Ok(());
    }
    let example = site
        .theirs
        .iter()
        .flat_map(|theirs| &theirs.cut.problems)
        .next();
    let example = example
        .map(|problem| format!("; for instance {problem}"))
        .unwrap_or_default();
    Err(Error::Contents(Problem::with(
        "the sources given",
        format!("expected Linux 0.11, but only {found} of its {all} symbols are in them{example}"),
    )))
}

/// The page of a file of 0.11.
fn page_name(path: &str) -> String {
    format!("{}.html", path.replace('/', "-"))
}

/// The page of one of our files.
fn our_page(path: &str) -> String {
    format!("{path}.html")
}

/// The way from a page to the top of the folder.
fn up(page: &str) -> String {
    "../".repeat(page.matches('/').count())
}

/// The way from a page to a definition.
fn href(page: &str, definition: &Definition) -> String {
    let other = match definition.is_ours {
        true => our_page(&definition.file),
        false => page_name(&definition.file),
    };
    let anchor = &definition.anchor;
    match other == page {
        true => format!("#{anchor}"),
        false => format!("{}{other}#{anchor}", up(page)),
    }
}

/// Writes a file beside its place, then moves it there.
pub fn write_file(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(Error::host(folder, "make the folder"))?;
    let mut file = tempfile::Builder::new()
        .permissions(readable())
        .tempfile_in(folder)
        .map_err(Error::host(path, "write"))?;
    file.write_all(text.as_bytes())
        .map_err(Error::host(path, "write"))?;
    file.persist(path)
        .map_err(|error| Error::host(path, "write")(error.error))?;
    Ok(())
}

/// As other files are, not as temporary ones.
fn readable() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    std::fs::Permissions::from_mode(0o644)
}

/// Pages in the order of the reading guide, with what they are called.
struct Order {
    theirs: Vec<String>,
    ours: Vec<String>,
}

impl Order {
    fn new(site: &Site, steps: &[order::Step]) -> Order {
        let mut order = Order {
            theirs: Vec::new(),
            ours: Vec::new(),
        };
        for path in steps.iter().flat_map(order::Step::files) {
            let answers = |file: &&File| site.project.map.answer(&file.path) == Some(path);
            for file in site.project.files.iter().filter(answers) {
                order.theirs.push(file.path.clone());
            }
            order.ours.push(path.to_owned());
        }
        for list in [&mut order.theirs, &mut order.ours] {
            let mut seen = BTreeSet::new();
            list.retain(|path| seen.insert(path.clone()));
        }
        order
    }
}

/// The way from a page to what the machine shows of one of our files, if there is one.
fn to_machine(site: &Site, page: &str, ours: &str) -> Markup {
    html! { @if let Some(machine) = &site.machine { (machine.link(page, ours)) } }
}

/// The way from a page to the machine stopped at an item, if there is one.
fn to_stop(site: &Site, page: &str, file: &str, item: &Item) -> Markup {
    html! { @if let Some(machine) = &site.machine { (machine.stop(page, file, item)) } }
}

/// What comes before and behind a file in a list.
fn neighbours<'l>(list: &'l [String], path: &str) -> [Option<&'l str>; 2] {
    let place = list.iter().position(|other| other == path);
    let at = |place: Option<usize>| Some(list.get(place?)?.as_str());
    [
        at(place.and_then(|place| place.checked_sub(1))),
        at(place.map(|place| place + 1)),
    ]
}

/// Links to neighbours by two orders: that of the files, and the guide's.
fn navigation(
    page: &str,
    name: fn(&str) -> String,
    files: [Option<&str>; 2],
    guide: [Option<&str>; 2],
) -> Markup {
    let up = up(page);
    let link = |path: Option<&str>, rel: &str, before: &str, after: &str| {
        html! { @if let Some(path) = path { a href={ (up) (name(path)) } rel=(rel) title=(path) { (before) (path.rsplit('/').next().unwrap_or(path)) (after) } } }
    };
    html! {
        nav {
            (link(files[0], "prev", "‹ ", ""))
            a href={ (up) "index.html" } rel="index" { "all files" }
            (link(files[1], "next", "", " ›"))
            @if guide.iter().any(Option::is_some) {
                span class="guide" { "guide: " (link(guide[0], "prev-in-guide", "‹ ", "")) " " (link(guide[1], "next-in-guide", "", " ›")) }
            }
        }
    }
}

/// A whole page by its parts.
fn frame(page: &str, title: &str, header: &Markup, body: &Markup) -> String {
    let up = up(page);
    html! {
        (DOCTYPE)
        html lang="en" data-up=(up) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="stylesheet" href={ (up) "style.css" };
                script src={ (up) "reader.js" } defer="defer" {}
            }
            body {
                header { (header) }
                (body)
            }
        }
    }
    .into_string()
}

fn their_page(site: &Site, order: &Order, file: &File, rows: Markup) -> String {
    let page = page_name(&file.path);
    let entry = site.project.map.file(&file.path);
    let files: Vec<String> = site
        .project
        .files
        .iter()
        .map(|file| file.path.clone())
        .collect();
    let header = html! {
        h1 { (file.path) }
        span class="twins" { @for path in site.answers(file) {
            @if site.ours.contains_key(path) { a href=(our_page(path)) { code { (path) } } " " }
        } }
        (to_machine(site, &page, site.project.map.answer(&file.path).unwrap_or_default()))
        (navigation(&page, page_name, neighbours(&files, &file.path), neighbours(&order.theirs, &file.path)))
    };
    let body = html! {
        div class="intro" {
            @if let Some(note) = entry.and_then(|entry| entry.note.as_deref()) { p { (sentence(note)) } }
            (jumps(file.symbols.iter().map(|symbol| (rows::anchor(symbol), symbol.key.as_str()))))
        }
        main { (rows) }
    };
    frame(
        &page,
        &format!("{} – Linux 0.11 and Eleven", file.path),
        &header,
        &body,
    )
}

fn whole_page(site: &Site, order: &Order, path: &str, rows: Markup) -> String {
    let page = our_page(path);
    let files: Vec<String> = site.ours.keys().map(|path| (*path).to_owned()).collect();
    let header = html! {
        h1 { (path) }
        span class="twins" { (whole::answered(site, &page, path)) }
        (to_machine(site, &page, path))
        (navigation(&page, our_page, neighbours(&files, path), neighbours(&order.ours, path)))
    };
    let items = site
        .ours
        .get(path)
        .into_iter()
        .flat_map(|ours| &ours.source.items);
    let items = items
        .filter(|item| item.whole)
        .map(|item| (format!("L{}", item.lines.start()), item.path.as_str()));
    let body = html! {
        div class="intro" { (jumps(items)) }
        main { (rows) }
    };
    frame(&page, &format!("{path} – Eleven"), &header, &body)
}

/// The list of what is on a page.
fn jumps<'l>(places: impl Iterator<Item = (String, &'l str)>) -> Markup {
    const MOST_OPEN: usize = 60;
    let places: Vec<_> = places.collect();
    html! {
        @if !places.is_empty() {
            details class="jumps" open=[(places.len() <= MOST_OPEN).then_some("open")] {
                summary { "On this page: " (places.len()) }
                ul { @for (anchor, name) in places { li { a href={ "#" (anchor) } { code { (name) } } } } }
            }
        }
    }
}

/// A note as a sentence.
fn sentence(note: &str) -> Markup {
    let mut characters = note.chars();
    let first: String = characters
        .next()
        .map(|first| first.to_uppercase().collect())
        .unwrap_or_default();
    html! { (inline(&format!("{first}{}.", characters.as_str()))) }
}
