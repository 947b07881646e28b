// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * The kernel's own variables, read from the machine's memory. Where they are and
 * how they are laid out stands in symbols.json, which the build makes of the kernel
 * (tools/web/symbols). It is loaded when the first panel asks for it.
 *
 * Usual sequence: `await kernelOf(machine)`; `isHere()`, and only if that is true
 * `tasks()`, `read("Task", address)`, `number("JIFFIES")`.
 */

/** @typedef {import("../machine.js").Machine} Machine */
/** @typedef {{ file: string, line: number }} Place */
/** @typedef {{ at: number, size: number, count?: number }} Spot */
/** @typedef {{ name: string, at: number, arrays: [number, number][] } & Place} Queues */

/**
 * What the build wrote.
 * @typedef {object} Symbols
 * @property {{ at: number, size: number, crc32: number }} kernel
 * @property {Record<string, Spot & Place>} statics
 * @property {Record<string, { size: number, fields: Record<string, Spot> } & Place>} structs
 * @property {Record<string, { names: Record<string, string> } & Place>} enums
 * @property {{ queues: Queues[] }} all
 * @property {Record<string, number>} labels
 * @property {[number, number, string, string | null, number | null][]} functions
 * @property {({ name: string, arguments: string[] } & Place)[]} calls
 * @property {Record<string, string>} errors
 * @property {Record<string, number>} constants
 * @property {Record<string, number>} page_flags
 * @property {{ names: Record<string, string>, tasks: [number, number][] }} selectors
 */

/** A task, with the fields that symbols.toml names. @typedef {Record<string, any> & { address: number, slot: number, program: string, title: string, doing: string }} Task */

/** @type {WeakMap<Machine, Promise<Kernel>>} */
const kernels = new WeakMap();

/** The kernel of a machine. @type {(machine: Machine) => Promise<Kernel>} */
export function kernelOf(machine) {
    let kernel = kernels.get(machine);
    if (!kernel) {
        kernel = load(machine);
        kernels.set(machine, kernel);
        // The next panel may try again.
        kernel.catch(() => kernels.delete(machine));
    }
    return kernel;
}

/** @type {(machine: Machine) => Promise<Kernel>} */
async function load(machine) {
    const response = await fetch("symbols.json");
    if (!response.ok) throw new Error(`symbols.json: ${response.status} ${response.statusText}`);
    return new Kernel(machine, await response.json());
}

export class Kernel {
    /** Whether the code in memory was found to be this kernel's, since the last start. */
    #isKnown = false;
    /** Where the page has changed the code, and what was there (stop.js). @type {Map<number, Uint8Array>} */ changed = new Map();

    /** @param {Machine} machine @param {Symbols} symbols */
    constructor(machine, symbols) {
        this.machine = machine;
        this.symbols = symbols;
        machine.addEventListener("change", () => {
            if (machine.state === "starting" || machine.state === "off") this.#isKnown = false;
        });
    }

    /** Whether this very kernel runs: its code is in memory, and it has come to its first task. */
    isHere() {
        const { kernel, statics, structs } = this.symbols;
        if (this.machine.memorySize < kernel.at + kernel.size) return false;
        this.#isKnown ||= this.isCode(this.machine.readMemory(kernel.at, kernel.size));
        const slot = this.#isKnown ? (this.number("CURRENT") - statics.TASK.at) / structs.Task.size : -1;
        return Number.isInteger(slot) && slot >= 0 && slot < (statics.TASK.count ?? 0);
    }

    /** Whether bytes are this kernel's code, but for what the page has changed. @param {Uint8Array} code */
    isCode(code) {
        const { at, crc32: expected } = this.symbols.kernel;
        for (const [address, bytes] of this.changed) code.set(bytes, address - at);
        return crc32(code) === expected;
    }

    /** A number of four bytes. @param {number} address */
    word(address) {
        return new DataView(this.machine.readMemory(address, 4).buffer).getUint32(0, true);
    }

    /** As `word`, by a linear address; nothing where no page is. @type {(linear: number) => number | undefined} */
    linearWord(linear) {
        const { cr0, cr3 } = this.machine.registers().control;
        if (cr0 >>> 31 === 0) return this.word(linear);
        let entry = cr3;
        for (const index of [linear >>> 22, (linear >>> 12) & 1023]) {
            entry = this.word(((entry & ~4095) + index * 4) >>> 0);
            if ((entry & this.symbols.page_flags.PRESENT) === 0) return undefined;
        }
        return this.word(((entry & ~4095) | (linear & 4095)) >>> 0);
    }

