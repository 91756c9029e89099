// SPDX-License-Identifier: GPL-3.0-or-later
//
// Covers a page until it is known not to be blocked, where the browser shows it without waiting for that:
// in Chromium each page of a site where somebody may be met, for some ten milliseconds, in which most have
// nothing to show yet; in both one that the browser kept whole and that Back or Forward may bring in sight
// again at any time. It reads nothing of the page and says nothing of it.

"use strict";

// an isolated world of its own: the page sees none of this
if (!globalThis.nocontactIsHere) {
        globalThis.nocontactIsHere = true;

        const PATIENCE_MSEC = 3000;
        const api = globalThis.browser ?? globalThis.chrome;
        const root = document.documentElement;
        let before = null, isCovered = false;

        const cover = () => {
                if (isCovered)
                        return;
                before = [root.style.getPropertyValue("visibility"), root.style.getPropertyPriority("visibility")];
                root.style.setProperty("visibility", "hidden", "important");
                isCovered = true;
        };
        const uncover = () => {
                if (!isCovered)
                        return;
                if (before[0])
                        root.style.setProperty("visibility", ...before);
                else
                        root.style.removeProperty("visibility");
                if (root.getAttribute("style") === "")
                        root.removeAttribute("style");
                isCovered = false;
        };
        // an extension that has been taken away meanwhile must leave no page covered
        const ask = async () => {
                const late = setTimeout(uncover, PATIENCE_MSEC);
                if (await api.runtime.sendMessage({ covered: true }).catch(() => false))
                        return;
                clearTimeout(late);
                uncover();
        };
        const meet = () => { cover(); ask().catch(uncover); };

        const meetWhenShown = () => {
                cover();
                document.addEventListener("prerenderingchange", meet, { once: true });
        };
        const begin = document.prerendering ? meetWhenShown : meet;

        // in Chromium, after sites.js; other sites wait for a word of only-sites.js, which runs before or after this
        if (!api.runtime.getManifest().permissions.includes("webRequestBlocking")) {
                if (nocontactSites.has(location.hostname)) {
                        begin();
                } else if (!globalThis.nocontactOnlySites) {
                        const later = setTimeout(begin);

                        cover();
                        globalThis.nocontactLeaveAlone = () => { clearTimeout(later); uncover(); };
                }
        }
        addEventListener("pagehide", (event) => { if (event.persisted) cover(); });
        addEventListener("pageshow", (event) => { if (event.persisted) meet(); });
}
