// SPDX-License-Identifier: GPL-3.0-or-later
//
// The other ways to judge an address, for bench-urls.sh: asked and answering as tests/tools/url-match.c does, of the
// files that it wrote. Nothing of them is here: LeechBlock's own code is read from its sources, as it makes one
// regular expression of a list of sites, and @ghostery/adblocker is what npm installed.
//
//   node url-match.js FOLDER leechblock SOURCES | ghostery MODULE

"use strict";

const fs = require("fs"), vm = require("vm");
const [folder, way, where] = process.argv.slice(2);
const lines = (name) => fs.readFileSync(`${folder}/${name}`, "utf8").trimEnd().split("\n");
const urls = lines("urls"), rules = lines("rules");

// Each takes rules and gives what judges one address.
const ways = {
        leechblock: (some) => {
                const code = vm.createContext({ browser: {}, console });

                vm.runInContext(fs.readFileSync(`${where}/common.js`, "utf8"), code);
                const made = code.getRegExpSites(code.cleanSites(some.join(" ")), false);
                const block = new RegExp(made.block, "i");
                return (url) => block.test(url);
        },
        ghostery: (some) => {
                const { FiltersEngine, Request } = require(where);
                const engine = FiltersEngine.parse(some.map((rule) => rule.includes("/") ? `||${rule}` : `||${rule}^`)
                        .join("\n"));
                return (url) => engine.match(Request.fromRawDetails({ url, type: "xmlhttprequest" })).match;
        },
};

console.log("ready");
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
        const [size, step] = line.split(" ").map(Number);
        const judge = ways[way](rules.slice(0, size));
        let hits = 0, sum = 0, n = 0;

        // what is compiled at its first use, is compiled
        for (let i = 0; i < urls.length; i += 10 * step)
                judge(urls[i]);
        const start = process.cpuUsage();
        for (let i = 0; i < urls.length; i += step, n++) {
                if (judge(urls[i])) {
                        hits++;
                        sum += i;
                }
        }
        const { user, system } = process.cpuUsage(start);
        console.log(`${((user + system) * 1000 / n).toFixed(1)} ${hits} ${sum}`);
});
