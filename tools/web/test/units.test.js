// SPDX-License-Identifier: GPL-2.0-or-later
/** What needs no browser: the disk, links, scancodes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { BLOCK_SIZE, Disk, baseOfBlob, baseOfBytes, unpack } from "../page/disk.js";
import { readLink } from "../page/link.js";
import { ofCharacter, ofKey } from "../page/scancodes.js";

test("a disk gives what was written last, in the order of requests", async () => {
    const bytes = Uint8Array.from({ length: 3 * BLOCK_SIZE + 100 }, (_, at) => at % 251);
    for (const base of [baseOfBytes(bytes.slice()), baseOfBlob(new Blob([bytes]))]) {
        const disk = new Disk(base);
        /** @type {number[]} */ const written = [];
        disk.onWrite = (number) => written.push(number);
        assert.equal(disk.byteLength, 25 * 512);
        const news = new Uint8Array(1024).fill(255);
        disk.set(BLOCK_SIZE - 512, news, () => {});
        news.fill(0);
        assert.deepEqual(await disk.read(BLOCK_SIZE - 513, 2), Uint8Array.of(bytes[BLOCK_SIZE - 513], 255));
        assert.deepEqual(await disk.read(BLOCK_SIZE + 511, 2), Uint8Array.of(255, bytes[BLOCK_SIZE + 512]));
        assert.deepEqual(written, [0, 1]);
        const file = new Uint8Array(await (await disk.file()).arrayBuffer());
        bytes.fill(255, BLOCK_SIZE - 512, BLOCK_SIZE + 512);
        assert.deepEqual(file, bytes);
        bytes.set(Uint8Array.from({ length: 1024 }, (_, at) => (BLOCK_SIZE - 512 + at) % 251), BLOCK_SIZE - 512);
    }
});

test("the machine sees a sector changed that is not", async () => {
    const disk = new Disk(baseOfBytes(new Uint8Array(BLOCK_SIZE)));
    disk.show(512, new Uint8Array(512).fill(7));
    const seen = await new Promise((done) => disk.get(0, 2048, done));
    assert.deepEqual([seen[511], seen[512], seen[1023], seen[1024]], [0, 7, 7, 0]);
    assert.equal((await disk.read(512, 1))[0], 0);
});

test("a block of LZ4 is taken apart", () => {
    const text = (/** @type {string} */ block) => Uint8Array.from(block, (character) => character.charCodeAt(0));
    assert.deepEqual(unpack(text("\x30abc"), 3), text("abc"));
    assert.deepEqual(unpack(text("\x1fx\x01\x00\x4b\x50xxxxx"), 100), new Uint8Array(100).fill("x".charCodeAt(0)));
    // Three literals, six bytes from three back, fifteen literals more.
    assert.deepEqual(unpack(text("\x32abc\x03\x00\xf0\x000123456789ABCDE"), 24), text("abcabcabc0123456789ABCDE"));
    // Broken ones are no harm.
    assert.deepEqual(unpack(text("\x10a\x09\x00"), 5), text("a\0\0\0\0"));
    assert.deepEqual(unpack(text("\xf0\xff"), 0xffff_ffff).length, 2 * 255);
});

test("a disk that can't be read is told of", async () => {
    const disk = new Disk({ size: 4096, read: () => Promise.reject(new Error("gone")) });
    assert.match(String(await new Promise((told) => { disk.onFault = told; disk.get(0, 512, () => {}); })), /gone/);
});

test("a link that asks for anything gets a disk to throw away", () => {
    assert.equal(readLink("").throwAway, false);
    assert.equal(readLink("?other=1").throwAway, false);
    for (const search of ["?type=x", "?cmdline=no387", "?open=serial", "?stop=main", "?type="]) {
        assert.ok(readLink(search).throwAway, search);
    }
    assert.equal(readLink("?memory=1000000").memory, 0);
    assert.equal(readLink("?type=ls%20-l%20/%0A").type, "ls -l /\n");
});

test("keys send what a PC's keyboard sends", () => {
    assert.deepEqual(ofKey("KeyA", true), [30]);
    assert.deepEqual(ofKey("ArrowUp", false), [0xe0, 72 | 0x80]);
    assert.deepEqual(ofKey("NoSuchKey", true), []);
    assert.deepEqual(ofCharacter("a"), [30, 158]);
    assert.deepEqual(ofCharacter("?"), [42, 53, 181, 170]);
    assert.deepEqual(ofCharacter("/", true), [170, 53, 181, 42]);
    assert.deepEqual(ofCharacter("é"), []);
    for (let code = 32; code < 127; code += 1) {
        assert.notDeepEqual(ofCharacter(String.fromCharCode(code)), [], `${code}`);
    }
});
