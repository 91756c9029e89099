/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Any bytes as one message. What its header says lies within it, reading it leaves it as it is, and
 * the number that is rewritten is the one that libdbus reads. */

#include "relay/notification.h"

#include "common/macro.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
        if (!condition)
                abort();
}

static void check_inside(const char *text, const char *message, size_t len) {
        if (text)
                require(text >= message && text + strlen(text) < message + len);
}

static void try_notification(char *message, size_t len, const WireHead *head) {
        _cleanup_free_ char *copy = malloc(len);
        Notification n;

        require(copy != NULL);
        memcpy(copy, message, len);
        if (notification_read(message, len, head, &n) > 0) {
                json_t *more = notification_more(&n);

                require(json_is_array(json_object_get(more, "actions")));
                require(json_is_object(json_object_get(more, "hints")));
                json_decref(more);
                if (n.has_id) {
                        require(n.replaces_at % 4 == 0 && n.replaces_at + 4 <= len);
                        require(wire_u32(head->order, message + n.replaces_at) == n.replaces);
                }
                notification_done(&n);
        }
        require(memcmp(copy, message, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *message = malloc(size + 1);
        size_t len = 0;
        WireHead head;

        require(message != NULL);
        memcpy(message, data, size);
        if (wire_length(message, size, &len) < 0 || len > size ||
                wire_head(message, len, &head) < 0)
                return 0;
        check_inside(head.path, message, len);
        check_inside(head.interface, message, len);
        check_inside(head.member, message, len);
        check_inside(head.error, message, len);
        check_inside(head.destination, message, len);
        check_inside(head.sender, message, len);
        check_inside(head.signature, message, len);
        require(head.body <= len && head.body_len == len - head.body);
        if (notification_likely(&head))
                try_notification(message, len, &head);
        (void)notification_closes(message, &head);
        return 0;
}
