/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Sends many numbered notifications on the session bus, one after the other, and prints for each
 *
 *   NUMBER held|plain ID MICROSECONDS      or      NUMBER held|plain - ERROR
 *
 * and at the end one line with the counts. "held" are those that name Robin Vale (notify-rules.c),
 * "plain" those of somebody else; the number stands in the body. It never sends one twice: an error
 * is an answer, too, and the test says what it may mean.
 *
 *   notify-send-many [OPTION...] COUNT
 *
 *   -e  each EVERYth is of Robin Vale: 1 all (the default), 0 none
 *   -f  the first one's number (1)
 *   -i  the pause between two (0)
 *   -c  closes each so long after its answer, and waits until it is closed
 *   -t  the expiry that is asked for (-1: the server's own)
 *   -s  a picture of SIDE x SIDE pixels in each
 *   -d  the server's name (org.freedesktop.Notifications) */

#include "common/macro.h"
#include "common/time.h"
#include "nocontact/bus-names.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#define SPEAKS "org.freedesktop.Notifications"
#define OBJECT "/org/freedesktop/Notifications"

enum { PATIENCE_USEC = 5000000 }; /* for a closing that was promised */

typedef struct Sender {
        const char *server;
        unsigned every, first, count, pause_msec;
        int close_msec, expire_msec;
        int side;
        sd_bus *bus;
        uint64_t *usec; /* of the answers */
        unsigned answered, private, closed, failed;
        uint32_t awaited; /* the id that is to be closed, 0 when none is */
} Sender;

static uint64_t now_usec(void) {
        struct timespec ts;

        (void)clock_gettime(CLOCK_MONOTONIC, &ts);
        return (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / 1000;
}

static int on_closed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Sender *s = userdata;
        uint32_t id = 0;

        (void)error;
        if (sd_bus_message_read(m, "u", &id) >= 0 && id == s->awaited) {
                s->awaited = 0;
                s->closed++;
        }
        return 0;
}

static int add_picture(sd_bus_message *m, int side) {
        size_t size = (size_t)side * (size_t)side * 4;
        _cleanup_free_ void *pixels = malloc(size);
        int r;

        if (!pixels)
                return -1;
        memset(pixels, 0x7f, size);
        r = sd_bus_message_open_container(m, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append(m, "s", "image-data");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'v', "(iiibiiay)");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'r', "iiibiiay");
        if (r >= 0)
                r = sd_bus_message_append(m, "iiibii", side, side, side * 4, 1, 8, 4);
        if (r >= 0)
                r = sd_bus_message_append_array(m, 'y', pixels, size);
        for (int i = 0; r >= 0 && i < 3; i++)
                r = sd_bus_message_close_container(m);
        return r;
}

/* The next notification as a call that the caller unrefs, or NULL. */
static sd_bus_message *notification(const Sender *s, unsigned number, bool held) {
        sd_bus_message *m = NULL;
        char body[64];
        int r;

        (void)snprintf(body, sizeof(body), "number %u", number);
        r = sd_bus_message_new_method_call(s->bus, &m, s->server, OBJECT, SPEAKS, "Notify");
        if (r >= 0)
                r = sd_bus_message_append(
                        m, "susssas", "Messages", 0, "", held ? "Robin Vale" : "Kim Park", body, 0);
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'a', "{sv}");
        if (r >= 0 && s->side > 0)
                r = add_picture(m, s->side);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        if (r >= 0)
                r = sd_bus_message_append(m, "i", s->expire_msec);
        if (r < 0)
                exit(1);
        return m;
}

/* Lets signals in until `awaited` is closed, or for so long. */
static void await(Sender *s, uint64_t usec) {
        uint64_t end = now_usec() + usec, now;

        while (s->awaited > 0 && (now = now_usec()) < end) {
                int r = sd_bus_process(s->bus, NULL);

                if (r < 0)
                        return;
                if (r == 0)
                        (void)sd_bus_wait(s->bus, end - now);
        }
}

