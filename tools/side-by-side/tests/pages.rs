// SPDX-License-Identifier: GPL-2.0-or-later
//! `side-by-side pages`, with a tree that has 0.11's symbols in their places.

mod common;

use assert_cmd::Command;
use common::{archive, gzip, project, tree, write_folder};
use side_by_side::facts;
use side_by_side::original::Original;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::TempDir;

/// What a run left behind.
struct Run {
    status: i32,
    messages: String,
    output: PathBuf,
    _folder: TempDir,
}

impl Run {
    fn page(&self, name: &str) -> String {
        std::fs::read_to_string(self.output.join(name)).expect("the page is there")
    }
}

/// Runs it on something that `make` puts into a folder.
fn run(make: impl FnOnce(&Path) -> PathBuf) -> Run {
    let folder = TempDir::new().unwrap();
    let original = make(folder.path());
    run_with(folder, &[original])
}

/// A run on the tree as it is, made once.
fn of_tree() -> &'static Run {
    static RUN: LazyLock<Run> = LazyLock::new(|| run_on_tree(&tree()));
    &RUN
}

/// A run without the original, made once.
fn without() -> &'static Run {
    static RUN: LazyLock<Run> =
        LazyLock::new(|| run_with(TempDir::new().unwrap(), &["--ours-only".into()]));
    &RUN
}

fn run_with(folder: TempDir, original: &[PathBuf]) -> Run {
    let output = folder.path().join("pages");
    let result = Command::cargo_bin("side-by-side")
        .unwrap()
        .arg("--project")
        .arg(project())
        .arg("pages")
        .args(original)
        .arg("--output")
        .arg(&output)
        .output()
        .unwrap();
    Run {
        status: result.status.code().unwrap(),
        messages: String::from_utf8(result.stderr).unwrap(),
        output,
        _folder: folder,
    }
}

fn run_on_file(name: &str, bytes: &[u8]) -> Run {
    run(|folder| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    })
}

fn run_on_tree(tree: &BTreeMap<String, Vec<u8>>) -> Run {
    run(|folder| {
        let top = folder.join("source");
        write_folder(tree, &top);
        top
    })
}

/// A whole run: a page for each file. Only the contents of the tree are not those
/// of 1991.
fn check_whole(run: &Run) {
    assert_eq!(run.status, 0);
    let lines: Vec<&str> = run.messages.lines().collect();
    assert_eq!(lines.len(), 92 + 1, "{}", run.messages);
    assert!(lines[0].starts_with("side-by-side: boot/bootsect.s: has "));
    assert_eq!(
        lines[92],
        "side-by-side: 0 of 92 files are those of Linux 0.11; the others are taken as they are"
    );
    assert!(!run.messages.contains("symbols in other lines"));
    assert!(!run.messages.contains("not in it"));
    check_all_pages(run);
}

/// A page for each file of 0.11, and one that lists all.
fn check_all_pages(run: &Run) {
    let names = html_files(&run.output);
    let of_0_11 = names.iter().filter(|name| !name.contains('/')).count();
    assert_eq!(of_0_11, 92 + 1);
}

/// What is said of a file.
fn line_of<'a>(run: &'a Run, file: &str) -> &'a str {
    let start = format!("side-by-side: {file}: ");
    let mut lines = run
        .messages
        .lines()
        .filter_map(|line| line.strip_prefix(&start));
    let line = lines.next().unwrap_or_else(|| panic!("{}", run.messages));
    assert_eq!(lines.next(), None, "one line a file");
    line
}

#[test]
fn a_folder_gives_all_pages() {
    check_whole(of_tree());
}

#[test]
fn a_folder_and_archives_of_all_kinds_give_the_same_sources() {
    let folder = TempDir::new().unwrap();
    let tree = tree();
    let files = facts::read(&project()).unwrap();
    let place = |name: &str| folder.path().join(name);
    write_folder(&tree, &place("download/linux"));
    std::fs::write(place("a.tar"), archive(&tree, "")).unwrap();
    std::fs::write(place("b.tar"), archive(&tree, "linux/")).unwrap();
    std::fs::write(place("c.tar.gz"), gzip(&archive(&tree, "./linux/"))).unwrap();
    for name in ["download/linux", "download", "a.tar", "b.tar", "c.tar.gz"] {
        let original = Original::open(&place(name), &files).unwrap();
        for (file, text) in &tree {
            assert_eq!(
                original.text(file).map(str::as_bytes),
                Some(&text[..]),
                "{name}: {file}"
            );
        }
    }
}

