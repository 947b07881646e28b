// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * Lets the page work without a network. It is started after the first prompt and
 * fetches then what the page has not loaded yet. With a network the server's files
 * are taken, so that a new build is seen at once; without one, those kept here.
 * The build writes VERSION and FILES at the end.
 */

/** What a service worker's global object has. @type {any} */
const worker = self;
const HERE = new URL(".", location.href).pathname;
/** @returns {string} */
const cacheName = () => `${HERE} ${VERSION}`;

worker.addEventListener("install", (/** @type {any} */ event) => {
    event.waitUntil(caches.open(cacheName()).then((cache) => cache.addAll(FILES)));
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
    event.waitUntil(removeOld().then(() => worker.clients.claim()));
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
    const url = new URL(event.request.url);
    if (event.request.method === "GET" && url.origin === location.origin && url.pathname.startsWith(HERE)) {
        event.respondWith(answer(event.request));
    }
});

/** @param {Request} request */
async function answer(request) {
    try {
        return await fetch(request);
    } catch (error) {
        const kept = await (await caches.open(cacheName())).match(request, { ignoreSearch: true });
        if (kept) return kept;
        throw error;
    }
}

async function removeOld() {
    const names = (await caches.keys()).filter((name) => name.startsWith(`${HERE} `) && name !== cacheName());
    await Promise.all(names.map((name) => caches.delete(name)));
}
