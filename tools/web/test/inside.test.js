// SPDX-License-Identifier: GPL-2.0-or-later
/** The panels of the inside, against what the guest says itself. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Guest, PAGE, folderFor, serveThePage, startBrowser } from "./browser.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const TARGET = process.env.CARGO_TARGET_DIR ?? resolve(ROOT, "target");
const KERNEL = join(TARGET, "i686-kernel/release/kernel");
const WANTED = join(ROOT, "tools/web/symbols.toml");
const SYMBOLS = JSON.parse(readFileSync(join(PAGE, "symbols.json"), "utf8"));
const PANELS = ["tasks", "calls", "registers", "segments", "walk", "memory", "buffers"];

/** @type {import("playwright-core").Browser} */ let browser;
/** @type {import("playwright-core").BrowserContext} */ let context;
/** @type {{ address: string, close: () => void }} */ let server;
/** @type {Guest} */ let guest;

before(async () => {
    browser = await startBrowser();
    server = await serveThePage();
});
after(async () => {
    await browser.close();
    server.close();
});
beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    guest = await Guest.open(context);
});
afterEach(async () => {
    await context.close();
    assert.deepEqual(guest.complaints, [], "what scripts complained of");
});

/** The table of a panel as text; with `caption` only that one. @param {string} panel @param {string} [caption] @returns {Promise<string[][]>} */
function rows(panel, caption = "") {
    return guest.page.evaluate(([id, wanted]) => {
        const tables = [...document.querySelectorAll(`#${id} table`)];
        const found = /** @type {HTMLTableElement} */ (tables.find((table) => table.querySelector("caption")?.textContent?.startsWith(wanted)));
        return [...found.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent ?? ""));
    }, [panel, caption]);
}

/** Waits until a panel's rows are as wanted. @param {string} panel @param {(rows: string[][]) => boolean} wanted @param {string} [caption] */
async function until(panel, wanted, caption) {
    const end = Date.now() + 10_000;
    for (;;) {
        const found = await rows(panel, caption);
        if (wanted(found)) return found;
        assert.ok(Date.now() < end, `${panel}:\n${found.map((row) => row.join(" | ")).join("\n")}`);
        await guest.page.waitForTimeout(50);
    }
}

/** Opens a panel by its link. @param {string} name @param {string} [more] */
async function openWith(name, more = "") {
    await guest.boot(`${server.address}?open=${name}${more}`);
    await guest.page.locator(`#${name} td`).first().waitFor();
    await guest.page.click("#screen");
}

/** The number behind a word of a legend. @param {string} panel @param {string} word */
async function inLegend(panel, word) {
    const text = await guest.page.locator(`#${panel} .legend li`, { hasText: word }).first().innerText();
    return Number(text.match(/\d+$/)?.[0]);
}

/** @param {string} panel @param {string} word @param {(number: number) => boolean} wanted */
async function untilLegend(panel, word, wanted) {
    const end = Date.now() + 10_000;
    while (!wanted(await inLegend(panel, word))) {
        assert.ok(Date.now() < end, `${panel}: ${word} ${await inLegend(panel, word)}`);
        await guest.page.waitForTimeout(50);
    }
}

/** The handler of int 80h, as the gate in memory has it. @returns {Promise<string>} */
async function gate() {
    const { at } = SYMBOLS.statics.IDT;
    const [low, high] = await guest.page.evaluate((address) => {
        const bytes = /** @type {any} */ (window).machine.readMemory(address, 8);
        const view = new DataView(bytes.buffer);
        return [view.getUint32(0, true), view.getUint32(4, true)];
    }, at + 0x80 * 8);
    const address = ((low & 0xffff) | (high & 0xffff0000)) >>> 0;
    return SYMBOLS.functions.find((/** @type {any[]} */ [start]) => start === address)?.[2] ?? address.toString(16);
}

