// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel of `make debug` and `make gdb`, and the pages that tell how to look
//! into it: what stands on them is typed here, as a person would.
//!
//! A page has blocks (```` ```bochs ````, `gdb`, `guest`, `sh`). In a block, a line with
//! a prompt is typed: at the debugger's, or behind `# ` at the guest's. The lines
//! below it must come, in this order; `...` stands for anything. ADDRESS stands for
//! the address in the line that was looked for last. `$ make debug` starts anew.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use guest::symbols::Symbols;
use guest::{Emulator, Machine, PROMPT_TIME};
use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};
use side_by_side::facts::SYMBOLS;
use side_by_side::map::ItemPath;
use side_by_side::project::Project;
use tempfile::TempDir;

use crate::common::{LIMIT, boot_to_prompt, made};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn image() -> PathBuf {
    made("DEBUGGING_IMAGE", "build/debugging.img")
}

fn kernel() -> PathBuf {
    made("DEBUGGING_KERNEL", "target/i686-kernel/debugging/kernel")
}

#[test]
#[ignore = "needs the emulators"]
fn what_debugging_md_says_is_so() -> Result<()> {
    follow("docs/debugging.md")
}

#[test]
#[ignore = "needs the emulators"]
fn what_coprocessor_md_says_is_so() -> Result<()> {
    follow("docs/coprocessor.md")
}

#[test]
fn the_pages_name_no_command_that_nothing_runs() -> Result<()> {
    for page in ["docs/debugging.md", "docs/coprocessor.md"] {
        let text = std::fs::read_to_string(Path::new(ROOT).join(page))?;
        check_commands_in_passing(&text).context(page)?;
    }
    Ok(())
}

// The kernel

/// So many functions of the map may be without a symbol, if the source says
/// `inline(always)` of them: they are on the hottest paths.
const MOST_INLINED: usize = 25;

#[test]
#[ignore = "needs the kernel"]
fn what_the_map_names_has_a_symbol() -> Result<()> {
    let project = Project::open(Path::new(ROOT))?;
    let symbols = Symbols::read(&kernel())?;
    let names: Vec<&str> = symbols.names().collect();
    let mangled = names.iter().find(|name| name.starts_with("_R"));
    ensure!(mangled.is_none(), "{mangled:?}");
    // What was a macro has no symbol in 0.11 either.
    let entries = project.files.iter().flat_map(|file| {
        let symbols = file.symbols.iter().filter(|symbol| symbol.table == SYMBOLS);
        symbols.filter_map(|symbol| project.entry(file, symbol))
    });
    let items: BTreeSet<_> = entries.flat_map(|entry| &entry.items).collect();
    let wanted: Vec<_> = items
        .into_iter()
        .filter(|item| is_code(&project, item))
        .collect();
    // Most of the map.
    ensure!(wanted.len() > 300, "only {} items", wanted.len());
    let is_missing = |item: &&&ItemPath| !names.iter().any(|name| is_of(name, &item.item));
    let missing: Vec<&&ItemPath> = wanted.iter().filter(is_missing).collect();
    for item in &missing {
        let always = lines(&project, item).any(|line| line.contains("#[inline(always)]"));
        ensure!(always, "{item} has no symbol");
    }
    ensure!(missing.len() <= MOST_INLINED, "{missing:#?}");
    Ok(())
}

/// Whether an item of the map is a function, a static or a label of the kernel.
fn is_code(project: &Project, path: &ItemPath) -> bool {
    let of_kernel = [
        "kernel/src/",
        "kernel/x87/src/",
        "mm/src/",
        "fs/src/",
        "lib/abi/src/",
        "lib/asm/src/",
        "lib/sync/src/",
        "boot/head.s",
    ];
    let of_programs = path.file.starts_with("lib/user/src");
    let folder = of_kernel.iter().any(|start| path.file.starts_with(start));
    let Some(item) = project.item(path) else {
        return false;
    };
    let name = path.item.rsplit("::").next().unwrap_or_default();
    let kinds = [
        format!("fn {name}("),
        format!("fn {name}<"),
        format!("static {name}:"),
    ];
    let says = |line: &str| kinds.iter().any(|kind| line.contains(kind.as_str()));
    let is_one = path.file.ends_with(".s") || lines(project, path).any(says);
    folder && !of_programs && item.whole && is_one
}

