// SPDX-License-Identifier: GPL-2.0-or-later
/** docs/web.md says what is so: its commands, links, panels, files and links to other pages are there. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { MEMORIES, readLink } from "../page/link.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const read = (/** @type {string} */ name) => readFileSync(`${ROOT}/${name}`, "utf8");
const BOOK = read("docs/web.md");
/** All that matches, and of that the first group. @param {string} text @param {RegExp} pattern */
const all = (text, pattern) => [...text.matchAll(pattern)].map((match) => match[1]);

test("the commands are targets of make", () => {
    const targets = all(execFileSync("make", ["help"], { cwd: ROOT, encoding: "utf8" }), /^ {2}([a-z-]+) /gm);
    const commands = all(`${BOOK}${all(read("README.md"), /## Try it in your browser([^]*?)\n## /g)}`, /\bmake ([a-z-]+)/g);
    assert.ok(commands.includes("web") && commands.includes("web-serve"), `${commands}`);
    for (const command of commands) assert.ok(targets.includes(command), command);
});

test("the links are understood", () => {
    const links = all(BOOK, /`(\?[a-z]+=[^`]*)`/g);
    assert.ok(links.length >= 5, `${links}`);
    for (const link of links) assert.ok(readLink(link).throwAway, link);
    assert.deepEqual(all(BOOK, /memory in MB: ([0-9, ]*[0-9])/g), [MEMORIES.join(", ")]);
});

test("the panels are those of the page", () => {
    const told = all(BOOK, /opens a panel: (.*) \|/g).flatMap((words) => all(words, /`([a-z]+)`/g));
    assert.deepEqual(told, all(read("tools/web/page/index.html"), /<details id="([a-z]+)"/g));
});

test("the files and pages that it names exist", () => {
    const table = BOOK.slice(BOOK.indexOf("## How it is made"));
    const rows = table.split("\n").filter((line) => line.startsWith("| `"));
    assert.ok(rows.length > 5);
    for (const row of rows) {
        const names = all(row.split("|")[1], /`([^`]*)`/g);
        for (const name of names) {
            const folder = name.includes("/") ? "" : names[0].replace(/[^/]*$/, "");
            assert.ok(existsSync(`${ROOT}/tools/web/${folder}${name}`), name);
        }
    }
    for (const page of all(BOOK, /\]\(([^)#]*)/g)) assert.ok(existsSync(`${ROOT}/docs/${page}`), page);
});
