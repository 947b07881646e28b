#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Changes the sources one place at a time, and looks whether a test notices: docs/mutants.md.

`tools/mutants/run.py [FILE...]`, where a FILE may be a glob. HOST_CARGO is the cargo to take.

All mutants are compiled at once, in a copy of the tree, where a function's body becomes

    match crate::mutant_number() {
        7 => { the body with mutant 7 }
        _ => { the body as it is }
    }

The variable MUTANT says which of them a run of the tests takes. An arm that does not
compile is left out; its mutant is built alone, after the others.
"""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache
from itertools import groupby
from pathlib import Path
from subprocess import PIPE
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[2]
TREE = ROOT / "build/mutants/tree"
CARGO = os.environ.get("HOST_CARGO", "cargo").split()
FILES = """tools/mkimage/src/** fs/src/layout.rs fs/src/truncate.rs fs/src/bitmap.rs
    fs/src/bitmap/* fs/src/inode.rs fs/src/inode/* fs/src/namei.rs fs/src/namei/*
    fs/fsck/src/**""".split()
# Bytes that each process of a run may have: a mutant may make a table endless.
MEMORY = 4 << 30

# What each root of a crate gets. The crate may be one without std.
MUTANT_NUMBER = """
fn mutant_number() -> u32 {
    extern crate std;
    static NUMBER: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *NUMBER.get_or_init(|| std::env::var("MUTANT").map_or(0, |it| it.parse().unwrap()))
}
"""


def cargo(*words, **how):
    """Runs cargo in the copy of the tree."""
    return subprocess.run([*CARGO, *words], cwd=TREE, stdout=PIPE, stderr=PIPE, text=True, **how)


@cache
def source(file):
    """The text of a file as it was before anything was written: it is asked for then."""
    return (TREE / file).read_text()


def place_of(text, span):
    """Where in the text something is of which lines and columns are known."""
    lines = text.splitlines(keepends=True)
    offset = lambda it: sum(map(len, lines[: it["line"] - 1])) + it["column"] - 1
    return slice(offset(span["start"]), offset(span["end"]))


def body_of(text, function):
    """Start and end of what is between the braces of a function, if that can be a `match`."""
    if not function:
        return None
    place = place_of(text, function["span"])
    name = function["function_name"].split("::")[-1]
    head = re.compile(rf"\b(const )?fn {name}\b[^{{]*{{").search(text, place.start, place.stop)
    # The arms of a `-> impl Trait` would be of different types.
    can_be = head and not head[1] and "impl" not in function["return_type"]
    return (head.end(), place.stop - 1) if can_be else None


def copy_tree():
    shutil.rmtree(TREE, ignore_errors=True)
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for file in subprocess.run(words, cwd=ROOT, check=True, stdout=PIPE, text=True).stdout.splitlines():
        if (ROOT / file).is_file():
            (TREE / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, TREE / file)


def list_mutants(files):
    """The mutants as `cargo mutants` shows them: file, package, replacement, diff and so on.

    The name has no line and column; `place` is that of the text that is replaced, and `body`
    start and end of the function's body, if that can have arms."""
    words = ["mutants", "--list", "--json", "--diff", "--exclude=**/tests.rs", "--exclude=**/tests/**"]
    listed = cargo(*words, *(f"--file={file}" for file in files))
    if listed.returncode:
        sys.exit(f"{listed.stderr}\nmake mutants: it needs `cargo install --locked cargo-mutants cargo-nextest`")
    for number, it in enumerate(json.loads(listed.stdout), 1):
        text = source(it["file"])
        it["number"], it["name"] = number, re.sub(r":\d+:\d+: ", ": ", it["name"], count=1)
        it["place"], it["body"] = place_of(text, it["span"]), body_of(text, it["function"])
        yield SimpleNamespace(**it)


def write_arms(file, mutants):
    """Writes the file with all these mutants. Returns first line, last line and mutant of each arm."""
    text, bodies = source(file), defaultdict(list)
    for it in mutants:
        # A function in a function is part of the outer one's arms.
        outer = min(other.body for other in mutants if other.body[0] <= it.place.start < other.body[1])
        bodies[outer].append(it)
    arms, written, done = [], "", 0
    for (start, end), group in sorted(bodies.items()):
        written += text[done:start] + "match crate::mutant_number() {\n"
        for it in group:
            first = written.count("\n") + 1
            mutated = text[start : it.place.start] + it.replacement + text[it.place.stop : end]
            written += f"{it.number} => {{{mutated}}}\n"
            arms.append((first, written.count("\n"), it))
        written += f"_ => {{{text[start:end]}}}\n}}"
        done = end
    root = MUTANT_NUMBER if file.endswith(("src/lib.rs", "src/main.rs")) else ""
    (TREE / file).write_text(written + text[done:] + root)
    return arms


def build(package):
    """Compiles the tests of a package; returns what the compiler says if it can't."""
    words = ["--quiet", "--no-run", "--profile=mutants", "--message-format=json"]
    run = cargo("test", f"--package={package}", *words)
    return (run.stdout + run.stderr) if run.returncode else None


def build_together(package, mutants):
    """Builds as many of the mutants at once as compile so, and returns them."""
    together = [it for it in mutants if it.body]
    roots = [mutants[0].file.split("/src/")[0] + name for name in ("/src/lib.rs", "/src/main.rs")]
    files = {it.file for it in mutants} | {root for root in roots if (TREE / root).exists()}
    while True:
        arms = {file: write_arms(file, [it for it in together if it.file == file]) for file in files}
        said = build(package)
        if not said:
            return together
        errors = [json.loads(line)["message"] for line in said.splitlines() if '"level":"error"' in line]
        places = [it for error in errors for it in error["spans"] if it["is_primary"]]
        lines = [(it["file_name"], it["line_start"]) for it in places]
        bad = [it for file, line in lines for first, last, it in arms.get(file, []) if first <= line <= last]
        if not bad:
            sys.exit(f"{said}\nmake mutants: {package} does not compile")
        together = [it for it in together if it not in bad]


def outcome(package, number=0):
    """What the tests, which are built, say of one mutant."""
    os.environ["MUTANT"] = str(number)
    words = ["--cargo-profile=mutants", "--config-file=tools/mutants/nextest.toml"]
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    run = cargo("nextest", "run", f"--package={package}", *words, preexec_fn=limit)
    numbers_of_nextest = {0: "survived", 100: "caught"}
    return numbers_of_nextest.get(run.returncode) or sys.exit(run.stderr)


def outcomes(package, mutants):
    """Each of the package's mutants with its outcome."""
    together = build_together(package, mutants)
    if outcome(package) != "survived":
        sys.exit(f"make mutants: the tests of {package} fail without a mutant")
    for it in together:
        yield it, outcome(package, it.number)
    for file in {it.file for it in mutants}:
        write_arms(file, [])
    for it in (it for it in mutants if it not in together):
        text = source(it.file)
        (TREE / it.file).write_text(text[: it.place.start] + it.replacement + text[it.place.stop :])
        yield it, "unviable" if build(package) else outcome(package)
        (TREE / it.file).write_text(text)


def main():
    # The copy has the names of the original, so it must not share its folder.
    os.environ["CARGO_TARGET_DIR"] = str(TREE.parent / "target")
    copy_tree()
    mutants = sorted(list_mutants(sys.argv[1:] or FILES), key=lambda it: it.package)
    page = (ROOT / "docs/mutants.md").read_text().replace("\\|", "|")
    rows = Counter(re.findall(r"^\| `(.*?\.rs: .*)` \| ", page, re.MULTILINE))
    survived = Counter()
    for package, of_package in groupby(mutants, lambda it: it.package):
        for it, result in outcomes(package, list(of_package)):
            print(result, it.name, flush=True)
            if result == "survived":
                print(it.diff)
                survived[it.name] += 1
    for name in sorted((survived - rows).elements()):
        print(f"{name}: it survived, and docs/mutants.md does not list it")
    sys.exit(1 if survived - rows else 0)


main()