/// The lines of an item.
fn lines<'a>(project: &'a Project, path: &ItemPath) -> impl Iterator<Item = &'a str> {
    let source = project.source(&path.file).ok();
    let item = project.item(path);
    source.zip(item).into_iter().flat_map(|(source, item)| {
        let behind = source.text.lines().skip(item.lines.start() - 1);
        behind.take(item.lines.clone().count())
    })
}

/// Whether `name` is the symbol of `item`, a path from its file on.
fn is_of(name: &str, item: &str) -> bool {
    let (of, last) = item.rsplit_once("::").unwrap_or(("", item));
    // Behind the name may stand what a generic function is made for.
    let name = name.split_once("::<").map_or(name, |(name, _)| name);
    let (path, end) = name.rsplit_once("::").unwrap_or(("", name));
    end == last && path.contains(of)
}

// The pages

/// A line that is typed, and the lines that must come.
struct Step {
    kind: String,
    typed: String,
    at_guest: Vec<String>,
    expected: Vec<String>,
}

/// The steps of a page, in their order.
fn steps(text: &str) -> Result<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    let mut kind = None;
    for line in text.lines() {
        if let Some(word) = line.strip_prefix("```") {
            kind = (kind.is_none() && !word.is_empty()).then(|| word.to_string());
            continue;
        }
        let Some(kind) = &kind else { continue };
        let typed = ["$ ", "<bochs> ", "(gdb) "].iter();
        let typed = typed.filter_map(|prompt| line.strip_prefix(prompt)).next();
        let at_guest = line.strip_prefix("# ");
        match (typed, at_guest, steps.last_mut()) {
            (None, Some(words), Some(step)) if kind != "guest" => {
                step.at_guest.push(words.to_string());
            }
            (None, None, Some(step)) => step.expected.push(line.to_string()),
            (Some(words), ..) | (None, Some(words), _) => steps.push(Step {
                kind: kind.clone(),
                typed: words.to_string(),
                at_guest: Vec::new(),
                expected: Vec::new(),
            }),
            (None, None, None) => bail!("nothing is typed before {line:?}"),
        }
    }
    Ok(steps)
}

/// Commands that the pages name in passing and that are run elsewhere: by other
/// tests, and by this one where a block begins. `DISPLAY=` is how this one runs.
const RUN_ELSEWHERE: [&str; 11] = [
    "make debug",
    "make debug DISPLAY=",
    "make gdb",
    "make gdb DISPLAY=",
    "make screen",
    "make latency",
    "make profile",
    "make profile JOB='ls -lR /'",
    "make soak",
    "make test",
    "cargo test -p kernel-host",
];

/// Sees that no command stands between the blocks that nothing runs.
fn check_commands_in_passing(text: &str) -> Result<()> {
    let blocks = text.split("```").step_by(2);
    let spans = blocks.flat_map(|prose| prose.split('`').skip(1).step_by(2));
    for span in spans {
        let command = span.split_whitespace().collect::<Vec<_>>().join(" ");
        let begins = ["make ", "cargo ", "target/", "cat "];
        if begins.iter().any(|begin| command.starts_with(begin)) {
            ensure!(
                RUN_ELSEWHERE.contains(&command.as_str()),
                "`{command}` is not run"
            );
        }
    }
    Ok(())
}

/// Does all that a page says.
fn follow(page: &str) -> Result<()> {
    let text = std::fs::read_to_string(Path::new(ROOT).join(page)).context(page.to_string())?;
    let steps = steps(&text)?;
    ensure!(!steps.is_empty(), "{page} has no blocks");
    let mut debugger = None;
    let mut guest = None;
    let mut address = String::new();
    for step in steps {
        let place = || format!("{page}: {}", step.typed);
        let output = if let Some(target) = step.typed.strip_prefix("make ") {
            debugger = None;
            debugger.insert(Debugger::start(target)?).until_prompt()
        } else if step.kind == "sh" {
            shell(&step.typed)
        } else if step.kind == "guest" {
            if guest.is_none() {
                guest = Some(boot_to_prompt(Machine::new(Emulator::Qemu, image()))?);
            }
            guest
                .as_mut()
                .map_or_else(|| Ok(String::new()), |guest| guest.command(&step.typed))
        } else {
            let debugger = debugger.as_mut().with_context(place)?;
            debugger.command(&step.typed.replace("ADDRESS", &address), &step.at_guest)
        };
        let found = expect(&output.with_context(place)?, &step.expected).with_context(place)?;
        if let Some(line) = found {
            address = format!("{:#x}", first_address(&line).unwrap_or_default());
        }
    }
    Ok(())
}

