/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The browsers' policy files on the disk. It knows where browsers look and no syntax of theirs
 * (policy.c does); files of others it searches for some words and never writes to. Called by
 * enforcer.c alone, which lets one call at a time run. */

#include "enforcer/policy-file.h"

#include "common/file.h"
#include "common/time.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

static const char NEW_NAME[] = ".nocontact.new"; /* in the folder above, where no browser looks */
static const char MADE_NAME[] = "policies";      /* in the state folder: which folders we made */
static const char EXTENSION[] = "/usr/share/mozilla/extensions/"
                                "{ec8030f7-c20a-464f-9b0e-13a3a9e97384}/nocontact@nocontact.org";

/* Where distributions and Mozilla's own archive put policies, which one in /etc would hide. */
static const char *const distributions[] = {
        "/usr/lib/firefox-esr/distribution/policies.json",
        "/usr/share/firefox-esr/distribution/policies.json",
        "/usr/lib/firefox/distribution/policies.json",
        "/opt/firefox/distribution/policies.json",
};

enum {
        FILE_MAX = 4 << 20, /* bytes; of a longer file everything is feared */
        SIGNS_MAX = 3,
};

/* The browser is there when one of the signs is. */
static const struct Browser {
        const char *name;
        PolicyFamily family;
        const char *folder, *file;
        const char *signs[SIGNS_MAX];
} browsers[POLICY_BROWSERS] = {
        {"Chromium", POLICY_CHROMIUM, "/etc/chromium/policies/managed", "nocontact.json",
                {"/usr/bin/chromium", "/etc/chromium/policies"}},
        {"Google Chrome", POLICY_CHROMIUM, "/etc/opt/chrome/policies/managed", "nocontact.json",
                {"/opt/google/chrome", "/etc/opt/chrome/policies"}},
        {"Microsoft Edge", POLICY_CHROMIUM, "/etc/opt/edge/policies/managed", "nocontact.json",
                {"/opt/microsoft/msedge", "/etc/opt/edge/policies"}},
        {"Brave", POLICY_CHROMIUM, "/etc/brave/policies/managed", "nocontact.json",
                {"/opt/brave.com/brave", "/etc/brave/policies"}},
        {"Vivaldi", POLICY_CHROMIUM, "/etc/opt/vivaldi/policies/managed", "nocontact.json",
                {"/opt/vivaldi", "/etc/opt/vivaldi/policies"}},
        {"Firefox", POLICY_FIREFOX, "/etc/firefox/policies", "policies.json",
                {"/usr/lib/firefox-esr", "/usr/lib/firefox", "/etc/firefox/policies"}},
};

const char *policy_standing_name(PolicyStanding standing) {
        static const char *const names[_POLICY_STANDING_MAX] = {
                [POLICY_NONE] = "",
                [POLICY_HELD] = "held",
                [POLICY_PARTLY] = "partly",
                [POLICY_BESIDE] = "beside",
                [POLICY_FOREIGN] = "foreign",
                [POLICY_FAILED] = "failed",
        };

        return names[standing];
}

typedef struct Job {
        const char *root, *state_dir;
        const char *const *patterns;
        size_t n;
        bool write;

        const struct Browser *browser;
        char *path;     /* of the folder */
        int folder;     /* -1 when it is not there */
        bool ours;      /* our file is there ... */
        bool foreign;   /* ... or another of its name */
        unsigned *made; /* how many of the path's last folders we made */
        Buffer text;    /* what the file should be */
} Job;

static void job_close(Job *j) {
        closep(&j->folder);
        j->folder = -1;
        free(TAKE_PTR(j->path));
        buffer_done(&j->text);
        j->ours = j->foreign = false;
}

/* --- what is there --------------------------------------------------------------------------- */

/* Returns 1, 0, or a negative errno. */
static int is_there(const Job *j, const char *path) {
        _cleanup_free_ char *full = NULL;

        if (asprintf(&full, "%s%s", j->root, path) < 0) {
                full = NULL;
                return -ENOMEM;
        }
        if (access(full, F_OK) == 0)
                return 1;
        return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
}

/* Is any of the paths there? As above. */
static int any_is_there(const Job *j, const char *const *paths, size_t n) {
        int r = 0;

        for (size_t i = 0; i < n && paths[i] && r == 0; i++)
                r = is_there(j, paths[i]);
        return r;
}

