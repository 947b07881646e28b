// SPDX-License-Identifier: GPL-2.0-or-later
/**
 * Serves a folder on this machine only: `node serve.js FOLDER [PORT]`. It is as
 * plain as a web server can be; the page works from any other one, too.
 */

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const PORT = 8011;
const TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
};

/**
 * Serves `folder` below `path`; port 0 is any that is free.
 * @type {(folder: string, port: number, path?: string) => Promise<{ address: string, close: () => void }>}
 */
export async function serve(folder, port, path = "/") {
    const root = resolve(folder);
    const server = createServer(async (request, response) => {
        const name = decodeURIComponent(new URL(request.url ?? "", "http://host").pathname);
        const file = join(root, name.endsWith("/") ? `${name.slice(path.length)}/index.html` : name.slice(path.length));
        const found = name.startsWith(path) && file.startsWith(root) && (await stat(file).catch(() => undefined));
        if (!found || !found.isFile()) {
            response.writeHead(404).end("not found\n");
            return;
        }
        const modified = found.mtime.toUTCString();
        if (request.headers["if-modified-since"] === modified) {
            response.writeHead(304).end();
            return;
        }
        const type = TYPES[/** @type {keyof TYPES} */ (extname(file))] ?? "application/octet-stream";
        response.writeHead(200, {
            "Content-Type": type,
            "Content-Length": found.size,
            "Last-Modified": modified,
            "Cache-Control": "no-cache",
        });
        createReadStream(file).pipe(response);
    });
    await new Promise((ready, failed) => server.once("error", failed).listen(port, "127.0.0.1", () => ready(undefined)));
    const used = /** @type {import("node:net").AddressInfo} */ (server.address()).port;
    const close = () => {
        server.close();
        server.closeAllConnections();
    };
    return { address: `http://localhost:${used}${path}`, close };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const [folder, port] = process.argv.slice(2);
    // Whatever has our port already: any other one is as good.
    const { address } = await serve(folder, Number(port ?? PORT)).catch(() => serve(folder, 0));
    console.log(`Eleven is at ${address} (Ctrl-C ends)`);
}