    /** The number in a static. @param {string} name */
    number(name) {
        return this.word(this.symbols.statics[name].at);
    }

    /** The bytes of a static. @param {string} name */
    bytes(name) {
        const { at, size } = this.symbols.statics[name];
        return this.machine.readMemory(at, size);
    }

    /**
     * The fields of a struct: a number each, or an array of numbers.
     * @type {(name: string, address: number) => Record<string, any>}
     */
    read(name, address) {
        const { fields } = this.symbols.structs[name];
        // What no field is wanted of, such as the contents of a buffer, is not read.
        const ends = Object.values(fields).map(({ at, size }) => (size > 256 ? at : at + size));
        const bytes = this.machine.readMemory(address, Math.max(...ends));
        const view = new DataView(bytes.buffer);
        const entries = Object.entries(fields).map(([field, { at, size, count }]) => {
            if (size > 256) return [field, address + at];
            if (count === undefined) return [field, numberAt(view, at, size)];
            const width = size / count;
            if (width > 4) return [field, bytes.subarray(at, at + size)];
            return [field, Array.from({ length: count }, (_, index) => numberAt(view, at + index * width, width))];
        });
        return Object.fromEntries(entries);
    }

    /** A task by its slot. @type {(slot: number) => Task} */
    task(slot) {
        const { statics, structs, enums } = this.symbols;
        const address = statics.TASK.at + slot * structs.Task.size;
        const fields = this.read("Task", address);
        const doing = enums.State.names[fields.state] ?? String(fields.state);
        // In slot 0 stands what task 1 will be called.
        const program = slot === 0 ? "idle" : textOf(fields.name);
        return { ...fields, address, slot, doing, program, title: `${fields.pid} ${program}` };
    }

    /** All tasks that exist. @returns {Task[]} */
    tasks() {
        const slots = Array.from({ length: this.symbols.statics.TASK.count ?? 0 }, (_, slot) => slot);
        return slots.map((slot) => this.task(slot)).filter(({ doing }) => doing !== "Unused" && doing !== "New");
    }

    /** The slot of the task that has the processor. */
    currentSlot() {
        const { statics, structs } = this.symbols;
        return (this.number("CURRENT") - statics.TASK.at) / structs.Task.size;
    }

    /**
     * The functions with code of their own of that name, which may lack its beginning:
     * `kernel::sched::schedule`, `schedule`. Of a generic one there may be several.
     * @type {(name: string) => { name: string, at: number }[]}
     */
    functionsNamed(name) {
        const all = this.symbols.functions.filter(([, size]) => size >= 2)
            .map(([at, , name]) => ({ name: name.replace(/::<[^]*>$/, ""), at }));
        const exact = all.filter((found) => found.name === name);
        return exact.length > 0 ? exact : all.filter((found) => found.name.endsWith(`::${name}`));
    }

    /** The function that an address is in. @type {(address: number) => { name: string, place?: Place } | undefined} */
    functionAt(address) {
        const found = this.symbols.functions.findLast(([start]) => start <= address);
        if (!found || address >= found[0] + Math.max(found[1], 1)) return undefined;
        const [, , name, file, line] = found;
        return { name, place: file && line ? { file, line } : undefined };
    }
}

/** The text in bytes that end with a zero. @type {(bytes: ArrayLike<number>) => string} */
export function textOf(bytes) {
    const list = Array.from(bytes);
    const end = list.indexOf(0);
    return list.slice(0, end < 0 ? list.length : end)
        .map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
}

/** @type {(view: DataView, at: number, size: number) => number} */
function numberAt(view, at, size) {
    if (size === 1) return view.getUint8(at);
    if (size === 2) return view.getUint16(at, true);
    return view.getUint32(at, true);
}

/** As zlib has it. @type {(bytes: Uint8Array) => number} */
export function crc32(bytes) {
    let value = 0xffffffff;
    for (const byte of bytes) value = CRC_STEPS[(value ^ byte) & 0xff] ^ (value >>> 8);
    return (value ^ 0xffffffff) >>> 0;
}

const CRC_STEPS = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value;
});
