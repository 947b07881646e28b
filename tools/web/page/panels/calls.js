// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * The last system calls. While the panel is open it keeps a word of the kernel set;
 * the kernel's clock sees that and gives `int 80h` the gate of calls that are
 * recorded (kernel/src/record.rs). When the panel is closed the word is 0 again.
 */

import { textOf } from "../inside/kernel.js";
import { element, fill, live, put, sentence, table } from "../inside/view.js";

/** @typedef {import("../inside/view.js").Cell} Cell */
/** @typedef {import("../inside/kernel.js").Kernel} Kernel */

/** The first arguments that are texts; the kernel keeps their beginnings. */
const TEXTS = ["path", "old_path", "name"];

/** @type {(place: HTMLElement, machine: import("../machine.js").Machine) => void} */
export function open(place, machine) {
    const { element: list, body, caption } = table("", ["number", "pid", "program", "call", "result"]);
    list.classList.add("high");
    const note = element("p", "note");
    place.append(note, list);
    live(place, machine, (kernel) => {
        record(kernel, 1);
        const calls = records(kernel);
        put(caption, calls.length > 0 ? "The last system calls, the newest first" : "No system call yet");
        fill(body, calls.map((call) => [
            { text: String(call.number), kind: "number" },
            { text: String(call.pid), kind: "number" },
            { text: textOf(call.program), kind: "name" },
            asCalled(kernel, call),
            result(kernel, call),
        ]));
        if (note.childNodes.length > 0) return;
        const { statics } = kernel.symbols;
        sentence(note, ["Recorded from the moment this was opened, until it is closed: the page sets ",
            ["RECORDING", statics.RECORDING], ", and the next clock tick exchanges the gate of int 80h. The kernel leaves each call in ",
            ["RECORDS", statics.RECORDS], "."]);
    }, (kernel) => record(kernel, 0));
}

/** @type {(kernel: Kernel, value: 0 | 1) => void} */
function record(kernel, value) {
    const { at } = kernel.symbols.statics.RECORDING;
    if (kernel.word(at) !== value) kernel.machine.writeMemory(at, Uint8Array.of(value, 0, 0, 0));
}

/** The records, from the last. @type {(kernel: Kernel) => Record<string, any>[]} */
function records(kernel) {
    const { statics: { RECORDS }, structs } = kernel.symbols;
    const count = RECORDS.count ?? 0;
    const all = Array.from({ length: count }, (_, place) => kernel.read("Record", RECORDS.at + place * structs.Record.size));
    return all.filter(({ number }) => number !== 0).sort((a, b) => b.number - a.number);
}

/** @type {(kernel: Kernel, call: Record<string, any>) => Cell} */
function asCalled(kernel, { call, arguments: values, text }) {
    const known = kernel.symbols.calls[call];
    if (!known) return { text: `call ${call}, which there is not` };
    const shown = known.arguments.map((name, at) => {
        const isText = at === 0 && TEXTS.includes(name);
        return `${name.replace("_", " ")} ${isText ? `“${textOf(text)}${text.includes(0) ? "" : "…"}”` : number(values[at])}`;
    });
    return { text: `${known.name}(${shown.join(", ")})`, place: known };
}

/** @param {number} value */
function number(value) {
    const signed = value | 0;
    return Math.abs(signed) < 0x1000 ? String(signed) : `0x${value.toString(16)}`;
}

/** @type {(kernel: Kernel, call: Record<string, any>) => Cell} */
function result(kernel, { call, has_returned: hasReturned, result: value }) {
    if (!hasReturned) return { text: kernel.symbols.calls[call]?.name === "exit" ? "never" : "not yet", kind: "quiet short" };
    const error = kernel.symbols.errors[String(-(value | 0))];
    return error ? { text: `-${error}`, kind: "number" } : { text: number(value), kind: "number" };
}
