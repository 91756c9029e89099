/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>

/* What an HTTP request that ended in the sinkhole means. Pure; part of the sinkhole sensor. */

typedef enum RequestHeader {
        HEADER_HOST,
        HEADER_ACCEPT,
        HEADER_REFERER,
        HEADER_UPGRADE_INSECURE,
        HEADER_PRIORITY,
        HEADER_PURPOSE,
        HEADER_FETCH_MODE,
        HEADER_FETCH_DEST,
        REQUEST_HEADERS,
} RequestHeader;

typedef struct RequestHead {
        const char *method;
        const char *uri;                      /* as it came, undecoded, with its query */
        const char *headers[REQUEST_HEADERS]; /* NULL: not there */
        unsigned hosts;                       /* how many Host headers there are */
} RequestHead;

typedef struct RequestReading {
        unsigned status; /* to answer with */
        bool document;   /* what is asked for is a page: the answer may be one that is read */
        bool navigation; /* as in Knock: never without `document` */
        char *host;      /* owned; as in Knock. NULL when no host was named: nobody knocked */
        char *target;    /* owned; ASCII, as in Knock; NULL with `host` */
} RequestReading;

/* The header's name in HTTP. */
const char *request_header_name(RequestHeader header);

/* Reads. Returns 0, or -ENOMEM. The caller calls request_reading_done(). */
int request_read(const RequestHead *head, RequestReading *ret);
void request_reading_done(RequestReading *r);
