// SPDX-License-Identifier: GPL-3.0-or-later
//
// The two scripts that go into pages, there only while there is somebody to be kept from, and kept in memory
// alone. What they do is theirs.

import { api } from "./browser.js";

// where people meet others without looking for them: a feed, suggestions, memories
const FEEDS = ["instagram.com", "threads.net", "threads.com", "facebook.com", "x.com", "twitter.com", "tiktok.com",
        "linkedin.com", "reddit.com", "youtube.com", "pinterest.com", "snapchat.com", "bsky.app", "mastodon.social"];

const SCRIPTS = [
        { id: "cover", matches: ["http://*/*", "https://*/*"], js: ["cover.js"] },
        { id: "exposure", matches: FEEDS.map((host) => `*://*.${host}/*`), js: ["exposure.js"] },
].map((script) => ({ ...script, runAt: "document_start", persistAcrossSessions: false }));

// one after the other, since news may come while the last is being carried out
let turn = Promise.resolve();

// Tells whether they are there now, or were.
async function register(wanted) {
        const wereThere = (await api.scripting.getRegisteredContentScripts()).length > 0;

        if (wanted && !wereThere)
                await api.scripting.registerContentScripts(SCRIPTS);
        else if (!wanted && wereThere)
                await api.scripting.unregisterContentScripts();
        return wanted || wereThere;
}

// Pages that are open are looked at anew.
async function lookAgain(isNeeded) {
        const { matches, js } = SCRIPTS[1];

        for (const tab of isNeeded ? await api.tabs.query({ url: matches }) : [])
                api.scripting.executeScript({ target: { tabId: tab.id }, files: js }).catch(() => {});
}

export function place(wanted) {
        turn = turn.then(() => register(wanted)).then(lookAgain).catch(() => {});
}
