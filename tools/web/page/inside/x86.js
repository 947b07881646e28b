// SPDX-License-Identifier: GPL-2.0-or-later
/** What the processor's bits mean (Intel SDM vol. 1, 3.4.3; vol. 3, 2.5, 3.4, 3.5, 7.2). */

/** The bits of EFLAGS, from the lowest. @type {[number, string, string][]} */
export const EFLAGS = [
    [0, "CF", "carry"],
    [2, "PF", "even parity"],
    [4, "AF", "carry of the low four bits"],
    [6, "ZF", "zero"],
    [7, "SF", "negative"],
    [8, "TF", "one instruction at a time"],
    [9, "IF", "interrupts are taken"],
    [10, "DF", "strings go down"],
    [11, "OF", "overflow"],
    [14, "NT", "nested task"],
    [16, "RF", "no debug fault"],
    [17, "VM", "virtual 8086 mode"],
    [18, "AC", "alignment check"],
];

/** The bits of CR0. @type {[number, string, string][]} */
export const CR0 = [
    [0, "PE", "protected mode"],
    [1, "MP", "WAIT heeds TS"],
    [2, "EM", "no coprocessor"],
    [3, "TS", "task was switched"],
    [4, "ET", "387 interface"],
    [5, "NE", "coprocessor errors by exception"],
    [16, "WP", "ring 0 heeds read-only pages"],
    [31, "PG", "paging"],
];

/** A selector's parts. @type {(selector: number) => { index: number, isLocal: boolean, ring: number }} */
export const selector = (selector) => ({ index: selector >> 3, isLocal: (selector & 4) !== 0, ring: selector & 3 });

/** Types of system descriptors. @type {Record<number, string>} */
const SYSTEM_TYPES = { 2: "LDT", 5: "task gate", 9: "TSS", 11: "TSS, busy", 14: "interrupt gate", 15: "trap gate" };

/**
 * A descriptor.
 * @typedef {object} Descriptor
 * @property {boolean} isPresent
 * @property {boolean} isNull
 * @property {string} type
 * @property {boolean} isGate
 * @property {number} ring
 * @property {number} base of a segment; of a gate, where it leads
 * @property {number} limit its last byte
 */

/** Takes eight bytes apart. @type {(low: number, high: number) => Descriptor} */
export function descriptor(low, high) {
    const type = (high >> 8) & 15;
    const isSystem = (high & 0x1000) === 0;
    const isGate = isSystem && [5, 14, 15].includes(type);
    const segmentBase = ((low >>> 16) | ((high & 0xff) << 16) | (high & 0xff000000)) >>> 0;
    const pages = (high & 0x800000) !== 0;
    const limit = (low & 0xffff) | (high & 0xf0000);
    return {
        isNull: low === 0 && high === 0,
        isPresent: (high & 0x8000) !== 0,
        type: isSystem ? (SYSTEM_TYPES[type] ?? `system type ${type}`) : segmentType(type),
        isGate,
        ring: (high >> 13) & 3,
        base: isGate ? ((low & 0xffff) | (high & 0xffff0000)) >>> 0 : segmentBase,
        limit: pages ? (((limit + 1) * 4096) - 1) >>> 0 : limit,
    };
}

/** @param {number} type */
function segmentType(type) {
    if (type & 8) return type & 2 ? "code, readable" : "code";
    return type & 2 ? "data, writable" : "data";
}
