// SPDX-License-Identifier: GPL-2.0-or-later
// What the pages of both sources can do beside being read: a search over all
// names, keys, and the list of places where the reader has been. Without it all
// text and all links are there.
"use strict";

const UP = document.documentElement.dataset.up;
const MOST_FOUND = 40;
const MOST_PLACES = 30;
const header = document.querySelector("header");

/** An element with text or other elements in it. */
function make(tag, properties, ...inside) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...inside);
    return element;
}

// ---------------------------------------------------------------- search

const field = make("input", {
    id: "search", type: "search", placeholder: "Search: /", autocomplete: "off", spellcheck: false,
});
field.setAttribute("aria-label", "Search for a name of either side");
const found = make("ul", { id: "found", hidden: true });
header.append(make("div", { className: "search" }, field, found));

/** All names: { name, last, file, ours, href }. Loaded when they are first wanted. */
let names = null;
const loaded = [];

function load(then) {
    if (names) return then();
    loaded.push(then);
    if (loaded.length > 1) return;
    const script = make("script", { src: `${UP}symbols.js` });
    script.onload = () => {
        names = SYMBOLS.flatMap(([page, file, ours, list]) => list.map((entry) => {
            const [name, anchor = name] = entry.split("\t");
            return { name, last: name.split("::").pop().toLowerCase(), file, ours, href: `${UP}${page}#${anchor}` };
        }));
        for (const waiting of loaded) waiting();
    };
    document.head.append(script);
}

/** How good a name fits: the less the better; nothing if it does not. */
function rank({ name, last }, text) {
    if (last === text || last === `_${text}`) return 0;
    if (last.startsWith(text)) return 1;
    if (last.includes(text)) return 2;
    return name.toLowerCase().includes(text) ? 3 : undefined;
}

/** The best of both sides, in turn. */
function search(text) {
    const fits = names
        .map((entry) => ({ entry, rank: rank(entry, text.toLowerCase()) }))
        .filter((fit) => fit.rank !== undefined)
        .sort((a, b) => a.rank - b.rank || a.entry.name.length - b.entry.name.length);
    const side = (ours) => fits.filter((fit) => fit.entry.ours === ours).slice(0, MOST_FOUND / 2);
    return [...side(false), ...side(true)].sort((a, b) => a.rank - b.rank).map((fit) => fit.entry);
}

function showFound() {
    const text = field.value.trim();
    found.hidden = text === "";
    if (text === "") return;
    const items = search(text).map(({ name, file, ours, href }) => {
        const side = make("span", { className: "side" }, ours ? "Eleven" : "0.11");
        return make("li", {}, make("a", { href }, side, make("code", {}, name), make("span", { className: "file" }, file)));
    });
    found.replaceChildren(...(items.length ? items : [make("li", { className: "nothing" }, "no such name")]));
}

field.addEventListener("focus", () => load(showFound));
field.addEventListener("input", () => load(showFound));
field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") found.querySelector("a")?.click();
    if (event.key === "ArrowDown") found.querySelector("a")?.focus();
    if (event.key === "Escape") closeSearch();
});
found.addEventListener("keydown", (event) => {
    const links = [...found.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
        event.preventDefault();
        (links[at + step] ?? field).focus();
    }
    if (event.key === "Escape") closeSearch();
});
found.addEventListener("click", () => closeSearch());
document.addEventListener("click", (event) => {
    if (!event.target.closest(".search")) found.hidden = true;
});

function closeSearch() {
    found.hidden = true;
    field.value = "";
    field.blur();
}

// ------------------------------------------- where the reader has been

/** Places: [address, title], the last one first. Some browsers keep nothing. */
function places() {
    try {
        return JSON.parse(sessionStorage.getItem("places") ?? "[]");
    } catch {
        return [];
    }
}

function noteThisPlace() {
    const name = decodeURIComponent(location.hash.slice(1));
    const title = document.querySelector("h1").textContent + (name ? `: ${name}` : "");
    const others = places().filter(([address]) => address !== location.href);
    try {
        sessionStorage.setItem("places", JSON.stringify([[location.href, title], ...others].slice(0, MOST_PLACES)));
    } catch {
        // Then the list stays short.
    }
}

addEventListener("hashchange", noteThisPlace);
noteThisPlace();

// What a link leads to is not hidden by the header, whatever lines that takes.
function keepBelowHeader() {
    const isSticky = getComputedStyle(header).position === "sticky";
    document.documentElement.style.scrollPaddingTop = `${isSticky ? header.offsetHeight + 4 : 4}px`;
}
addEventListener("resize", keepBelowHeader);
keepBelowHeader();
if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();

// ------------------------------------------------------------------ keys

/** The row at the top of the window, or the one `step` rows from it. */
function goToRow(step) {
    const rows = [...document.querySelectorAll("main section.row:not(.between)")].filter((row) => row.offsetParent);
    const top = header.getBoundingClientRect().bottom + 8;
    const below = rows.findIndex((row) => row.getBoundingClientRect().top > top);
    const first = below < 0 ? rows.length : below;
    const at = step > 0 ? first : first - 1 - (rows[first - 1]?.getBoundingClientRect().top < top - 12 ? 0 : 1);
    rows[Math.max(at, 0)]?.scrollIntoView();
}

const follow = (selector) => document.querySelector(selector)?.click();

const KEYS = [
    ["/", "search for a name of either side", () => field.focus()],
    ["j", "next row", () => goToRow(1)],
    ["k", "row before", () => goToRow(-1)],
    ["n", "next file", () => follow("nav > a[rel=next]")],
    ["p", "file before", () => follow("nav > a[rel=prev]")],
    ["N", "next file of the reading guide", () => follow("a[rel=next-in-guide]")],
    ["P", "file before in the reading guide", () => follow("a[rel=prev-in-guide]")],
    ["t", "to the file's twin on the other side", () => follow("header .twins a")],
    ["b", "where I have been", () => showDialog("Where you have been", listOfPlaces())],
    ["i", "all files", () => follow("nav > a[rel=index]")],
    ["?", "this list", () => showDialog("Keys", listOfKeys())],
];

const dialog = make("dialog", {});
document.body.append(dialog);
dialog.addEventListener("click", () => dialog.close());

function showDialog(title, ...inside) {
    dialog.replaceChildren(make("h2", {}, title), ...inside);
    if (!dialog.open) dialog.showModal();
}

function listOfKeys() {
    const rows = KEYS.map(([key, meaning]) => make("div", {}, make("dt", {}, make("kbd", {}, key)), make("dd", {}, meaning)));
    return make("dl", {}, ...rows);
}

function listOfPlaces() {
    return make("ol", {}, ...places().map(([href, title]) => make("li", {}, make("a", { href }, title))));
}

document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input") || dialog.open) return;
    const key = KEYS.find(([name]) => name === event.key);
    if (!key) return;
    event.preventDefault();
    key[2]();
});

const help = make("button", { type: "button", className: "help", title: "Keys" }, "?");
help.addEventListener("click", () => showDialog("Keys", listOfKeys()));
header.querySelector(".search").append(help);

// -------------------------------------------------------------- printing

addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("main details:not(.users)")) details.open = true;
});
