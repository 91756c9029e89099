/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The HTTP side of the sinkhole: libmicrohttpd inside sd-event, without threads. It drives the
 * library and sends the answers; what a request means is decided in sinkhole-request.c, what the
 * page says by the listener. A connection serves one request and is closed. Used by sinkhole.c. */

#include "common/buffer.h"
#include "common/time.h"
#include "daemon/sensors/sinkhole-request.h"
#include "daemon/sensors/sinkhole-sides.h"

#include <errno.h>
#include <microhttpd.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

enum {
        /* the library keeps the head twice while it reads it, and the answer's head */
        POOL_SIZE = 2 * SINKHOLE_REQUEST_MAX + 4096,
};

struct SinkholeHttp {
        const SinkholeSide *side;
        struct MHD_Daemon *daemon;
        sd_event_source *io;
        sd_event_source *timer; /* for what the library wants to do later */
        size_t n;               /* connections */
};

/* A connection, from its beginning to its end. */
typedef struct Guest {
        SinkholeHttp *http;
        int fd; /* the library's */
        sd_event_source *deadline;
} Guest;

/* On every answer. No page of another origin may read, frame, keep or pass on any of it. */
static const struct {
        const char *name, *value;
} answer_headers[] = {
        {"Content-Type", "text/html; charset=utf-8"},
        {"Cache-Control", "no-store"},
        {"Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"},
        {"Referrer-Policy", "no-referrer"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Connection", "close"},
};

/* --- one request ----------------------------------------------------------------------------- */

/* Called before a request is parsed; what it returns comes to on_request() and on_done(). The URI
 * is kept since the library decodes it, and drops its query, later. */
static void *on_uri(void *userdata, const char *uri, struct MHD_Connection *connection) {
        (void)userdata;
        (void)connection;
        return strdup(uri);
}

static void on_done(void *userdata, struct MHD_Connection *connection, void **uri,
        enum MHD_RequestTerminationCode code) {
        (void)userdata;
        (void)connection;
        (void)code;
        free(*uri);
        *uri = NULL;
}

static enum MHD_Result count_host(
        void *count, enum MHD_ValueKind kind, const char *name, const char *value) {
        (void)kind;
        (void)value;
        if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0)
                (*(unsigned *)count)++;
        return MHD_YES;
}

static int read_request(struct MHD_Connection *connection, const char *method, const char *uri,
        RequestReading *ret) {
        RequestHead head = {.method = method, .uri = uri};

        for (RequestHeader i = 0; i < REQUEST_HEADERS; i++)
                head.headers[i] = MHD_lookup_connection_value(
                        connection, MHD_HEADER_KIND, request_header_name(i));
        (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, count_host, &head.hosts);
        return request_read(&head, ret);
}

