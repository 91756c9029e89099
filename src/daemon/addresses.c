/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Asks the machine's resolver where names lead. getaddrinfo_a(3) runs the look-ups side by side in
 * threads of glibc's; one thread of ours, with all signals blocked, waits for the last of them and
 * wakes the loop. (Its own ways of telling are no use here: a signal belongs to the whole process,
 * and a notifying thread starts with every signal open, so that a SIGTERM could end the daemon
 * there.) A resolver that stays silent longer than the caller has patience keeps what it works on,
 * which is freed when it ends. It caches nothing and closes nothing. Used by the enforcer client.
 */

#include "daemon/addresses.h"

#include "common/time.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* What the waiting thread and the loop share; the last of them frees it. */
typedef struct Batch {
        atomic_uint refs;
        int done_fd; /* eventfd: every look-up has ended */
        size_t n;
        struct gaicb *list[ADDRESSES_NAMES_MAX];
        struct gaicb requests[ADDRESSES_NAMES_MAX];
} Batch;

struct Addresses {
        Batch *batch;
        sd_event_source *done, *late;
        addresses_func func;
        void *userdata;
};

/* --- the look-ups ---------------------------------------------------------------------------- */

static Batch *batch_unref(Batch *b) {
        if (!b || atomic_fetch_sub(&b->refs, 1) > 1)
                return NULL;
        for (size_t i = 0; i < b->n; i++) {
                free((char *)b->requests[i].ar_name);
                if (b->requests[i].ar_result)
                        freeaddrinfo(b->requests[i].ar_result);
        }
        if (b->done_fd >= 0)
                (void)close(b->done_fd);
        free(b);
        return NULL;
}
DEFINE_CLEANUP(Batch *, batch_unref)

static int batch_new(const char *const *names, size_t n, Batch **ret) {
        static const struct addrinfo stream = {.ai_socktype = SOCK_STREAM};
        _cleanup_(batch_unrefp) Batch *b = calloc(1, sizeof(*b));

        if (!b)
                return -ENOMEM;
        atomic_init(&b->refs, 1);
        b->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (b->done_fd < 0)
                return -errno;
        for (; b->n < MIN(n, (size_t)ADDRESSES_NAMES_MAX); b->n++) {
                char *name = strdup(names[b->n]);

                if (!name)
                        return -ENOMEM;
                b->requests[b->n] = (struct gaicb){.ar_name = name, .ar_request = &stream};
                b->list[b->n] = &b->requests[b->n];
        }
        *ret = TAKE_PTR(b);
        return 0;
}

/* A failure to begin leaves the requests without a result, which is as good as not found. */
static void *batch_run(void *userdata) {
        _cleanup_(batch_unrefp) Batch *b = userdata;

        if (b->n > 0)
                (void)getaddrinfo_a(GAI_WAIT, b->list, (int)b->n, NULL);
        (void)eventfd_write(b->done_fd, 1);
        return NULL;
}

static int batch_start(Batch *b) {
        pthread_attr_t attr;
        pthread_t thread;
        sigset_t all;
        int r;

        r = pthread_attr_init(&attr);
        if (r != 0)
                return -r;
        (void)sigfillset(&all);
        (void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
        r = pthread_attr_setsigmask_np(&attr, &all);
        if (r == 0) {
                (void)atomic_fetch_add(&b->refs, 1);
                r = pthread_create(&thread, &attr, batch_run, b);
                if (r != 0)
                        (void)atomic_fetch_sub(&b->refs, 1);
        }
        (void)pthread_attr_destroy(&attr);
        return -r;
}

/* --- what they found ------------------------------------------------------------------------- */

static bool to_mapped(const struct sockaddr *from, struct in6_addr *ret) {
        if (from->sa_family == AF_INET6) {
                struct sockaddr_in6 six;

                memcpy(&six, from, sizeof(six));
                *ret = six.sin6_addr;
                return true;
        }
        if (from->sa_family == AF_INET) {
                struct sockaddr_in four;

                memcpy(&four, from, sizeof(four));
                *ret = (struct in6_addr){.s6_addr = {[10] = 0xff, [11] = 0xff}};
                memcpy(&ret->s6_addr[12], &four.sin_addr, sizeof(four.sin_addr));
                return true;
        }
        return false;
}

/* Loopback, and "no address", as lists of blocked names have it: there is nothing to close. */
static bool leads_nowhere(const struct in6_addr *a) {
        if (IN6_IS_ADDR_V4MAPPED(a))
                return a->s6_addr[12] == 127 || a->s6_addr[12] == 0;
        return IN6_IS_ADDR_LOOPBACK(a) || IN6_IS_ADDR_UNSPECIFIED(a);
}

static size_t add_address(struct in6_addr *found, size_t n, const struct sockaddr *from) {
        struct in6_addr a;

        if (n == ADDRESSES_MAX || !to_mapped(from, &a) || leads_nowhere(&a))
                return n;
        for (size_t i = 0; i < n; i++)
                if (IN6_ARE_ADDR_EQUAL(&found[i], &a))
                        return n;
        found[n] = a;
        return n + 1;
}

/* gai_error() says which requests have ended; those that go on are not looked at. */
static size_t collect(const Batch *b, struct in6_addr found[static ADDRESSES_MAX]) {
        size_t n = 0;

        for (size_t i = 0; i < b->n; i++) {
                if (gai_error(b->list[i]) != 0)
                        continue;
                for (const struct addrinfo *info = b->requests[i].ar_result; info;
                        info = info->ai_next)
                        n = add_address(found, n, info->ai_addr);
        }
        return n;
}

/* The callee may free us, so that this is the last thing done. */
static void tell(Addresses *a) {
        struct in6_addr found[ADDRESSES_MAX];
        size_t n = collect(a->batch, found);

        (void)sd_event_source_set_enabled(a->done, SD_EVENT_OFF);
        (void)sd_event_source_set_enabled(a->late, SD_EVENT_OFF);
        a->func(a->userdata, found, n);
}

static int on_done(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        (void)source;
        (void)fd;
        (void)revents;
        tell(userdata);
        return 0;
}

static int on_late(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source;
        (void)usec;
        tell(userdata);
        return 0;
}

int addresses_find(sd_event *event, const char *const *names, size_t n, uint64_t patience_usec,
        addresses_func func, void *userdata, Addresses **ret) {
        _cleanup_(addresses_freep) Addresses *a = calloc(1, sizeof(*a));
        int r;

        if (!a)
                return -ENOMEM;
        a->func = func;
        a->userdata = userdata;
        r = batch_new(names, n, &a->batch);
        if (r < 0)
                return r;
        assert(a->batch);
        r = sd_event_add_io(event, &a->done, a->batch->done_fd, EPOLLIN, on_done, a);
        if (r < 0)
                return r;
        r = sd_event_add_time_relative(
                event, &a->late, CLOCK_BOOTTIME, patience_usec, 10 * USEC_PER_MSEC, on_late, a);
        if (r < 0)
                return r;
        r = batch_start(a->batch);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(a);
        return 0;
}

Addresses *addresses_free(Addresses *a) {
        if (!a)
                return NULL;
        sd_event_source_disable_unref(a->done);
        sd_event_source_disable_unref(a->late);
        batch_unref(a->batch);
        free(a);
        return NULL;
}
