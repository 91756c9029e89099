// SPDX-License-Identifier: GPL-3.0-or-later
//
// The pause page: what held, the user's own sentence, and something else to do. Leaving is the easy thing,
// the rest comes after a moment. There is no way on: an exception is the regime's (`nocontact open`).

"use strict";

const api = globalThis.browser ?? globalThis.chrome;
const WAIT_MSEC = 4000;
const BREATHS = 6, IN_MSEC = 4000, OUT_MSEC = 6000;

const at = (id) => document.getElementById(id);
const say = (text) => { at("said").textContent = text; };

// Nothing waits for the daemon but what it alone can tell.
function tell(message) {
        return api.runtime.sendMessage(message).catch(() => ({}));
}

function days(n) {
        return n === 1 ? "1 day" : `${n} days`;
}

// No figure of zero.
function showFacts(facts) {
        if (facts.days > 0)
                at("days").textContent = `${days(facts.days)} so far.`;
        else if (facts.total > 0)
                at("days").textContent = `${days(facts.total)} kept in all.`;
        if (facts.days > 0 && facts.total > facts.days) {
                at("total").textContent = `${days(facts.total)} kept in all.`;
                at("total").hidden = false;
        }
        if (facts.sentence?.trim()) {
                at("own").textContent = facts.sentence;
                at("own").lang = "";
                at("own").dir = "auto";
        }
        if (facts.support?.trim()) {
                at("call").hidden = false;
                at("call").dataset.support = facts.support;
        }
}

async function leave() {
        tell({ answer: "leave" });
        const tab = await api.tabs.getCurrent();
        const tabs = await api.tabs.query({ windowId: tab.windowId });

        // a window is not to close because its last page was this one
        if (tabs.length > 1)
                api.tabs.remove(tab.id);
        else
                location.replace("about:blank");
}

let breathing = 0;

async function breathe() {
        const mine = ++breathing;
        const pause = (msec) => new Promise((resolve) => setTimeout(resolve, msec));

        tell({ answer: "breathe" });
        // from its smallest, in step with the words
        for (const animation of document.getAnimations())
                animation.currentTime = 0;
        for (let n = 1; n <= BREATHS && mine === breathing; n++) {
                say(`Breathe in. ${n} of ${BREATHS}.`);
                await pause(IN_MSEC);
                if (mine !== breathing)
                        return;
                say(`Breathe out. ${n} of ${BREATHS}.`);
                await pause(OUT_MSEC);
        }
        if (mine === breathing)
                say("That was one minute. Take your time with what comes next.");
}

function write() {
        breathing++;
        tell({ answer: "write" });
        say("An empty page opens, for a letter that is not sent.");
}

function call() {
        breathing++;
        tell({ answer: "call" });
        say(`${at("call").dataset.support}. A few words are enough.`);
}

at("leave").addEventListener("click", leave);
at("breathe").addEventListener("click", breathe);
at("write").addEventListener("click", write);
at("call").addEventListener("click", call);
at("leave").focus();
setTimeout(() => at("more").classList.add("there"), WAIT_MSEC);
tell({ pause: true }).then((facts) => showFacts(facts ?? {}));