/* `page` is taken; NULL for an empty answer. */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, char *page) {
        struct MHD_Response *response = MHD_create_response_from_buffer(page ? strlen(page) : 0,
                page, page ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
        enum MHD_Result ok = MHD_YES;

        if (!response) {
                free(page);
                return MHD_NO;
        }
        for (size_t i = 0; i < ARRAY_LEN(answer_headers) && ok == MHD_YES; i++)
                ok = MHD_add_response_header(
                        response, answer_headers[i].name, answer_headers[i].value);
        if (status == MHD_HTTP_METHOD_NOT_ALLOWED && ok == MHD_YES)
                ok = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
        if (ok == MHD_YES)
                ok = MHD_queue_response(connection, status, response);
        MHD_destroy_response(response);
        return ok;
}

static bool too_large(struct MHD_Connection *connection) {
        const union MHD_ConnectionInfo *info =
                MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

        return !info || info->header_size > SINKHOLE_REQUEST_MAX;
}

/* Answered before any body is read: the library closes the connection then. */
static enum MHD_Result on_request(void *userdata, struct MHD_Connection *connection,
        const char *url, const char *method, const char *version, const char *upload,
        size_t *upload_size, void **uri) {
        const SinkholeSide *side = ((SinkholeHttp *)userdata)->side;
        RequestReading reading = {0};
        enum MHD_Result result;
        char *page = NULL;

        (void)url;
        (void)version;
        (void)upload;
        (void)upload_size;
        if (too_large(connection))
                return answer(connection, MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE, NULL);
        if (read_request(connection, method, *uri, &reading) < 0)
                return MHD_NO;
        if (reading.host)
                side->listener->knock(side->userdata, &(Knock){.host = reading.host,
                                                              .target = reading.target,
                                                              .navigation = reading.navigation});
        if (reading.document && reading.status == MHD_HTTP_FORBIDDEN)
                page = side->listener->page(side->userdata, reading.host);
        result = answer(connection, reading.status, page);
        request_reading_done(&reading);
        return result;
}

/* --- the library in the event loop ----------------------------------------------------------- */

static void http_run(SinkholeHttp *h) {
        MHD_UNSIGNED_LONG_LONG ms;

        (void)MHD_run(h->daemon);
        if (MHD_get_timeout(h->daemon, &ms) != MHD_YES) {
                (void)sd_event_source_set_enabled(h->timer, SD_EVENT_OFF);
                return;
        }
        (void)sd_event_source_set_time_relative(h->timer, ms * USEC_PER_MSEC);
        (void)sd_event_source_set_enabled(h->timer, SD_EVENT_ONESHOT);
}

static int on_activity(sd_event_source *s, int fd, uint32_t events, void *userdata) {
        (void)s;
        (void)fd;
        (void)events;
        http_run(userdata);
        return 0;
}

static int on_timer(sd_event_source *s, uint64_t usec, void *userdata) {
        (void)s;
        (void)usec;
        http_run(userdata);
        return 0;
}

/* Whatever it is that is still missing, head or reader: it is too late now. The library sees the
 * end of the connection and frees the guest. */
static int on_deadline(sd_event_source *s, uint64_t usec, void *userdata) {
        Guest *g = userdata;

        (void)s;
        (void)usec;
        (void)shutdown(g->fd, SHUT_RDWR);
        http_run(g->http);
        return 0;
}

/* --- connections ----------------------------------------------------------------------------- */

static Guest *guest_free(Guest *g) {
        if (!g)
                return NULL;
        sd_event_source_disable_unref(g->deadline);
        free(g);
        return NULL;
}
DEFINE_CLEANUP(Guest *, guest_free)

/* NULL when memory is out: the connection is then bounded in number and bytes only. */
static Guest *guest_new(SinkholeHttp *h, struct MHD_Connection *connection) {
        const union MHD_ConnectionInfo *info =
                MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        _cleanup_(guest_freep) Guest *g = calloc(1, sizeof(*g));

        if (!g || !info)
                return NULL;
        g->http = h;
        g->fd = info->connect_fd;
        if (sd_event_add_time_relative(h->side->event, &g->deadline, CLOCK_MONOTONIC,
                    SINKHOLE_SECONDS * USEC_PER_SEC, USEC_PER_SEC, on_deadline, g) < 0)
                return NULL;
        return TAKE_PTR(g);
}

static void on_connection(void *userdata, struct MHD_Connection *connection, void **guest,
        enum MHD_ConnectionNotificationCode code) {
        SinkholeHttp *h = userdata;

        if (code == MHD_CONNECTION_NOTIFY_STARTED) {
                h->n++;
                *guest = guest_new(h, connection);
        } else {
                h->n--;
                *guest = guest_free(*guest);
        }
}

/* --- the whole ------------------------------------------------------------------------------- */

static int http_start(SinkholeHttp *h) {
        const union MHD_DaemonInfo *info;
        sd_event *event = h->side->event;
        int r;

        h->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL,
                on_request, h,                                                   /* */
                MHD_OPTION_CONNECTION_LIMIT, (unsigned)SINKHOLE_CONNECTIONS_MAX, /* */
                MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_SIZE,           /* */
                MHD_OPTION_URI_LOG_CALLBACK, on_uri, NULL,                       /* */
                MHD_OPTION_NOTIFY_COMPLETED, on_done, NULL,                      /* */
                MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_END);
        info = h->daemon ? MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
        if (!info || info->epoll_fd < 0)
                return errno > 0 ? -errno : -EIO;
        r = sd_event_add_io(event, &h->io, info->epoll_fd, EPOLLIN, on_activity, h);
        if (r < 0)
                return r;
        r = sd_event_add_time(event, &h->timer, CLOCK_MONOTONIC, 0, 1, on_timer, h);
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(h->timer, SD_EVENT_OFF);
}

int sinkhole_http_new(const SinkholeSide *side, SinkholeHttp **ret) {
        _cleanup_(sinkhole_http_freep) SinkholeHttp *h = calloc(1, sizeof(*h));
        int r;

        if (!h)
                return -ENOMEM;
        h->side = side;
        r = http_start(h);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(h);
        return 0;
}

int sinkhole_http_add(SinkholeHttp *h, int fd, const struct sockaddr *peer, socklen_t peer_len) {
        if (h->n >= SINKHOLE_CONNECTIONS_MAX) {
                sinkhole_reset(fd);
                return -EBUSY;
        }
        /* the library has the socket from here, and closes it when it fails */
        if (MHD_add_connection(h->daemon, fd, peer, peer_len) != MHD_YES)
                return -ENOMEM;
        http_run(h);
        return 0;
}

SinkholeHttp *sinkhole_http_free(SinkholeHttp *h) {
        if (!h)
                return NULL;
        sd_event_source_disable_unref(h->io);
        sd_event_source_disable_unref(h->timer);
        if (h->daemon)
                MHD_stop_daemon(h->daemon);
        free(h);
        return NULL;
}
