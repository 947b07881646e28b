// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * The page: loads what the machine consists of, all at once, starts it, and
 * connects it with what is on the page. A panel is a module that is loaded when
 * it is first opened, and is given the machine.
 */

import { Stop } from "./inside/stop.js";
import { Keyboard } from "./keyboard.js";
import { readLink } from "./link.js";
import { Machine } from "./machine.js";
import { Screen, copy } from "./screen.js";
import { ELEVEN, Shelf, unpack } from "./shelf.js";
import { IMAGE_VERSION } from "./version.js";

const MEMORY = 16;
const SETTLED = "eleven colours";

/** @type {(selector: string) => any} */
const find = (selector) => document.querySelector(selector);

/** Loads a file of the page; asks that it be there. @type {(name: string) => Promise<Response>} */
async function load(name) {
    const response = await fetch(name);
    if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
    return response;
}

/** @type {(name: string) => Promise<ArrayBuffer>} */
const bytes = async (name) => (await load(name)).arrayBuffer();

const parts = {
    processor: bytes("v86/v86.wasm").then((code) => WebAssembly.compile(code)),
    bios: bytes("bios/seabios.bin"),
    videoBios: bytes("bios/vgabios.bin"),
};
// Who waits for a part is told that it failed; nobody may be waiting yet.
for (const part of Object.values(parts)) part.catch(() => {});
const link = readLink(location.search);
const shelf = new Shelf(async () => (await load("images/eleven.img.gz")).blob(), IMAGE_VERSION);
const machine = new Machine(parts, find("#screen"));
const stop = new Stop(machine);
const screen = new Screen(find("#place"), find("#screen"), find("#keys"));
const keyboard = new Keyboard(machine, find("#keys"), () => screen.hasSelection);

let starts = Promise.resolve();
/** @type {import("./panels/settings.js").Page} */
const page = {
    shelf,
    stop,
    choice: {
        disk: ELEVEN,
        throwAway: link.throwAway,
        from: "disk",
        memory: link.memory || MEMORY,
        commandLine: link.commandLine,
        stop: link.stop,
    },
    start,
};

/**
 * Starts the machine, or starts it again; one start waits for the other.
 * @param {import("./panels/settings.js").Choice} choice
 */
function start(choice) {
    starts = starts.then(() => startNow(choice));
    return starts;
}

/** @param {import("./panels/settings.js").Choice} choice */
async function startNow(choice) {
    try {
        await machine.off();
        page.choice = choice;
        const disk = await shelf.open(choice.disk, choice.throwAway);
        if (choice.stop) await stop.onDisk(disk, choice.stop);
        const floppy = choice.from === "floppy" ? await loadFloppy() : undefined;
        await machine.boot({ disk, floppy, memory: choice.memory, commandLine: choice.commandLine });
    } catch (error) {
        notice(`The machine can't be started: ${error instanceof Error ? error.message : error}`);
    }
}

async function loadFloppy() {
    return unpack(await (await load("images/floppy.img.gz")).blob());
}

/** What the machine does, in words. */
const STATES = {
    off: "Loading.",
    starting: "Starting.",
    running: "Running.",
    paused: "Paused.",
    halted: "The machine has been switched off.",
    dead: "The machine has stopped.",
};

/**
 * What becomes of the disk's changes, where it is no reason why they are not kept.
 * @type {Record<string, string>}
 */
const KEPT = { saved: "", saving: "Saving changes." };

function showState() {
    const { state } = machine;
    find("#state").textContent = stop.state === "reached" ? `Stopped at ${stop.name}.` : STATES[state];
    find("#kept").textContent = KEPT[shelf.kept] ?? `Changes are ${shelf.kept}.`;
    document.documentElement.dataset.state = state;
    const button = find("[data-do=pause]");
    button.textContent = state === "paused" ? "Go on" : "Pause";
    button.disabled = state !== "running" && state !== "paused";
    if (state === "dead") {
        notice(
            `The emulator has met something that it can't do, and has stopped: ${machine.fault}. ` +
            "What the machine had written to its disk is there; the rest is lost.",
        );
    } else if (state === "halted") {
        notice("The machine has been switched off.");
    } else {
        find("#notice").hidden = true;
    }
}

/** @param {string} text */
function notice(text) {
    find("#notice p").textContent = text;
    find("#notice").hidden = false;
}

/** Says something for a while where the state stands. @param {string} text */
function say(text) {
    find("#state").textContent = text;
    setTimeout(showState, 3000);
}

/** What the buttons do. @type {Record<string, () => unknown>} */
const ACTIONS = {
    pause: () => (machine.state === "paused" ? machine.goOn() : machine.pause()),
    reset: () => start(page.choice),
    full: () => screen.toggleFullScreen(),
    keyboard: () => screen.focus(),
    copy: () => copy(screen.text(machine.screenLines())).then(
        () => say("Copied"),
        () => say("The browser does not allow copying; mark the text instead."),
    ),
    paste: () => navigator.clipboard?.readText().then(
        (text) => keyboard.type(text),
        () => say("The browser does not allow pasting here; press Ctrl-V on the screen."),
    ) ?? say("Press Ctrl-V on the screen."),
};

for (const button of document.querySelectorAll("button")) {
    const { do: action, press, hold } = button.dataset;
    // What is pressed on a phone must not take the focus, and the keyboard with it.
    if (press || hold) button.addEventListener("pointerdown", (event) => event.preventDefault());
    button.addEventListener("click", async () => {
        if (action) await ACTIONS[action]();
        if (press) keyboard.press(...press.split(" "));
        if (hold) keyboard.hold(hold);
        if (action === "reset") screen.focus();
    });
}

/** Loads a panel's module when it is opened first. @param {HTMLDetailsElement} panel */
function prepare(panel) {
    const { module } = panel.dataset;
    const opened = async () => {
        if (!panel.open || !module) return;
        panel.removeEventListener("toggle", opened);
        (await import(module)).open(panel.querySelector(".content"), machine, page);
    };
    panel.addEventListener("toggle", opened);
}
document.querySelectorAll("details").forEach(prepare);

/** Opens the panel of this name, if there is one. @param {string} name */
function openPanel(name) {
    const panel = [...document.querySelectorAll("details")].find(({ id }) => id === name);
    if (!panel) return say(`There is no panel “${name}”.`);
    panel.open = true;
}

find("#colours").addEventListener("change", (/** @type {Event} */ event) => {
    localStorage.setItem(SETTLED, /** @type {HTMLSelectElement} */ (event.target).value);
    showColours();
});
function showColours() {
    const colours = localStorage.getItem(SETTLED) ?? "light dark";
    document.documentElement.style.colorScheme = find("#colours").value = colours;
}

/** What a link asks for at the first prompt; then the page sees to working without a network. */
async function atFirstPrompt() {
    if (!(await machine.prompt())) return;
    performance.mark("prompt");
    document.documentElement.dataset.prompt = "";
    if (machine.isOnSerialLine) machine.sendSerial(new TextEncoder().encode(link.type));
    else keyboard.type(link.type);
    navigator.serviceWorker?.register("service-worker.js").catch((error) => console.warn(error));
}

machine.addEventListener("change", showState);
shelf.addEventListener("change", showState);
stop.addEventListener("change", showState);
showColours();
find("[data-do=full]").hidden = !document.fullscreenEnabled;
screen.focus();
if (link.open) openPanel(link.open);
if (/\bconsole=ttyS0\b/.test(link.commandLine)) openPanel("serial");
// For those who look at the machine from the browser's console.
Object.assign(window, { machine, shelf, keyboard });
await shelf.look();
await start(page.choice);
await atFirstPrompt();
