// SPDX-License-Identifier: GPL-2.0-or-later
/** Stops the kernel at a function, and shows where it stands then. */

import { element, fill, hex, table } from "../inside/view.js";

/** @typedef {import("../inside/kernel.js").Kernel} Kernel */
/** @typedef {import("../inside/view.js").Cell} Cell */

const NOTE = "The page puts a jump to itself, EB FE, in place of the function's first two bytes. When the kernel comes there it " +
    "turns, and takes interrupts as ever, until the page sees it, pauses the machine and puts the bytes back. Where the " +
    "compiler has inlined a copy of the function there is no stop.";

/** @type {(place: HTMLElement, machine: import("../machine.js").Machine, page: import("./settings.js").Page) => void} */
export function open(place, machine, { stop }) {
    const form = element("form");
    form.innerHTML = `<p><label>Function <input name="function" size="24" spellcheck="false" autocapitalize="none" autocomplete="off"></label>
<button>Stop there</button> <button type="button" name="on">Go on</button></p>`;
    const [input] = form.getElementsByTagName("input");
    const [, on] = form.getElementsByTagName("button");
    const said = element("p");
    said.setAttribute("role", "status");
    const stands = table("Where it stands", []);
    place.append(form, said, stands.element, element("p", "note", NOTE));

    const show = () => {
        if (document.activeElement !== input && stop.name) input.value = stop.name;
        const isThere = stop.state === "reached";
        on.disabled = !isThere;
        stands.element.hidden = !isThere;
        said.textContent = stop.fault ? `There is no stop: ${stop.fault}.` : {
            none: "No stop is set.",
            wanted: `The stop at ${stop.name} is set as soon as the kernel is not in the midst of something.`,
            set: `The kernel has not come to ${stop.name} yet.`,
            reached: `The kernel stands before the first instruction of ${stop.name}.`,
        }[stop.state];
        if (isThere && stop.kernel) fill(stands.body, whereItStands(stop.kernel));
    };
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        stop.set(input.value.trim());
    });
    on.addEventListener("click", () => machine.goOn());
    stop.addEventListener("change", show);
    show();
}

/** @type {(kernel: Kernel) => (string | Cell)[][]} */
function whereItStands(kernel) {
    const { general: { eip, esp } } = kernel.machine.registers();
    const back = kernel.linearWord(esp);
    const found = kernel.functionAt(eip);
    // What a label of assembly has on its stack is known to itself only.
    const caller = found?.place && back !== undefined ? kernel.functionAt(back) : undefined;
    const row = (/** @type {string} */ name, /** @type {string} */ value, /** @type {Cell} */ words) =>
        [{ text: name, kind: "name" }, { text: value, kind: "number" }, words];
    return [
        row("function", hex(eip), { text: found?.name ?? "", place: found?.place }),
        ...(caller && back !== undefined ? [row("called by", hex(back), { text: caller.name, place: caller.place })] : []),
        row("task", "", { text: kernel.isHere() ? kernel.task(kernel.currentSlot()).title : "none yet" }),
    ];
}
