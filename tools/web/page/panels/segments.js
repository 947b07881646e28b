// SPDX-License-Identifier: GPL-2.0-or-later
/** The GDT, and the LDT and the TSS of a task, drawn. */

import { element, fill, hex, live, put, sentence, table } from "../inside/view.js";
import { descriptor } from "../inside/x86.js";

/** @typedef {import("../inside/view.js").Cell} Cell */
/** @typedef {import("../inside/kernel.js").Kernel} Kernel */

/** Where the processor reads them: its order of the fields of a TSS, in rows of two words. */
const TSS_ROWS = [
    ["back_link", "esp0"], ["ss0", "cr3"], ["eip", "eflags"], ["eax", "ecx"], ["edx", "ebx"], ["esp", "ebp"],
    ["esi", "edi"], ["es", "cs"], ["ss", "ds"], ["fs", "gs"], ["ldt", "trace_bitmap"],
];
const HEADS = ["selector", "what", "type", "ring", "base", "limit"];

/** @type {(place: HTMLElement, machine: import("../machine.js").Machine) => void} */
export function open(place, machine) {
    const chooser = element("p");
    chooser.innerHTML = `<label>Task <select><option value="">the current one</option></select></label>`;
    const select = /** @type {HTMLSelectElement} */ (chooser.querySelector("select"));
    const slots = element("div", "slots");
    slots.setAttribute("role", "img");
    const slotNote = element("p", "note");
    const gdt = table("GDT", HEADS);
    gdt.element.classList.add("high");
    const ldt = table("LDT", HEADS);
    const tss = table("TSS", ["offset", "field", "value", "offset", "field", "value"]);
    const note = element("p", "note");
    place.append(chooser, slots, slotNote, ldt.element, tss.element, gdt.element, note);

    const look = live(place, machine, (kernel) => {
        const tasks = kernel.tasks();
        choose(select, tasks);
        const slot = select.value === "" ? kernel.currentSlot() : Number(select.value);
        const task = kernel.task(slot);
        drawSlots(slots, kernel, tasks, slot);
        const { constants, statics, structs, selectors } = kernel.symbols;
        const size = constants.TASK_SIZE;
        const text = `Linear memory, ${statics.TASK.count} slots of ${size / 2 ** 20} MB: those of tasks are filled, ` +
            `that of ${task.title} is framed: ${hex(slot * size)} to ${hex((slot + 1) * size - 1)}.`;
        put(slotNote, { text, kind: "note" });
        put(ldt.caption, { text: `LDT of ${task.title}, in its Task`, place: structs.Task });
        fill(ldt.body, rows(kernel, task.ldt, (index) => (index * 8) | 7, []));
        put(tss.caption, { text: `TSS of ${task.title}`, place: structs.Tss });
        fill(tss.body, tssRows(kernel, slot));
        put(gdt.caption, { text: "GDT, without the entries that are empty", place: statics.GDT });
        fill(gdt.body, rows(kernel, kernel.bytes("GDT"), (index) => index * 8, selectors.tasks[slot]));
        if (note.childNodes.length === 0) {
            sentence(note, [
                "A TSS is of the moment when its task last lost the processor; the registers of the running one are in the processor. Where they lie: ",
                ["TSS_TABLE", statics.TSS_TABLE], `. A task switch is a far jump to the TSS's selector: ${hex(selectors.tasks[1][0], 4)} for slot 1.`,
            ]);
        }
    });
    select.addEventListener("change", look);
}

/** @type {(select: HTMLSelectElement, tasks: import("../inside/kernel.js").Task[]) => void} */
function choose(select, tasks) {
    const wanted = ["the current one", ...tasks.map(({ title }) => title)];
    const shown = [...select.options].map(({ text }) => text);
    if (wanted.join("\n") === shown.join("\n")) return;
    const before = select.value;
    select.replaceChildren(new Option("the current one", ""), ...tasks.map(({ title, slot }) => new Option(title, String(slot))));
    select.value = tasks.some(({ slot }) => String(slot) === before) ? before : "";
}

/** @type {(into: HTMLElement, kernel: Kernel, tasks: import("../inside/kernel.js").Task[], slot: number) => void} */
function drawSlots(into, kernel, tasks, slot) {
    const { count = 0 } = kernel.symbols.statics.TASK;
    while (into.children.length < count) into.append(element("span"));
    const used = new Map(tasks.map((task) => [task.slot, task.title]));
    for (const [index, cell] of [...into.children].entries()) {
        cell.className = `${used.has(index) ? "used" : ""} ${index === slot ? "chosen" : ""}`.trim();
        /** @type {HTMLElement} */ (cell).title = `slot ${index}: ${used.get(index) ?? "nobody"}`;
    }
    into.ariaLabel = `Slots in use: ${[...used.keys()].join(", ")}`;
}

/**
 * The entries of a table; those with the selectors `chosen` stand out.
 * @type {(kernel: Kernel, bytes: Uint8Array, selectorOf: (index: number) => number, chosen: number[]) => Cell[][]}
 */
function rows(kernel, bytes, selectorOf, chosen) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { names, tasks } = kernel.symbols.selectors;
    const whose = new Map(tasks.flatMap(([tss, ldt], slot) => [[tss, `TSS, slot ${slot}`], [ldt, `LDT, slot ${slot}`]]));
    const found = [];
    for (let index = 0; index < bytes.length / 8; index += 1) {
        const entry = descriptor(view.getUint32(index * 8, true), view.getUint32(index * 8 + 4, true));
        const selector = selectorOf(index);
        if (entry.isNull && index > 0) continue;
        found.push([
            { text: hex(selector, 4), kind: "number" },
            {
                text: entry.isNull ? "null" : (names[selector] ?? whose.get(selector) ?? ""),
                kind: chosen.includes(selector) ? "current" : "",
            },
            { text: entry.isNull ? "" : entry.type + (entry.isPresent ? "" : ", not present") },
            { text: entry.isNull ? "" : String(entry.ring), kind: "number" },
            { text: entry.isNull ? "" : hex(entry.base), kind: "number" },
            { text: entry.isNull ? "" : hex(entry.limit), kind: "number" },
        ]);
    }
    return found;
}

/** @type {(kernel: Kernel, slot: number) => Cell[][]} */
function tssRows(kernel, slot) {
    const { statics: { TSS_TABLE }, structs: { Tss } } = kernel.symbols;
    const { at, size, count = 1 } = TSS_TABLE;
    const tss = kernel.read("Tss", at + slot * (size / count));
    return TSS_ROWS.map((names) => names.flatMap((name) => [
        { text: hex(Tss.fields[name].at, 2), kind: "number quiet" },
        { text: name, kind: "name" },
        { text: hex(tss[name]), kind: "number" },
    ]));
}
