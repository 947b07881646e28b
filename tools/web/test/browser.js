// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * What the tests of the page share: a server, Chromium, and a page of it in which
 * the machine has come to its prompt. Whatever a script of the page complains of
 * fails the test, unless the test expects it.
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { serve } from "../serve.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** How long anything may take, in milliseconds. */
const LIMIT = 20_000;
/** A page must work below any path. */
const PATH = "/some/where/";
const FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export const PAGE = resolve(ROOT, "build/web");
export const PICTURES = resolve(ROOT, "build/web-pictures");

/** Serves the page; a new server has new storage in the browser, too. */
export function serveThePage() {
    return serve(PAGE, 0, PATH);
}

/** @param {string[]} more flags */
export function startBrowser(more = []) {
    mkdirSync(PICTURES, { recursive: true });
    return chromium.launch({ executablePath: "/usr/bin/chromium", args: [...FLAGS, ...more] });
}

/** Calls `mkimage`, and gives what it printed. @param {string[]} words */
export function mkimage(...words) {
    const target = process.env.CARGO_TARGET_DIR ?? resolve(ROOT, "target");
    return execFileSync(join(target, "debug/mkimage"), words, { encoding: "utf8", cwd: ROOT });
}

/** A folder that is removed after the test. @param {import("node:test").TestContext} test */
export function folderFor(test) {
    const folder = mkdtempSync(join(tmpdir(), "eleven-"));
    test.after(() => rmSync(folder, { recursive: true }));
    return folder;
}

/** How many commands were typed. */
let commands = 0;

/** The machine in a page, used as a person would. */
export class Guest {
    /** What scripts complained of. @type {string[]} */ complaints = [];

    /** @param {import("playwright-core").Page} page */
    constructor(page) {
        this.page = page;
        page.setDefaultTimeout(LIMIT);
        page.on("pageerror", (error) => this.complaints.push(String(error)));
        page.on("console", (message) => message.type() === "error" && this.complaints.push(message.text()));
    }

    /**
     * A page in a context of its own, or in one that has been used.
     * @param {import("playwright-core").Browser | import("playwright-core").BrowserContext} browser
     * @param {import("playwright-core").BrowserContextOptions} [options]
     */
    static async open(browser, options) {
        return new Guest(await ("contexts" in browser ? browser.newPage(options) : browser.newPage()));
    }

    /** Goes to an address and waits for the prompt. @param {string} address */
    async boot(address) {
        await this.page.goto(address);
        await this.firstPrompt();
        return this;
    }

    async firstPrompt() {
        await this.page.waitForSelector("[data-prompt]", { state: "attached" });
    }

    /** Milliseconds from the opening of the page to its prompt, and the bytes that came by then. */
    cost() {
        return this.page.evaluate(() => {
            const [{ startTime: time }] = performance.getEntriesByName("prompt");
            const files = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
            const early = /** @type {PerformanceResourceTiming[]} */ (files).filter(({ responseEnd }) => responseEnd <= time);
            return { time, bytes: early.reduce((sum, { transferSize }) => sum + transferSize, 0) };
        });
    }

    async reload() {
        await this.page.reload();
        await this.firstPrompt();
    }

    /**
     * Waits until the screen has a line that matches, and gives the screen.
     * @param {RegExp} pattern
     */
    async expect(pattern) {
        const end = Date.now() + LIMIT;
        for (;;) {
            const text = await this.screen();
            if (pattern.test(text)) return text;
            assert.ok(Date.now() < end, `${pattern} is not on the screen:\n${text}`);
            await this.page.waitForTimeout(30);
        }
    }

    /** @returns {Promise<string>} */
    screen() {
        return this.page.evaluate(() => /** @type {any} */ (window).machine.screenLines().join("\n"));
    }

    /**
     * Types a line, waits until it has been done, and gives what it printed.
     * @param {string} line
     */
    async command(line) {
        // Its number tells its end from that of the command before.
        commands += 1;
        await this.page.keyboard.type(`clear; ${line}; echo status $? ${commands}\n`);
        const text = await this.expect(new RegExp(`^status \\d+ ${commands}\n(?:root:\\S*)?# *$`, "m"));
        return text.slice(0, text.indexOf("status ")).trim();
    }

    /** @param {string} name */
    picture(name) {
        return this.page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
    }

    button(/** @type {string} */ name) {
        return this.page.getByRole("button", { name, exact: true });
    }

    /** Waits until all that was written is kept. */
    saved() {
        return this.page.waitForFunction(() => document.querySelector("#kept")?.textContent === "");
    }

    /** Waits until the line below the screen says so. @param {string} text */
    state(text) {
        return this.page.waitForFunction((wanted) => document.querySelector("#state")?.textContent === wanted, text);
    }
}
