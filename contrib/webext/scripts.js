// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which scripts go into pages for a while, which is kept in memory alone. What they do is their own.

import { api, CAN_HOLD } from "./browser.js";

// where people meet others without looking for them: a feed, suggestions, memories
const FEEDS = ["instagram.com", "threads.net", "threads.com", "facebook.com", "x.com", "twitter.com", "tiktok.com",
        "linkedin.com", "reddit.com", "youtube.com", "pinterest.com", "snapchat.com", "bsky.app", "mastodon.social"];

// while there is somebody to be kept from
const EXPOSURE = { id: "exposure", matches: FEEDS.map((host) => `*://*.${host}/*`), js: ["exposure.js"],
        runAt: "document_start", persistAcrossSessions: false };
// what they can be met on besides the catalogue's sites, which have cover.js by the manifest: in Chromium other
// sites have it, too, and this while they need not; in Firefox others have it from the time on at which they need it
const ALL = { matches: ["http://*/*", "https://*/*"], persistAcrossSessions: false };
const ONLY_SITES = { id: "only-sites", js: ["only-sites.js"], runAt: "document_start", ...ALL };
const ELSEWHERE = { id: "elsewhere", js: ["cover.js"], runAt: "document_idle", ...ALL };

// one after the other, since news may come while the last is being carried out
let turn = Promise.resolve();

// Tells whether it is there now, or was. Chromium's worker for private windows does the same at the same time, and
// one of the two comes too late.
async function register(script, wanted) {
        const ids = [script.id];
        const wasThere = (await api.scripting.getRegisteredContentScripts({ ids })).length > 0;

        if (wanted && !wasThere)
                await api.scripting.registerContentScripts([script]).catch(() => {});
        else if (!wanted && wasThere)
                await api.scripting.unregisterContentScripts({ ids }).catch(() => {});
        return wanted || wasThere;
}

// Pages that are open are looked at anew.
async function lookAgain(script) {
        for (const tab of await api.tabs.query({ url: script.matches }))
                api.scripting.executeScript({ target: { tabId: tab.id }, files: script.js }).catch(() => {});
}

// Where somebody may be met stays as it was while nobody says anything of it (null).
export function place(active, elsewhere) {
        const carryOut = async () => {
                if (!CAN_HOLD && elsewhere !== null)
                        await register(ONLY_SITES, !elsewhere);
                if (CAN_HOLD && elsewhere && await register(ELSEWHERE, true))
                        await lookAgain(ELSEWHERE);
                if (await register(EXPOSURE, active))
                        await lookAgain(EXPOSURE);
        };

        turn = turn.then(carryOut).catch(() => {});
}
