// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the families of browsers call differently, and what only one of them can.

export const api = globalThis.browser ?? globalThis.chrome;
export const PAUSE = api.runtime.getURL("pause.html");
// Firefox holds a request until it is answered; Chromium does not
export const CAN_HOLD = api.runtime.getManifest().permissions.includes("webRequestBlocking");