test("the symbols are those of the kernel, each with a line that defines it", () => {
    const names = execFileSync("nm", ["-C", KERNEL], { encoding: "utf8", maxBuffer: 1 << 26 });
    for (const [name, path] of [["TASK", "kernel::sched::task::TASK"], ["GDT", "kernel::descriptor_tables::GDT"], ["MEM_MAP", "mm::memory::zones::MEM_MAP"]]) {
        const line = names.split("\n").find((text) => text.endsWith(` ${path}`));
        assert.equal(SYMBOLS.statics[name].at, parseInt(line ?? "", 16), path);
    }
    const places = ["statics", "structs", "enums"].flatMap((kind) => Object.entries(SYMBOLS[kind]));
    assert.ok(places.length > 15);
    for (const [name, { file, line }] of places) {
        const text = readFileSync(join(ROOT, file), "utf8").split("\n").slice(line - 1, line + 12).join("\n");
        const known = { FREE_STALE: "FREE_PAGES", FREE_CLEAN: "FREE_PAGES", BUFFERS: "FS", BUFFER_COUNT: "FS", LAST_RECORD: "RECORDS" };
        const word = /** @type {any} */ (known)[name] ?? name;
        assert.match(text, new RegExp(`\\b${word}\\b`), `${name}: ${file}, line ${line}`);
    }
    for (const { file, line } of [...SYMBOLS.all.queues, ...SYMBOLS.calls]) {
        assert.match(readFileSync(join(PAGE, `source/${file}.html`), "utf8"), new RegExp(`id="L${line}"`), file);
    }
    assert.ok(SYMBOLS.all.queues.some((/** @type {any} */ { name }) => name === "deliver::WAITING_PARENTS"));
    assert.equal(SYMBOLS.calls[4].name, "write");
});

