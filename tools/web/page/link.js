// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * What a link asks for: `?type=ls%20-l%20/%0A&cmdline=keyboard=de&open=serial`.
 * A link that asks for anything gets a disk that is thrown away: who follows it
 * must not find something changed on the disk that is kept.
 */

/** Sizes of memory that the page offers, in megabytes. */
export const MEMORIES = [4, 8, 16, 32, 64];

/**
 * @typedef {object} Link
 * @property {string} type a text that is typed at the first prompt
 * @property {string} commandLine of the kernel
 * @property {string} open the panel that is opened
 * @property {string} stop the function at which the kernel is stopped
 * @property {number} memory in megabytes, 0 if the link does not say
 * @property {boolean} throwAway
 */

/** @type {(search: string) => Link} */
export function readLink(search) {
    const words = new URLSearchParams(search);
    const word = (/** @type {string} */ name) => words.get(name) ?? "";
    return {
        type: word("type"),
        commandLine: word("cmdline"),
        open: word("open") || (words.has("stop") ? "stop" : ""),
        stop: word("stop"),
        memory: MEMORIES.find((size) => String(size) === word("memory")) ?? 0,
        throwAway: ["type", "cmdline", "open", "stop", "memory"].some((name) => words.has(name)),
    };
}
