// SPDX-License-Identifier: GPL-3.0-or-later
//
// Keeps out of sight what a feed brings of the person without being asked: their posts, mentions of them,
// suggestions, memories. It goes by the structure that pages share (articles, list items, options) and not by
// a site's own names for it, and asks about the links in such a unit; where it is in doubt, all stays. It knows
// no list, keeps answers for as long as the page is open, and counts nothing.

"use strict";

// an isolated world of its own: the page sees none of this
if (globalThis.nocontactLookAgain) {
        globalThis.nocontactLookAgain();
} else {
        const api = globalThis.browser ?? globalThis.chrome;

        const UNIT = "article, li, [role=article], [role=listitem], [role=option], [role=feed] > *";
        // elements of a site's own making that say what they are: ytd-rich-item-renderer, shreddit-post
        const MADE_UNIT = /-(item|post|comment|card|tile|video|channel|result)(-renderer|-view-model)?$/;
        // what no unit holds: then it is a part of the page's frame
        const FRAME = "main, nav, [role=main], [role=navigation], [role=feed], [role=banner]";
        // a unit that holds more units than this is a list of others'
        const INNER_MAX = 8;
        const LINKS_MAX = 40, LINK_LEN = 500;
        // a suggestion is short, and a name in it stands alone
        const SUGGESTION = "li, [role=listitem], [role=option]";
        const SUGGESTION_LEN = 200, NAMES_MAX = 8, NAME_LEN = 80;
        // of one question
        const BATCH_MAX = 50;
        const KEPT_MAX = 5000;

        // link or name -> is it theirs?
        const answers = { exposed: new Map(), names: new Map() };
        // units to look at, and those that are out of sight with how they were shown
        const dirty = new Set(), hidden = new Map();
        let isBusy = false, isWatching = false;

        const isUnit = (element) => element.matches(UNIT) || MADE_UNIT.test(element.localName);

        function unitOf(node) {
                for (let e = node; e && e !== document.body; e = e.parentElement)
                        if (isUnit(e))
                                return e;
                return null;
        }

        // The links that are this unit's own and not those of a unit within.
        function linksOf(unit) {
                const found = new Set();

                for (const link of unit.querySelectorAll("a[href]")) {
                        const url = link.href;

                        if (found.size >= LINKS_MAX)
                                break;
                        if (typeof url === "string" && url.length <= LINK_LEN && /^https?:/.test(url) &&
                                        unitOf(link) === unit)
                                found.add(url);
                }
                if (unit.localName === "a" && unit.href && unit.href.length <= LINK_LEN)
                        found.add(unit.href);
                return found;
        }

        function namesOf(unit) {
                const found = new Set();

                if (!unit.matches(SUGGESTION) || unit.textContent.length > SUGGESTION_LEN)
                        return found;
                for (const e of [unit, ...unit.querySelectorAll("*")]) {
                        const text = e.textContent.trim();

                        if (found.size >= NAMES_MAX)
                                break;
                        if (text.length <= NAME_LEN && /\S\s+\S/.test(text) && unitOf(e) === unit)
                                found.add(text);
                }
                return found;
        }

        function isOneUnit(unit) {
                if (unit.querySelector(FRAME))
                        return false;
                return [...unit.querySelectorAll("*")].filter(isUnit).length <= INNER_MAX;
        }

        function show(unit) {
                const [value, priority] = hidden.get(unit);

                hidden.delete(unit);
                if (value)
                        unit.style.setProperty("display", value, priority);
                else
                        unit.style.removeProperty("display");
                if (unit.getAttribute("style") === "")
                        unit.removeAttribute("style");
        }

        function hide(unit) {
                hidden.set(unit, [unit.style.getPropertyValue("display"), unit.style.getPropertyPriority("display")]);
                unit.style.setProperty("display", "none", "important");
        }

        function judge(unit, links, names) {
                const isTheirs = [...links].some((url) => answers.exposed.get(url)) ||
                        [...names].some((text) => answers.names.get(text));

                if (isTheirs && !hidden.has(unit) && isOneUnit(unit))
                        hide(unit);
                else if (!isTheirs && hidden.has(unit))
                        show(unit);
        }

        function keep(map, keys, told) {
                if (map.size > KEPT_MAX)
                        map.clear();
                keys.forEach((key, i) => map.set(key, told[i] === true));
        }

        // Tells whether there was an answer.
        async function ask(links, names) {
                const unknown = {
                        exposed: [...links].filter((url) => !answers.exposed.has(url)),
                        names: [...names].filter((text) => !answers.names.has(text)),
                };

                while (unknown.exposed.length > 0 || unknown.names.length > 0) {
                        const urls = unknown.exposed.splice(0, BATCH_MAX), texts = unknown.names.splice(0, BATCH_MAX);
                        const answer = await api.runtime.sendMessage({ exposed: urls, names: texts });

                        if (!Array.isArray(answer?.exposed) || !Array.isArray(answer?.names))
                                return false;
                        keep(answers.exposed, urls, answer.exposed);
                        keep(answers.names, texts, answer.names);
                }
                return true;
        }

        async function look(units) {
                const found = units.map((unit) => [unit, linksOf(unit), namesOf(unit)]);
                const isKnown = await ask(new Set(found.flatMap(([, links]) => [...links])),
                        new Set(found.flatMap(([, , names]) => [...names])));

                if (isKnown)
                        for (const [unit, links, names] of found)
                                judge(unit, links, names);
                return isKnown;
        }

        // Nobody to be kept from, or nobody who knows: all is as the page has it.
        function stop() {
                observer.disconnect();
                isWatching = false;
                dirty.clear();
                for (const unit of [...hidden.keys()])
                        show(unit);
        }

        // While one question is open, what comes in waits for the next.
        async function work() {
                if (isBusy)
                        return;
                isBusy = true;
                while (dirty.size > 0) {
                        const units = [...dirty].filter((unit) => unit.isConnected);

                        dirty.clear();
                        if (!(await look(units).catch(() => false)))
                                stop();
                }
                isBusy = false;
        }

        function mark(node) {
                if (node.nodeType !== Node.ELEMENT_NODE)
                        return;
                const around = unitOf(node);

                if (around)
                        dirty.add(around);
                for (const e of node.querySelectorAll("*"))
                        if (isUnit(e))
                                dirty.add(e);
        }

        const observer = new MutationObserver((records) => {
                for (const record of records) {
                        if (record.type === "attributes")
                                mark(record.target);
                        for (const node of record.addedNodes)
                                mark(node);
                }
                work();
        });

        globalThis.nocontactLookAgain = () => {
                answers.exposed.clear();
                answers.names.clear();
                if (!isWatching)
                        observer.observe(document, { childList: true, subtree: true, attributes: true,
                                attributeFilter: ["href"] });
                isWatching = true;
                mark(document.documentElement);
                work();
        };
        globalThis.nocontactLookAgain();
}