static void close_one(Sender *s, uint32_t id) {
        if (id < NC_RELAY_FIRST_ID) {
                (void)usleep((useconds_t)s->close_msec * 1000);
                (void)sd_bus_call_method(s->bus, s->server, OBJECT, SPEAKS, "CloseNotification",
                        NULL, NULL, "u", id);
        }
        await(s, PATIENCE_USEC);
}

static void send_one(Sender *s, unsigned number) {
        bool held = s->every > 0 && number % s->every == 0;
        sd_bus_message *m = notification(s, number, held), *reply = NULL;
        sd_bus_error error = SD_BUS_ERROR_NULL;
        uint64_t start = now_usec();
        uint32_t id = 0;

        if (sd_bus_call(s->bus, m, 0, &error, &reply) < 0 ||
                sd_bus_message_read(reply, "u", &id) < 0) {
                (void)printf("%u %s - %s\n", number, held ? "held" : "plain",
                        error.name ? error.name : "none");
                s->failed++;
        } else {
                uint64_t took = now_usec() - start;

                (void)printf("%u %s %u %llu\n", number, held ? "held" : "plain", id,
                        (unsigned long long)took);
                s->usec[s->answered++] = took;
                s->private += id >= NC_RELAY_FIRST_ID;
                s->awaited = id;
                if (s->close_msec >= 0 || id >= NC_RELAY_FIRST_ID)
                        close_one(s, id);
        }
        (void)fflush(stdout);
        sd_bus_error_free(&error);
        sd_bus_message_unref(reply);
        sd_bus_message_unref(m);
}

static int compare(const void *a, const void *b) {
        uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

        return (x > y) - (x < y);
}

static uint64_t quantile(const Sender *s, unsigned percent) {
        return s->answered ? s->usec[(s->answered - 1) * percent / 100] : 0;
}

static bool parse(Sender *s, int argc, char *argv[]) {
        int opt;

        while ((opt = getopt(argc, argv, "e:f:i:c:t:s:d:")) != -1) {
                int value = optarg ? (int)strtol(optarg, NULL, 10) : 0;

                if (opt == 'e')
                        s->every = (unsigned)value;
                else if (opt == 'f')
                        s->first = (unsigned)value;
                else if (opt == 'i')
                        s->pause_msec = (unsigned)value;
                else if (opt == 'c')
                        s->close_msec = value;
                else if (opt == 't')
                        s->expire_msec = value;
                else if (opt == 's')
                        s->side = value;
                else if (opt == 'd')
                        s->server = optarg;
                else
                        return false;
        }
        if (optind + 1 != argc)
                return false;
        s->count = (unsigned)strtoul(argv[optind], NULL, 10);
        return true;
}

int main(int argc, char *argv[]) {
        Sender s = {.server = SPEAKS, .every = 1, .first = 1, .close_msec = -1, .expire_msec = -1};

        if (!parse(&s, argc, argv)) {
                (void)fprintf(stderr, "usage: notify-send-many [OPTION...] COUNT\n");
                return 2;
        }
        s.usec = calloc(s.count + 1, sizeof(*s.usec));
        if (!s.usec || sd_bus_open_user(&s.bus) < 0 ||
                sd_bus_match_signal(
                        s.bus, NULL, NULL, OBJECT, SPEAKS, "NotificationClosed", on_closed, &s) < 0)
                return 1;
        for (unsigned i = 0; i < s.count; i++) {
                if (i > 0)
                        (void)usleep(s.pause_msec * 1000);
                send_one(&s, s.first + i);
        }
        qsort(s.usec, s.answered, sizeof(*s.usec), compare);
        (void)printf("sent=%u answered=%u failed=%u private=%u closed=%u p50_usec=%llu "
                     "p99_usec=%llu\n",
                s.count, s.answered, s.failed, s.private, s.closed,
                (unsigned long long)quantile(&s, 50), (unsigned long long)quantile(&s, 99));
        free(s.usec);
        sd_bus_flush_close_unref(s.bus);
        return 0;
}
