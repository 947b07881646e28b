// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * The pages of the sources, which tools/side-by-side makes: each is opened once, from
 * the disk, as they need no server. Whether their links lead somewhere is tested in
 * tools/side-by-side/tests/pages.rs, with the C and without.
 */

import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { PAGE, PICTURES, startBrowser } from "./browser.js";

const FOLDER = join(PAGE, "source");
const WIDTHS = [390, 1024, 1600];
const SOME = ["index.html", "kernel-sched.c.html", "include-termios.h.html", "kernel/src/sched.rs.html", "boot/head.s.html"];
/** A page of A4 without its margins, in points of a screen. */
const PAPER = { width: 718, height: 1047 };

/** @type {import("playwright-core").Browser} */ let browser;
// A page may look into the frames in it, though all are files.
before(async () => { browser = await startBrowser(["--allow-file-access-from-files"]); });
after(() => browser.close());

/** Where a page is. @param {string} name */
const address = (name) => pathToFileURL(FOLDER).href + `/${name}`;

/** A page on which no script may complain, nor in its frames. @param {import("playwright-core").BrowserContextOptions} [options] */
async function open(options) {
    const page = await browser.newPage(options);
    page.on("pageerror", (error) => assert.fail(`${page.url()}: ${error}`));
    await page.addInitScript(`window.faults = ${faultsHere}`);
    return page;
}

/**
 * What is wrong with the page as it is drawn: whether it is wider than the window, and
 * the rows of which the two sides do not begin at one height beside each other; or,
 * in one column, below each other.
 * @param {number} columns
 */
function faultsHere(columns) {
    const found = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) found.push(`${scrollWidth} wide in ${clientWidth}`);
    for (const pair of document.querySelectorAll(".pair")) {
        const [left, right] = [...pair.children].map((side) => side.getBoundingClientRect());
        if (!left.height || !right.height) continue;
        const isBeside = Math.abs(left.top - right.top) < 1 && left.right <= right.left + 1;
        const isBelow = right.top >= left.bottom - 1 && Math.abs(left.left - right.left) < 1;
        if (columns === 2 ? !isBeside : !isBelow) found.push(`row at ${left.top}`);
    }
    for (const text of document.querySelectorAll("pre")) {
        if (text.scrollWidth > text.clientWidth) found.push(`hidden: ${text.textContent?.slice(0, 60)}`);
    }
    return found;
}

/** As `faultsHere`. @type {(page: import("playwright-core").Page, columns: number) => Promise<string[]>} */
const faults = (page, columns) => page.evaluate((columns) => /** @type {any} */ (window).faults(columns), columns);

test("each page opens without an error, its sides aligned", async () => {
    const names = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".html"));
    assert.ok(names.length > 300, `${names.length} pages`);
    const page = await open({ viewport: { width: 1024, height: 800 } });
    /** @type {string[]} */ const errors = [];
    page.removeAllListeners("pageerror");
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.goto(address("index.html"));
    // In frames, each as large as the window, as that takes half the time.
    const found = await page.evaluate(async (names) => {
        /** @type {[string, string[]][]} */ const found = [];
        const look = async () => {
            const frame = document.createElement("iframe");
            frame.style.cssText = "position: fixed; inset: 0; width: 1024px; height: 800px; border: 0";
            document.body.append(frame);
            for (let name = names.pop(); name; name = names.pop()) {
                await new Promise((resolve) => {
                    frame.onload = resolve;
                    frame.src = name;
                });
                const inside = /** @type {any} */ (frame.contentWindow);
                const faults = inside.faults(2);
                if (!inside.location.href.endsWith(`/${name}`)) faults.push("another page");
                if (inside.document.querySelectorAll("#search").length !== 1) faults.push("the script has not run");
                if (inside.innerWidth !== 1024) faults.push(`${inside.innerWidth} wide`);
                found.push([name, faults]);
            }
        };
        await Promise.all([look(), look()]);
        return found;
    }, [...names]);
    assert.deepEqual(found.filter(([, faults]) => faults.length > 0), []);
    assert.deepEqual(found.map(([name]) => name).sort(), names.sort());
    assert.deepEqual(errors, []);
});

