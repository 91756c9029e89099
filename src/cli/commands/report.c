/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A look back as a page to read: report. The page is a file that only the user may read, and names
 * nobody unless it is asked to: it may stay open where others look. */

#include "cli/commands/commands.h"
#include "cli/opener.h"
#include "cli/report/page.h"
#include "cli/shapes.h"
#include "common/file.h"
#include "nocontact/bus-names.h"

#include <errno.h>
#include <limits.h>

static Status file_failed(Call *call, const char *path, int r) {
        if (r == -EEXIST)
                output_error(call->out,
                        "%s is there already; it is left as it is. Take another name, or remove it first.",
                        path);
        else
                output_error(call->out, "The report could not be written to %s: %s.", path,
                        strerror(-r));
        return STATUS_FAILED;
}

/* The whole path, so that it can be opened from anywhere, and begins with no dash. */
static int path_whole(const char *path, char **ret) {
        _cleanup_free_ char *here = NULL;
        char *whole;

        if (path[0] == '/')
                whole = strdup(path);
        else {
                here = getcwd(NULL, 0);
                if (!here)
                        return -errno;
                whole = path_join(here, path);
        }
        if (!whole)
                return -ENOMEM;
        *ret = whole;
        return 0;
}

/* Where the user says, and then nothing is replaced. */
static Status write_there(Call *call, const char *path, const Buffer *page, char **ret) {
        int r = file_create(path, page->data, page->len);

        if (r >= 0)
                r = path_whole(path, ret);
        return r < 0 ? file_failed(call, path, r) : STATUS_DONE;
}

/* In our own folder, where it takes the place of the last one, and goes with the session. */
static Status write_here(Call *call, const Buffer *page, char **ret) {
        const char *runtime = getenv("XDG_RUNTIME_DIR"), *name = "report.html";
        _cleanup_free_ char *folder = NULL, *path = NULL;
        int r;

        if (!runtime || runtime[0] != '/') {
                output_error(call->out,
                        "There is no folder for it in this session (XDG_RUNTIME_DIR); --output says where to write it.");
                return STATUS_FAILED;
        }
        folder = path_join(runtime, "nocontact");
        path = folder ? path_join(folder, name) : NULL;
        if (!path)
                return call_failed(call, -ENOMEM);
        r = folder_make_private(folder);
        if (r >= 0)
                r = file_replace(folder, name, page->data, page->len);
        if (r < 0)
                return file_failed(call, path, r);
        *ret = TAKE_PTR(path);
        return STATUS_DONE;
}

static void open_page(Call *call, const char *path) {
        int r;

        if (call_has(call, "no-open") || !opener_has_screen())
                return;
        r = opener_open(path);
        if (r < 0)
                output_error(call->out, "It could not be opened (xdg-open): %s.", strerror(-r));
}

static Status write_page(Call *call, const Person *person, const Review *review) {
        const char *output = call_value(call, "output", NULL);
        _cleanup_(buffer_done) Buffer page = {0};
        _cleanup_free_ char *path = NULL;
        Status status;
        int r;

        r = page_add(&page, person, review, call_has(call, "name") ? person->name : NULL);
        if (r < 0)
                return call_failed(call, r);
        status = output ? write_there(call, output, &page, &path) : write_here(call, &page, &path);
        if (status != STATUS_DONE)
                return status;
        output_line(call->out, STYLE_PLAIN, "%s", path);
        open_page(call, path);
        return STATUS_DONE;
}

static Status report_run(Call *call) {
        const char *days_text = call_value(call, "days", NULL);
        _cleanup_(people_done) People people = {0};
        _cleanup_(review_done) Review review = {0};
        const Person *person;
        uint64_t days = 0;
        Status status = STATUS_DONE;
        int r;

        if (call_has(call, "json") && call_has(call, "output"))
                return call_misused(call, "--json and --output go apart.");
        if (days_text)
                status = call_number(call, "--days", days_text, 1, NC_LIMIT_DAYS, &days);
        if (status == STATUS_DONE)
                status = call_person(call, call_word(call, 0), &people, &person);
        if (status != STATUS_DONE)
                return status;
        r = client_review(call->client, person->path, (uint32_t)days, &review);
        if (r < 0)
                return call_failed(call, r);
        if (call_has(call, "json")) {
                json_t *json = shape_review(person, &review);

                output_json(call->out, json);
                json_decref(json);
                return STATUS_DONE;
        }
        return write_page(call, person, &review);
}

static const Option report_options[] = {
        {"output", "FILE", "write it there, and keep it; a file that is there stays as it is",
                NULL},
        {"no-open", NULL, "only write it, and print where", NULL},
        {"days", "N", "only the last so many days; all since the begin without it", NULL},
        {"name", NULL, "put the person's name on the page", NULL},
        OPTION_JSON,
        {0},
};

const Command command_report = {
        .name = "report",
        .usage = "[PERSON] [--output FILE]",
        .summary = "Look back, on a page with pictures.",
        .about =
                "Writes a page and opens it in your browser: the days, when urges and attempts came, why, and what you did then. Where it rests on too little it says so. The page loads nothing from anywhere, only you may read it, and it names nobody unless --name is given.\n"
                "Without --output it lies in the session's own folder: the next report takes its place, and it goes when you log out. PERSON is not needed when there is one. Where there is no screen, or with --no-open, only the path is printed.",
        .options = report_options,
        .max_words = 1,
        .run = report_run,
};
