// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * A hard disk of the machine: a base, which is never changed, and over it the
 * blocks that the machine has written.
 *
 * `load`, `get`, `set` and the like are what v86 asks of a disk. Requests
 * are done one after the other, in the order in which they came, so that what
 * is read is what was written last, and what is kept is never newer than what
 * was written before it.
 */

export const SECTOR_SIZE = 512;
export const BLOCK_SIZE = 4096;

/** Where the partition table begins in sector 0, and what an entry has. */
const PARTITION_TABLE = 446;
const PARTITION_TYPE = 4;
const PARTITION_START = 8;
/** The partition that a kernel of ours is in, how its header begins, and words in it (docs/boot.md). */
const KERNEL_PARTITION = 0xda;
const KERNEL_MAGIC = "ELVN";
const KERNEL_LENGTH = 8;
const KERNEL_LOAD_ADDRESS = 12;
const KERNEL_CHECKSUM = 24;
/** Behind such a header at the beginning of a packed kernel: where its block begins, and its length. */
const BLOCK_OFFSET = 28;
const BLOCK_LENGTH = 32;
/** As many bytes as one of a block can stand for at most, and the fewest that are repeated. */
const MOST_FOR_A_BYTE = 255;
const SHORTEST_REPEAT = 4;

/**
 * What a disk holds before the machine writes to it.
 * @typedef {object} Base
 * @property {number} size in bytes
 * @property {(offset: number, length: number) => Promise<Uint8Array>} read
 */

/** @type {(bytes: Uint8Array) => Base} */
export function baseOfBytes(bytes) {
    return { size: bytes.length, read: async (offset, length) => bytes.subarray(offset, offset + length) };
}

/** A file that a person has chosen: it is read piece by piece. @type {(blob: Blob) => Base} */
export function baseOfBlob(blob) {
    const read = async (/** @type {number} */ offset, /** @type {number} */ length) =>
        new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
    return { size: blob.size, read };
}

export class Disk {
    /**
     * v86 asks whoever gives it a disk to call this.
     * @type {((event: object) => void) | undefined}
     */
    onload;
    /**
     * Is told of each block that has been written.
     * @type {(number: number, block: Uint8Array) => void}
     */
    onWrite = () => {};
    /** Is told why the disk can't be used any more. @type {(error: unknown) => void} */
    onFault = () => {};
    /** @type {Base} */ #base;
    /** @type {Map<number, Uint8Array>} */ #blocks;
    /** The sectors that the machine sees changed, though the disk is not. @type {Map<number, Uint8Array>} */
    #shown = new Map();
    /** Sector 0, as v86 read it first. @type {Uint8Array | undefined} */ #start;
    /** @type {Promise<unknown>} */ #last = Promise.resolve();

    /**
     * @param {Base} base
     * @param {Map<number, Uint8Array>} blocks what was written earlier
     */
    constructor(base, blocks = new Map()) {
        this.#base = base;
        this.#blocks = blocks;
    }