/// The pages in a folder, by their path in it.
fn html_files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(inner) = folders.pop() {
        for entry in std::fs::read_dir(folder.join(&inner)).unwrap() {
            let name = format!("{inner}{}", entry.unwrap().file_name().to_str().unwrap());
            if folder.join(&name).is_dir() {
                folders.push(name + "/");
            } else if name.ends_with(".html") {
                found.push(name);
            }
        }
    }
    found
}

#[test]
fn pages_are_well_formed() {
    let run = of_tree();
    for name in [
        "index.html",
        "kernel-sched.c.html",
        "kernel/src/sched.rs.html",
    ] {
        let page = run.page(name).replacen("<!DOCTYPE html>", "", 1);
        let page = ["<meta", "<link"]
            .iter()
            .fold(page, |page, start| close_void(&page, start));
        roxmltree::Document::parse(&page).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

/// The values of an attribute.
fn values<'a>(page: &'a str, attribute: &'a str) -> impl Iterator<Item = &'a str> {
    page.split(attribute)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
}

/// All links of all pages lead to a page that is there, and to an anchor in it.
fn check_links(run: &Run) {
    let pages: BTreeMap<String, String> = html_files(&run.output)
        .into_iter()
        .map(|name| (name.clone(), run.page(&name)))
        .collect();
    let mut anchors: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, page) in &pages {
        let ids: Vec<&str> = values(page, " id=\"").collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "{name}: an anchor twice");
        anchors.insert(name, unique);
    }
    for (name, page) in &pages {
        let depth = name.matches('/').count();
        for link in values(page, " href=\"") {
            let (page, anchor) = link.split_once('#').unwrap_or((link, ""));
            let page = match page.strip_prefix(&"../".repeat(depth)) {
                _ if page.is_empty() => name,
                Some(page) => page,
                None => panic!("{name}: {link} is no way from here"),
            };
            let is_there = match anchors.get(page) {
                Some(anchors) => anchor.is_empty() || anchors.contains(anchor),
                None => run.output.join(page).is_file(),
            };
            assert!(is_there, "{name}: {link} leads nowhere");
        }
    }
}

#[test]
fn all_links_lead_somewhere_with_the_original_and_without() {
    check_links(of_tree());
    let without = without();
    assert_eq!((without.status, without.messages.as_str()), (0, ""));
    check_all_pages(without);
    check_links(without);
    // Our side, the map and its notes are there.
    let page = without.page("kernel-sched.c.html");
    let row = row(&page, "wake_up");
    assert!(row.contains("kernel/sched.c, line 188"), "{row}");
    assert!(row.contains("kernel/src/sched.rs::wake_up"), "{row}");
    assert!(row.contains("<span class=\"note\">"), "{row}");
}

#[test]
fn every_line_of_ours_is_on_the_page_of_its_file() {
    let run = without();
    for name in html_files(&run.output)
        .iter()
        .filter(|name| name.contains('/'))
    {
        let path = name.strip_suffix(".html").unwrap();
        let text = std::fs::read_to_string(project().join(path)).unwrap();
        let page = run.page(name);
        let anchors: BTreeSet<&str> = values(&page, " id=\"L").collect();
        for (number, line) in (1..).zip(text.lines()) {
            let is_shown = anchors.contains(number.to_string().as_str());
            assert!(is_shown || line.is_empty(), "{path}:{number} is hidden");
        }
    }
    let names = html_files(&run.output);
    for file in ["lock.rs", "select.rs", "crt0.rs", "super.rs"] {
        let name = format!("/{file}.html");
        assert!(names.iter().any(|path| path.ends_with(&name)), "{file}");
    }
}

#[test]
fn words_lead_to_their_definitions_and_back_to_who_uses_them() {
    let run = without();
    let page = run.page("kernel-sched.c.html");
    let wake_up = row(&page, "wake_up");
    assert!(
        wake_up.contains("<a href=\"kernel/src/sched.rs.html#L"),
        "{wake_up}"
    );
    assert!(wake_up.contains("is used by "), "{wake_up}");
    // A name that a comment of ours gives to 0.11's leads there.
    let ours = run.page("kernel/src/sched.rs.html");
    assert!(
        ours.contains("href=\"../../kernel-sched.c.html#schedule\""),
        "no way to 0.11's schedule"
    );
    // An item shows what it is a part of.
    let page = run.page("fs-pipe.c.html");
    assert!(row(&page, "read_pipe").contains("<div class=\"around\">"));
    assert!(run.page("symbols.js").contains("\"Fs::bread\\tL"));
}

