// SPDX-License-Identifier: GPL-3.0-or-later
//
// The door: asks nocontact-webext-host about each page that a tab is to open, and leads those that are
// blocked to the pause page. It knows no list and no rule, reads no page, and keeps nothing on the disk;
// what it asks and hears is written down in src/webext/bridge.h. Without the host every page opens.

"use strict";

const api = globalThis.browser ?? globalThis.chrome;
const HOST = "org.nocontact.host";
const PAUSE = api.runtime.getURL("pause.html");
// Firefox holds a request until it is answered; Chromium only tells of it
const CAN_HOLD = "browser" in globalThis && api.runtime.getManifest().permissions.includes("webRequestBlocking");

// a page that a host is too slow for opens
const PATIENCE_MSEC = 3000;
const RETRY_MIN_MSEC = 1000, RETRY_MAX_MSEC = 20000;
// more than any address that a person could have typed or followed, and less than a message may be long
const URL_MAX = 32000;

// --- the host ----------------------------------------------------------------------------------------

let port = null;
let retryMsec = RETRY_MIN_MSEC;
let nextId = 1;
// the questions that are open: id -> what takes the answer
const open = new Map();
// is there anybody to be kept from? A promise until the host has said so, or has ended.
let active = false, activeKnown = () => {};

function hear(message) {
        if ("id" in message) {
                open.get(message.id)?.(message);
                open.delete(message.id);
        } else if ("active" in message) {
                activeKnown(message.active);
                active = message.active;
                recent.clear();
                coverPages(message.active).catch(() => {});
                // tabs that were open before: at the browser's start they are visits, else the rule is new
                if (message.active)
                        sweep("hello" in message);
        }
}

function lose() {
        // why it ended says nothing to the user; reading it keeps Chromium from calling it unchecked
        void api.runtime.lastError;
        port = null;
        for (const answer of open.values())
                answer({ error: "away" });
        open.clear();
        activeKnown(false);
        active = false;
        coverPages(false).catch(() => {});
        setTimeout(connect, retryMsec);
        retryMsec = Math.min(2 * retryMsec, RETRY_MAX_MSEC);
}

function connect() {
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

function ask(question) {
        if (!port)
                return Promise.resolve({ error: "away" });
        return new Promise((resolve) => {
                const id = nextId++;

                open.set(id, resolve);
                port.postMessage({ id, ...question });
        });
}

function atLatest(promise, otherwise) {
        return Promise.race([promise, new Promise((resolve) => setTimeout(resolve, PATIENCE_MSEC, otherwise))]);
}

// --- pages -------------------------------------------------------------------------------------------

// what was asked last for each tab, since several events tell of one visit: tab -> { url, blocked }
const recent = new Map();

async function isBlocked(url) {
        if (!(await atLatest(active, false)))
                return false;
        const answer = await atLatest(ask({ check: url.slice(0, URL_MAX) }), {});
        return answer.blocked === true;
}

async function meet(tabId, url, isVisit) {
        if (!(await isBlocked(url)))
                return false;
        // where the tab has gone on meanwhile, that page is asked about by itself
        if ((recent.get(tabId)?.url ?? url) === url)
                api.tabs.update(tabId, { url: PAUSE }).catch(() => {});
        if (isVisit)
                ask({ report: url.slice(0, URL_MAX) });
        return true;
}

// A tab is to show this, or does. Tells whether it is blocked.
function visit(tabId, url, isVisit = true) {
        if (tabId < 0 || active === false || !/^https?:/i.test(url))
                return false;
        if (recent.get(tabId)?.url !== url)
                recent.set(tabId, { url, blocked: meet(tabId, url, isVisit) });
        return recent.get(tabId).blocked;
}

async function isCovered(tabId, url) {
        const asked = recent.get(tabId);

        return asked?.url === url ? asked.blocked : active !== false && isBlocked(url);
}

async function sweep(isVisit) {
        for (const tab of await api.tabs.query({}))
                if (tab.url)
                        visit(tab.id, tab.url, isVisit);
}

function onRequest(details) {
        const blocked = visit(details.tabId, details.url);

        if (!CAN_HOLD || blocked === false)
                return undefined;
        return blocked.then((cancel) => ({ cancel }));
}

function onNavigation(details) {
        if (details.frameId === 0)
                visit(details.tabId, details.url);
}

api.webRequest.onBeforeRequest.addListener(onRequest, { urls: ["http://*/*", "https://*/*"], types: ["main_frame"] },
        CAN_HOLD ? ["blocking"] : []);
api.webNavigation.onBeforeNavigate.addListener(onNavigation);
api.webNavigation.onCommitted.addListener(onNavigation);
api.webNavigation.onHistoryStateUpdated.addListener(onNavigation);
// the second net: whatever else changes a tab's address
api.tabs.onUpdated.addListener((tabId, change) => {
        if (change.url?.startsWith(PAUSE))
                recent.delete(tabId);
        else if (change.url)
                visit(tabId, change.url);
});
// --- the cover of Chromium's pages ---------------------------------------------------------------------

// Chromium shows a page without waiting for the answer: while there is somebody to be kept from, each page
// is covered until it is there. Kept in memory alone.
const COVER = { id: "cover", matches: ["http://*/*", "https://*/*"], js: ["cover.js"], runAt: "document_start",
        persistAcrossSessions: false };

async function coverPages(wanted) {
        if (CAN_HOLD)
                return;
        const there = (await api.scripting.getRegisteredContentScripts({ ids: [COVER.id] })).length > 0;
        if (wanted && !there)
                await api.scripting.registerContentScripts([COVER]);
        else if (!wanted && there)
                await api.scripting.unregisterContentScripts({ ids: [COVER.id] });
}

api.tabs.onRemoved.addListener((tabId) => recent.delete(tabId));

// --- the pause page ----------------------------------------------------------------------------------

api.runtime.onMessage.addListener((message, sender, answer) => {
        if (sender.id !== api.runtime.id)
                return false;
        if (message.covered) {
                // what is blocked stays covered until the pause page is there. This may come when it is there, or even
                // another page, and so it leads nowhere.
                isCovered(sender.tab?.id ?? -1, sender.url).then(answer);
                return true;
        }
        if (!sender.url?.startsWith(PAUSE))
                return false;
        if (message.pause)
                atLatest(ask({ pause: true }), {}).then(answer);
        else if ("tag" in message)
                atLatest(ask({ tag: String(message.tag), event: Number(message.event) }), {}).then(answer);
        else
                atLatest(ask({ answer: String(message.answer) }), {}).then(answer);
        return true;
});

connect();