for (const width of WIDTHS) {
    test(`the pages fit ${width} points`, async () => {
        const page = await open({ viewport: { width, height: 900 }, colorScheme: width === 1024 ? "dark" : "light" });
        for (const name of SOME) {
            await page.goto(address(name));
            assert.deepEqual(await faults(page, width < 900 ? 1 : 2), [], name);
            await page.screenshot({ path: join(PICTURES, `source-${width}-${name.replaceAll("/", "-")}.png`) });
        }
    });
}

test("the search finds a name on both sides, and leads there", async () => {
    const page = await open();
    await page.goto(address("fs/src/pipe.rs.html"));
    for (const [name, theirs, ours] of [
        ["switch_to", "include-linux-sched.h.html#switch_to", "kernel/src/sched.rs.html#L"],
        ["bread", "fs-buffer.c.html#bread", "fs/src/buffer.rs.html#L"],
    ]) {
        await page.keyboard.press("/");
        await page.keyboard.type(name);
        await page.waitForSelector("#found li a");
        const links = await page.locator("#found a").evaluateAll((all) => all.slice(0, 2).map((link) => /** @type {any} */ (link).href));
        assert.equal(links[0], address(theirs));
        assert.ok(links[1].startsWith(address(ours)), links[1]);
        await page.keyboard.press("Enter");
        await page.waitForURL(address(theirs));
        assert.ok(await page.locator(`#${name}`).evaluate((row) => row.getBoundingClientRect().top < 200), "the row is in sight");
    }
    // Where the reader has been.
    await page.keyboard.press("b");
    const places = await page.locator("dialog a").allTextContents();
    assert.deepEqual(places.slice(0, 2), ["fs/buffer.c: bread", "include/linux/sched.h: switch_to"]);
});

test("keys are told by ?, and lead", async () => {
    const page = await open();
    await page.goto(address("kernel-sched.c.html"));
    await page.keyboard.press("?");
    assert.match(await page.locator("dialog[open]").innerText(), /next row/);
    await page.keyboard.press("Escape");
    const top = () => page.evaluate(() => scrollY);
    await page.keyboard.press("j");
    const first = await top();
    await page.keyboard.press("j");
    const second = await top();
    await page.keyboard.press("k");
    assert.ok(first > 0 && second > first && await top() === first, `${first} ${second} ${await top()}`);
    await page.keyboard.press("t");
    await page.waitForURL(address("kernel/src/sched.rs.html"));
    await page.keyboard.press("N");
    await page.waitForURL(address("kernel/src/fork.rs.html"));
    assert.match(await page.locator("header a", { hasText: "in the machine" }).getAttribute("href") ?? "", /\?open=tasks$/);
});

test("printed, both sides are beside each other, and nothing is cut off", async () => {
    const page = await open({ viewport: PAPER });
    await page.emulateMedia({ media: "print" });
    for (const name of SOME.slice(1)) {
        await page.goto(address(name));
        assert.deepEqual(await faults(page, 2), [], name);
    }
    const path = join(PICTURES, "source-sched.pdf");
    await page.pdf({ path, format: "A4" });
    assert.ok(statSync(path).size > 20_000);
});

test("without JavaScript all can be read", async () => {
    const page = await open({ javaScriptEnabled: false });
    await page.goto(address("kernel-sched.c.html#wake_up"));
    const row = page.locator("#wake_up");
    assert.match(await row.innerText(), /pub fn wake_up/);
    await row.locator(".users summary").first().click();
    assert.ok(await row.locator(".users a").first().isVisible());
    await row.locator(".where a").first().click();
    assert.match(page.url(), /kernel\/src\/sched\.rs\.html#L\d+$/);
});
