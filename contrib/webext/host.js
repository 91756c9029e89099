// SPDX-License-Identifier: GPL-3.0-or-later
//
// The connection to nocontact-webext-host: questions and answers, and whether there is anybody to be kept
// from, and where. What may be asked is written down in src/webext/bridge.h. It knows no page and no tab.

import { api } from "./browser.js";

const HOST = "org.nocontact.host";
// a page that a host is too slow for opens
const PATIENCE_MSEC = 3000;
const RETRY_MIN_MSEC = 1000, RETRY_MAX_MSEC = 20000;

let port = null;
let retryMsec = RETRY_MIN_MSEC;
let nextId = 1;
// the questions that are open: id -> what takes the answer
const open = new Map();
// is there anybody to be kept from? A promise until the host has said so, or has ended.
let active = false, activeKnown = () => {};
// may it be on a site that is not in the catalogue? null as long as the host has not said.
let elsewhere = null;
let onNews = () => {};

function become(now, isFirst) {
        activeKnown(now);
        active = now;
        onNews(now, isFirst);
}

function hear(message) {
        if ("id" in message) {
                open.get(message.id)?.(message);
                open.delete(message.id);
        } else if ("active" in message) {
                if ("hello" in message)
                        tellOfPrivateWindows();
                elsewhere = message.elsewhere;
                become(message.active, "hello" in message);
        }
}

function lose() {
        // why it ended says nothing to the user; reading it keeps Chromium from calling it unchecked
        void api.runtime.lastError;
        port = null;
        for (const answer of open.values())
                answer({ error: "away" });
        open.clear();
        elsewhere = null;
        become(false, false);
        setTimeout(connect, retryMsec);
        retryMsec = Math.min(2 * retryMsec, RETRY_MAX_MSEC);
}

// The user's own setting in the browser, told as it is. Browsers start an extension anew when it changes.
async function tellOfPrivateWindows() {
        const allowed = await api.extension.isAllowedIncognitoAccess();
        ask({ private: allowed ? "covered" : "open" });
}

export function connect() {
        if (port)
                return;
        active = new Promise((resolve) => { activeKnown = resolve; });
        port = api.runtime.connectNative(HOST);
        port.onMessage.addListener((message) => {
                retryMsec = RETRY_MIN_MSEC;
                hear(message);
        });
        port.onDisconnect.addListener(lose);
}

// An object with the answer, or with `error`.
export function ask(question) {
        if (!port)
                return Promise.resolve({ error: "away" });
        return new Promise((resolve) => {
                const id = nextId++;

                open.set(id, resolve);
                port.postMessage({ id, ...question });
        });
}

// For what waits: this, or something else when it takes too long.
export function atLatest(promise, otherwise) {
        return Promise.race([promise, new Promise((resolve) => setTimeout(resolve, PATIENCE_MSEC, otherwise))]);
}

// false when it is known that nobody is to be kept from; else true, or a promise of either.
export function isActive() {
        return active;
}

// May somebody be met on a site that is not in the catalogue? null: not known.
export function isElsewhere() {
        return elsewhere;
}

// `func` hears (active, first) whenever what is blocked may have changed; first: after a new connection.
export function listen(func) {
        onNews = func;
}
