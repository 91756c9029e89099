/* SPDX-License-Identifier: GPL-3.0-or-later */

/* See alone.h. */

#include "unit/alone.h"

#include "unit/test.h"

#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_file(const char *path, const char *text) {
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

static void raise_loopback(void) {
        struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0);
        assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &lo), 0);
        assert_int_equal(close(fd), 0);
}

bool alone_enter(void) {
        uid_t uid = getuid();
        gid_t gid = getgid();
        char map[64];

        if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) < 0)
                return false;
        write_file("/proc/self/setgroups", "deny");
        (void)snprintf(map, sizeof(map), "0 %u 1", (unsigned)uid);
        write_file("/proc/self/uid_map", map);
        (void)snprintf(map, sizeof(map), "0 %u 1", (unsigned)gid);
        write_file("/proc/self/gid_map", map);
        if (mount("none", "/", "", MS_REC | MS_PRIVATE, NULL) < 0)
                return false;
        raise_loopback();
        return true;
}

void alone_replace(const char *path, const char *text) {
        char with[] = "/tmp/nocontact-alone-XXXXXX";
        int fd = mkstemp(with);

        assert_true(fd >= 0);
        (void)close(fd);
        write_file(with, text);
        assert_int_equal(chmod(with, 0644), 0);
        assert_int_equal(mount(with, path, "", MS_BIND, NULL), 0);
        assert_int_equal(unlink(with), 0);
}

void alone_empty(const char *path) {
        assert_int_equal(mount("none", path, "tmpfs", 0, "mode=0755"), 0);
}
