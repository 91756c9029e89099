// SPDX-License-Identifier: GPL-3.0-or-later
//
// The extension's beginning: what its parts hear of each other, and what its pages and scripts may say. It
// knows no list and no rule, reads no page, and keeps nothing on the disk. Without the host every page opens.

import { api, PAUSE } from "./browser.js";
import { ask, atLatest, connect, isActive, isElsewhere, listen } from "./host.js";
import { place } from "./scripts.js";
import { forget, isCovered, sweep, watch } from "./visits.js";

// of one question about what a page holds; the host takes no more
const EXPOSED_MAX = 50, EXPOSED_LEN = 500;

function texts(list) {
        return Array.isArray(list) ? list.slice(0, EXPOSED_MAX).map((text) => String(text).slice(0, EXPOSED_LEN)) : [];
}

// What may be said, and by whom: each gives a promise of the answer.
const FROM_SCRIPTS = {
        covered: (message, sender) => isCovered(sender.tab?.id ?? -1, sender.url ?? ""),
        exposed: async (message) => (await isActive()) ?
                atLatest(ask({ exposed: texts(message.exposed), names: texts(message.names) }), {}) : {},
};
const FROM_PAUSE = {
        pause: () => atLatest(ask({ pause: true }), {}),
        tag: (message) => atLatest(ask({ tag: String(message.tag), event: Number(message.event) }), {}),
        answer: (message) => atLatest(ask({ answer: String(message.answer) }), {}),
};

api.runtime.onMessage.addListener((message, sender, answer) => {
        if (sender.id !== api.runtime.id)
                return false;
        const table = sender.url?.startsWith(PAUSE) ? FROM_PAUSE : FROM_SCRIPTS;
        const verb = Object.keys(table).find((key) => key in message);

        if (!verb)
                return false;
        table[verb](message, sender).then(answer);
        return true;
});

listen((active, isFirst) => {
        forget();
        place(active, isElsewhere());
        // tabs that were open before: at the browser's start they are visits, else the rule is new
        if (active)
                sweep(isFirst);
});
watch();
connect();
