// SPDX-License-Identifier: GPL-3.0-or-later
//
// The pause page: what held, the user's own sentence, and something else to do. Leaving is the easy thing,
// the rest comes after a moment. There is no way on: an exception is the regime's (`nocontact open`).
// pause.html alone is the sinkhole's page, too; whatever needs this script stands between its answers marks.

"use strict";

const api = globalThis.browser ?? globalThis.chrome;
const BREATHS = 6, IN_MSEC = 4000, OUT_MSEC = 6000;

const at = (id) => document.getElementById(id);
const say = (text) => { at("said").textContent = text; };

// Nothing waits for the daemon but what it alone can tell.
function tell(message) {
        return api.runtime.sendMessage(message).catch(() => ({}));
}

// --- what there is to show -----------------------------------------------------------------------------

// Texts alone: what the page says by itself stays where there is none.
function show(id, text) {
        if (!text?.trim())
                return false;
        at(id).textContent = text;
        at(id).hidden = false;
        return true;
}

// In whatever language and direction the user wrote it.
function showOwn(id, text) {
        if (!show(id, text))
                return false;
        at(id).lang = "";
        at(id).dir = "auto";
        return true;
}

let event = 0, support = "";

function showFacts(facts) {
        show("days", facts.kept);
        show("total", facts.also);
        showOwn("own", facts.plan);
        at("because").hidden = !showOwn("reason", facts.reason);
        showOwn("instead", facts.instead);
        support = facts.support?.trim() ?? "";
        at("call").hidden = !support;
        // without an event there is nothing that a word could be about
        event = facts.event ?? 0;
        at("why").hidden = !event;
        at("facts").classList.remove("waiting");
}

// --- answers -------------------------------------------------------------------------------------------

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

// The breath that is being taken; another number ends it.
let breathing = 0;

function stopBreathing(text) {
        breathing++;
        document.body.classList.remove("breathing");
        at("breathe").textContent = "Breathe for a minute";
        at("step").textContent = at("count").textContent = "";
        say(text);
}

async function breathe() {
        if (document.body.classList.contains("breathing"))
                return stopBreathing("That is enough. Take your time with what comes next.");
        const mine = ++breathing;
        const step = async (text, n, msec) => {
                if (mine !== breathing)
                        return;
                at("step").textContent = text;
                at("count").textContent = `${n} of ${BREATHS}`;
                await new Promise((resolve) => setTimeout(resolve, msec));
        };

        tell({ answer: "breathe" });
        say("");
        document.body.classList.add("breathing");
        at("breathe").textContent = "Enough for now";
        scrollTo(0, 0);
        for (let n = 1; n <= BREATHS && mine === breathing; n++) {
                await step("Breathe in. ", n, IN_MSEC);
                await step("Breathe out. ", n, OUT_MSEC);
        }
        if (mine === breathing)
                stopBreathing("That was one minute. Take your time with what comes next.");
}

function write() {
        tell({ answer: "write" });
        say("An empty page opens, for a letter that is not sent.");
}

function call() {
        tell({ answer: "call" });
        say(`${support}. A few words are enough.`);
}

// The last one counts; the same again takes it back.
async function tag(click) {
        const chip = click.currentTarget, pressed = chip.getAttribute("aria-pressed") === "true";
        const answer = await tell({ tag: pressed ? "" : chip.dataset.tag, event });

        if (!answer?.done) {
                at("noted").textContent = "That could not be noted just now.";
                return;
        }
        for (const other of document.querySelectorAll("[data-tag]"))
                other.setAttribute("aria-pressed", String(other === chip && !pressed));
        at("noted").textContent = pressed ? "Taken back." : "Noted. That helps to see a pattern later.";
}

at("facts").classList.add("waiting");
at("leave").addEventListener("click", leave);
at("breathe").addEventListener("click", breathe);
at("write").addEventListener("click", write);
at("call").addEventListener("click", call);
for (const chip of document.querySelectorAll("[data-tag]"))
        chip.addEventListener("click", tag);
at("leave").focus({ preventScroll: true });
tell({ pause: true }).then((facts) => showFacts(facts ?? {}));
