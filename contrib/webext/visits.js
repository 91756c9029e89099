// SPDX-License-Identifier: GPL-3.0-or-later
//
// The door: asks about each page that a tab is to show and that could be somebody's, leads those that are
// blocked to the pause page, and reports them. It reads no page, and remembers of each tab what was asked last.

import "./sites.js";
import { api, CAN_HOLD, PAUSE } from "./browser.js";
import { ask, atLatest, isActive, isElsewhere } from "./host.js";

// more than any address that a person could have typed or followed, and less than a message may be long
const URL_MAX = 32000;
const LEAD_MAX = 8, LEAD_MSEC = 500;
// a page, its source, and Firefox's own way of showing it
const READER = /^about:reader\?/i, PAGE = /^(https?:|about:reader\?)/i, SOURCE = /^view-source:/i;

// what was asked last for each tab, since several events tell of one visit: tab -> { url, blocked }
const recent = new Map();

// Can anybody be met there at all? What cannot be is not even asked about.
function isConcerned(url) {
        return isElsewhere() !== false || READER.test(url) || nocontactSites.has(new URL(url).hostname);
}

async function isBlocked(url) {
        if (!(await isActive()))
                return false;
        const answer = await ask({ check: url.slice(0, URL_MAX) });
        return answer.blocked === true;
}

// Does the tab show a page's source, or is it to? Asked while the host is asked, since each costs a moment.
async function isSource(tabId) {
        const tab = await api.tabs.get(tabId);

        return SOURCE.test(tab.pendingUrl ?? "") || SOURCE.test(tab.url);
}

// A tab of Chromium's that shows a page's source would show the pause page's: another takes its place.
async function replace(tabId) {
        const tab = await api.tabs.get(tabId);

        await api.tabs.create({ url: PAUSE, windowId: tab.windowId, index: tab.index, active: tab.active });
        await api.tabs.remove(tabId);
}

// Who has gone elsewhere meanwhile is let go. A browser that is just starting may forget where a tab was led
// to; so until it is there.
async function lead(tabId, url, source) {
        const isBound = () => recent.get(tabId)?.url === url;

        if (recent.has(tabId) && !isBound())
                return;
        if (await source)
                return replace(tabId).catch(() => {});
        for (let n = 0; n === 0 || (n < LEAD_MAX && isBound()); n++) {
                await api.tabs.update(tabId, { url: PAUSE }).catch(() => {});
                await new Promise((resolve) => setTimeout(resolve, LEAD_MSEC));
                if (isBound() && await isSource(tabId).catch(() => false))
                        return replace(tabId).catch(() => {});
        }
}

// Who has waited too long sees the page: then it is led away all the same, but nothing was stopped.
async function meet(tabId, url, isVisit) {
        const answer = isBlocked(url);
        const source = isSource(tabId).catch(() => false);
        const inTime = await atLatest(answer, null);

        if (inTime === null)
                answer.then((blocked) => { if (blocked) lead(tabId, url, source); });
        if (!inTime)
                return false;
        lead(tabId, url, source);
        if (isVisit)
                ask({ report: url.slice(0, URL_MAX) });
        return true;
}

// A tab is to show this, or does. Tells whether it is blocked: false, or a promise.
export function visit(tabId, address, isVisit = true) {
        const url = address.replace(SOURCE, "");

        if (tabId < 0 || isActive() === false || !PAGE.test(url))
                return false;
        if (recent.get(tabId)?.url !== url)
                recent.set(tabId, { url, blocked: isConcerned(url) && meet(tabId, url, isVisit) });
        return recent.get(tabId).blocked;
}

// May the page in this tab be seen? What is blocked stays covered until the pause page is there. The question may
// come when it is there, or even another page, and so it leads nowhere.
export async function isCovered(tabId, url) {
        const asked = recent.get(tabId);

        return asked?.url === url ? asked.blocked : PAGE.test(url) && isConcerned(url) && isBlocked(url);
}

// Another rule may judge otherwise.
export function forget() {
        recent.clear();
}

// What is open already. A tab that nobody looks at, as of a session that was restored, is no visit.
export async function sweep(isVisit) {
        for (const tab of await api.tabs.query({}))
                if (tab.url)
                        visit(tab.id, tab.url, isVisit && tab.active);
}

// Chromium may make a page ready that nobody asked for: it is none before it is shown.
function isUnseen(details) {
        return details.documentLifecycle === "prerender";
}

// Firefox alone: Chromium asks for pages that nobody opens in the same way as for those that are.
function onRequest(details) {
        const blocked = visit(details.tabId, details.url);

        return blocked === false ? undefined : blocked.then((cancel) => ({ cancel }));
}

function onNavigation(details) {
        if (details.frameId === 0 && !isUnseen(details))
                visit(details.tabId, details.url);
}

// The listeners are to be there when the worker has been started for an event.
export function watch() {
        if (CAN_HOLD)
                api.webRequest.onBeforeRequest.addListener(onRequest,
                        { urls: ["http://*/*", "https://*/*"], types: ["main_frame"] }, ["blocking"]);
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
        api.tabs.onRemoved.addListener((tabId) => recent.delete(tabId));
}
