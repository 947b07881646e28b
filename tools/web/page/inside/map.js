// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * A map of many equal things: a small square for each, its colour for what it is, a
 * legend with the numbers. The pointer or the arrow keys choose a square, and a line
 * says what it is.
 */

import { element, put } from "./view.js";

/** @typedef {{ name: string, colour: string }} Kind a colour is a custom property of the style sheet */

export class CellMap {
    /** @type {Uint8Array} */ #cells = new Uint8Array();
    #chosen = 0;
    #columns = 64;
    /** @type {(index: number) => string} */ #describe = () => "";
    #drawn = "";

    /** @param {HTMLElement} place @param {string} label @param {Kind[]} kinds */
    constructor(place, label, kinds) {
        this.kinds = kinds;
        this.canvas = /** @type {HTMLCanvasElement} */ (element("canvas", "map"));
        Object.assign(this.canvas, { tabIndex: 0, role: "slider", ariaLabel: label, ariaValueMin: "0" });
        this.legend = element("ul", "legend");
        this.line = element("p", "note");
        place.append(this.legend, this.canvas, this.line);
        for (const kind of kinds) {
            const item = element("li");
            const mark = element("span", "mark");
            mark.style.background = `var(${kind.colour})`;
            item.append(mark, element("span"));
            this.legend.append(item);
        }
        this.canvas.addEventListener("pointermove", (event) => this.#point(event));
        this.canvas.addEventListener("pointerdown", (event) => this.#point(event));
        this.canvas.addEventListener("keydown", (event) => this.#key(event));
    }

    /** @type {(cells: Uint8Array, columns: number, describe: (index: number) => string) => void} */
    show(cells, columns, describe) {
        this.#cells = cells;
        this.#columns = columns;
        this.#describe = describe;
        const numbers = this.kinds.map(() => 0);
        for (const cell of cells) numbers[cell] += 1;
        for (const [index, item] of [...this.legend.children].entries()) {
            put(/** @type {HTMLElement} */ (item.lastChild), `${this.kinds[index].name} ${numbers[index]}`);
        }
        this.#draw();
    }

    #draw() {
        const { canvas } = this;
        const ratio = devicePixelRatio;
        const width = Math.floor((canvas.clientWidth * ratio) / this.#columns);
        if (width === 0) return;
        const height = Math.max(2, Math.round(width * 0.75));
        const rows = Math.ceil(this.#cells.length / this.#columns);
        this.#chosen = Math.max(0, Math.min(this.#chosen, this.#cells.length - 1));
        this.#say();
        const colours = [...this.legend.children].map((item) => getComputedStyle(/** @type {Element} */ (item.firstChild)).backgroundColor);
        const ink = getComputedStyle(canvas).color;
        const drawn = [width, rows, this.#chosen, colours, ink, this.#cells].join();
        if (drawn === this.#drawn) return;
        this.#drawn = drawn;
        canvas.width = width * this.#columns;
        canvas.height = height * rows;
        const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
        const gap = width > 3 ? 1 : 0;
        this.#cells.forEach((kind, index) => {
            context.fillStyle = colours[kind];
            context.fillRect((index % this.#columns) * width, Math.floor(index / this.#columns) * height, width - gap, height - gap);
        });
        context.strokeStyle = ink;
        context.lineWidth = Math.max(1, ratio);
        const [x, y] = [(this.#chosen % this.#columns) * width, Math.floor(this.#chosen / this.#columns) * height];
        context.strokeRect(x, y, width - gap, height - gap);
    }

    #say() {
        const text = this.#cells.length > 0 ? this.#describe(this.#chosen) : "";
        put(this.line, { text, kind: "note" });
        Object.assign(this.canvas, { ariaValueMax: String(this.#cells.length - 1), ariaValueNow: String(this.#chosen), ariaValueText: text });
    }

    /** @param {number} index */
    #choose(index) {
        if (index < 0 || index >= this.#cells.length) return;
        this.#chosen = index;
        this.#draw();
    }

    /** @param {PointerEvent} event */
    #point(event) {
        const box = this.canvas.getBoundingClientRect();
        const rows = Math.ceil(this.#cells.length / this.#columns);
        const column = Math.floor(((event.clientX - box.left) / box.width) * this.#columns);
        const row = Math.floor(((event.clientY - box.top) / box.height) * rows);
        if (column >= 0 && column < this.#columns) this.#choose(row * this.#columns + column);
    }

    /** @param {KeyboardEvent} event */
    #key(event) {
        const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.#columns, ArrowDown: this.#columns };
        const step = steps[/** @type {keyof steps} */ (event.key)];
        if (step === undefined) return;
        event.preventDefault();
        this.#choose(this.#chosen + step);
    }
}
