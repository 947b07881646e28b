// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * The disk that the machine has, what it starts from, its memory, the command
 * line of its kernel; and what is kept of disks.
 */

import { MEMORIES } from "../link.js";
import { ELEVEN } from "../shelf.js";

/** Root of a kernel that comes from the floppy: the disk's first partition, as in 0.11 (docs/boot.md). */
const ROOT_FOR_FLOPPY = "root=0301";

const FORM = `
<p><label>Disk <select name="disk"></select></label>
<label class="button">Add an image <input type="file" name="image" class="unseen"></label></p>
<p class="note" data-is="kept"></p>
<p><label><input type="checkbox" name="throwAway"> Throw changes away when the page is closed</label></p>
<p><label>Start from <select name="from">
  <option value="disk">the disk itself</option>
  <option value="floppy">Eleven's floppy</option>
</select></label></p>
<p class="note">A root disk of 1991 has no kernel of ours: it starts from the floppy.</p>
<p><label>Memory <select name="memory">
${MEMORIES.map((size) => `<option value="${size}">${size} MB</option>`).join("\n")}
</select></label></p>
<p><label>Command line of the kernel <input name="commandLine" maxlength="480" spellcheck="false"
  autocapitalize="none" autocomplete="off" placeholder="keyboard=de, console=ttyS0"></label></p>
<p><button type="submit">Start with these</button></p>
<p><button type="button" name="download">Download the disk</button>
<button type="button" name="forget">Forget the disk's changes</button></p>`;

/**
 * What the machine is started with.
 * @typedef {object} Choice
 * @property {string} disk
 * @property {boolean} throwAway
 * @property {"disk" | "floppy"} from
 * @property {number} memory
 * @property {string} commandLine
 * @property {string} [stop] the function at which the kernel stops first
 */

/**
 * What a panel may ask of the page.
 * @typedef {object} Page
 * @property {import("../shelf.js").Shelf} shelf
 * @property {import("../inside/stop.js").Stop} stop
 * @property {Choice} choice what the machine was last started with
 * @property {(choice: Choice) => Promise<void>} start
 */

/**
 * Opens the panel in `form`.
 * @type {(form: HTMLElement, machine: import("../machine.js").Machine, page: Page) => void}
 */
export function open(form, machine, page) {
    new Settings(/** @type {HTMLFormElement} */ (form), machine, page);
}

class Settings {
    /**
     * @param {HTMLFormElement} form
     * @param {import("../machine.js").Machine} machine
     * @param {Page} page
     */
    constructor(form, machine, page) {
        this.form = form;
        this.page = page;
        form.innerHTML = FORM;
        this.field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            page.start(this.choice);
        });
        this.field("disk").addEventListener("change", () => this.#suggestStart());
        this.field("from").addEventListener("change", () => this.#suggestRoot());
        this.field("image").addEventListener("change", () => this.#add());
        this.field("download").addEventListener("click", () => this.#download());
        this.field("forget").addEventListener("click", () => this.#forget());
        page.shelf.addEventListener("change", () => this.#showKept());
        machine.addEventListener("change", () => machine.state === "starting" && this.#show());
        this.#show();
    }

    /** @returns {Choice} */
    get choice() {
        return {
            disk: this.field("disk").value,
            throwAway: this.field("throwAway").checked,
            from: /** @type {"disk" | "floppy"} */ (this.field("from").value),
            memory: Number(this.field("memory").value),
            commandLine: this.field("commandLine").value.trim(),
        };
    }

    #show() {
        const { choice, shelf } = this.page;
        this.field("disk").replaceChildren(...shelf.names.map((name) => new Option(name, name)));
        this.field("disk").value = choice.disk;
        this.field("throwAway").checked = choice.throwAway;
        this.field("from").value = choice.from;
        this.field("memory").value = String(choice.memory);
        this.field("commandLine").value = choice.commandLine;
        this.#showKept();
    }

    #showKept() {
        const { shelf } = this.page;
        const states = { saved: "Changes are kept in this browser.", saving: "Changes are being saved." };
        const kept = states[/** @type {"saved" | "saving"} */ (shelf.kept)] ?? `Changes are ${shelf.kept}.`;
        const older = shelf.isOlder
            ? " This disk is of an older build than the page; forget its changes to get the new one."
            : "";
        const note = /** @type {HTMLElement} */ (this.form.querySelector("[data-is=kept]"));
        note.textContent = kept + older;
    }

    /** A disk without our kernel starts from the floppy. */
    async #suggestStart() {
        const hasOurKernel = await this.page.shelf.hasOurKernel(this.field("disk").value);
        this.field("from").value = hasOurKernel ? "disk" : "floppy";
        this.#suggestRoot();
    }

    /** The kernel on the floppy has to be told where root is. */
    #suggestRoot() {
        const line = this.field("commandLine");
        const words = line.value.split(" ").filter((word) => word && word !== ROOT_FOR_FLOPPY);
        const needsRoot = this.field("from").value === "floppy" && !words.some((word) => word.startsWith("root="));
        line.value = [...words, ...(needsRoot ? [ROOT_FOR_FLOPPY] : [])].join(" ");
    }

    /** Takes an image of one's own, and proposes to start from where it can. */
    async #add() {
        const file = this.field("image").files?.[0];
        if (!file) return;
        const name = await this.page.shelf.add(file);
        this.field("disk").replaceChildren(...this.page.shelf.names.map((other) => new Option(other, other)));
        this.field("disk").value = name;
        this.field("image").value = "";
        await this.#suggestStart();
    }

    async #download() {
        const { shelf } = this.page;
        if (!shelf.disk) return;
        const link = document.createElement("a");
        link.href = URL.createObjectURL(await shelf.disk.file());
        link.download = shelf.name === ELEVEN ? "eleven.img" : shelf.name;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    }

    async #forget() {
        const { page } = this;
        const name = page.shelf.name;
        if (!confirm(`Everything that was written to the disk “${name}” will be gone. Forget it?`)) return;
        await page.shelf.forget(name);
        const again = page.choice;
        await page.start(name === ELEVEN ? again : { ...again, disk: ELEVEN, from: "disk", commandLine: "" });
    }
}