/* Is the file ours, and is it as it should be? Returns 1, 0, or a negative errno. */
static int look_at_ours(Job *j, PolicyReport *report) {
        _cleanup_(file_map_done) FileMap map = {0};
        struct stat st;
        int r;

        if (j->folder < 0)
                return 0;
        r = file_map(j->folder, j->browser->file, FILE_MAX, &map);
        if (r == -ENOENT)
                return 0;
        j->ours = r == 0 && policy_is_ours(j->browser->family, map.data, map.len);
        j->foreign |= !j->ours;
        if (r < 0 || !j->ours)
                return r == -EBADMSG || r == -EFBIG ? 0 : r;
        if (fstatat(j->folder, j->browser->file, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        report->since_usec = (uint64_t)st.st_ctim.tv_sec * USEC_PER_SEC;
        return map.len == j->text.len && memcmp(map.data, j->text.data, map.len) == 0 &&
               (st.st_mode & 07777) == 0644 && st.st_uid == geteuid();
}

static void closedirp(DIR **d) {
        if (*d)
                (void)closedir(*d);
}

/* What cannot be read may say anything. */
static void look_at_other(int folder, const char *name, PolicyBeside *beside) {
        _cleanup_close_ int fd = openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        _cleanup_free_ char *text = malloc(FILE_MAX + 1);
        size_t len = 0;
        ssize_t n = -1;

        while (fd >= 0 && text && len <= FILE_MAX &&
                (n = read(fd, text + len, FILE_MAX + 1 - len)) > 0)
                len += (size_t)n;
        if (n != 0)
                beside->blocks = beside->resolver = beside->merging = true;
        else
                policy_look(text, len, beside);
}

/* The other files of the folder. */
static int look_beside(Job *j, PolicyBeside *beside) {
        _cleanup_close_ int fd =
                j->folder < 0 ? -1 : openat(j->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        _cleanup_(closedirp) DIR *d = fd < 0 ? NULL : fdopendir(fd);
        const struct dirent *entry;

        if (j->folder >= 0 && !d)
                return -errno;
        (void)TAKE_FD(fd); /* the stream's now */
        while (d && (errno = 0, entry = readdir(d)))
                if (entry->d_name[0] != '.' && !streq(entry->d_name, j->browser->file))
                        look_at_other(j->folder, entry->d_name, beside);
        j->foreign |= beside->blocks && beside->merging;
        return d ? -errno : 0;
}

/* What is not in our folder. */
static int look_elsewhere(Job *j, PolicyBeside *beside) {
        int extension = is_there(j, EXTENSION);
        int foreign = any_is_there(j, distributions, ARRAY_LEN(distributions));

        beside->extension = extension > 0;
        j->foreign |= foreign > 0;
        return extension < 0 ? extension : MIN(foreign, 0);
}

/* --- folders --------------------------------------------------------------------------------- */

/* As digits, one for each browser. */
static void made_read(const char *state_dir, unsigned made[static POLICY_BROWSERS]) {
        _cleanup_free_ char *path = path_join(state_dir, MADE_NAME);
        char text[POLICY_BROWSERS + 1] = "";

        if (path)
                (void)file_read_word(path, text, sizeof(text));
        for (size_t i = 0; i < POLICY_BROWSERS; i++)
                made[i] = text[i] >= '0' && text[i] <= '9' ? (unsigned)(text[i] - '0') : 0;
}

static int made_write(const char *state_dir, const unsigned made[static POLICY_BROWSERS]) {
        char text[POLICY_BROWSERS];

        for (size_t i = 0; i < POLICY_BROWSERS; i++)
                text[i] = (char)('0' + made[i]);
        return file_replace(state_dir, MADE_NAME, text, sizeof(text));
}

/* Cuts the last part off. False when none is left. */
static bool path_up(char *path) {
        char *slash = strrchr(path, '/');

        if (!slash || slash == path)
                return false;
        *slash = '\0';
        return true;
}

/* How many of the path's last folders are not there. */
static int count_missing(const Job *j, unsigned *ret) {
        _cleanup_free_ char *path = strdup(j->path);
        unsigned n = 0;

        if (!path)
                return -ENOMEM;
        while (access(path, F_OK) < 0) {
                if (errno != ENOENT)
                        return -errno;
                n += path_up(path);
        }
        *ret = n;
        return 0;
}

/* Everybody may look into them, whatever our mask is. */
static int folder_make(const char *path) {
        if (mkdir(path, 0755) < 0)
                return errno == EEXIST ? 0 : -errno;
        return chmod(path, 0755) < 0 ? -errno : 0;
}

/* What is going to be made is written down before it is. */
static int folders_make(Job *j, const unsigned made[static POLICY_BROWSERS]) {
        unsigned missing = 0;
        int r = count_missing(j, &missing);

        if (missing > *j->made) {
                *j->made = missing;
                r = made_write(j->state_dir, made);
        }
        for (char *p = j->path; r == 0 && (p = strchr(p + 1, '/'));) {
                *p = '\0';
                r = folder_make(j->path);
                *p = '/';
        }
        if (r == 0)
                r = folder_make(j->path);
        if (r < 0)
                return r;
        j->folder = open(j->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return j->folder < 0 ? -errno : 0;
}

/* One that somebody else put something into stays, and is theirs. */
static int folders_remove(Job *j) {
        for (unsigned left = *j->made; left > 0; left--) {
                if (rmdir(j->path) < 0 && errno != ENOENT)
                        return errno == ENOTEMPTY || errno == ENOTDIR ? 0 : -errno;
                (void)path_up(j->path);
        }
        return 0;
}

/* --- our file -------------------------------------------------------------------------------- */

static int open_above(const Job *j) {
        int fd = openat(j->folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

static int write_new(const Job *j, int above) {
        _cleanup_close_ int fd =
                openat(above, NEW_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        int r;

        if (fd < 0)
                return -errno;
        r = fd_write_all(fd, j->text.data, j->text.len);
        if (r == 0 && fchmod(fd, 0644) < 0)
                r = -errno;
        return r < 0 ? r : fd_sync(fd);
}

static int file_write(Job *j, const unsigned made[static POLICY_BROWSERS]) {
        _cleanup_close_ int above = -1;
        int r = j->folder < 0 ? folders_make(j, made) : 0;

        if (r < 0)
                return r;
        above = open_above(j);
        if (above < 0)
                return above;
        (void)unlinkat(above, NEW_NAME, 0); /* of a call that was killed */
        r = write_new(j, above);
        if (r == 0 && renameat(above, NEW_NAME, j->folder, j->browser->file) < 0)
                r = -errno;
        if (r < 0)
                (void)unlinkat(above, NEW_NAME, 0);
        return r < 0 ? r : fd_sync(j->folder);
}

static int file_remove(Job *j) {
        if (unlinkat(j->folder, j->browser->file, 0) < 0 && errno != ENOENT)
                return -errno;
        return fd_sync(j->folder);
}

/* --- one browser, and all -------------------------------------------------------------------- */

static int job_open(Job *j) {
        if (asprintf(&j->path, "%s%s", j->root, j->browser->folder) < 0) {
                j->path = NULL;
                return -ENOMEM;
        }
        j->folder = open(j->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return j->folder < 0 && errno != ENOENT && errno != ENOTDIR ? -errno : 0;
}

/* Nothing is to be blocked, or not by us. */
static int job_lift(Job *j) {
        int r = j->ours && j->write ? file_remove(j) : 0;

        if (r < 0 || !j->write)
                return r;
        if (j->folder >= 0) {
                _cleanup_close_ int above = open_above(j);

                (void)unlinkat(above, NEW_NAME, 0);
        }
        r = folders_remove(j);
        if (r < 0)
                return r;
        *j->made = 0;
        return j->ours;
}

/* How the file should stand, if it can. */
static int job_render(Job *j, PolicyReport *report) {
        PolicyBeside beside = {0};
        bool partly = false;
        int r;

        r = j->browser->family == POLICY_FIREFOX ? look_elsewhere(j, &beside)
                                                 : look_beside(j, &beside);
        if (r < 0)
                return r;
        r = policy_render(j->browser->family, j->patterns, j->n, &beside, &j->text, &partly);
        report->standing = !partly ? POLICY_HELD : beside.blocks ? POLICY_BESIDE : POLICY_PARTLY;
        return r;
}

static int job_do(Job *j, const unsigned made[static POLICY_BROWSERS], PolicyReport *report) {
        int wanted = j->n > 0 ? any_is_there(j, j->browser->signs, SIGNS_MAX) : 0, agrees, r;

        r = wanted < 0 ? wanted : job_open(j);
        if (r >= 0 && wanted)
                r = job_render(j, report);
        if (r < 0)
                return r;
        agrees = look_at_ours(j, report);
        if (agrees < 0)
                return agrees;
        if (wanted && j->foreign)
                report->standing = POLICY_FOREIGN;
        if (!wanted || j->foreign)
                return job_lift(j);
        if (agrees)
                return 0;
        return j->write ? file_write(j, made) < 0 ? -EIO : 1 : -ESTALE;
}

static int files_do(
        Job *j, unsigned made[static POLICY_BROWSERS], PolicyReport ret[static POLICY_BROWSERS]) {
        int result = 0;

        for (size_t i = 0; i < POLICY_BROWSERS; i++) {
                int r;

                j->browser = &browsers[i];
                j->made = &made[i];
                j->folder = -1;
                ret[i] = (PolicyReport){.browser = browsers[i].name};
                r = job_do(j, made, &ret[i]);
                if (r < 0)
                        ret[i].standing = POLICY_FAILED;
                if (r < 0 || result >= 0)
                        result = r < 0 ? r : MAX(result, r);
                job_close(j);
        }
        return result;
}

int policy_files_apply(const char *root, const char *state_dir, const char *const *patterns,
        size_t n, PolicyReport ret[static POLICY_BROWSERS]) {
        Job j = {root, state_dir, patterns, n, .write = true};
        unsigned made[POLICY_BROWSERS], before[POLICY_BROWSERS];
        int r;

        made_read(state_dir, made);
        memcpy(before, made, sizeof(made));
        r = files_do(&j, made, ret);
        /* a folder that is gone is none of ours the next time */
        if (memcmp(made, before, sizeof(made)) != 0 && made_write(state_dir, made) < 0 && r >= 0)
                r = -EIO;
        return r;
}

void policy_files_look(const char *root, const char *const *patterns, size_t n,
        PolicyReport ret[static POLICY_BROWSERS]) {
        Job j = {root, NULL, patterns, n, .write = false};
        unsigned made[POLICY_BROWSERS] = {0};

        (void)files_do(&j, made, ret);
}
