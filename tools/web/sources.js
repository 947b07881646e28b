// SPDX-License-Identifier: GPL-2.0-or-later
/** The sources of the kernel as plain pages; a line has the anchor `L` and its number. */

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Where they are. */
const FOLDERS = ["boot", "kernel/src", "mm/src", "fs/src", "lib/src"];

/**
 * The pages by name; `root` is the folder of the project.
 * @type {(root: string) => Promise<[string, string][]>}
 */
export async function sourcePages(root) {
    const lists = await Promise.all(FOLDERS.map(async (folder) => {
        const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
        return entries
            .filter((entry) => entry.isFile() && /\.(rs|s)$/.test(entry.name))
            .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length).replace(/^\//, ""));
    }));
    const files = lists.flat().sort();
    const pages = files.map(async (file) => /** @type {[string, string]} */ (
        [`source/${file}.html`, sourcePage(file, await readFile(join(root, file), "utf8"))]));
    return [["source/index.html", indexPage(files)], ...await Promise.all(pages)];
}

/** @type {(file: string, text: string) => string} */
function sourcePage(file, text) {
    const up = "../".repeat(file.split("/").length);
    const lines = text.trimEnd().split("\n").map((line, index) => {
        const kind = /^\s*(\/\/|#(?!\[|!\[))/.test(line) ? ' class="comment"' : "";
        return `<li id="L${index + 1}"${kind}>${escape(line)}</li>`;
    });
    return page(file, up, `<ol>\n${lines.join("\n")}\n</ol>`);
}

/** @param {string[]} files */
function indexPage(files) {
    const items = files.map((file) => `<li><a href="${file}.html">${file}</a></li>`);
    return page("Sources of the kernel", "../", `<ul>\n${items.join("\n")}\n</ul>`);
}

/** @type {(title: string, up: string, body: string) => string} */
function page(title, up, body) {
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Eleven</title>
<link rel="icon" href="${up}icon.svg">
<link rel="stylesheet" href="${up}source.css">
</head>
<body>
<header><h1>${title}</h1>
<p>Eleven, <a href="${up}licences/eleven.txt">GPL-2.0-or-later</a> · <a href="${up}source/index.html">all sources</a> · <a href="${up}index.html">the machine</a></p></header>
${body}
</body>
</html>
`;
}

/** @param {string} text */
function escape(text) {
    return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
