/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The support person as the user wrote it ("Sam +1 555 0100", "Sam <sam@example.org>"), taken
 * apart. */
typedef struct SupportPerson {
        char *name; /* what is left without number and address; may be "" */
        char *uri;  /* "tel:+15550100" or "mailto:sam@example.org"; NULL when it holds neither */
} SupportPerson;

void support_person_done(SupportPerson *s);

/* A number goes before an address. The result is the caller's, for support_person_done(). Returns
 * 0, or -ENOMEM. */
int support_person_parse(const char *text, SupportPerson *ret);