    /** Whole sectors; a file that ends within one is filled up with zeros. */
    get byteLength() {
        return Math.ceil(this.#base.size / SECTOR_SIZE) * SECTOR_SIZE;
    }

    load() {
        this.onload?.({});
    }

    /** @type {(offset: number, length: number, done: (bytes: Uint8Array) => void) => void} */
    get(offset, length, done) {
        this.#next(async () => done(this.#overlaid(offset, await this.#read(offset, length))));
    }

    /**
     * As `get`; what it reads can then be had at once.
     * @type {(offset: number, length: number, done: (bytes: Uint8Array) => void) => void}
     */
    get_and_cache(offset, length, done) {
        this.get(offset, length, (bytes) => {
            this.#start = bytes.slice();
            done(bytes);
        });
    }

    /** The partition table, by which v86 tells the disk's geometry. */
    get_from_cache() {
        return this.#start;
    }

    /** @type {(offset: number, bytes: Uint8Array, done: () => void) => void} */
    set(offset, bytes, done) {
        const copy = bytes.slice();
        this.#next(async () => {
            await this.#write(offset, copy);
            done();
        });
    }

    /**
     * The bytes as they are on the disk.
     * @type {(offset: number, length: number) => Promise<Uint8Array>}
     */
    read(offset, length) {
        return this.#next(() => this.#read(offset, length));
    }

    /**
     * Shows `bytes` instead of the sector at `offset`, to the machine only.
     * @type {(offset: number, bytes: Uint8Array) => void}
     */
    show(offset, bytes) {
        this.#shown.set(offset, bytes);
    }

    /** Shows a sector again as it is. @param {number} offset */
    showAgain(offset) {
        this.#shown.delete(offset);
    }

    /** The disk as a file, with all that was written. @returns {Promise<Blob>} */
    async file() {
        const piece = 256 * BLOCK_SIZE;
        const pieces = [];
        for (let offset = 0; offset < this.#base.size; offset += piece) {
            pieces.push(await this.read(offset, Math.min(piece, this.#base.size - offset)));
        }
        return new Blob(/** @type {BlobPart[]} */ (pieces), { type: "application/octet-stream" });
    }

    /** Whether it boots a kernel of ours by itself. @returns {Promise<boolean>} */
    async hasOurKernel() {
        return (await this.kernel()) !== undefined;
    }

    /** The kernel of ours that it boots by itself, if it does. @returns {Promise<KernelOnDisk | undefined>} */
    async kernel() {
        const table = (await this.read(0, SECTOR_SIZE)).slice(PARTITION_TABLE);
        if (table[PARTITION_TYPE] !== KERNEL_PARTITION) return undefined;
        const offset = new DataView(table.buffer).getUint32(PARTITION_START, true) * SECTOR_SIZE;
        const header = await this.read(offset, SECTOR_SIZE);
        return isHeader(header) ? new KernelOnDisk(this, offset, header) : undefined;
    }

    /**
     * Does a job after those before it. @template T
     * @param {() => Promise<T>} job
     * @returns {Promise<T>}
     */
    #next(job) {
        const result = this.#last.then(job);
        this.#last = result.catch((error) => this.onFault(error));
        return result;
    }

    /** @type {(offset: number, length: number) => Promise<Uint8Array>} */
    async #read(offset, length) {
        const bytes = new Uint8Array(length);
        bytes.set(await this.#base.read(offset, length));
        for (const part of parts(offset, length)) {
            const block = this.#blocks.get(part.number);
            if (block) bytes.set(block.subarray(part.start, part.end), part.at);
        }
        return bytes;
    }

    /** @type {(offset: number, bytes: Uint8Array) => Promise<void>} */
    async #write(offset, bytes) {
        for (const part of parts(offset, bytes.length)) {
            const block = this.#blocks.get(part.number) ?? (await this.#read(part.number * BLOCK_SIZE, BLOCK_SIZE));
            block.set(bytes.subarray(part.at, part.at + part.end - part.start), part.start);
            this.#blocks.set(part.number, block);
            this.onWrite(part.number, block);
        }
    }

    /** @type {(offset: number, bytes: Uint8Array) => Uint8Array} */
    #overlaid(offset, bytes) {
        for (const [start, sector] of this.#shown) {
            const at = start - offset;
            if (at >= 0 && at + sector.length <= bytes.length) bytes.set(sector, at);
        }
        return bytes;
    }
}

/** A kernel of ours on a disk: a header in one sector, and from the next on what is loaded. */
export class KernelOnDisk {
    /** @param {Disk} disk @param {number} offset @param {Uint8Array} header */
    constructor(disk, offset, header) {
        this.disk = disk;
        this.offset = offset;
        this.header = header;
    }

