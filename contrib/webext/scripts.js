// SPDX-License-Identifier: GPL-3.0-or-later
//
// The script for feeds goes into their pages only while there is somebody to be kept from, and that it does
// is kept in memory alone. What it does is its own.

import { api } from "./browser.js";

// where people meet others without looking for them: a feed, suggestions, memories
const FEEDS = ["instagram.com", "threads.net", "threads.com", "facebook.com", "x.com", "twitter.com", "tiktok.com",
        "linkedin.com", "reddit.com", "youtube.com", "pinterest.com", "snapchat.com", "bsky.app", "mastodon.social"];

const SCRIPT = { id: "exposure", matches: FEEDS.map((host) => `*://*.${host}/*`), js: ["exposure.js"],
        runAt: "document_start", persistAcrossSessions: false };

// one after the other, since news may come while the last is being carried out
let turn = Promise.resolve();

// Tells whether it is there now, or was.
async function register(wanted) {
        const wasThere = (await api.scripting.getRegisteredContentScripts()).length > 0;

        if (wanted && !wasThere)
                await api.scripting.registerContentScripts([SCRIPT]);
        else if (!wanted && wasThere)
                await api.scripting.unregisterContentScripts();
        return wanted || wasThere;
}

// Pages that are open are looked at anew.
async function lookAgain(isNeeded) {
        for (const tab of isNeeded ? await api.tabs.query({ url: SCRIPT.matches }) : [])
                api.scripting.executeScript({ target: { tabId: tab.id }, files: SCRIPT.js }).catch(() => {});
}

export function place(wanted) {
        turn = turn.then(() => register(wanted)).then(lookAgain).catch(() => {});
}
