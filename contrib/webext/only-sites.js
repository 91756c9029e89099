// SPDX-License-Identifier: GPL-3.0-or-later
//
// Is there while every rule is about a site of the catalogue: then cover.js, which may have run already or not,
// leaves the pages of other sites alone.

"use strict";

globalThis.nocontactOnlySites = true;
globalThis.nocontactLeaveAlone?.();