    /** The kernel as it is in memory, and where. @returns {Promise<{ image: Uint8Array, address: number }>} */
    async load() {
        const stored = await this.disk.read(this.offset + SECTOR_SIZE, word(this.header, KERNEL_LENGTH));
        if (!isHeader(stored)) return { image: stored, address: word(this.header, KERNEL_LOAD_ADDRESS) };
        // A packed one: the loader takes it as it is, too, if it has the header that it has unpacked.
        this.header = new Uint8Array(SECTOR_SIZE);
        this.header.set(stored.subarray(0, BLOCK_OFFSET));
        const start = word(stored, BLOCK_OFFSET);
        const block = stored.subarray(start, start + word(stored, BLOCK_LENGTH));
        const image = unpack(block, word(stored, KERNEL_LENGTH));
        return { image, address: word(stored, KERNEL_LOAD_ADDRESS) };
    }

    /**
     * Shows the machine another image, with its right checksum, after `load`. Gives what
     * shows it again as it is.
     * @type {(image: Uint8Array) => () => void}
     */
    show(image) {
        const header = this.header.slice();
        new DataView(header.buffer).setUint32(KERNEL_CHECKSUM, checksum(image), true);
        const sectors = new Map([[this.offset, header]]);
        for (let at = 0; at < image.length; at += SECTOR_SIZE) {
            sectors.set(this.offset + SECTOR_SIZE + at, image.slice(at, at + SECTOR_SIZE));
        }
        for (const [offset, sector] of sectors) this.disk.show(offset, sector);
        return () => sectors.forEach((_, offset) => this.disk.showAgain(offset));
    }
}

/** Whether the header of a kernel begins here. @param {Uint8Array} bytes */
function isHeader(bytes) {
    return String.fromCharCode(...bytes.subarray(0, KERNEL_MAGIC.length)) === KERNEL_MAGIC;
}

/** @type {(bytes: Uint8Array, offset: number) => number} */
function word(bytes, offset) {
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset, true);
}

/**
 * Takes a block of LZ4 apart (lz4_Block_format.md of the LZ4 project). What a broken
 * one unpacks to has no right checksum.
 * @type {(block: Uint8Array, length: number) => Uint8Array}
 */
export function unpack(block, length) {
    const output = new Uint8Array(Math.min(length, block.length * MOST_FOR_A_BYTE));
    let [at, filled] = [0, 0];
    const next = () => block[at++] ?? 0;
    const count = (/** @type {number} */ half) => {
        let [sum, byte] = [half, half === 15 ? 255 : 0];
        for (; byte === 255; sum += byte) byte = next();
        return sum;
    };
    while (at < block.length) {
        const token = next();
        for (let literals = count(token >> 4); literals > 0; literals--) output[filled++] = next();
        if (at >= block.length) break;
        const distance = next() | (next() << 8);
        const repeats = SHORTEST_REPEAT + count(token & 15);
        for (const end = filled + repeats; filled < end; filled++) output[filled] = output[filled - distance] ?? 0;
    }
    return output;
}

/** As the loader makes it of the words (docs/boot.md). @param {Uint8Array} image */
function checksum(image) {
    const words = new DataView(image.buffer, image.byteOffset, image.byteLength);
    let sum = 0;
    for (let at = 0; at < image.length; at += 4) sum = ((sum << 1) | (sum >>> 31)) + words.getUint32(at, true);
    return sum >>> 0;
}

/**
 * The blocks that some bytes lie in: from `start` to `end` of the block, `at` in the bytes.
 * @typedef {{ number: number, start: number, end: number, at: number }} Part
 * @type {(offset: number, length: number) => Generator<Part>}
 */
function* parts(offset, length) {
    for (let at = 0; at < length; ) {
        const number = Math.floor((offset + at) / BLOCK_SIZE);
        const start = (offset + at) % BLOCK_SIZE;
        const end = Math.min(BLOCK_SIZE, start + length - at);
        yield { number, start, end, at };
        at += end - start;
    }
}
