// SPDX-License-Identifier: GPL-2.0-or-later
/** From a linear address to a physical one, as the processor finds it. */

import { element, fill, hex, live, put, sentence, table } from "../inside/view.js";

/** @typedef {import("../inside/view.js").Cell} Cell */
/** @typedef {import("../inside/kernel.js").Kernel} Kernel */

/** Bytes of memory that are shown, in rows. */
const SHOWN = 64;
const ROW = 8;

/** @type {(place: HTMLElement, machine: import("../machine.js").Machine) => void} */
export function open(place, machine) {
    const form = element("p");
    form.innerHTML = `<label>Address <input name="address" size="10" value="100000" spellcheck="false" autocapitalize="none" autocomplete="off"></label>
<label>in <select name="from" aria-label="Counted from"></select></label>`;
    const [input] = form.getElementsByTagName("input");
    const [select] = form.getElementsByTagName("select");
    const steps = table("The walk", ["step", "value", "in words"]);
    const bytes = table("What is there", []);
    const note = element("p", "note");
    place.append(form, steps.element, bytes.element, note);

    const look = live(place, machine, (kernel) => {
        const bases = [{ title: "linear memory", slot: 0 }, ...kernel.tasks().filter(({ slot }) => slot > 0)];
        const shown = [...select.options].map(({ text }) => text).join("\n");
        const titles = bases.map(({ title, slot }) => (slot === 0 ? title : `the segment of ${title}`));
        if (titles.join("\n") !== shown) {
            const before = select.value;
            select.replaceChildren(...bases.map(({ slot }, at) => new Option(titles[at], String(slot))));
            select.value = bases.some(({ slot }) => String(slot) === before) ? before : "0";
        }
        const typed = /^(0x)?[0-9a-f]{1,8}h?$/i.test(input.value.trim()) ? parseInt(input.value.trim(), 16) : NaN;
        const { TASK_SIZE } = kernel.symbols.constants;
        const slot = Number(select.value);
        const isWrong = Number.isNaN(typed) || (slot > 0 && typed >= TASK_SIZE);
        input.setCustomValidity(isWrong ? "wrong" : "");
        input.setAttribute("aria-invalid", String(isWrong));
        if (isWrong) {
            const why = Number.isNaN(typed) ? "An address is up to eight hexadecimal digits." : `The segment ends at ${hex(TASK_SIZE)}.`;
            fill(steps.body, [["", "", why]]);
            fill(bytes.body, []);
            return;
        }
        const { rows, physical } = walk(kernel, typed, slot * TASK_SIZE);
        fill(steps.body, rows);
        fill(bytes.body, physical === undefined ? [] : dump(kernel, physical));
        put(bytes.caption, physical === undefined ? "" : "What is there");
        if (note.childNodes.length > 0) return;
        sentence(note, ["The directory is ", ["PAGE_DIRECTORY", kernel.symbols.statics.PAGE_DIRECTORY],
            ", the one that there is. Addresses are hexadecimal."]);
    });
    input.addEventListener("input", look);
    select.addEventListener("change", look);
}

/** @type {(kernel: Kernel, offset: number, base: number) => { rows: Cell[][], physical?: number }} */
function walk(kernel, offset, base) {
    const linear = (base + offset) >>> 0;
    const { cr0, cr3 } = kernel.machine.registers().control;
    const row = (/** @type {string} */ step, /** @type {string} */ value, /** @type {string} */ words) =>
        [{ text: step, kind: "name" }, { text: value, kind: "number" }, { text: words }];
    const [inDirectory, inTable, inPage] = [linear >>> 22, (linear >>> 12) & 1023, linear & 4095];
    const first = row("linear", hex(linear), base === 0 ? "the address" : `base ${hex(base)} of the segment, and ${hex(offset)}`);
    // While the kernel starts, cr3 leads to no page directory yet.
    if (cr0 >>> 31 === 0) {
        return { rows: [first, row("physical", hex(linear), "the same, as paging is off")], physical: linear };
    }
    const rows = [
        first,
        row("its parts", `${inDirectory} ${inTable} ${inPage}`, "10 bits for the directory, 10 for the table, 12 for the page"),
        row("cr3", hex(cr3), "the page directory"),
    ];
    const directoryEntry = readEntry(kernel, (cr3 & ~4095) + inDirectory * 4);
    rows.push(row("directory", hex(directoryEntry), `entry ${inDirectory}: ${entryInWords(kernel, directoryEntry, "table")}`));
    if ((directoryEntry & 1) === 0) return { rows };
    const entry = readEntry(kernel, (directoryEntry & ~4095) + inTable * 4);
    rows.push(row("table", hex(entry), `entry ${inTable}: ${entryInWords(kernel, entry, "page")}`));
    if ((entry & 1) === 0) return { rows };
    const physical = ((entry & ~4095) | inPage) >>> 0;
    rows.push(row("physical", hex(physical), `page ${physical >>> 12} of the memory, and ${inPage} bytes`));
    return { rows, physical };
}

/** @type {(kernel: Kernel, at: number) => number} */
const readEntry = (kernel, at) => kernel.word(at >>> 0);

/** @type {(kernel: Kernel, entry: number, what: string) => string} */
function entryInWords(kernel, entry, what) {
    const { page_flags: flags } = kernel.symbols;
    if ((entry & flags.PRESENT) === 0) return "not present; an access is a page fault";
    const words = [
        `${what} at ${hex(entry & ~4095)}`,
        entry & flags.USER ? "ring 3 may use it" : "for ring 0 only",
        entry & flags.WRITE ? "may be written" : "read-only",
        entry & flags.ACCESSED ? "used" : "",
        entry & flags.DIRTY && what === "page" ? "written" : "",
        entry & flags.KERNEL && what === "page" ? "stays the kernel's" : "",
    ];
    return words.filter(Boolean).join(", ");
}

/** @type {(kernel: Kernel, physical: number) => Cell[][]} */
function dump(kernel, physical) {
    const start = physical & ~(ROW - 1);
    const size = Math.min(SHOWN, kernel.machine.memorySize - start, 4096 - (start & 4095));
    if (size <= 0) return [[{ text: "there is no memory" }]];
    const bytes = Array.from(kernel.machine.readMemory(start, size));
    return Array.from({ length: size / ROW }, (_, row) => {
        const part = bytes.slice(row * ROW, (row + 1) * ROW);
        const text = part.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
        return [
            { text: hex(start + row * ROW), kind: "name" },
            { text: part.map((byte) => hex(byte, 2)).join(" "), kind: "number" },
            { text, kind: "number" },
        ];
    });
}
