// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * Stops the kernel where it comes to a function.
 *
 * Instead of the function's first two bytes there is a jump to itself. The processor
 * turns there, and takes interrupts as ever, until the page sees it: it pauses the
 * machine, and puts the bytes back. So the machine stands before the function's first
 * instruction, and goes on as if nothing had been. Copies of the function that the
 * compiler has put into others have other addresses, and do not stop.
 *
 * Usual sequence: `onDisk` before the machine boots, for the very first call, or `set`
 * while it runs; the event `change` when `state` or `fault` has changed.
 */

import { kernelOf } from "./kernel.js";

/** `jmp .`, in two bytes (Intel SDM vol. 2, JMP rel8). */
const JUMP_TO_ITSELF = Uint8Array.of(0xeb, 0xfe);
/** Milliseconds between two looks. */
const PAUSE = 5;
/** Of names that are meant perhaps so many are told. */
const MOST_TOLD = 6;

/** @typedef {import("./kernel.js").Kernel} Kernel */
/** Whether no stop is set, one is wanted, the kernel has one, or stands there. @typedef {"none" | "wanted" | "set" | "reached"} State */

export class Stop extends EventTarget {
    /** @type {State} */ state = "none";
    /** What is stopped at, as the kernel calls it. */ name = "";
    /** Why there is no stop, though one was asked for. */ fault = "";
    /** @type {Kernel | undefined} */ kernel;
    /** The addresses of the function. @type {number[]} */ #addresses = [];
    #isWatching = false;
    /** Shows the machine its disk again as it is. */ #showAgain = () => {};

    /** @param {import("../machine.js").Machine} machine */
    constructor(machine) {
        super();
        this.machine = machine;
        machine.addEventListener("change", () => {
            if (machine.state === "off") this.#forget();
            // Whoever has seen where it stands lets it go on.
            if (machine.state === "running" && this.state === "reached") this.#become("none");
        });
    }

    /** Before the machine boots: the kernel on its disk stops at the first call. @type {(disk: import("../disk.js").Disk, name: string) => Promise<void>} */
    async onDisk(disk, name) {
        if (!(await this.#find(name)) || !this.kernel) return;
        const found = await disk.kernel();
        const loaded = await found?.load();
        const { at, size } = this.kernel.symbols.kernel;
        const start = at - (loaded?.address ?? 0);
        if (!found || !loaded || !this.kernel.isCode(loaded.image.slice(start, start + size))) {
            return this.#fail("the kernel on this disk is not the one that belongs to the page");
        }
        const { image, address: base } = loaded;
        for (const address of this.#addresses) {
            const place = address - base;
            this.kernel.changed.set(address, image.slice(place, place + JUMP_TO_ITSELF.length));
            image.set(JUMP_TO_ITSELF, place);
        }
        this.#showAgain = found.show(image);
        this.#become("set");
        this.#watch();
    }

    /** While the machine runs: the kernel stops at the next call. @type {(name: string) => Promise<void>} */
    async set(name) {
        this.#takeAway();
        if (!(await this.#find(name))) return;
        this.#become("wanted");
        this.#watch();
    }

    /** Finds the addresses of a function. @type {(name: string) => Promise<boolean>} */
    async #find(name) {
        try {
            this.kernel = await kernelOf(this.machine);
        } catch (error) {
            this.#fail(`the kernel's symbols can't be loaded (${error instanceof Error ? error.message : error})`);
            return false;
        }
        const found = this.kernel.functionsNamed(name);
        const names = [...new Set(found.map((one) => one.name))];
        [this.name, this.fault] = [names[0] ?? name, ""];
        this.#addresses = found.map(({ at }) => at);
        if (names.length === 1) return true;
        const told = names.slice(0, MOST_TOLD).join(", ") + (names.length > MOST_TOLD ? ", …" : "");
        this.#fail(names.length > 0
            ? `“${name}” may be ${told}`
            : `the kernel has no code of its own for “${name}”: there is no such function, or it is inlined`);
        return false;
    }

    /** Looks until the kernel stands at the function, or the stop is given up. */
    async #watch() {
        if (this.#isWatching) return;
        this.#isWatching = true;
        while (this.state === "wanted" || this.state === "set") {
            if (this.state === "wanted") this.#putThere();
            else await this.#look();
            await new Promise((resolve) => setTimeout(resolve, PAUSE));
        }
        this.#isWatching = false;
    }

    /** Puts the jumps into the kernel in memory, if nobody can be within the bytes. */
    #putThere() {
        const { kernel, machine } = this;
        if (!kernel || !["running", "paused"].includes(machine.state) || !kernel.isHere()) return;
        const { ring, isHalted, general: { eip } } = machine.registers();
        // In the midst of the kernel an interrupt may have to return there.
        if (ring === 0 && (!isHalted || this.#addresses.some((address) => eip === address + 1))) return;
        for (const address of this.#addresses) {
            kernel.changed.set(address, machine.readMemory(address, JUMP_TO_ITSELF.length));
            machine.writeMemory(address, JUMP_TO_ITSELF);
        }
        this.#become("set");
    }

    async #look() {
        if (!this.#isThere()) return;
        await this.machine.pause();
        // An interrupt may have come in between; it returns there.
        if (!this.#isThere()) return this.machine.goOn();
        this.#takeAway();
        this.#become("reached");
    }

    /** Whether the processor turns at the function. */
    #isThere() {
        const { machine } = this;
        if (!["running", "paused"].includes(machine.state)) return false;
        const { ring, general: { eip } } = machine.registers();
        return ring === 0 && this.#addresses.includes(eip) && this.#hasJump(eip);
    }

    /** @param {number} address */
    #hasJump(address) {
        return this.machine.readMemory(address, JUMP_TO_ITSELF.length).join() === JUMP_TO_ITSELF.join();
    }

    /** Puts back what was there. */
    #takeAway() {
        for (const [address, bytes] of this.kernel?.changed ?? []) {
            if (this.machine.memorySize > address && this.#hasJump(address)) this.machine.writeMemory(address, bytes);
        }
        this.#forget();
    }

    #forget() {
        this.#showAgain();
        this.#showAgain = () => {};
        this.kernel?.changed.clear();
        this.fault = "";
        this.#become("none");
    }

    /** @param {string} fault */
    #fail(fault) {
        this.fault = fault;
        this.#become("none");
    }

    /** @param {State} state */
    #become(state) {
        this.state = state;
        this.dispatchEvent(new Event("change"));
    }
}
