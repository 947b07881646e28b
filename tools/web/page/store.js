// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * Where changed disks are kept: the browser's own database, IndexedDB.
 *
 * A disk has one record (its base: the file over which blocks were written)
 * and its blocks. Each call of `save` is one transaction: after a crash of the
 * browser all of it is there or nothing, and nothing that was saved later.
 */

const DISKS = "disks";
const BLOCKS = "blocks";

/**
 * @typedef {object} DiskRecord
 * @property {string} name
 * @property {Blob} base packed by gzip, or as it is
 * @property {string} version of the base that came with the page; empty for a disk of one's own
 */

export class Store {
    /** @type {IDBDatabase} */ #database;

    /** @param {IDBDatabase} database */
    constructor(database) {
        this.#database = database;
    }

    /** Opens the database of the page in this folder of the server. @returns {Promise<Store>} */
    static async open() {
        const request = indexedDB.open(`eleven ${new URL(".", location.href).pathname}`, 1);
        request.onupgradeneeded = () => {
            request.result.createObjectStore(DISKS, { keyPath: "name" });
            request.result.createObjectStore(BLOCKS);
        };
        return new Store(await answer(request));
    }

    /** @returns {Promise<string[]>} */
    async names() {
        const keys = await answer(this.#database.transaction(DISKS).objectStore(DISKS).getAllKeys());
        return keys.map(String);
    }

    /** @type {(name: string) => Promise<{ record: DiskRecord, blocks: Map<number, Uint8Array> } | undefined>} */
    async load(name) {
        const transaction = this.#database.transaction([DISKS, BLOCKS]);
        const store = transaction.objectStore(BLOCKS);
        const [record, keys, contents] = await Promise.all([
            answer(transaction.objectStore(DISKS).get(name)),
            answer(store.getAllKeys(blocksOf(name))),
            answer(store.getAll(blocksOf(name))),
        ]);
        const number = (/** @type {any} */ key) => key[1];
        return record && { record, blocks: new Map(keys.map((key, at) => [number(key), contents[at]])) };
    }

    /** @type {(record: DiskRecord, blocks: Map<number, Uint8Array>, isNew: boolean) => Promise<void>} */
    async save(record, blocks, isNew) {
        const transaction = this.#database.transaction([DISKS, BLOCKS], "readwrite", { durability: "strict" });
        if (isNew) transaction.objectStore(DISKS).put(record);
        const store = transaction.objectStore(BLOCKS);
        for (const [number, block] of blocks) store.put(block, [record.name, number]);
        await end(transaction);
    }

    /** @type {(name: string) => Promise<void>} */
    async forget(name) {
        const transaction = this.#database.transaction([DISKS, BLOCKS], "readwrite");
        transaction.objectStore(DISKS).delete(name);
        transaction.objectStore(BLOCKS).delete(blocksOf(name));
        await end(transaction);
    }
}

/** @type {(name: string) => IDBKeyRange} */
function blocksOf(name) {
    return IDBKeyRange.bound([name, 0], [name, Infinity]);
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function answer(request) {
    return new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
}

/** @param {IDBTransaction} transaction @returns {Promise<void>} */
function end(transaction) {
    return new Promise((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error);
    });
}