/// Runs a command of the host in the project's folder; gives all that it prints.
fn shell(command: &str) -> Result<String> {
    let mut shell = std::process::Command::new("sh");
    let output = shell.args(["-c", command]).current_dir(ROOT).output()?;
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{words}{errors}");
    Ok(words)
}

/// Looks for the lines in the output; gives the one found last.
fn expect(output: &str, lines: &[String]) -> Result<Option<String>> {
    let mut rest = output.lines();
    let mut last = None;
    for line in lines.iter().filter(|line| *line != "...") {
        let found = rest.find(|given| fits(given, line));
        ensure!(found.is_some(), "no line {line:?} in\n{output}");
        last = found.map(String::from);
    }
    Ok(last)
}

/// Whether the line `given` is the line `wanted`, in which `...` stands for
/// anything and a blank for blanks. Bochs 2.7 and 3.0 differ in capital letters.
fn fits(given: &str, wanted: &str) -> bool {
    let given = given.split_whitespace().collect::<Vec<_>>().join(" ");
    let (given, wanted) = (given.to_lowercase(), wanted.to_lowercase());
    let pieces: Vec<&str> = wanted.split("...").map(str::trim).collect();
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else {
        return false;
    };
    let mut rest = given.as_str();
    for piece in &pieces {
        match rest.split_once(piece) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    given.starts_with(first) && given.ends_with(last)
}

/// The number in hexadecimal that a line begins with, as `0000000000123456:`.
fn first_address(line: &str) -> Option<u64> {
    let digits = line.trim_start().split(|c: char| !c.is_ascii_hexdigit());
    u64::from_str_radix(digits.into_iter().next()?, 16).ok()
}

#[test]
fn lines_fit_with_gaps() {
    assert!(fits(" a  b c", "a b c"));
    assert!(fits("ldt[0x01]=Code", "LDT[0x01]=Code"));
    assert!(fits("xx (f+0): push ebp  ; 55", "... (f+0): push ebp ..."));
    assert!(!fits("xx (f+1): push ebp  ; 55", "... (f+0): push ebp ..."));
    assert!(!fits("a b", "b"));
    assert_eq!(
        first_address("00000000001283f1: (f+71): jmpf"),
        Some(0x1283F1)
    );
}

// The debuggers

/// `guest debug` or `guest gdb` in a terminal, and `guest screen` in another.
struct Debugger {
    prompt: Terminal,
    screen: Terminal,
    _folder: TempDir,
}

impl Debugger {
    /// Starts what `make TARGET` starts: `debug`, `gdb`, `debug CMDLINE=no387`.
    fn start(target: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut command = program();
        let mut words = target.split_whitespace();
        command.arg(words.next().context("no target")?);
        for word in words {
            let line = word.strip_prefix("CMDLINE=").context(word.to_string())?;
            command.args(["--command-line", line]);
        }
        command.arg("--image");
        command.arg(image());
        command.arg("--kernel");
        command.arg(kernel());
        command.arg("--folder");
        command.arg(folder.path());
        let mut prompt = Terminal::start(command)?;
        prompt.wait("make screen", LIMIT, |text| text.contains("`make screen`"))?;
        let mut command = program();
        command.args(["screen", "--folder"]);
        command.arg(folder.path());
        let screen = Terminal::start(command)?;
        Ok(Self {
            prompt,
            screen,
            _folder: folder,
        })
    }

    fn until_prompt(&mut self) -> Result<String> {
        self.prompt.wait("the debugger's prompt", LIMIT, at_prompt)
    }

    /// Types at the debugger's prompt, and at the guest's while the debugger lets
    /// it run; gives what the debugger prints up to its next prompt or its end.
    fn command(&mut self, typed: &str, at_guest: &[String]) -> Result<String> {
        let before = self.prompt.text().len();
        self.prompt.type_keys(&format!("{typed}\r"))?;
        for line in at_guest {
            self.screen.wait_for_shell()?;
            self.screen.type_keys(&format!("{line}\r"))?;
        }
        let answered = |text: &str| {
            let answer = text.get(before..).and_then(|text| text.split_once('\n'));
            answer.is_some_and(|(_, output)| at_prompt(output))
        };
        let text = self.prompt.wait("the debugger's answer", LIMIT, answered)?;
        Ok(text.get(before..).unwrap_or_default().to_string())
    }
}

fn at_prompt(text: &str) -> bool {
    let last = text.lines().next_back().unwrap_or_default();
    last.starts_with("<bochs:") && last.ends_with("> ") || last == "(gdb) "
}

/// The program under test, without a display.
fn program() -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_guest"));
    command.env_remove("DISPLAY");
    command.env_remove("TMUX");
    command.env("TERM", "xterm");
    command.cwd(ROOT);
    command
}

