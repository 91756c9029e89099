// SPDX-License-Identifier: GPL-3.0-or-later
//
// Covers a page in Chromium until it is known not to be blocked: some ten milliseconds, in which most pages
// have nothing to show yet. It reads nothing of the page and says nothing of it.

"use strict";

{
        const PATIENCE_MSEC = 3000;
        const root = document.documentElement;
        const before = root.style.getPropertyValue("visibility"), how = root.style.getPropertyPriority("visibility");
        const uncover = () => {
                if (before)
                        root.style.setProperty("visibility", before, how);
                else
                        root.style.removeProperty("visibility");
                if (root.getAttribute("style") === "")
                        root.removeAttribute("style");
        };

        root.style.setProperty("visibility", "hidden", "important");
        setTimeout(uncover, PATIENCE_MSEC);
        chrome.runtime.sendMessage({ covered: true }).then((blocked) => { if (!blocked) uncover(); }, uncover);
}
