// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * Brings keys to the machine: those of a keyboard, of a phone, and pasted text.
 *
 * All come through one text field that is not seen. It has the focus while a
 * person uses the machine, so that a phone shows its keyboard, and Shift-Tab
 * leaves. With the kernel's layout `us` a key sends the character that is
 * printed on it, whatever keyboard that is; with another layout it sends the
 * key's place, and the kernel says which character that is.
 */

import { ofCharacter, ofKey } from "./scancodes.js";

/** Keys that stay the browser's. */
const OF_THE_BROWSER = new Set(["F5", "F11", "F12"]);
const MODIFIERS = ["Shift", "Control", "Alt"];
/** How long the guest is given for each character of a text, in milliseconds. */
const PACE = 4;
/** Always in the field, so that a phone can erase something. */
const FILLING = "    ";

export class Keyboard {
    /** The keys that the machine believes to be down. @type {Set<string>} */ #down = new Set();
    /** What was in the field before it changed. */ #before = FILLING;
    /** Texts to be typed, one after the other. */ #typing = Promise.resolve();
    /** A modifier chosen on the page, for the next key only: `ControlLeft`. */ #sticky = "";

    /**
     * @param {import("./machine.js").Machine} machine
     * @param {HTMLTextAreaElement} field
     * @param {() => boolean} hasSelection whether a person has marked text to copy
     */
    constructor(machine, field, hasSelection) {
        this.machine = machine;
        this.field = field;
        field.value = FILLING;
        field.addEventListener("keydown", (event) => {
            if (this.#isForBrowser(event, hasSelection())) return;
            if (this.#keyDown(event)) event.preventDefault();
        });
        field.addEventListener("keyup", (event) => this.#release(event.code));
        field.addEventListener("blur", () => [...this.#down].forEach((key) => this.#release(key)));
        field.addEventListener("input", (event) => this.#changed(/** @type {InputEvent} */ (event)));
        field.addEventListener("paste", (event) => {
            event.preventDefault();
            this.type(event.clipboardData?.getData("text/plain") ?? "");
        });
    }

    /**
     * Types a text, at a pace that the guest can follow.
     * @type {(text: string) => Promise<void>}
     */
    type(text) {
        const { settings } = this.machine;
        // Ctrl is still held by who pastes with Ctrl-V.
        this.#releaseModifiers();
        this.#typing = this.#typing.then(async () => {
            for (const character of text.replaceAll("\r\n", "\n")) {
                // What is left when the machine is started again is not for the new one.
                if (this.machine.settings !== settings) return;
                while (this.machine.keyboardIsBusy) await sleep(PACE);
                this.#sendCodes(ofCharacter(character));
                await sleep(PACE);
            }
        });
        return this.#typing;
    }

    /** Presses keys together, and releases them. @param {string[]} keys */
    press(...keys) {
        for (const key of keys) this.#send(key, true);
        for (const key of keys.toReversed()) this.#send(key, false);
    }

    /** Holds a modifier for the next key. @param {string} key */
    hold(key) {
        this.#sticky = key;
        this.field.focus();
    }

    /** @type {(event: KeyboardEvent, hasSelection: boolean) => boolean} */
    #isForBrowser(event, hasSelection) {
        if (event.isComposing || event.metaKey || OF_THE_BROWSER.has(event.key)) return true;
        if (event.key === "Tab" && event.shiftKey) return true;
        if (!event.ctrlKey || event.altKey) return false;
        const letter = event.key.toLowerCase();
        return event.shiftKey || letter === "v" || (letter === "c" && hasSelection);
    }

    /** Whether the machine was sent something. @param {KeyboardEvent} event */
    #keyDown(event) {
        if (event.repeat && MODIFIERS.includes(event.key)) return true;
        if (event.key.length === 1 && this.#takesCharacters) {
            // A modifier that makes the character is not one of the machine's.
            if (event.getModifierState("AltGraph")) this.#releaseModifiers();
            const codes = ofCharacter(event.key, this.#isDown("Shift"));
            if (codes.length) return this.#sendCodes(codes);
        }
        return this.#send(event.code, true);
    }

    /** What a phone has changed in the field. @param {InputEvent} event */
    #changed(event) {
        const text = this.field.value;
        const same = commonStart(text, this.#before);
        this.type("\b".repeat(this.#before.length - same) + text.slice(same));
        // What is being composed may still change.
        if (!event.isComposing) this.field.value = FILLING;
        this.#before = this.field.value;
    }

    get #takesCharacters() {
        const layout = /\bkeyboard=(\w+)/.exec(this.machine.settings?.commandLine ?? "");
        return !layout || layout[1] === "us";
    }

    /**
     * Sends codes, with the modifier that is held for them.
     * @type {(codes: number[]) => boolean}
     */
    #sendCodes(codes) {
        const held = this.#sticky;
        this.#sticky = "";
        this.machine.sendScancodes([...ofKey(held, true), ...codes, ...ofKey(held, false)]);
        return true;
    }

    /** @type {(key: string, isDown: boolean) => boolean} */
    #send(key, isDown) {
        const codes = ofKey(key, isDown);
        if (isDown) this.#down.add(key);
        else this.#down.delete(key);
        this.machine.sendScancodes(codes);
        return codes.length > 0;
    }

    /** @param {string} key */
    #release(key) {
        if (this.#down.has(key)) this.#send(key, false);
    }

    #releaseModifiers() {
        for (const key of [...this.#down]) {
            if (MODIFIERS.some((modifier) => key.startsWith(modifier))) this.#release(key);
        }
    }

    /** @param {string} modifier */
    #isDown(modifier) {
        return [...this.#down].some((key) => key.startsWith(modifier));
    }
}

/** @type {(one: string, other: string) => number} */
function commonStart(one, other) {
    let length = 0;
    while (length < one.length && one[length] === other[length]) length += 1;
    return length;
}

/** @param {number} milliseconds */
function sleep(milliseconds) {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
