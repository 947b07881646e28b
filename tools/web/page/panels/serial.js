// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * The serial line, as a terminal beside the screen. What was sent before the
 * panel was opened is shown too. With `console=ttyS0` the shell is here.
 */

import { FitAddon } from "../xterm/addon-fit.js";
import { Terminal } from "../xterm/xterm.js";

/**
 * Opens the panel in `place`.
 * @type {(place: HTMLElement, machine: import("../machine.js").Machine) => void}
 */
export function open(place, machine) {
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = "xterm/xterm.css";
    document.head.append(style);
    const terminal = new Terminal({
        fontSize: 13,
        screenReaderMode: true,
        theme: { background: "#101418", foreground: "#d8dee4" },
    });
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(place);
    new ResizeObserver(() => place.clientWidth > 0 && fit.fit()).observe(place);
    terminal.write(machine.serialText);
    terminal.onData((text) => machine.sendSerial(new TextEncoder().encode(text)));
    machine.addEventListener("serial", (event) => {
        terminal.write(new Uint8Array([/** @type {CustomEvent} */ (event).detail]));
    });
    machine.addEventListener("change", () => machine.state === "starting" && terminal.reset());
}