test("what the panels read stands in symbols.toml", () => {
    const text = ["inside/kernel.js", "inside/view.js", ...PANELS.map((name) => `panels/${name}.js`)]
        .map((name) => readFileSync(join(ROOT, "tools/web/page", name), "utf8")).join("\n");
    const named = (/** @type {RegExp} */ pattern) => [...text.matchAll(pattern)].map((match) => match[1]);
    for (const name of [...named(/statics\.(\w+)/g), ...named(/(?:number|bytes)\("(\w+)"\)/g)]) assert.ok(name in SYMBOLS.statics, name);
    for (const name of [...named(/structs\.(\w+)/g), ...named(/read\("(\w+)"/g)]) assert.ok(name in SYMBOLS.structs, name);
    for (const name of named(/enums\.(\w+)/g)) assert.ok(name in SYMBOLS.enums, name);
});

test("a name that the kernel does not have stops the build, in words", (t) => {
    const folder = folderFor(t);
    const wanted = readFileSync(WANTED, "utf8");
    const changes = /** @type {[string, string, RegExp][]} */ ([
        ['state = "state"', 'state = "condition"', /`kernel::sched::task::Task` has no field `condition`; it has: .*\bstate\b/],
        ["task::TASK", "task::TASKS", /the kernel has no static `kernel::sched::task::TASKS`/],
        ['"Zombie"', '"Undead"', /`kernel::sched::task::State` has the variants .*Zombie/],
        ["buffer::BufferHead", "buffer::BufferFoot", /the kernel has no type `fs::buffer::BufferFoot`/],
        ['"kernel_end"', '"kernel_last"', /the kernel has no symbol `kernel_last`/],
    ]);
    for (const [before, behind, complaint] of changes) {
        const [file, output] = [join(folder, "wanted.toml"), join(folder, "symbols.json")];
        assert.ok(wanted.includes(before), before);
        writeFileSync(file, wanted.replace(before, behind));
        const { status, stderr } = spawnSync(join(TARGET, "debug/symbols"), [KERNEL, file, "--root", ROOT, "--output", output], { encoding: "utf8" });
        assert.equal(status, 1);
        assert.match(stderr, complaint);
        assert.ok(!existsSync(output));
    }
});

test("the tasks are those that ps lists, and pausing shows them still", async () => {
    await openWith("tasks");
    await guest.page.keyboard.type("clear; sleep 1000 &\n");
    await guest.expect(/^(?:root:\S*)?# *$/m);
    const ps = await guest.command("ps");
    const listed = [...ps.matchAll(/^ *(\d+) +(\d+) +\d+ \S+ +([A-Z]) .* (\S+)$/gm)]
        .filter(([, , , , name]) => name !== "ps").map(([, pid, parent, , name]) => [pid, parent, name]);
    assert.ok(listed.some(([, , name]) => name === "sleep"), ps);
    // The panel may still show the moment before `sleep` was there.
    const isNow = (/** @type {string[][]} */ found) => found.length === listed.length + 1 && found.some((row) => row[3] === "sleep");
    const shown = await until("tasks", isNow);
    assert.deepEqual(shown.slice(1).map(([, pid, parent, name]) => [pid, parent, name]), listed);
    assert.equal(shown[0][4], "runs");
    const waits = (/** @type {string} */ name) => shown.find((row) => row[3] === name)?.slice(4, 6);
    assert.deepEqual(waits("init"), ["sleeps", "deliver::WAITING_PARENTS"]);
    assert.match(waits("sh")?.[1] ?? "", /^tty_io::TTY_TABLE\[0\]\.readers$/);
    const link = guest.page.locator("#tasks a", { hasText: "deliver::WAITING_PARENTS" });
    const source = readFileSync(join(PAGE, (await link.getAttribute("href"))?.replace(/#.*/, "") ?? ""), "utf8");
    assert.match(source, /WAITING_PARENTS/);

    await guest.button("Pause").click();
    await guest.state("Paused.");
    const paused = await rows("tasks");
    await guest.page.waitForTimeout(400);
    assert.deepEqual(await rows("tasks"), paused);
    assert.equal(paused.length, shown.length);
    // A panel that is opened now shows the machine as it stands.
    for (const panel of ["registers", "segments", "walk", "memory", "buffers"]) {
        await guest.page.locator(`#${panel} summary`).click();
        await guest.page.locator(`#${panel} td`).first().waitFor();
    }
});

test("a system call of a program just run is listed, and a closed panel leaves the ordinary gate", async () => {
    await guest.boot(server.address);
    assert.equal(await gate(), "system_call");
    await guest.page.locator("#calls summary").click();
    await guest.page.locator("#calls caption", { hasText: "system call" }).waitFor();
    await guest.page.click("#screen");
    await guest.page.waitForTimeout(100);
    assert.equal(await gate(), "traced_system_call");
    const call = async (/** @type {RegExp} */ pattern) => {
        const shown = await until("calls", (found) => found.some((row) => pattern.test(row[3])));
        return shown.find((row) => pattern.test(row[3])) ?? [];
    };
    await guest.command("cat /etc/rc > /dev/null");
    const [, , program, , result] = await call(/^open\(path “\/etc\/rc”/);
    assert.equal(program, "cat");
    assert.match(result, /^\d+$/);
    assert.equal((await call(/^exit\(status 0\)/))[4], "never");
    await guest.command("cat /nowhere");
    assert.equal((await call(/^open\(path “\/nowhere”/))[4], "-ENOENT");
    // A tracer and the page may ask for the same gate.
    assert.match(await guest.command("trace true 2>&1"), /exit/);
    assert.equal(await gate(), "traced_system_call");

    await guest.page.locator("#calls summary").click();
    await guest.page.waitForTimeout(100);
    await guest.page.click("#screen");
    assert.equal(await guest.command("expr 6 '*' 8"), "48");
    assert.equal(await gate(), "system_call");
    const last = () => guest.page.evaluate((at) => String(/** @type {any} */ (window).machine.readMemory(at, 4)), SYMBOLS.statics.LAST_RECORD.at);
    const before = await last();
    await guest.command("ls /");
    assert.equal(await last(), before);
});

test("a walk ends where the guest finds the same bytes", async () => {
    await openWith("walk");
    const address = guest.page.getByLabel("Address");
    const value = (/** @type {string[][]} */ found, /** @type {string} */ step) => found.find((row) => row[0] === step)?.[1];
    const said = await guest.command("dd if=/dev/mem bs=16 skip=65536 count=1 2>/dev/null | od -x");
    const walked = await until("walk", (found) => value(found, "physical") === "00100000", "The walk");
    assert.match(walked.find((row) => row[0] === "table")?.[2] ?? "", /page at 00100000, ring 3 may use it, read-only/);
    const bytes = (await rows("walk", "What is there")).slice(0, 2).flatMap((row) => row[1].split(" "));
    // od shows words of two bytes, the low one behind.
    const words = Array.from({ length: 8 }, (_, at) => bytes[2 * at + 1] + bytes[2 * at]).join(" ");
    assert.ok(said.replace(/\s+/g, " ").includes(words), `${said}\n${words}`);
    await address.fill("0");
    await until("walk", (found) => found.some((row) => row[2].includes("not present; an access is a page fault")), "The walk");
    await address.fill("4000000");
    await until("walk", (found) => value(found, "directory") !== undefined && !value(found, "physical")?.startsWith("04"), "The walk");
    await address.fill("xyz");
    await until("walk", (found) => found[0][2].includes("hexadecimal"), "The walk");
});

test("a block that was written is dirty until sync, and the free pages are those that the kernel counts", async () => {
    await openWith("buffers");
    await guest.command("sync");
    await untilLegend("buffers", "dirty", (number) => number === 0);
    await guest.command("echo dirt > /dirt");
    await untilLegend("buffers", "dirty", (number) => number > 0);
    const dirty = await until("buffers", (found) => found.some((row) => row[4].startsWith("dirty, rank Data")));
    assert.ok(dirty.filter((row) => row[4].startsWith("dirty")).every((row) => row[1] === "3,2" && Number(row[2]) > 0));
    await guest.command("sync");
    await until("buffers", (found) => !found.some((row) => row[4].startsWith("dirty")));

    await guest.page.locator("#memory summary").click();
    await guest.page.locator("#memory td").first().waitFor();
    await guest.page.click("#screen");
    const usage = await guest.command("cat /dev/usage");
    await guest.page.waitForTimeout(600);
    const [free, taken] = [await inLegend("memory", "free"), await inLegend("memory", "taken")];
    // cat itself had some when it asked.
    const said = Number(usage.match(/pages (\d+)/)?.[1]);
    assert.ok(free >= said && free - said < 40, `${free} free pages, the kernel said ${said}`);
    assert.ok(taken < 8, `${taken} pages taken without an owner`);
    const own = (await rows("memory")).find((row) => row[1].endsWith(" sh"));
    assert.ok(Number(own?.[2]) > 2 && Number(own?.[4]) > 0 && Number(own?.[5]) > 0, `${own}`);
    const map = guest.page.getByRole("slider", { name: "Pages of the physical memory" });
    await map.focus();
    await guest.page.keyboard.press("ArrowRight");
    await guest.page.getByText("Page 1, from 00001000").waitFor();
});

test("registers, GDT, LDT and TSS are those of the processor", async () => {
    await openWith("registers");
    await guest.page.locator("#segments summary").click();
    await guest.page.locator("#segments td").first().waitFor();
    const registers = await until("registers", (found) => found.some((row) => row[2].includes("waits for an interrupt")), "What they say");
    const of = (/** @type {string} */ name) => registers.find((row) => row[0] === name) ?? [];
    assert.equal(of("cr3")[1], SYMBOLS.statics.PAGE_DIRECTORY.at.toString(16).padStart(8, "0"));
    assert.equal(of("gdtr")[1], SYMBOLS.statics.GDT.at.toString(16).padStart(8, "0"));
    assert.match(of("cs")[2], /^kernel code: entry 1 of the GDT, ring 0$/);
    assert.equal(of("tr")[2], "TSS of slot 0: entry 4 of the GDT, ring 0");
    assert.deepEqual((await rows("registers", "EFLAGS")).find((row) => row[0] === "IF")?.slice(1), ["1", "interrupts are taken"]);
    const gdt = await rows("segments", "GDT");
    assert.deepEqual(gdt[1], ["0008", "kernel code", "code, readable", "0", "00000000", "ffffffff"]);
    assert.equal(gdt.find((row) => row[0] === "0020")?.[2], "TSS, busy");
    await guest.page.getByLabel("Task").selectOption("1");
    const ldt = await until("segments", (found) => found[1][4] === "04000000", "LDT");
    assert.deepEqual(ldt[1], ["000f", "user code", "code, readable", "3", "04000000", "03ffffff"]);
    const tss = await rows("segments", "TSS");
    assert.ok(tss.some((row) => row[1] === "ss0" && row[2] === "00000010"));
});

test("nothing is read and nothing written while the panels are closed", async () => {
    await guest.boot(server.address);
    const loaded = () => guest.page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name).join());
    assert.doesNotMatch(await loaded(), /symbols\.json|panels\/(tasks|calls)/);
    for (const name of PANELS) await guest.page.locator(`#${name} summary`).click();
    await guest.page.locator("#buffers td").first().waitFor();
    for (const name of PANELS) await guest.page.locator(`#${name} summary`).click();
    await guest.page.waitForTimeout(100);
    await guest.page.evaluate(() => {
        const { machine } = /** @type {any} */ (window);
        const counts = /** @type {any} */ (window).counts = { read: 0 };
        for (const name of ["readMemory", "writeMemory", "registers"]) {
            const ordinary = machine[name].bind(machine);
            machine[name] = (/** @type {any[]} */ ...words) => {
                counts.read += 1;
                return ordinary(...words);
            };
        }
    });
    await guest.page.waitForTimeout(700);
    assert.equal(await guest.page.evaluate(() => /** @type {any} */ (window).counts.read), 0);
});

test("another kernel than the page's is not read", async () => {
    // What a service worker fetches is not routed, and it comes at some time after the prompt.
    await context.close();
    context = await browser.newContext({ serviceWorkers: "block" });
    guest = await Guest.open(context);
    // As if it were another: a byte of its code differs.
    await guest.page.route("**/symbols.json", async (route) => {
        const response = await route.fetch();
        const symbols = await response.json();
        await route.fulfill({ response, json: { ...symbols, kernel: { ...symbols.kernel, crc32: 1 } } });
    });
    await guest.boot(`${server.address}?open=tasks`);
    await guest.page.getByText("the kernel that belongs to this page does not run").waitFor();
    assert.equal(await guest.page.locator("#tasks td:visible").count(), 0);
    // Nor is it stopped.
    await guest.page.goto(`${server.address}?stop=main`);
    await guest.page.getByText("the kernel on this disk is not the one that belongs to the page").waitFor();
    await guest.firstPrompt();
});

test("a page of the sources opens the kernel stopped at a function, and it goes on", async () => {
    const panel = guest.page.locator("#stop .content");
    const says = (/** @type {string} */ text) => panel.locator("[role=status]", { hasText: text }).waitFor();
    const stands = async () => (await rows("stop")).map((row) => `${row[0]} ${row[2]}`);
    // The first of all functions in Rust, before anything has run.
    await guest.page.goto(`${server.address}source/kernel/src/main.rs.html`);
    await guest.page.locator("h2", { hasText: /^main/ }).getByText("stop the kernel here").click();
    // The browser asks for an icon, which that page has not.
    guest.complaints = guest.complaints.filter((text) => !text.includes("404"));
    await says("The kernel stands before the first instruction of kernel::main.");
    assert.deepEqual(await stands(), ["function kernel::main", "called by startup_32", "task 0 idle"]);
    const code = () => guest.page.evaluate(() => {
        const { machine } = /** @type {any} */ (window);
        const { eip } = machine.registers().general;
        return [eip, ...machine.readMemory(eip, 2)];
    });
    const [main, first, second] = await code();
    assert.equal(main, SYMBOLS.functions.find((/** @type {any[]} */ [, , name]) => name === "kernel::main")[0]);
    assert.notDeepEqual([first, second], [0xeb, 0xfe], "the jump is still there");
    // Paging is off, and the kernel has filled in no table: no panel may fail over that.
    for (const panel of PANELS) await guest.page.locator(`#${panel} summary`).click();
    await until("walk", (found) => found.some((row) => row[0] === "physical" && row[2].includes("paging is off")), "The walk");
    for (const panel of PANELS) await guest.page.locator(`#${panel} summary`).click();
    await guest.button("Go on").last().click();
    await guest.firstPrompt();
    // In a running machine, where the shell makes a child.
    const name = guest.page.getByLabel("Function");
    await name.fill("copy_process");
    await guest.button("Stop there").click();
    await says("no code of its own for “copy_process”: there is no such function, or it is inlined");
    await name.fill("SYS_CALL_TABLE::fork");
    await guest.button("Stop there").click();
    await says("The kernel has not come to kernel::system_call::SYS_CALL_TABLE::fork yet.");
    await guest.page.click("#screen");
    await guest.page.keyboard.type("clear; ls -d /bin\n");
    await guest.state("Stopped at kernel::system_call::SYS_CALL_TABLE::fork.");
    assert.match((await stands()).join(), /function kernel::system_call::SYS_CALL_TABLE::fork,.*task \d+ sh$/);
    await guest.page.locator("#tasks summary").click();
    await guest.page.locator("#tasks td").first().waitFor();
    await until("tasks", (found) => found.some((row) => row[3] === "sh" && row[4] === "runs"));
    await guest.picture("stop");
    assert.doesNotMatch(await guest.screen(), /^\/bin$/m);
    await guest.button("Go on").first().click();
    await guest.expect(/^\/bin$/m);
    await says("No stop is set.");
    await guest.page.click("#screen");
    assert.equal(await guest.command("expr 6 '*' 7"), "42");
});

test("each panel fits a desktop and a phone, light and dark", async () => {
    await guest.boot(server.address);
    await guest.page.keyboard.type("clear; sleep 1000 | cat &\n");
    await guest.expect(/^(?:root:\S*)?# *$/m);
    for (const panel of PANELS) {
        await guest.page.locator(`#${panel} summary`).click();
        if (panel === "calls") {
            await guest.page.locator("#calls caption", { hasText: "system call" }).waitFor();
            await guest.page.click("#screen");
            await guest.command("ls /; cat /nowhere");
        }
        await guest.page.locator(`#${panel} td`).first().waitFor();
        for (const [name, width, height, colorScheme] of /** @type {[string, number, number, "light" | "dark"][]} */ ([["desktop", 1440, 900, "light"], ["phone", 390, 844, "dark"]])) {
            await guest.page.emulateMedia({ colorScheme });
            await guest.page.setViewportSize({ width, height });
            await guest.page.waitForTimeout(350);
            await guest.picture(`${panel}-${name}`);
            const wide = await guest.page.evaluate(() => document.documentElement.scrollWidth);
            assert.ok(wide <= width, `${panel}, ${name}: ${wide} pixels wide`);
        }
        await guest.page.setViewportSize({ width: 1440, height: 900 });
        await guest.page.locator(`#${panel} summary`).click();
    }
});
