/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The sentence that says how it stands with the browsers' policies. It asks nobody; the manager
 * brings the facts. */

#include "daemon/policies.h"

static const struct Standing {
        const char *name;
        const char *trouble; /* after the browser's name; NULL: none */
        bool blocks;
} standings[] = {
        {"held", NULL, true},
        {"partly", "takes no longer list: some pages are blocked in part, or not at all.", true},
        {"beside",
                "has lists of pages of its own, beside which only what lies below a profile can be blocked.",
                true},
        {"foreign",
                "has policies of its own, which are left alone; its administrator could add ours.",
                false},
        {"failed", "could not be told; it is tried again.", false},
};

static const struct Standing *standing_of(const BrowserPolicy *b) {
        for (size_t i = 0; i < ARRAY_LEN(standings); i++)
                if (streq(standings[i].name, b->standing))
                        return &standings[i];
        return &standings[ARRAY_LEN(standings) - 1];
}

/* Some root holds pages of, in one line; false when none. */
static bool add_browsers(const PolicyFacts *f, Buffer *b) {
        size_t n = 0;

        for (size_t i = 0; i < f->n; i++)
                if (standing_of(&f->browsers[i])->blocks)
                        (void)buffer_printf(b, "%s%s", n++ > 0 ? ", " : "Pages are blocked in ",
                                f->browsers[i].browser);
        if (n > 0)
                (void)buffer_puts(b, ", for everybody who uses this computer.");
        return n > 0;
}

static const char *describe_browsers(const PolicyFacts *f, Buffer *b) {
        const char *state = add_browsers(f, b) ? "active" : "unavailable";

        for (size_t i = 0; i < f->n; i++) {
                const struct Standing *s = standing_of(&f->browsers[i]);

                if (!s->trouble)
                        continue;
                (void)buffer_printf(
                        b, "%s%s %s", b->len > 0 ? " " : "", f->browsers[i].browser, s->trouble);
                if (streq(state, "active"))
                        state = "degraded";
        }
        if (f->restart) {
                (void)buffer_puts(b, " Restart Firefox once: it reads them only then.");
                state = "degraded";
        }
        return state;
}

const char *policies_describe(const PolicyFacts *f, Buffer *detail) {
        if (!f->on) {
                (void)buffer_puts(detail, "Not turned on; `nocontact browsers policies on` does.");
                return "off";
        }
        if (f->patterns == 0) {
                (void)buffer_puts(detail, "There is no handle or profile to block pages of.");
                return "off";
        }
        if (!f->known) {
                (void)buffer_puts(detail, f->detail ? f->detail : "The browsers are being told.");
                return f->state ? f->state : "degraded";
        }
        if (f->n == 0) {
                (void)buffer_puts(detail, "No browser is installed that takes policies.");
                return "unavailable";
        }
        return describe_browsers(f, detail);
}
