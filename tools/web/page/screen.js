// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * The screen of the machine: v86 writes its 25 lines as text, so that it is sharp
 * at any size and can be marked. This file makes the text as large as its place
 * allows, gives it the focus, and copies it.
 */

const COLUMNS = 80;
const ROWS = 25;
/** The height of a line in letters' heights. */
const LINE = 1.2;

export class Screen {
    /**
     * @param {HTMLElement} place what the screen may fill
     * @param {HTMLElement} element what v86 draws in
     * @param {HTMLTextAreaElement} field what takes the keys
     */
    constructor(place, element, field) {
        this.place = place;
        this.element = element;
        this.field = field;
        new ResizeObserver(() => this.fit()).observe(place);
        document.fonts?.ready.then(() => this.fit());
        element.addEventListener("click", () => this.hasSelection || this.focus());
    }

    focus() {
        this.field.focus({ preventScroll: true });
    }

    /** Makes the text as large as its place allows. */
    fit() {
        const width = this.place.clientWidth / COLUMNS / this.#widthOfLetter();
        const height = isFullScreen() ? this.place.clientHeight / ROWS / LINE : Infinity;
        this.element.style.fontSize = `${Math.floor(Math.min(width, height) * 100) / 100}px`;
    }

    /** Whether a person has marked some of it. */
    get hasSelection() {
        const selection = getSelection();
        return !!selection && !selection.isCollapsed && this.element.contains(selection.anchorNode);
    }

    /** The marked text, or all of it. @type {(lines: string[]) => string} */
    text(lines) {
        if (this.hasSelection) return String(getSelection()).replaceAll(/ +$/gm, "");
        return `${lines.join("\n").trimEnd()}\n`;
    }

    async toggleFullScreen() {
        if (isFullScreen()) await document.exitFullscreen();
        else await this.place.requestFullscreen();
        this.focus();
    }

    /** The width of a letter of height 1. */
    #widthOfLetter() {
        const probe = document.createElement("span");
        probe.textContent = "M".repeat(COLUMNS);
        probe.style.cssText = "position:absolute;visibility:hidden;font-size:100px";
        this.element.append(probe);
        const width = probe.getBoundingClientRect().width / COLUMNS / 100;
        probe.remove();
        return width;
    }
}

function isFullScreen() {
    return document.fullscreenElement !== null;
}

/**
 * Puts a text on the clipboard, also where the page came by plain http.
 * @type {(text: string) => Promise<void>}
 */
export async function copy(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
}
