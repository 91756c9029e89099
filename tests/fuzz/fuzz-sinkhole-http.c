/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any text as an HTTP request: the first line the method, the second the URI, and then one line for
 * each header in their order, "~" for none. Checked beside memory: a knock has a host that is one
 * and a target that is a URL of it, and nothing but a page is a navigation. */

#include "core/url.h"
#include "daemon/sensors/sinkhole-request.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
        if (!condition)
                abort();
}

/* The next line of `*text`, cut off; "" at the end. */
static char *next_line(char **text) {
        char *line = *text, *end = strchr(line, '\n');

        *text = end ? end + 1 : line + strlen(line);
        if (end)
                *end = '\0';
        return line;
}

static void check_target(const RequestReading *r) {
        _cleanup_(url_freep) Url *url = NULL;

        for (const char *p = r->target; *p; p++)
                require(*p > ' ' && *p < 0x7f);
        require(strncmp(r->target, "http://", 7) == 0);
        require(strncmp(r->target + 7, r->host, strlen(r->host)) == 0);
        require(r->target[7 + strlen(r->host)] == '/');
        /* too many segments or parameters are refused, and then it is no URL */
        if (url_parse(r->target, &url) == 0)
                require(streq(url->host, r->host));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *copy = strndup((const char *)data, size);
        _cleanup_(request_reading_done) RequestReading reading = {0};
        RequestHead head = {.hosts = 1};
        char *rest = copy;

        require(copy != NULL);
        head.method = next_line(&rest);
        head.uri = next_line(&rest);
        for (RequestHeader i = 0; i < REQUEST_HEADERS; i++) {
                const char *value = next_line(&rest);

                head.headers[i] = *value && !streq(value, "~") ? value : NULL;
        }
        require(request_read(&head, &reading) == 0);
        require(reading.status == 400 || reading.status == 403 || reading.status == 405);
        require((reading.status == 400) == (reading.host == NULL));
        require(!reading.host == !reading.target);
        require(!reading.navigation || reading.document);
        require(!reading.document || reading.host);
        if (reading.host)
                check_target(&reading);
        return 0;
}
