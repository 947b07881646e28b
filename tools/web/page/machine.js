// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * The machine: v86, a PC in WebAssembly, with Eleven's disk or floppy in it.
 *
 * Usual sequence: `new Machine(parts, screen)`; `boot(settings)`, which may be
 * called again at any time, and is then a reset; `pause` and `goOn`; the event
 * `change` when `state` has changed. A panel is given the machine and listens to
 * it: `serial` for each byte that the guest sends, `readMemory` and `registers` for
 * what is in its memory and its processor. No other file knows v86.
 */

import { V86 } from "./v86/libv86.js";
import { SECTOR_SIZE } from "./disk.js";

/** The sector of the kernel command line, on our disks and floppies (docs/boot.md). */
const COMMAND_LINE_SECTOR = 5;
/** v86 reads TSSs with the rights of ring 3 (docs/web.md). */
const WORDS_FOR_V86 = "expose-tss";
const MEGABYTE = 1024 * 1024;
/** A text screen needs no more. */
const SCREEN_MEMORY = 2 * MEGABYTE;
/** Steps of the PC's timer in a millisecond. */
const TIMER_STEPS = 1193.1816666;
/** Ticks that are late by more than this, in milliseconds, are not made up for. */
const LATEST_TICK = 60_000;
/** v86's order of the general registers, and of the segment registers with TR and LDTR. */
const GENERAL = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];
const SEGMENTS = ["es", "cs", "ss", "ds", "fs", "gs", "tr", "ldtr"];
/** What the shell prints when it waits for a line. */
const PROMPT = /[#$] $/;

/**
 * What the page has loaded for it.
 * @typedef {object} Parts
 * @property {Promise<WebAssembly.Module>} processor v86's part in WebAssembly
 * @property {Promise<ArrayBuffer>} bios
 * @property {Promise<ArrayBuffer>} videoBios
 */

/**
 * @typedef {object} Settings
 * @property {import("./disk.js").Disk} disk
 * @property {Uint8Array} [floppy] to boot from instead of the disk
 * @property {number} memory in megabytes
 * @property {string} commandLine of the kernel
 */

/**
 * What the processor has.
 * @typedef {object} Registers
 * @property {Record<string, number>} general `eax` to `edi`, `eip`, `eflags`
 * @property {Record<string, number>} segments selectors in `cs` to `gs`, `tr`, `ldtr`
 * @property {Record<string, number>} control `cr0`, `cr2`, `cr3`
 * @property {Record<string, { base: number, limit: number }>} tables `gdtr`, `idtr`
 * @property {number} ring
 * @property {boolean} isHalted it waits for an interrupt
 */

/** @typedef {"off" | "starting" | "running" | "paused" | "halted" | "dead"} State */

export class Machine extends EventTarget {
    /** @type {State} */ state = "off";
    /** Why it died. */ fault = "";
    /** @type {Settings | undefined} */ settings;
    /** What v86 has said last; the reason, when it dies. */ #said = "";
    /** @type {any} */ #v86;
    /** When it was paused, by `performance.now`. */ #pausedAt = 0;
    /** What was sent on the serial line since the boot. */ #serialText = "";

    /**
     * @param {Parts} parts
     * @param {HTMLElement} screen where v86 draws: a div for text, and a canvas
     */
    constructor(parts, screen) {
        super();
        this.parts = parts;
        this.screen = screen;
        addEventListener("error", (event) => this.#isOurs(event.error) && this.#die(event.error));
        addEventListener("unhandledrejection", (event) => this.#isOurs(event.reason) && this.#die(event.reason));
    }

    /** Switches on, or off and on again. @type {(settings: Settings) => Promise<void>} */
    async boot(settings) {
        await this.off();
        this.settings = settings;
        this.#said = this.#serialText = "";
        this.#become("starting");
        settings.disk.onFault = (error) => this.#die(error);
        const { parts } = this;
        const [processor, bios, videoBios] = await Promise.all([parts.processor, parts.bios, parts.videoBios]);
        const line = `${settings.commandLine} ${WORDS_FOR_V86}`.trim();
        if (settings.floppy) setCommandLine(settings.floppy, line);
        else if (await settings.disk.hasOurKernel()) {
            settings.disk.show(COMMAND_LINE_SECTOR * SECTOR_SIZE, commandLineSector(line));
        }
        this.#v86 = new V86(/** @type {any} */ ({
            wasm_fn: (/** @type {any} */ imports) => this.#start(processor, imports),
            bios: { buffer: bios },
            vga_bios: { buffer: videoBios },
            hda: settings.disk,
            fda: settings.floppy && { buffer: settings.floppy.slice().buffer },
            memory_size: settings.memory * MEGABYTE,
            vga_memory_size: SCREEN_MEMORY,
            screen: { container: this.screen },
            disable_keyboard: true,
            disable_mouse: true,
            disable_speaker: true,
            autostart: true,
        }));
        const listen = this.#v86.add_listener.bind(this.#v86);
        listen("emulator-started", () => this.#become("running"));
        listen("emulator-stopped", () => this.#become("paused"));
        listen("cpu-event-halt", () => this.#become("halted"));
        listen("serial0-output-byte", (/** @type {number} */ byte) => this.#heard(byte));
        await this.#started();
        if (this.#v86?.v86) makeUpForTicks(this.#v86.v86.cpu.devices.pit);
    }

    /** Switches off, as by the switch at the back: what was not written is lost. */
    async off() {
        const v86 = this.#v86;
        if (!v86) return;
        this.#v86 = undefined;
        // One that has died would not answer.
        if (this.state !== "dead") await v86.stop();
        v86.v86?.destroy();
        v86.screen_adapter.destroy();
        this.#become("off");
    }

    async pause() {
        if (this.state !== "running") return;
        await this.#v86.stop();
        this.#pausedAt = performance.now();
    }

    async goOn() {
        if (this.state !== "paused") return;
        // No ticks are due for the time of the pause.
        this.#v86.v86.cpu.devices.pit.counter_start_time[0] += performance.now() - this.#pausedAt;
        await this.#v86.run();
    }

    /** Presses and releases keys. @type {(codes: number[]) => void} */
    sendScancodes(codes) {
        if (this.state === "running") this.#v86.keyboard_send_scancodes(codes);
    }

    /** Whether the keyboard's controller has still codes that the guest did not take. */
    get keyboardIsBusy() {
        return (this.#v86?.v86?.cpu.devices.ps2?.kbd_buffer.length ?? 0) > 0;
    }

    /** @param {Uint8Array} bytes */
    sendSerial(bytes) {
        this.#v86?.serial_send_bytes(0, bytes);
    }

    /**
     * Bytes of the physical memory, as they are now.
     * @type {(address: number, length: number) => Uint8Array}
     */
    readMemory(address, length) {
        return this.#v86.read_memory(address, length).slice();
    }

    /** @type {(address: number, bytes: Uint8Array) => void} */
    writeMemory(address, bytes) {
        this.#v86.write_memory(bytes, address);
    }

    /** Bytes of physical memory; 0 while there is no machine. */
    get memorySize() {
        return this.#v86?.v86?.cpu.mem8?.length ?? 0;
    }

    /** The processor's registers, as they are now. @returns {Registers} */
    registers() {
        const { cpu } = this.#v86.v86;
        const general = Object.fromEntries(GENERAL.map((name, at) => [name, cpu.reg32[at] >>> 0]));
        general.eip = (cpu.instruction_pointer[0] - cpu.segment_offsets[SEGMENTS.indexOf("cs")]) >>> 0;
        general.eflags = cpu.get_eflags() >>> 0;
        return {
            general,
            segments: Object.fromEntries(SEGMENTS.map((name, at) => [name, cpu.sreg[at]])),
            control: { cr0: cpu.cr[0] >>> 0, cr2: cpu.cr[2] >>> 0, cr3: cpu.cr[3] >>> 0 },
            tables: {
                gdtr: { base: cpu.gdtr_offset[0] >>> 0, limit: cpu.gdtr_size[0] },
                idtr: { base: cpu.idtr_offset[0] >>> 0, limit: cpu.idtr_size[0] },
            },
            ring: cpu.cpl[0],
            isHalted: cpu.in_hlt[0] !== 0,
        };
    }

    /** The lines of the screen, without blanks at their ends. @returns {string[]} */
    screenLines() {
        const lines = this.#v86?.screen_adapter.get_text_screen() ?? [];
        return lines.map((/** @type {string} */ line) => line.replaceAll("\0", " ").trimEnd());
    }

    /** What was sent on the serial line, or the end of it. */
    get serialText() {
        return this.#serialText;
    }

    /** Whether the shell is on the serial line instead of the screen. */
    get isOnSerialLine() {
        return /\bconsole=ttyS0\b/.test(this.settings?.commandLine ?? "");
    }

    /** Whether the shell waits for a line. */
    get isAtPrompt() {
        const last = this.screenLines().findLast((line) => line !== "") ?? "";
        return PROMPT.test(this.isOnSerialLine ? this.#serialText : `${last} `);
    }

    /**
     * Resolves when the shell waits for a line, to whether it does: a machine can stop before.
     * @returns {Promise<boolean>}
     */
    async prompt() {
        while (this.state !== "dead" && this.state !== "halted") {
            if (this.state === "running" && this.isAtPrompt) return true;
            await new Promise((resolve) => setTimeout(resolve, 30));
        }
        return false;
    }

    /** Until then v86 can't be stopped. @returns {Promise<void>} */
    #started() {
        return new Promise((resolve) => {
            const look = () => {
                if (this.state === "starting") return;
                this.removeEventListener("change", look);
                resolve();
            };
            this.addEventListener("change", look);
        });
    }

    /** @type {(processor: WebAssembly.Module, imports: any) => Promise<WebAssembly.Exports>} */
    async #start(processor, imports) {
        /** @type {WebAssembly.Memory | undefined} */ let memory;
        imports.env.console_log_from_wasm = (/** @type {number} */ start, /** @type {number} */ length) => {
            const bytes = memory && new Uint8Array(memory.buffer, start, length);
            this.#said = new TextDecoder().decode(bytes).trim();
        };
        const instance = await WebAssembly.instantiate(processor, imports);
        memory = /** @type {WebAssembly.Memory} */ (instance.exports.memory);
        return instance.exports;
    }

    /** @param {number} byte */
    #heard(byte) {
        this.#serialText = (this.#serialText + String.fromCharCode(byte)).slice(-100_000);
        this.dispatchEvent(new CustomEvent("serial", { detail: byte }));
    }

    /** @param {any} error */
    #isOurs(error) {
        return error instanceof WebAssembly.RuntimeError || /libv86|v86\.wasm/.test(error?.stack);
    }

    /** @param {unknown} error */
    #die(error) {
        this.fault = this.#said.split("\n").slice(0, 2).join(" ") || String(error);
        this.#become("dead");
    }

    /** @param {State} state */
    #become(state) {
        // What has died or been halted does not run, whatever v86 says.
        if ((this.state === "dead" || this.state === "halted") && state === "paused") return;
        this.state = state;
        this.dispatchEvent(new Event("change"));
    }
}

/**
 * Has the timer give every tick, though late. By itself v86 gives one for however
 * long it had no time, and the guest, which counts ticks, would lose the time.
 * @param {any} timer v86's
 */
function makeUpForTicks(timer) {
    const ask = timer.timer.bind(timer);
    timer.timer = (/** @type {number} */ now, /** @type {boolean} */ isOff) => {
        // The middle of the step in which the counter is through, so that no rounding matters.
        const due = timer.counter_start_time[0] + (timer.counter_start_value[0] + 1.5) / TIMER_STEPS;
        const late = now - due;
        if (!timer.counter_enabled[0] || late <= 0 || late > LATEST_TICK) return ask(now, isOff);
        // The timer sees the moment at which the tick was due; the next is due after it.
        return Math.max(0, ask(due, isOff) - late);
    };
}

/** @type {(line: string) => Uint8Array} */
function commandLineSector(line) {
    const sector = new Uint8Array(SECTOR_SIZE);
    sector.set(new TextEncoder().encode(line).subarray(0, SECTOR_SIZE - 1));
    return sector;
}

/** @type {(image: Uint8Array, line: string) => void} */
function setCommandLine(image, line) {
    image.set(commandLineSector(line), COMMAND_LINE_SECTOR * SECTOR_SIZE);
}
