/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Every name on the bus, every error and every limit that more than one program knows. The
 * interfaces themselves are written down in dbus/. */

#define NC_BUS_NAME    "org.nocontact.Daemon1"
#define NC_OBJECT_ROOT "/org/nocontact/Daemon1"
/* one object per person: this and the person's id */
#define NC_OBJECT_PERSON_PREFIX "/org/nocontact/Daemon1/person"

#define NC_INTERFACE_MANAGER "org.nocontact.Daemon1.Manager"
#define NC_INTERFACE_PERSON  "org.nocontact.Daemon1.Person"
#define NC_INTERFACE_LEDGER  "org.nocontact.Daemon1.Ledger"
#define NC_INTERFACE_SUPPORT "org.nocontact.Daemon1.Support"
#define NC_INTERFACE_REGIME  "org.nocontact.Daemon1.Regime"
#define NC_INTERFACE_HOLDS   "org.nocontact.Daemon1.Holds"

/* what stands in front of the notification server */
#define NC_NOTIFICATIONS  "org.freedesktop.Notifications"
#define NC_RELAY_UNIT     "nocontact-relay.service"
#define NC_NAME_GATE_UNIT "nocontact-name-gate.service" /* the same where the shell is GNOME's */
#define NC_RELAY_SOCKET   "server-bus" /* in $XDG_RUNTIME_DIR/nocontact: the server's bus address */
/* Ids of notifications that were held are from here on: servers count from 1, and libnotify and
 * others take an id for a signed number. */
#define NC_RELAY_FIRST_ID 0x40000000U

/* the extension's host as browsers call it, and the extension's own ids; contrib/webext has them */
#define NC_WEBEXT_HOST        "org.nocontact.host"
#define NC_WEBEXT_CHROMIUM_ID "ljanmamnddljbeleljahgphaecpnmnen"
#define NC_WEBEXT_FIREFOX_ID  "nocontact@nocontact.org"

/* the system bus */
#define NC_ENFORCER_NAME      "org.nocontact.Enforcer1"
#define NC_ENFORCER_OBJECT    "/org/nocontact/Enforcer1"
#define NC_ENFORCER_INTERFACE "org.nocontact.Enforcer1"
#define NC_ENFORCER_ACTION    "org.nocontact.enforcer.hold"

/* the enforcer's own helper in the machine's network, which answers root alone */
#define NC_NETWORK_NAME      "org.nocontact.EnforcerNetwork1"
#define NC_NETWORK_OBJECT    "/org/nocontact/EnforcerNetwork1"
#define NC_NETWORK_INTERFACE "org.nocontact.EnforcerNetwork1"

#define NC_ERROR_PREFIX           "org.nocontact.Error." /* of all that follow */
#define NC_ERROR_INVALID_ARGUMENT "org.nocontact.Error.InvalidArgument"
#define NC_ERROR_NOT_FOUND        "org.nocontact.Error.NotFound"
#define NC_ERROR_ALREADY_EXISTS   "org.nocontact.Error.AlreadyExists"
#define NC_ERROR_LOCKED           "org.nocontact.Error.Locked"
#define NC_ERROR_LIMIT_EXCEEDED   "org.nocontact.Error.LimitExceeded"
#define NC_ERROR_TOO_LATE         "org.nocontact.Error.TooLate"
#define NC_ERROR_STORAGE          "org.nocontact.Error.Storage"

/* The words for what was going on when an urge or an attempt came, as users are told them; they are
 * core/tag.c's. */
#define NC_TAGS "late, song, saw, drank, argued, closure, other"

/* Named limits on what a caller can make grow. Lengths are bytes of UTF-8. */
enum {
        NC_LIMIT_PEOPLE = 100,
        NC_LIMIT_IDENTITIES = 1000, /* of one person */
        NC_LIMIT_NAME_LEN = 200,
        NC_LIMIT_NOTE_LEN = 4096,
        NC_LIMIT_CHANNEL_LEN = 64,
        NC_LIMIT_TEXT_LEN = 1048576,  /* a summary or body that is to be judged */
        NC_LIMIT_SUPPORT_LEN = 500,   /* a plan, a reason, a support person */
        NC_LIMIT_SUPPORT_ITEMS = 100, /* of each kind */
        NC_LIMIT_PENDING = 1000,
        NC_LIMIT_PASSES = 200,        /* words and senders that always pass, with those that wait */
        NC_LIMIT_EXPORT_LEN = 262144, /* bytes of one Export, less its last entry */
        NC_LIMIT_DAYS = 3650,         /* the longest commitment, extensions included: ten years */
        NC_LIMIT_LIST = 10000,        /* rows of one listing */
        NC_LIMIT_EXPOSED = 100,       /* links and names of one CheckExposure, each */

        NC_CORRECTION_HOURS =
                48,              /* a grade can be corrected so long after the event was recorded */
        NC_COOL_DOWN_HOURS = 24, /* how long a loosening waits */
        NC_COOL_DOWN_HOURS_MAX = 336,
        NC_EXCEPTIONS = 3,             /* in the quota; one comes back each day */
        NC_EXCEPTION_MINUTES = 30,     /* the longest one */
        NC_KEY_LEN = 200,              /* of a friend's passphrase */
        NC_KEY_MINUTES = 5,            /* so long a loosening can be asked for after it was given */
        NC_LIMIT_HELD_HOSTS = 20000,   /* that the enforcer holds for one user */
        NC_LIMIT_HELD_PATTERNS = 1000, /* likewise: of pages */
        NC_LIMIT_ADDRESSES = 256,      /* of one CloseConnections */
        NC_GRACE_MINUTES = 10,         /* a tightening typed by mistake can be taken back so long */
};
