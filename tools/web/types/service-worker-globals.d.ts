// SPDX-License-Identifier: GPL-2.0-or-later
/** What build.js writes at the end of the service worker. */
declare const VERSION: string;
declare const FILES: string[];
