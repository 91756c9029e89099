/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Whether a program was started before something else happened, as /proc tells. It looks at nothing
 * of a process but its name and its age, keeps nothing and watches nothing. */

#include "daemon/sensors/process-age.h"

#include "common/file.h"
#include "common/time.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
        STAT_WORD = 19, /* words of /proc/PID/stat between the name and when it was started */
};

static void closedirp(DIR **d) {
        if (*d)
                (void)closedir(*d);
}

/* When it was started, µs since boot; 0 when it is another program. See proc(5), /proc/PID/stat. */
static uint64_t started(int folder, const char *const *names, size_t n) {
        _cleanup_close_ int fd = openat(folder, "stat", O_RDONLY | O_CLOEXEC);
        char text[1024], *name, *end;
        unsigned long long ticks;
        bool known = false;
        ssize_t len;

        len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
        if (len <= 0)
                return 0;
        text[len] = '\0';
        name = strchr(text, '(');
        end = strrchr(text, ')');
        if (!name || !end || end < name)
                return 0;
        *end = '\0';
        for (size_t i = 0; i < n; i++)
                known = known || streq(name + 1, names[i]);
        if (!known)
                return 0;
        /* it is the twentieth word after the name */
        end++;
        for (unsigned i = 0; i < STAT_WORD && end; i++)
                end = strchr(end + 1, ' ');
        if (!end)
                return 0;
        errno = 0;
        ticks = strtoull(end, NULL, 10);
        if (errno != 0)
                return 0;
        return ticks * USEC_PER_SEC / (unsigned long long)sysconf(_SC_CLK_TCK);
}

uint64_t process_age(const char *const *names, size_t n) {
        _cleanup_(closedirp) DIR *d = opendir("/proc");
        const struct dirent *entry;
        uint64_t now, oldest = 0;
        struct timespec ts = {0};

        (void)clock_gettime(CLOCK_BOOTTIME, &ts);
        now = (uint64_t)ts.tv_sec * USEC_PER_SEC + (uint64_t)ts.tv_nsec / 1000;
        while (d && (entry = readdir(d))) {
                _cleanup_close_ int folder = -1;
                uint64_t at;
                struct stat st;

                if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
                        continue;
                folder = openat(dirfd(d), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                if (folder < 0 || fstat(folder, &st) < 0 || st.st_uid != geteuid())
                        continue;
                at = started(folder, names, n);
                if (at > 0 && at <= now)
                        oldest = MAX(oldest, now - at);
        }
        return oldest;
}
