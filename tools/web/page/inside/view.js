// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * What the panels of the inside share: they look at the machine again and again
 * while they are open, and show tables and links to the sources.
 */

import { kernelOf } from "./kernel.js";

/** @typedef {import("./kernel.js").Kernel} Kernel */
/** @typedef {import("./kernel.js").Place} Place */
/** @typedef {{ text: string, place?: Place, title?: string, kind?: string }} Cell */

/** Milliseconds from one look to the next. */
const PAUSE = 250;

/**
 * Calls `show` while the panel is open: again and again while the machine runs, once
 * when it is paused. A panel that is closed reads nothing and has no timer.
 * @param {HTMLElement} place
 * @param {import("../machine.js").Machine} machine
 * @param {(kernel: Kernel) => void} show
 * @param {(kernel: Kernel) => void} [closed]
 * @returns {() => void} looks now
 */
export function live(place, machine, show, closed) {
    const panel = /** @type {HTMLDetailsElement} */ (place.closest("details"));
    const body = document.createElement("div");
    body.append(...place.childNodes);
    const note = element("p", "note");
    place.append(note, body);
    /** @type {Kernel | undefined} */ let kernel;
    /** @type {any} */ let timer;

    const look = () => {
        clearTimeout(timer);
        if (!panel.open || !kernel) return;
        const isHere = kernel.isHere();
        body.hidden = !isHere;
        note.hidden = isHere;
        note.textContent = "There is nothing to be seen yet: the kernel that belongs to this page does not run.";
        // It looks again even if what is there now can't be shown.
        if (machine.state === "running" || machine.state === "starting") timer = setTimeout(look, PAUSE);
        if (isHere) show(kernel);
    };
    panel.addEventListener("toggle", () => {
        look();
        if (!panel.open && kernel?.isHere()) closed?.(kernel);
    });
    machine.addEventListener("change", look);
    body.hidden = true;
    note.textContent = "Loading.";
    kernelOf(machine).then(
        (found) => {
            kernel = found;
            look();
        },
        (error) => (note.textContent = `This can't be shown: ${error.message}`),
    );
    return look;
}

/** @type {(name: string, kind?: string, text?: string) => HTMLElement} */
export function element(name, kind, text) {
    const made = document.createElement(name);
    if (kind) made.className = kind;
    if (text !== undefined) made.textContent = text;
    return made;
}

/** A table that scrolls in itself if it is wider than the panel. @type {(caption: string, heads: string[]) => { element: HTMLElement, caption: HTMLElement, body: HTMLTableSectionElement }} */
export function table(caption, heads) {
    const box = element("div", "wide");
    box.innerHTML = `<table><caption></caption><thead><tr></tr></thead><tbody></tbody></table>`;
    const find = (/** @type {string} */ name) => /** @type {any} */ (box.querySelector(name));
    find("caption").textContent = caption;
    for (const head of heads) {
        const cell = element("th", undefined, head);
        cell.setAttribute("scope", "col");
        find("thead tr").append(cell);
    }
    if (heads.length === 0) find("thead").remove();
    return { element: box, caption: find("caption"), body: find("tbody") };
}

/**
 * Shows rows. What stays the same is not touched, so that a marked text stays marked
 * and a link keeps the focus.
 * @type {(body: HTMLTableSectionElement, rows: (string | Cell)[][]) => void}
 */
export function fill(body, rows) {
    while (body.rows.length > rows.length) body.deleteRow(-1);
    rows.forEach((cells, at) => {
        const row = body.rows[at] ?? body.insertRow();
        while (row.cells.length > cells.length) row.deleteCell(-1);
        cells.forEach((cell, number) => put(row.cells[number] ?? row.insertCell(), cell));
    });
}

/** Shows one thing in an element. @type {(into: HTMLElement, cell: string | Cell) => void} */
export function put(into, cell) {
    const { text, place, title, kind } = typeof cell === "string" ? /** @type {Cell} */ ({ text: cell }) : cell;
    const key = [text, place?.file, place?.line, title, kind].join("\n");
    if (into.dataset.key === key) return;
    into.dataset.key = key;
    into.className = kind ?? "";
    into.title = title ?? "";
    if (place) into.replaceChildren(link(text, place));
    else into.textContent = text;
}

/** A link to the line of the sources that defines something. @type {(text: string, place: Place) => HTMLAnchorElement} */
export function link(text, { file, line }) {
    const made = /** @type {HTMLAnchorElement} */ (element("a"));
    // A long path may go on in the next line, but between its parts.
    const parts = text.split(/(?=[.[])|(?<=::)/);
    made.append(...parts.flatMap((part) => [element("wbr"), part]));
    made.href = `source/${file}.html#L${line}`;
    made.target = "_blank";
    made.title = `${file}, line ${line}`;
    return made;
}

/** Words with links to what they name in between: `["defined by ", ["Task", place]]`. @type {(into: HTMLElement, parts: (string | [string, Place])[]) => void} */
export function sentence(into, parts) {
    into.replaceChildren(...parts.map((part) => (typeof part === "string" ? part : link(...part))));
}

/** @type {(value: number, digits?: number) => string} */
export const hex = (value, digits = 8) => (value >>> 0).toString(16).padStart(digits, "0");
