// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * The disks that a person can choose from: Eleven's own and those added.
 *
 * `open` gives a disk whose changes are kept, if they can be: a link may ask for
 * a disk that is thrown away, another tab may be using it, or the browser may
 * lack what keeping needs. `kept` then tells why not. One tab at a time uses a
 * kept disk, as two machines on one disk would destroy its file system.
 */

import { Disk, baseOfBlob, baseOfBytes } from "./disk.js";
import { Store } from "./store.js";

/** The disk that comes with the page. */
export const ELEVEN = "Eleven";

/** Whether changes are kept: `saved`, `saving`, or the reason why not. @typedef {string} Kept */

export class Shelf extends EventTarget {
    /** The disk in use. @type {Disk | undefined} */ disk;
    /** Its name. */ name = ELEVEN;
    /** @type {Kept} */ kept = "saved";
    /** The names of all disks. @type {string[]} */ names = [ELEVEN];
    /** Whether Eleven's disk, which was kept, is older than the page's. */ isOlder = false;
    /** @type {Store | undefined} */ #store;
    /** Gives back the right to use the kept disk. */ #release = () => {};
    /** Disks of this page's life only. @type {Map<string, Blob>} */ #unkept = new Map();

    /**
     * @param {() => Promise<Blob>} fetchImage brings the image that comes with the page
     * @param {string} version of that image
     */
    constructor(fetchImage, version) {
        super();
        this.fetchImage = fetchImage;
        this.version = version;
    }

    /** Finds out what is kept. */
    async look() {
        try {
            this.#store ??= await Store.open();
            const names = (await this.#store.names()).filter((name) => name !== ELEVEN);
            this.names = [ELEVEN, ...new Set([...names, ...this.#unkept.keys()])];
        } catch (error) {
            this.#say(`not kept: this browser has no room for disks (${text(error)})`);
        }
    }

    /** Takes a disk into use. @type {(name: string, throwAway: boolean) => Promise<Disk>} */
    async open(name, throwAway) {
        await this.close();
        const reason = throwAway ? "thrown away when the page is closed" : await this.#claim(name);
        const found = reason ? undefined : await this.#store?.load(name);
        const record = found?.record ?? (await this.#newRecord(name));
        this.isOlder = record.version !== "" && record.version !== this.version;
        const disk = new Disk(await unpacked(record.base), found?.blocks);
        this.disk = disk;
        this.name = name;
        if (!reason && this.#store) this.#keep(disk, this.#store, record, !found);
        this.#say(reason || "saved");
        return disk;
    }

    /** Stops using the disk; all that was written has been kept then. */
    async close() {
        if (this.disk) this.disk.onWrite = () => {};
        await this.#saving;
        this.#release();
        this.#release = () => {};
        this.disk = undefined;
    }

    /** Whether a disk starts by itself. @type {(name: string) => Promise<boolean>} */
    async hasOurKernel(name) {
        return new Disk(await unpacked((await this.#newRecord(name)).base)).hasOurKernel();
    }

    /**
     * Adds an image of one's own, and gives its name here: one of the same name stays.
     * @type {(file: File) => Promise<string>}
     */
    async add(file) {
        let name = file.name;
        for (let number = 2; this.names.includes(name); number += 1) name = `${file.name} (${number})`;
        this.#unkept.set(name, file);
        await this.#putAway(name, file);
        await this.look();
        return name;
    }

    /** Keeps an image, if there is room. @type {(name: string, base: Blob) => Promise<void>} */
    async #putAway(name, base) {
        try {
            await this.#store?.save({ name, base, version: "" }, new Map(), true);
            if (this.#store) this.#unkept.delete(name);
        } catch {
            // `open` tells that its changes are not kept.
        }
    }

    /**
     * Stops using a disk and forgets its changes; of one's own image, all.
     * @type {(name: string) => Promise<void>}
     */
    async forget(name) {
        if (name === this.name) await this.close();
        this.#unkept.delete(name);
        await this.#store?.forget(name);
        await this.look();
    }

    /** @type {(name: string) => Promise<import("./store.js").DiskRecord>} */
    async #newRecord(name) {
        const kept = name === ELEVEN ? undefined : await this.#store?.load(name);
        const own = this.#unkept.get(name) ?? kept?.record.base;
        return { name, base: own ?? (await this.fetchImage()), version: own ? "" : this.version };
    }

    /**
     * Asks for the sole use of a disk; gives the reason why it can't be had.
     * @type {(name: string) => Promise<string>}
     */
    async #claim(name) {
        if (!this.#store) return this.kept;
        if (this.#unkept.has(name)) return "not kept: there was no room for it";
        if (!navigator.locks) return "not kept: the page must come by https, or from this machine";
        const lock = `${new URL(".", location.href).pathname} ${name}`;
        return new Promise((resolve) => {
            navigator.locks.request(lock, { ifAvailable: true }, (granted) => {
                resolve(granted ? "" : "not kept: another tab is using this disk");
                return granted && new Promise((release) => (this.#release = () => release(undefined)));
            });
        });
    }

    /** @type {Promise<void>} */ #saving = Promise.resolve();

    /**
     * Saves what is written, as soon as what was written before is saved.
     * @type {(disk: Disk, store: Store, record: import("./store.js").DiskRecord, isNew: boolean) => void}
     */
    #keep(disk, store, record, isNew) {
        /** @type {Map<number, Uint8Array>} */ let waiting = new Map();
        const save = async () => {
            const blocks = waiting;
            waiting = new Map();
            try {
                await store.save(record, blocks, isNew);
                isNew = false;
                if (!waiting.size) this.#say("saved");
            } catch (error) {
                disk.onWrite = () => {};
                this.#say(`not kept any more: ${text(error)}`);
            }
        };
        disk.onWrite = (number, block) => {
            if (!waiting.size) {
                this.#say("saving");
                this.#saving = this.#saving.then(save);
            }
            waiting.set(number, block);
        };
    }

    /** @param {Kept} kept */
    #say(kept) {
        this.kept = kept;
        this.dispatchEvent(new Event("change"));
    }
}

/**
 * A file that may be packed by gzip; if it is, it is unpacked into memory.
 * @type {(file: Blob) => Promise<import("./disk.js").Base>}
 */
async function unpacked(file) {
    const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
    if (first !== 0x1f || second !== 0x8b) return baseOfBlob(file);
    return baseOfBytes(await unpack(file));
}

/** @type {(file: Blob) => Promise<Uint8Array>} */
export async function unpack(file) {
    const stream = file.stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** @param {unknown} error */
function text(error) {
    return error instanceof Error ? error.message : String(error);
}