/// Elements of HTML that have no end, as XML has them.
fn close_void(page: &str, start: &str) -> String {
    let mut parts = page.split(start);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |page, part| {
        page + start + &part.replacen('>', "/>", 1)
    })
}

#[test]
fn a_row_has_both_sources_the_note_and_an_anchor() {
    let run = of_tree();
    let page = run.page("kernel-sched.c.html");
    let row = row(&page, "wake_up");
    // 0.11's line, and ours.
    assert!(row.contains("<span class=\"n\" data-n=\"188\">"), "{row}");
    assert!(
        row.contains(" wake_up(<span class=\"k\">void</span>)"),
        "{row}"
    );
    assert!(row.contains("kernel/src/sched.rs::wake_up"), "{row}");
    assert!(
        row.contains("<span class=\"k\">pub</span> <span class=\"k\">fn</span> wake_up("),
        "{row}"
    );
    assert!(row.contains("<span class=\"note\">"), "{row}");
    // What is between the symbols is shown, and escaped.
    assert!(page.contains("/* line 1 of &lt;kernel/sched.c&gt; */"));
    // The neighbours.
    assert!(page.contains("<a href=\"kernel-printk.c.html\" rel=\"prev\""));
    assert!(page.contains("<a href=\"kernel-signal.c.html\" rel=\"next\""));
}

/// The row of a symbol.
fn row<'a>(page: &'a str, symbol: &str) -> &'a str {
    let start = page
        .find(&format!("<section class=\"row\" id=\"{symbol}\">"))
        .expect("the row is there");
    let end = page[start..].find("</section>").expect("it ends");
    &page[start..start + end]
}

#[test]
fn a_run_of_constants_is_a_block_beside_a_block() {
    let run = of_tree();
    let page = run.page("include-errno.h.html");
    let block = row(&page, "ERROR");
    // 0.11's lines and ours, from the first to the last.
    for line in [20, 40, 58] {
        let number = format!("<span class=\"n\" data-n=\"{line}\">");
        assert!(block.contains(&number), "{line}: {block}");
    }
    assert!(
        block.contains("lib/abi/src/errno.rs::errno_table!<"),
        "{block}"
    );
    for name in ["EPERM", "EROFS", "ENOTEMPTY"] {
        assert!(
            block.matches(name).count() >= 2,
            "{name} on both sides: {block}"
        );
    }
    // What has a row of its own is told apart, and each can be linked to.
    assert!(block.contains("<code>ERROR</code>: none, "), "{block}");
    assert!(page.contains("<span id=\"EROFS\">"), "{page}");
    // The system calls' numbers are rows of the table.
    let page = run.page("include-unistd.h.html");
    assert!(page.contains("<span id=\"__NR_setregid\">"));
    assert!(page.contains(" setregid  "), "{page}");
}

#[test]
fn a_macro_stands_beside_our_item() {
    let run = of_tree();
    let page = run.page("include-linux-sched.h.html");
    let switch_to = row(&page, "switch_to");
    assert!(
        switch_to.contains("<span class=\"n\" data-n=\"171\">"),
        "{switch_to}"
    );
    assert!(
        switch_to.contains("kernel/src/sched.rs::switch_to"),
        "{switch_to}"
    );
    // Defined three times: each has its row.
    let page = run.page("kernel-blk_drv-blk.h.html");
    assert!(row(&page, "DEVICE_NR").contains("drive_number("));
    assert!(row(&page, "DEVICE_NR-3").contains("shown at"));
    // A stub shows the row that makes it.
    let page = run.page("lib-close.c.html");
    let close = row(&page, "close");
    assert!(close.contains("lib/abi/src/unistd.rs::system_call_table!::close"));
    assert!(close.contains("sys_close"), "{close}");
}

#[test]
fn a_symbol_without_an_item_shows_the_reason() {
    let run = of_tree();
    let row = row(&run.page("kernel-vsprintf.c.html"), "skip_atoi").to_owned();
    assert!(row.contains("<p class=\"none\">None: "), "{row}");
}

