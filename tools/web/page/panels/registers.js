// SPDX-License-Identifier: GPL-2.0-or-later
/** The processor's registers, and in words what they say. */

import { element, fill, hex, live, table } from "../inside/view.js";
import { CR0, EFLAGS, selector } from "../inside/x86.js";

/** @typedef {import("../inside/view.js").Cell} Cell */
/** @typedef {import("../inside/kernel.js").Kernel} Kernel */

/** @type {(place: HTMLElement, machine: import("../machine.js").Machine) => void} */
export function open(place, machine) {
    const general = table("General registers", []);
    const special = table("What they say", ["register", "value", "in words"]);
    const flags = table("EFLAGS", ["bit", "", "says"]);
    const control = table("CR0", ["bit", "", "says"]);
    const pairs = element("div", "pair");
    pairs.append(flags.element, control.element);
    place.append(general.element, special.element, pairs);

    live(place, machine, (kernel) => {
        const registers = machine.registers();
        const { general: numbers, control: { cr0 } } = registers;
        const names = Object.keys(numbers).filter((name) => name.length === 3 && name !== "eip");
        fill(general.body, [names.slice(0, 4), names.slice(4)].map((row) =>
            row.flatMap((name) => [{ text: name, kind: "name" }, { text: hex(numbers[name]), kind: "number" }])));
        fill(special.body, inWords(kernel, registers));
        fill(flags.body, bits(EFLAGS, numbers.eflags));
        fill(control.body, bits(CR0, cr0));
    });
}

/** @type {(kernel: Kernel, registers: import("../machine.js").Registers) => Cell[][]} */
function inWords(kernel, { general, segments, control, tables, ring, isHalted }) {
    const row = (/** @type {string} */ name, /** @type {string} */ value, /** @type {string | Cell} */ words) =>
        [{ text: name, kind: "name" }, { text: value, kind: "number" }, typeof words === "string" ? { text: words } : words];
    const found = ring === 0 ? kernel.functionAt(general.eip) : undefined;
    const where = ring === 3 ? "in the program" : (found?.name ?? "in the kernel");
    const { statics } = kernel.symbols;
    return [
        row("eip", hex(general.eip), { text: isHalted ? `${where}; waits for an interrupt` : where, place: found?.place }),
        row("ring", String(ring), ring === 0 ? "the kernel" : "a program"),
        ...Object.entries(segments).map(([name, value]) => row(name, hex(value, 4), selectorInWords(kernel, value))),
        row("cr2", hex(control.cr2), "address of the last page fault"),
        row("cr3", hex(control.cr3), { text: "the page directory", place: statics.PAGE_DIRECTORY }),
        row("gdtr", hex(tables.gdtr.base), { text: `the GDT, ${(tables.gdtr.limit + 1) / 8} entries`, place: statics.GDT }),
        row("idtr", hex(tables.idtr.base), { text: `the IDT, ${(tables.idtr.limit + 1) / 8} entries`, place: statics.IDT }),
    ];
}

/** @type {(kernel: Kernel, value: number) => string} */
function selectorInWords(kernel, value) {
    if (value >> 2 === 0) return "null";
    const { names, tasks } = kernel.symbols.selectors;
    const { index, isLocal, ring } = selector(value);
    const task = tasks.findIndex((pair) => pair.includes(value));
    const known = task >= 0 ? `${tasks[task][0] === value ? "TSS" : "LDT"} of slot ${task}` : names[value];
    return `${known ? `${known}: ` : ""}entry ${index} of the ${isLocal ? "LDT" : "GDT"}, ring ${ring}`;
}

/** @type {(names: [number, string, string][], value: number) => Cell[][]} */
function bits(names, value) {
    return names.map(([bit, name, words]) => {
        const isSet = ((value >>> bit) & 1) === 1;
        const kind = isSet ? "" : "quiet";
        return [{ text: name, kind: `name ${kind}` }, { text: isSet ? "1" : "0", kind: `number ${kind}` }, { text: words, kind }];
    });
}
