// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * Builds the page: `node build.js OUTPUT IMAGE FLOPPY SYMBOLS SOURCES`. It copies the
 * page's own files and those that others made, the folder of the pages of sources too,
 * packs the images, and writes down which files there are. `make web` calls it.
 */

import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

const HERE = dirname(fileURLToPath(import.meta.url));
const PACKAGES = join(HERE, "node_modules");
const DOCUMENTS = "/usr/share/doc";
const LICENCES = "/usr/share/common-licenses";

/** Where each file of others comes from. No name ends in .mjs: some servers do not know it. */
const COPIES = {
    "v86/libv86.js": join(PACKAGES, "v86/build/libv86.mjs"),
    "v86/v86.wasm": join(PACKAGES, "v86/build/v86.wasm"),
    "xterm/xterm.js": join(PACKAGES, "@xterm/xterm/lib/xterm.mjs"),
    "xterm/xterm.css": join(PACKAGES, "@xterm/xterm/css/xterm.css"),
    "xterm/addon-fit.js": join(PACKAGES, "@xterm/addon-fit/lib/addon-fit.mjs"),
    "bios/seabios.bin": "/usr/share/seabios/bios.bin",
    "bios/vgabios.bin": "/usr/share/vgabios/vgabios.bin",
    "licences/eleven.txt": join(HERE, "../../LICENSE"),
    "licences/v86.txt": join(PACKAGES, "v86/LICENSE"),
    "licences/xterm.txt": join(PACKAGES, "@xterm/xterm/LICENSE"),
    "licences/seabios.txt": join(DOCUMENTS, "seabios/copyright"),
    "licences/vgabios.txt": join(DOCUMENTS, "vgabios/copyright"),
    "licences/GPL-2.txt": join(LICENCES, "GPL-2"),
    "licences/GPL-3.txt": join(LICENCES, "GPL-3"),
    "licences/LGPL-2.txt": join(LICENCES, "LGPL-2"),
    "licences/LGPL-2.1.txt": join(LICENCES, "LGPL-2.1"),
    "licences/LGPL-3.txt": join(LICENCES, "LGPL-3"),
};

const [output, image, floppy, symbols, sources] = process.argv.slice(2);
if (!sources) {
    console.error("build.js: say OUTPUT IMAGE FLOPPY SYMBOLS SOURCES");
    process.exit(2);
}
const images = { "images/eleven.img.gz": image, "images/floppy.img.gz": floppy };

// The old page stays whole until the new one is.
const folder = `${output}.new`;
await rm(folder, { recursive: true, force: true });
await cp(join(HERE, "page"), folder, { recursive: true });
for (const [name, source] of Object.entries(COPIES)) {
    await write(name, await readFile(source));
}
for (const [name, source] of Object.entries(images)) {
    await write(name, await promisify(gzip)(await readFile(source), { level: 9 }));
}
await write("symbols.json", await readFile(symbols));
await cp(sources, join(folder, "source"), { recursive: true });
await write("version.js", `// Written by tools/web/build.js.
/** The version of the disk image. */
export const IMAGE_VERSION = "${hashOf([await readFile(image)])}";
`);
await nameFiles();
await rm(output, { recursive: true, force: true });
await rename(folder, output);
console.log(`${output} has the page; make web-serve shows it`);

/** Tells the service worker which files there are; its text changes with each of them. */
async function nameFiles() {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const names = entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
        .sort();
    const version = hashOf(await Promise.all(names.map((name) => readFile(join(folder, name)))));
    const files = ["./", ...names.filter((name) => !["index.html", "service-worker.js"].includes(name))];
    const worker = await readFile(join(folder, "service-worker.js"), "utf8");
    const lines = `const VERSION = "${version}";\nconst FILES = ${JSON.stringify(files, null, 4)};\n`;
    await write("service-worker.js", `${worker}\n// Written by tools/web/build.js.\n${lines}`);
}

/** @type {(contents: Uint8Array[]) => string} */
function hashOf(contents) {
    const hash = createHash("sha256");
    for (const part of contents) hash.update(part);
    return hash.digest("hex").slice(0, 16);
}

/** @type {(name: string, contents: string | Uint8Array) => Promise<void>} */
async function write(name, contents) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), contents);
}
