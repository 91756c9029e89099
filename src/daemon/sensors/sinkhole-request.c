/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What an HTTP request means: which host, which page, whether a person went there or a page
 * fetched a part of itself, and with which status it is answered. Parsing HTTP is libmicrohttpd's;
 * what to do about a knock is the manager's. Used by sinkhole-http.c.
 *
 * Every answer is a 403: a browser paints its body like any other, while a program that wanted data
 * (a feed reader, a script) does not take the pause page for them, nothing keeps it, and Firefox
 * does not offer the address again. */

#include "daemon/sensors/sinkhole-request.h"

#include "common/buffer.h"
#include "core/url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <strings.h>

enum {
        STATUS_BAD_REQUEST = 400,
        STATUS_FORBIDDEN = 403,
        STATUS_BAD_METHOD = 405,
        PORT_DIGITS_MAX = 5,
};

const char *request_header_name(RequestHeader header) {
        static const char *const names[REQUEST_HEADERS] = {
                [HEADER_HOST] = "Host",
                [HEADER_ACCEPT] = "Accept",
                [HEADER_REFERER] = "Referer",
                [HEADER_UPGRADE_INSECURE] = "Upgrade-Insecure-Requests",
                [HEADER_PRIORITY] = "Priority",
                [HEADER_PURPOSE] = "Sec-Purpose",
                [HEADER_FETCH_MODE] = "Sec-Fetch-Mode",
                [HEADER_FETCH_DEST] = "Sec-Fetch-Dest",
        };

        return names[header];
}

void request_reading_done(RequestReading *r) {
        free(r->host);
        free(r->target);
        *r = (RequestReading){0};
}

/* --- the host and the page ------------------------------------------------------------------- */

/* "Host: name[:port]", or what follows a scheme's "//". Returns 0, -EINVAL when it is no name, or
 * -ENOMEM. Literal addresses are no names. */
static int read_host(const char *text, size_t len, char **ret) {
        _cleanup_free_ char *copy = NULL, *host = NULL;
        struct in_addr address;
        char *colon;
        int r;

        copy = strndup(text, len);
        if (!copy)
                return -ENOMEM;
        colon = strchr(copy, ':');
        if (colon) {
                size_t digits = strspn(colon + 1, "0123456789");

                if (digits > PORT_DIGITS_MAX || colon[1 + digits] != '\0')
                        return -EINVAL;
                *colon = '\0';
        }
        r = host_normalise(copy, &host);
        if (r < 0)
                return r;
        if (strchr(host, ':') || inet_pton(AF_INET, host, &address) == 1)
                return -EINVAL;
        *ret = TAKE_PTR(host);
        return 0;
}

/* Bytes that no URL holds as they are come percent-encoded, so that the text is ASCII. */
static char *write_target(const char *host, const char *uri) {
        _cleanup_(buffer_done) Buffer b = {0};

        (void)buffer_printf(&b, "http://%s", host);
        for (const char *p = uri; *p; p++) {
                unsigned char c = (unsigned char)*p;

                if (c <= ' ' || c >= 0x7f)
                        (void)buffer_printf(&b, "%%%02X", c);
                else
                        (void)buffer_putc(&b, *p);
        }
        return buffer_take(&b);
}

/* --- a person or a part of a page ------------------------------------------------------------ */

static bool starts_with(const char *text, const char *prefix) {
        return text && strncasecmp(text, prefix, strlen(prefix)) == 0;
}

static bool equals(const char *text, const char *word) {
        return text && strcasecmp(text, word) == 0;
}

/* With Sec-Fetch-* (https://www.w3.org/TR/fetch-metadata/) the browser says it itself. It does so
 * only towards what it trusts, which plain HTTP mostly is not: there Chromium 156 and Firefox 153
 * ask for pages, in a tab or in a frame, with the two headers below, and for nothing else. */
static bool is_document(const char *const headers[static REQUEST_HEADERS]) {
        if (starts_with(headers[HEADER_PURPOSE], "prefetch"))
                return false;
        if (headers[HEADER_FETCH_MODE] || headers[HEADER_FETCH_DEST])
                return equals(headers[HEADER_FETCH_MODE], "navigate") &&
                       equals(headers[HEADER_FETCH_DEST], "document");
        return equals(headers[HEADER_UPGRADE_INSECURE], "1") &&
               starts_with(headers[HEADER_ACCEPT], "text/html");
}

/* Is the referring page one of the same host? */
static bool from_here(const char *referer, const char *host) {
        _cleanup_free_ char *other = NULL;
        size_t len;

        if (!starts_with(referer, "http://"))
                return false;
        referer += strlen("http://");
        len = strcspn(referer, "/?#");
        return read_host(referer, len, &other) == 0 && streq(other, host);
}

/* A tab or a frame? Firefox tells by the urgency (RFC 9218): 0 is a tab's page. Chromium does not
 * tell. A page that frames us is a plain HTTP page of another host, for HTTPS pages may not, and
 * those name themselves as the referrer; a link on such a page looks the same and is given up. A
 * typed address, a bookmark, and a link on an HTTPS page have no referrer. */
static bool is_navigation(const char *const headers[static REQUEST_HEADERS], const char *host) {
        if (headers[HEADER_FETCH_DEST])
                return true;
        if (starts_with(headers[HEADER_PRIORITY], "u="))
                return headers[HEADER_PRIORITY][2] == '0';
        return !headers[HEADER_REFERER] || from_here(headers[HEADER_REFERER], host);
}

/* --- the whole ------------------------------------------------------------------------------- */

static unsigned status_of(const char *method) {
        return streq(method, "GET") || streq(method, "HEAD") ? STATUS_FORBIDDEN : STATUS_BAD_METHOD;
}

int request_read(const RequestHead *head, RequestReading *ret) {
        const char *text = head->headers[HEADER_HOST];
        _cleanup_(request_reading_done) RequestReading reading = {.status = STATUS_BAD_REQUEST};
        int r = -EINVAL;

        /* nobody's proxy: an absolute URL is not for us */
        if (text && head->hosts == 1 && head->uri && head->uri[0] == '/')
                r = read_host(text, strlen(text), &reading.host);
        if (r == -ENOMEM)
                return r;
        if (r == 0) {
                reading.target = write_target(reading.host, head->uri);
                if (!reading.target)
                        return -ENOMEM;
                reading.status = status_of(head->method);
                reading.document = is_document(head->headers);
                reading.navigation = reading.document && is_navigation(head->headers, reading.host);
        }
        *ret = TAKE_STRUCT(reading);
        return 0;
}