/// A terminal with a program in it.
struct Terminal {
    keys: Box<dyn Write + Send>,
    received: Arc<Mutex<Vec<u8>>>,
    child: Box<dyn Child + Send + Sync>,
}

impl Terminal {
    /// Wide enough for the debuggers' lines.
    const SIZE: PtySize = PtySize {
        rows: 40,
        cols: 400,
        pixel_width: 0,
        pixel_height: 0,
    };

    fn start(command: CommandBuilder) -> Result<Self> {
        let pair = native_pty_system().openpty(Self::SIZE)?;
        let child = pair.slave.spawn_command(command)?;
        let mut output = pair.master.try_clone_reader()?;
        let received = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&received);
        let keys = pair.master.take_writer()?;
        std::thread::spawn(move || {
            // The terminal stays open for as long as something is read from it.
            let _master = pair.master;
            let mut chunk = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut chunk) {
                let mut all = sink.lock().unwrap_or_else(PoisonError::into_inner);
                all.extend_from_slice(&chunk[..count]);
            }
        });
        Ok(Self {
            keys,
            received,
            child,
        })
    }

    fn type_keys(&mut self, keys: &str) -> Result<()> {
        self.keys.write_all(keys.as_bytes()).context("the terminal")
    }

    fn received(&self) -> Vec<u8> {
        let received = self.received.lock();
        received.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All that was printed, without what moves the cursor.
    fn text(&self) -> String {
        let mut text = String::new();
        let received = self.received();
        let all = String::from_utf8_lossy(&received);
        let mut characters = all.chars();
        while let Some(character) = characters.next() {
            match character {
                '\x1B' => skip_sequence(&mut characters),
                '\r' => {}
                _ => text.push(character),
            }
        }
        text
    }

    /// What a person sees.
    fn screen(&self) -> String {
        let mut screen = vt100::Parser::new(Self::SIZE.rows, Self::SIZE.cols, 0);
        screen.process(&self.received());
        screen.screen().contents()
    }

    /// Waits until the text is as `test` wants it; gives the text. The end of the
    /// program ends the waiting too.
    fn wait(&mut self, what: &str, limit: Duration, test: impl Fn(&str) -> bool) -> Result<String> {
        let deadline = Instant::now() + limit;
        loop {
            let ended = self.child.try_wait()?.is_some();
            let text = self.text();
            if ended || test(&text) {
                return Ok(text);
            }
            ensure!(Instant::now() < deadline, "waited for {what}:\n{text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the last line of the guest's screen is the shell's prompt.
    fn wait_for_shell(&mut self) -> Result<()> {
        let deadline = Instant::now() + PROMPT_TIME;
        loop {
            let screen = self.screen();
            let of_guest = |line: &&str| !line.contains("Control-]") && !line.trim().is_empty();
            if screen.lines().rfind(of_guest).map(str::trim) == Some("root:/usr/root#") {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "no prompt of the shell:\n{screen}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Goes behind an escape sequence whose first character was taken.
fn skip_sequence(characters: &mut std::str::Chars) {
    if characters.next() == Some('[') {
        characters.find(|character| matches!(character, '@'..='~'));
    }
}
