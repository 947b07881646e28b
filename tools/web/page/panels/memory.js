// SPDX-License-Identifier: GPL-2.0-or-later
/** The physical memory: a square for each page, and whose it is. */

import { CellMap } from "../inside/map.js";
import { element, fill, hex, live, sentence, table } from "../inside/view.js";

/** @typedef {import("../inside/kernel.js").Kernel} Kernel */

const KINDS = [
    { name: "free", colour: "--cell-none" },
    { name: "one task's", colour: "--cell-used" },
    { name: "shared by tasks", colour: "--cell-shared" },
    { name: "page table", colour: "--cell-hot" },
    { name: "kernel stack", colour: "--cell-warm" },
    { name: "taken by the kernel", colour: "--cell-taken" },
    { name: "kernel", colour: "--cell-kernel" },
    { name: "buffers", colour: "--cell-calm" },
    { name: "BIOS, screen, disk in memory", colour: "--cell-rest" },
];
const [FREE, OWN, SHARED, TABLE, STACK, TAKEN, KERNEL, BUFFERS, REST] = KINDS.keys();
/** MEM_MAP says so of a page that is never given away, and of one that is free. */
const IS_RESERVED = 0, IS_FREE = 1;
/** With more pages than this a row has twice as many. */
const FEW = 4096;

/** @type {(place: HTMLElement, machine: import("../machine.js").Machine) => void} */
export function open(place, machine) {
    const map = new CellMap(place, "Pages of the physical memory", KINDS);
    const { element: list, body } = table("Pages by task", ["slot", "task", "own", "shared", "tables", "stack"]);
    const note = element("p", "note");
    place.append(list, note);
    live(place, machine, (kernel) => {
        const tasks = kernel.tasks();
        const pages = new Pages(kernel);
        const names = new Map(tasks.map((task) => [task.slot, task.title]));
        const { PAGE_SIZE } = kernel.symbols.constants;
        map.show(pages.kinds, pages.kinds.length > FEW ? 128 : 64, (page) => {
            const owners = (pages.owners.get(page) ?? []).map((slot) => names.get(slot) ?? `slot ${slot}`);
            const whose = owners.length > 0 ? `: ${owners.join("; ")}` : "";
            return `Page ${page}, from ${hex(page * PAGE_SIZE)}: ${KINDS[pages.kinds[page]].name}${whose}`;
        });
        fill(body, tasks.map(({ slot, title }) => [
            { text: String(slot), kind: "number" },
            { text: title, kind: "name" },
            ...[OWN, SHARED, TABLE, STACK].map((kind) => ({ text: String(pages.count(slot, kind)), kind: "number" })),
        ]));
        if (note.childNodes.length > 0) return;
        const { statics } = kernel.symbols;
        sentence(note, ["A page has 4096 bytes. How many refer to each stands in ", ["MEM_MAP", statics.MEM_MAP],
            ", who they are in the page tables below ", ["PAGE_DIRECTORY", statics.PAGE_DIRECTORY],
            ". What the kernel has taken without a table is a pipe, or cleared to be given away."]);
    });
}

/** What each page is, and whose. */
class Pages {
    /** The slots of the tasks that have a page. @type {Map<number, number[]>} */ owners = new Map();

    /** @param {Kernel} kernel */
    constructor(kernel) {
        this.kernel = kernel;
        const { PAGE_SIZE } = kernel.symbols.constants;
        const references = kernel.bytes("MEM_MAP");
        const count = Math.floor(kernel.machine.memorySize / PAGE_SIZE);
        this.kinds = Uint8Array.from({ length: Math.min(count, references.length) }, (_, page) => {
            if (references[page] === IS_RESERVED) return this.#reserved(page * PAGE_SIZE);
            return references[page] === IS_FREE ? FREE : TAKEN;
        });
        this.#walk();
        for (const [page, slots] of this.owners) {
            if (slots.length > 1 && this.kinds[page] === OWN) this.kinds[page] = SHARED;
        }
    }

    /** How many pages of a kind a task has. @type {(slot: number, kind: number) => number} */
    count(slot, kind) {
        let sum = 0;
        for (const [page, slots] of this.owners) sum += Number(this.kinds[page] === kind && slots.includes(slot));
        return sum;
    }

    /** @param {number} address */
    #reserved(address) {
        const { labels, structs } = this.kernel.symbols;
        const first = this.kernel.number("BUFFERS");
        const end = first + this.kernel.number("BUFFER_COUNT") * structs.BufferHead.size;
        if (address >= labels.kernel_start && address < labels.kernel_end) return KERNEL;
        return address >= labels.kernel_end && address < end ? BUFFERS : REST;
    }

    /** Goes through all page tables. */
    #walk() {
        const { constants: { TASK_SIZE, KERNEL_STACKS }, page_flags: { PRESENT } } = this.kernel.symbols;
        const tables = words(this.kernel.bytes("PAGE_DIRECTORY"));
        for (const [index, table] of tables.entries()) {
            if ((table & PRESENT) === 0) continue;
            const start = index * 0x400000;
            const slot = Math.floor(start / TASK_SIZE);
            if (slot > 0) this.#has(table >>> 12, slot, TABLE);
            else if (start + 0x400000 <= KERNEL_STACKS) continue;
            for (const [number, entry] of words(this.kernel.machine.readMemory((table & ~4095) >>> 0, 4096)).entries()) {
                if ((entry & PRESENT) === 0) continue;
                if (slot > 0) this.#has(entry >>> 12, slot, OWN);
                else if (start + number * 4096 >= KERNEL_STACKS) this.#has(entry >>> 12, this.#stackOf(start + number * 4096), STACK);
            }
        }
    }

    /** @type {(page: number, slot: number, kind: number) => void} */
    #has(page, slot, kind) {
        if (page >= this.kinds.length || (this.kinds[page] !== TAKEN && !this.owners.has(page))) return;
        const slots = this.owners.get(page) ?? [];
        this.kinds[page] = kind;
        if (!slots.includes(slot)) this.owners.set(page, [...slots, slot]);
    }

    /** The task whose kernel stack is at a linear address; its end stands in the TSS. @param {number} address */
    #stackOf(address) {
        const { statics: { TSS_TABLE, TASK }, structs: { Tss } } = this.kernel.symbols;
        const count = TASK.count ?? 1;
        const ends = this.kernel.bytes("TSS_TABLE");
        const view = new DataView(ends.buffer);
        let best = 0;
        let bestEnd = Infinity;
        for (let slot = 1; slot < count; slot += 1) {
            const end = view.getUint32(slot * (TSS_TABLE.size / count) + Tss.fields.esp0.at, true);
            if (end > address && end < bestEnd) [best, bestEnd] = [slot, end];
        }
        return best;
    }
}

/** @type {(bytes: Uint8Array) => Uint32Array} */
const words = (bytes) => new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