#[test]
fn latin_1_is_read() {
    let mut tree = tree();
    let text = tree.get_mut("kernel/panic.c").unwrap();
    text.splice(0..0, *b"/* \xE4\xF6 */ ");
    let run = run_on_tree(&tree);
    check_whole(&run);
    assert!(run.page("kernel-panic.c.html").contains("/* äö */"));
}

#[test]
fn a_missing_file_is_a_gap() {
    let mut tree = tree();
    tree.remove("fs/pipe.c");
    let run = run_on_tree(&tree);
    assert_eq!(run.status, 0);
    assert_eq!(line_of(&run, "fs/pipe.c"), "is missing");
    let page = run.page("fs-pipe.c.html");
    assert!(page.contains("This file is missing"));
    assert!(row(&page, "read_pipe").contains("Expected in line 13"));
    assert!(row(&page, "read_pipe").contains("fs/src/pipe.rs::Pipe::read"));
    assert!(run.page("index.html").contains("fs/pipe.c: is missing"));
}

#[test]
fn other_lines_are_told_and_found() {
    let mut tree = tree();
    tree.get_mut("fs/pipe.c").unwrap().splice(0..0, *b"\n\n");
    let run = run_on_tree(&tree);
    assert_eq!(run.status, 0);
    let line = line_of(&run, "fs/pipe.c");
    assert!(line.ends_with("; symbols in other lines: 3"), "{line}");
    assert!(
        row(&run.page("fs-pipe.c.html"), "read_pipe").contains("<span class=\"n\" data-n=\"15\">")
    );
}

#[test]
fn a_missing_symbol_is_a_gap() {
    let mut tree = tree();
    let text = String::from_utf8(tree["fs/pipe.c"].clone()).unwrap();
    tree.insert(
        "fs/pipe.c".into(),
        text.replace("write_pipe", "put_pipe").into_bytes(),
    );
    let run = run_on_tree(&tree);
    assert_eq!(run.status, 0);
    let line = line_of(&run, "fs/pipe.c");
    assert!(line.ends_with("; not in it: `write_pipe`"), "{line}");
    assert!(row(&run.page("fs-pipe.c.html"), "write_pipe").contains("class=\"gap\""));
}

/// Nothing can be made of it: the message, and no page.
fn check_refused(run: &Run, expected: &str) {
    assert_eq!(run.status, 1);
    assert!(run.messages.contains(expected), "{}", run.messages);
    assert!(!run.output.exists());
}

#[test]
fn what_is_no_source_of_0_11_is_refused() {
    let nothing = run(|folder| folder.join("nothing"));
    check_refused(
        &nothing,
        "nothing: cannot read the sources of Linux 0.11: No such file",
    );
    let empty = run(|folder| folder.to_owned());
    check_refused(
        &empty,
        "expected the sources of Linux 0.11, but there is no folder with init/main.c in it",
    );
    const KINDS: &str = "expected a folder, a .tar, .tar.gz or .tar.xz file, or the image of a \
                         disk with Minix's file system";
    let text = run_on_file("a.tar", &[b'x'; 2000]);
    let expected = format!("a.tar: {KINDS}, but it begins like none of them");
    check_refused(&text, &expected);
    let packed = gzip(&archive(&tree(), ""));
    let short = run_on_file("a.tar.gz", &packed[..packed.len() / 2]);
    check_refused(&short, &format!("a.tar.gz: {KINDS}, but cannot unpack: "));
    let whole = archive(&tree(), "");
    let cut = run_on_file("a.tar", &whole[..whole.len() / 2]);
    check_refused(&cut, &format!("a.tar: {KINDS}, but "));
    let other = run_on_file("a.tar.bz2", b"BZh91AY");
    check_refused(
        &other,
        &format!("packed by bzip2, {KINDS}: unpack it first"),
    );
}

#[test]
fn another_release_is_refused() {
    let mut tree = tree();
    for text in tree.values_mut() {
        *text = b"int main(void) { return 0; }\n".to_vec();
    }
    let run = run_on_tree(&tree);
    check_refused(&run, "expected Linux 0.11, but only ");
    assert!(
        run.messages
            .contains("for instance boot/bootsect.s:6: expected the constant `SYSSIZE`")
    );
}
