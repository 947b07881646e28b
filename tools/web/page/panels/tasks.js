// SPDX-License-Identifier: GPL-2.0-or-later
/** The tasks: what each is doing, and what it waits for. */

import { element, fill, live, sentence, table } from "../inside/view.js";

/** @typedef {import("../inside/view.js").Cell} Cell */
/** @typedef {import("../inside/kernel.js").Kernel} Kernel */
/** @typedef {import("../inside/kernel.js").Task} Task */

/** @type {(place: HTMLElement, machine: import("../machine.js").Machine) => void} */
export function open(place, machine) {
    const heads = ["slot", "pid", "parent", "program", "state", "waits for", "ticks", "left"];
    const { element: list, body } = table("Tasks that exist", heads);
    const note = element("p", "note");
    place.append(list, note);
    live(place, machine, (kernel) => {
        const { statics, structs, enums } = kernel.symbols;
        const current = kernel.currentSlot();
        const queues = queuesOf(kernel);
        fill(body, kernel.tasks().map((task) => [
            number(task.slot), number(task.pid), number(task.father),
            { text: task.program, kind: task.slot === current ? "name current" : "name" },
            { text: task.slot === current ? "runs" : inWords(task), kind: "short" },
            waitsFor(kernel, task, task.slot === current, queues),
            number(task.utime + task.stime),
            number(task.counter),
        ]));
        if (note.childNodes.length > 0) return;
        sentence(note, [
            "Ticks are hundredths of a second that it has had; left is what is left of its time slice. " +
            "Signals do not wake who sleeps deeply. Each task is a ",
            ["Task", structs.Task], " of the table ", ["TASK", statics.TASK], ", its state a ", ["State", enums.State],
            "; what it waits for is a ", ["WaitQueue", structs.WaitQueue], ".",
        ]);
    });
}

/** @type {(value: number) => Cell} */
const number = (value) => ({ text: String(value), kind: "number" });

/** @param {Task} task */
function inWords({ doing, exit_code: code }) {
    switch (doing) {
        case "Running": return "ready to run";
        case "Interruptible": return "sleeps";
        case "Uninterruptible": return "sleeps deeply";
        case "Zombie": return `has ended, status ${code >> 8}`;
        case "Stopped": return `stopped by signal ${code >> 8}`;
        default: return doing;
    }
}

/** @type {(kernel: Kernel, task: Task, isCurrent: boolean, queues: [string, number[], import("../inside/kernel.js").Place][]) => Cell} */
function waitsFor(kernel, { doing, slot, timeout }, isCurrent, queues) {
    if (isCurrent) return { text: "" };
    if (doing === "Running") return { text: "the processor" };
    if (doing === "Zombie") return { text: "its parent to ask" };
    if (doing === "Stopped") return { text: "SIGCONT" };
    const of = queues.filter(([, sleepers]) => (sleepers[slot >> 5] >>> (slot & 31)) & 1);
    const ticks = timeout === 0 ? "" : `tick ${timeout}`;
    const names = [...of.slice(0, 3).map(([name]) => name), ticks].filter(Boolean);
    return { text: names.join(", ") || "something else", place: of[0]?.[2] };
}

/**
 * The queues in which somebody sleeps: those of all statics, and those of the buffers.
 * @type {(kernel: Kernel) => [string, number[], import("../inside/kernel.js").Place][]}
 */
function queuesOf(kernel) {
    const { all, structs } = kernel.symbols;
    const { size, count = 1 } = structs.WaitQueue.fields.sleepers;
    /** @type {[string, number[], import("../inside/kernel.js").Place][]} */ const found = [];
    const look = (/** @type {string} */ name, /** @type {number} */ at, /** @type {Uint8Array} */ bytes, /** @type {import("../inside/kernel.js").Place} */ place) => {
        const view = new DataView(bytes.buffer, bytes.byteOffset + at, size);
        const sleepers = Array.from({ length: count }, (_, word) => view.getUint32(word * (size / count), true));
        if (sleepers.some((word) => word !== 0)) found.push([name, sleepers, place]);
    };
    for (const queues of all.queues) {
        const ends = queues.arrays.map(([length, stride]) => (length - 1) * stride);
        const bytes = kernel.machine.readMemory(queues.at, ends.reduce((sum, end) => sum + end, size));
        for (const indices of choices(queues.arrays.map(([length]) => length))) {
            const at = indices.reduce((sum, index, level) => sum + index * queues.arrays[level][1], 0);
            const left = [...indices];
            look(shortened(queues.name).replace(/\[\]/g, () => `[${left.shift()}]`), at, bytes, queues);
        }
    }
    const [first, buffers] = [kernel.number("BUFFERS"), kernel.number("BUFFER_COUNT")];
    const head = structs.BufferHead;
    for (let index = 0; index < buffers; index += 1) {
        const bytes = kernel.machine.readMemory(first + index * head.size + head.fields.queue.at, size);
        look(`buffer ${index}: its transfer`, 0, bytes, head);
    }
    return found;
}

/** Without the modules but the last: the link leads there. @param {string} name */
const shortened = (name) => name.split("::").slice(-2).join("::");

/** All ways to choose an index of each array. @type {(lengths: number[]) => number[][]} */
function choices([length, ...rest]) {
    if (length === undefined) return [[]];
    const others = choices(rest);
    return Array.from({ length }, (_, index) => index).flatMap((index) => others.map((other) => [index, ...other]));
}
