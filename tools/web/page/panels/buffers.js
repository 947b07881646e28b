// SPDX-License-Identifier: GPL-2.0-or-later
/** The buffer cache: a square for each buffer, and the blocks that are dirty, locked or in use. */

import { CellMap } from "../inside/map.js";
import { element, fill, live, sentence, table } from "../inside/view.js";

/** @typedef {import("../inside/kernel.js").Kernel} Kernel */

const KINDS = [
    { name: "empty", colour: "--cell-none" },
    { name: "clean", colour: "--cell-calm" },
    { name: "in use", colour: "--cell-used" },
    { name: "dirty", colour: "--cell-warm" },
    { name: "locked", colour: "--cell-hot" },
];
const [EMPTY, CLEAN, IN_USE, DIRTY, LOCKED] = KINDS.keys();
const COLUMNS = 64;
/** Rows of the table. */
const MOST = 24;

/** @type {(place: HTMLElement, machine: import("../machine.js").Machine) => void} */
export function open(place, machine) {
    const map = new CellMap(place, "Buffers", KINDS);
    const heads = ["buffer", "device", "block", "count", "state"];
    const { element: list, body, caption } = table("", heads);
    const note = element("p", "note");
    place.append(list, note);
    live(place, machine, (kernel) => {
        const heads = buffers(kernel);
        const kinds = Uint8Array.from(heads, kindOf);
        map.show(kinds, COLUMNS, (index) => `Buffer ${index}: ${inWords(kernel, heads[index])}`);
        const busy = heads.map((head, index) => ({ head, index })).filter(({ index }) => kinds[index] > CLEAN);
        // What changes is more than what is held all the time.
        busy.sort((a, b) => kinds[b.index] - kinds[a.index] || a.index - b.index);
        const rest = busy.length > MOST ? `, the first ${MOST} of ${busy.length}` : "";
        caption.textContent = `Dirty, locked or in use${rest}`;
        fill(body, busy.slice(0, MOST).map(({ head, index }) => [
            { text: String(index), kind: "number" },
            { text: device(head.device), kind: "name" },
            { text: String(head.block), kind: "number" },
            { text: String(head.count), kind: "number" },
            states(kernel, head).join(", "),
        ]));
        if (note.childNodes.length > 0) return;
        const { structs, enums } = kernel.symbols;
        sentence(note, ["A block of 1024 bytes in each, and a ", ["BufferHead", structs.BufferHead],
            ". Dirty ones are written rank by rank: ", ["Rank", enums.Rank], ". Devices by major and minor number."]);
    });
}

/** All buffers, in their places. @type {(kernel: Kernel) => Record<string, any>[]} */
function buffers(kernel) {
    const first = kernel.number("BUFFERS");
    const { size } = kernel.symbols.structs.BufferHead;
    return Array.from({ length: kernel.number("BUFFER_COUNT") }, (_, index) => kernel.read("BufferHead", first + index * size));
}

/** @param {Record<string, any>} head */
function kindOf(head) {
    if (head.locked) return LOCKED;
    if (head.rank !== 0) return DIRTY;
    if (head.count > 0) return IN_USE;
    return head.uptodate ? CLEAN : EMPTY;
}

/** @type {(kernel: Kernel, head: Record<string, any>) => string[]} */
function states(kernel, head) {
    const rank = kernel.symbols.enums.Rank.names[head.rank] ?? String(head.rank);
    // What is to be read is not there yet, and what is written is.
    const transfer = head.uptodate ? "written" : "read";
    return [
        head.rank !== 0 ? `dirty, rank ${rank}` : "clean",
        head.locked ? `locked: is being ${transfer}` : "",
        head.uptodate ? "" : "not read yet",
    ].filter(Boolean);
}

/** @type {(kernel: Kernel, head: Record<string, any>) => string} */
function inWords(kernel, head) {
    if (kindOf(head) === EMPTY) return "empty";
    const use = head.count === 0 ? "unused" : `in use by ${head.count}`;
    return `block ${head.block} of ${device(head.device)}, ${states(kernel, head).join(", ")}, ${use}`;
}

/** @param {number} number */
const device = (number) => `${number >> 8},${number & 255}`;
