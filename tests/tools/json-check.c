/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Reads one JSON document from standard input, for the shell tests. Without an argument it only
 * checks that it is one. With a path ("people.0.streak.days"; "-" is the document itself) it
 * prints what stands there: a string as it is, anything else as compact JSON. A path may end
 * with "#" for the number of elements, or "?" for the keys in their order. Status 1 when the
 * input is no JSON, 2 when nothing stands there. */

#include "common/macro.h"

#include <jansson.h>
#include <stdio.h>

static const json_t *step(const json_t *at, const char *name) {
        if (json_is_array(at))
                return json_array_get(at, (size_t)strtoul(name, NULL, 10));
        return json_object_get(at, name);
}

static int print_keys(json_t *object) {
        const char *key;
        json_t *value;

        json_object_foreach (object, key, value)
                printf("%s ", key);
        printf("\n");
        return 0;
}

static int print(const json_t *at) {
        if (json_is_string(at))
                return puts(json_string_value(at)) < 0;
        if (json_dumpf(at, stdout, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6)) < 0)
                return 1;
        return puts("") < 0;
}

static int print_at(json_t *root, char *path) {
        const json_t *at = root;
        char *rest = path;

        for (char *name; (name = strsep(&rest, "."));) {
                if (streq(name, "-"))
                        continue;
                if (streq(name, "#"))
                        return printf("%zu\n", json_array_size(at)) < 0;
                if (streq(name, "?"))
                        return print_keys((json_t *)at);
                at = step(at, name);
                if (!at) {
                        fprintf(stderr, "nothing stands at %s\n", name);
                        return 2;
                }
        }
        return print(at);
}

int main(int argc, char **argv) {
        json_error_t error;
        json_t *root = json_loadf(stdin, 0, &error);
        int status = 0;

        if (!root) {
                fprintf(stderr, "no JSON: %s\n", error.text);
                return 1;
        }
        if (argc > 1)
                status = print_at(root, argv[1]);
        json_decref(root);
        return status;
}
