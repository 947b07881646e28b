// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * The machine of the page without a page: `node headless.js SETTINGS` runs v86 for
 * `tools/guest`, which writes the settings (tools/guest/src/v86.rs).
 *
 * What the guest writes to a disk is in its file at once. The keyboard's scancodes
 * come over the connection `console`, as lines of numbers; back goes each new
 * screen, as a line of JSON. The program ends with status 0 when the guest switches
 * itself off, and with 1, having said why, when v86 dies.
 */

import { fstatSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { V86 } from "v86";

/**
 * @typedef {object} Settings
 * @property {string} bios
 * @property {string} videoBios
 * @property {string[]} roms that the BIOS runs before it boots
 * @property {number} memory in megabytes
 * @property {(string | null)[]} disks the first and the second
 * @property {(string | null)[]} floppies
 * @property {boolean} bootFloppy
 * @property {number[]} serial ports that the serial lines connect to; without any,
 *     the first line is on this terminal
 * @property {number | null} console the port that the console connects to
 */

/** @type {Settings} */
const settings = JSON.parse(process.argv[2]);
const MEGABYTE = 1024 * 1024;
/** A text screen needs no more. */
const SCREEN_MEMORY = 2 * MEGABYTE;
/** Where the BIOS looks for a system, the first in the last digit: 1 is the floppy, 2 the disk. */
const FLOPPY_FIRST = 0x21;
const DISK_FIRST = 0x12;
/** As QEMU's device `isa-debug-exit`, by which the guest switches off (kernel/src/power.rs). */
const EXIT_PORT = 0xf4;
/** Milliseconds between two looks at the screen. */
const FRAME_TIME = 20;

/** A disk in a file: what v86 asks of one. */
class FileDisk {
    /** v86 wants it called. @type {((event: object) => void) | undefined} */ onload;

    /** @param {string} name */
    constructor(name) {
        this.file = openSync(name, "r+");
        this.byteLength = fstatSync(this.file).size;
    }

    load() {
        this.onload?.({});
    }

    /** @type {(offset: number, length: number) => Uint8Array} */
    get_from_cache(offset, length) {
        const bytes = new Uint8Array(length);
        readSync(this.file, bytes, 0, length, offset);
        return bytes;
    }

    /** @type {(offset: number, length: number, done: (bytes: Uint8Array) => void) => void} */
    get(offset, length, done) {
        done(this.get_from_cache(offset, length));
    }

    /** @type {(offset: number, length: number, done: (bytes: Uint8Array) => void) => void} */
    get_and_cache(offset, length, done) {
        this.get(offset, length, done);
    }

    /** @type {(offset: number, bytes: Uint8Array, done: () => void) => void} */
    set(offset, bytes, done) {
        writeSync(this.file, bytes, 0, bytes.length, offset);
        done();
    }
}

/** @type {import("node:net").Socket[]} */ const sockets = [];
/** Sends the screen where it has changed. */ let showScreen = () => {};

process.on("uncaughtException", (error) => {
    console.error(`v86 has died: ${error}`);
    end(1);
});

const contents = (/** @type {string} */ name) => new Uint8Array(readFileSync(name));
const drive = (/** @type {string | null} */ name) => (name === null ? undefined : new FileDisk(name));
/** @type {any} */
const machine = new V86(/** @type {any} */ ({
    wasm_path: fileURLToPath(new URL("v86.wasm", import.meta.resolve("v86"))),
    bios: { buffer: contents(settings.bios).buffer },
    vga_bios: { buffer: contents(settings.videoBios).buffer },
    hda: drive(settings.disks[0]),
    hdb: drive(settings.disks[1]),
    fda: drive(settings.floppies[0]),
    fdb: drive(settings.floppies[1]),
    boot_order: settings.bootFloppy ? FLOPPY_FIRST : DISK_FIRST,
    memory_size: settings.memory * MEGABYTE,
    vga_memory_size: SCREEN_MEMORY,
    uart1: true,
    disable_keyboard: true,
    disable_mouse: true,
    disable_speaker: true,
}));
machine.add_listener("emulator-loaded", () => {
    const { cpu } = machine.v86;
    for (const rom of settings.roms) cpu.option_roms.push({ name: "genroms/rom", data: contents(rom) });
    cpu.io.register_write(EXIT_PORT, cpu, () => end(0));
    if (settings.serial.length === 0) {
        process.stdin.setRawMode(true);
        joinSerial(0, process.stdin, process.stdout);
    }
    settings.serial.forEach((port, line) => {
        const socket = open(port);
        joinSerial(line, socket, socket);
    });
    if (settings.console !== null) joinConsole(open(settings.console));
    machine.run();
});

/** @param {number} port of this host */
function open(port) {
    const socket = connect(port, "127.0.0.1");
    // The other side has ended, and with it the wish for a machine.
    socket.on("error", () => process.exit(1));
    sockets.push(socket);
    return socket;
}

/** @type {(line: number, input: NodeJS.ReadableStream, output: NodeJS.WritableStream) => void} */
function joinSerial(line, input, output) {
    /** What is not sent yet. @type {number[]} */ let bytes = [];
    machine.add_listener(`serial${line}-output-byte`, (/** @type {number} */ byte) => {
        bytes.push(byte);
        if (bytes.length > 1) return;
        setImmediate(() => {
            output.write(Uint8Array.from(bytes));
            bytes = [];
        });
    });
    input.on("data", (/** @type {Buffer} */ bytes) => machine.serial_send_bytes(line, bytes));
}

/** @param {import("node:net").Socket} socket */
function joinConsole(socket) {
    let last = "";
    showScreen = () => {
        const screen = JSON.stringify(machine.screen_adapter.get_text_screen());
        if (screen !== last) socket.write(`${screen}\n`);
        last = screen;
    };
    setInterval(showScreen, FRAME_TIME);
    createInterface({ input: socket }).on("line", (line) => {
        machine.keyboard_send_scancodes(line.split(" ").map(Number));
    });
}

/** Ends when all that was said has gone out. @param {number} status */
async function end(status) {
    // Behind what the serial lines send.
    await new Promise((resolve) => setImmediate(resolve));
    showScreen();
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.end(() => resolve(undefined)))));
    process.exit(status);
}
