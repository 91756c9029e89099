/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What applications on Linux send when somebody writes, and whether it is held. One row for each
 * shape that was found in their sources: where the name stands, what they are called, how they
 * escape. The texts are made up. Beside them, look-alikes: what is near and must pass, and what is
 * hidden and must not. Portals and org.gtk.Notifications give the same Notice: their id is the
 * application, their title the summary. */

#include "core/judge.h"
#include "core/snapshot.h"
#include "unit/state-fixture.h"

typedef struct Shape {
        const char *what; /* application and occasion */
        const char *app, *desktop_entry, *summary, *body;
        const char *via; /* the kind of identity that holds it, NULL when it passes */
} Shape;

/* --- what names them ------------------------------------------------------------------------- */

static const Shape messengers[] = {
        {"Telegram, from one", "Telegram Desktop", "org.telegram.desktop", "Robin Vale",
                "Have a minute?", "name"},
        {"Telegram, several accounts", "Telegram Desktop", "org.telegram.desktop",
                "Robin Vale \xe2\x9e\x9c second account", "Have a minute?", "name"},
        {"Telegram, group with markup", "Telegram Desktop", "org.telegram.desktop", "Walking Group",
                "<b>Robin Vale</b>\nI bring bread", "name"},
        {"Telegram, group without markup", "Telegram Desktop", "org.telegram.desktop",
                "Walking Group", "Robin Vale: I bring bread", "name"},
        {"Telegram, reaction", "Telegram Desktop", "org.telegram.desktop", "Robin Vale",
                "\xe2\x9d\xa4 to your \"fine\"", "name"},
        {"Telegram through the portal", "org.telegram.desktop", "org.telegram.desktop",
                "Robin Vale", "Have a minute?", "name"},
        {"Signal, name only", "Signal", "signal", "Robin Vale", "New message", "name"},
        {"Signal, name and text", "Signal", "signal", "Robin Vale", "It&#39;s &quot;late&quot;",
                "name"},
        {"WhatsApp Web in Chromium", "Chromium", "chromium", "Robin Vale",
                "web.whatsapp.com\n\nStill up?", "name"},
        {"WhatsApp Web, no contact saved", "Chromium", "chromium", "+1 555-010-0199",
                "<a href=\"https://web.whatsapp.com/\">web.whatsapp.com</a>\n\nStill up?", "phone"},
        {"WhatsApp Web, group", "Chromium", "chromium", "Walking Group",
                "web.whatsapp.com\n\nRobin Vale: bread", "name"},
        {"a web page in Chromium on Plasma", "Google Chrome", "google-chrome", "Robin Vale",
                "Still up?", "name"},
        {"a web page in Firefox", "Firefox", "firefox", " ", "Robin Vale &lt;3 wrote > you",
                "name"},
        {"Dino, from one", "Dino", "im.dino.Dino", "Robin Vale", "Hello", "name"},
        {"Dino, group", "Dino", "im.dino.Dino", "Walking Group", "<b>Robin Vale:</b> hello",
                "name"},
        {"Dino, call", "Dino", "im.dino.Dino", "Robin Vale", "Incoming call", "name"},
        {"Gajim, group", "org.gajim.Gajim", "org.gajim.Gajim",
                "New message from robin_vale (Walking Group)", "hello", "handle"},
        {"Nheko, room", "nheko", "nheko", "Walking Group", "Robin Vale: hello", "name"},
        {"Nheko, encrypted", "nheko", "nheko", "Robin Vale", "Robin Vale sent an encrypted message",
                "name"},
        {"Element, room", "Element", "element-desktop", "Robin Vale (Walking Group)", "", "name"},
        {"NeoChat, room", "NeoChat", "org.kde.neochat", "Robin Vale (Walking Group)", "hello",
                "name"},
        {"HexChat, private", "hexchat", "io.github.Hexchat",
                "Private message from: robin_vale (Libera)", "hello", "handle"},
        {"HexChat, mention", "hexchat", "io.github.Hexchat",
                "Highlighted message from: robin_vale (#walks)", "hello", "handle"},
        {"Polari, one", "org.gnome.Polari", "org.gnome.Polari", "robin_vale", "hello", "handle"},
        {"Polari, room", "org.gnome.Polari", "org.gnome.Polari", "robin_vale in #walks", "hello",
                "handle"},
        {"Caprine", "Caprine", "caprine", "Robin Vale", "sent a photo", "name"},
        {"Slack, one", "Slack", "slack", "New message from Robin Vale", "hello", "name"},
        {"Slack, channel", "Slack", "slack", "[Work] in walks", "Robin Vale: hello", "name"},
        {"Discord, one", "discord", "discord", "robin_vale", "hello", "handle"},
        {"Discord, server", "discord", "discord", "robin_vale (#general, Walks)", "hello",
                "handle"},
        {"any GApplication", "Chatter", "org.example.Chatter", "Robin Vale", "hello", "name"},
        {"through the portal, without an application", "", "", "Robin Vale", "hello", "name"},
        {"libnotify in a sandbox", "org.example.Sandboxed", "org.example.Sandboxed", "Robin Vale",
                "hello", "name"},
};

static const Shape mail[] = {
        {"Thunderbird, one", "Thunderbird", "thunderbird", "me@example.net received 1 new message",
                "Supper from Robin Vale\nI thought that we could", "name"},
        {"Thunderbird, no name known", "Thunderbird", "thunderbird",
                "me@example.net received 1 new message", "Supper from robin@vale.example\nI",
                "email"},
        {"Evolution", "evolution-mail-notification", "org.gnome.Evolution",
                "New email in Evolution",
                "You have received 1 new message.\nFrom: Robin Vale &lt;robin@vale.example&gt;\n"
                "Subject: supper",
                "email"},
        {"Evolution, only the address", "evolution-mail-notification", "org.gnome.Evolution",
                "New email in Evolution",
                "You have received 1 new message.\nFrom: robin@vale.example\nSubject: supper",
                "email"},
        {"KMail", "New Mail Notifier", "org.kde.akonadi_newmailnotifier_agent", "New Mail Notifier",
                "From: Robin Vale &lt;robin@vale.example&gt;\nSubject: supper\nIn: Inbox", "email"},
        {"Mailspring", "Mailspring", "Mailspring", "Robin Vale", "Supper", "name"},
        {"Geary", "Geary", "org.gnome.Geary", "Robin Vale", "Supper", "name"},
        {"a name in the order of an address book", "Mail", "mail", "New mail",
                "From: Vale, Robin\nSubject: supper", "name"},
};

static const Shape phones[] = {
        {"KDE Connect, plain server", "KDE Connect", "org.kde.kdeconnect.daemon", "WhatsApp",
                "Robin Vale: still up?", "name"},
        {"KDE Connect on Plasma", "KDE Connect", "org.kde.kdeconnect.daemon", "Robin Vale",
                "still up?", "name"},
        {"KDE Connect, group of several", "KDE Connect", "org.kde.kdeconnect.daemon",
                "Walking Group", "<b>Kim Park</b><br/>hi<br/><b>Robin Vale</b><br/>hello all",
                "name"},
        {"KDE Connect, escaped twice", "KDE Connect", "org.kde.kdeconnect.daemon", "Messages",
                "Walking Group: &lt;b&gt;Robin Vale&lt;/b&gt;&lt;br/&gt;hello", "name"},
        {"KDE Connect, call", "KDE Connect", "org.kde.kdeconnect.daemon", "Pocket",
                "Incoming call from Robin Vale", "name"},
        {"KDE Connect, call of a number", "KDE Connect", "org.kde.kdeconnect.daemon", "Pocket",
                "Missed call from (555) 010-0199", "phone"},
        {"GSConnect, application", "org.gnome.Shell.Extensions.GSConnect",
                "org.gnome.Shell.Extensions.GSConnect", "WhatsApp", "Robin Vale: still up?",
                "name"},
        {"GSConnect, text message", "org.gnome.Shell.Extensions.GSConnect",
                "org.gnome.Shell.Extensions.GSConnect", "Robin Vale", "still up?", "name"},
        {"GSConnect, text message of a number", "org.gnome.Shell.Extensions.GSConnect",
                "org.gnome.Shell.Extensions.GSConnect", "+15550100199", "still up?", "phone"},
        {"Valent", "ca.andyholmes.Valent", "ca.andyholmes.Valent", "Robin Vale", "still up?",
                "name"},
        {"ancs4linux", "WhatsApp (My Phone)", "", "Robin Vale", "still up?", "name"},
};

/* Written so that a plain search would miss them. */
static const Shape hidden[] = {
        {"upper case", "Messages", "", "ROBIN VALE", "hello", "name"},
        {"wide letters", "Messages", "",
                "\xef\xbc\xb2\xef\xbd\x8f\xef\xbd\x82\xef\xbd\x89\xef\xbd\x8e "
                "\xef\xbc\xb6\xef\xbd\x81\xef\xbd\x8c\xef\xbd\x85",
                "hello", "name"},
        {"isolates", "Messages", "", "\xe2\x81\xa8Robin Vale\xe2\x81\xa9", "hello", "name"},
        {"isolates within", "Messages", "",
                "\xe2\x81\xa8Robin\xe2\x81\xa9 \xe2\x81\xa8Vale\xe2\x81\xa9", "hello", "name"},
        {"marks of direction", "Messages", "", "\xe2\x80\x8eRobin Vale\xe2\x80\x8f", "hello",
                "name"},
        {"zero width within a word", "Messages", "",
                "Ro\xe2\x80\x8b"
                "bin Va\xe2\x80\x8dle",
                "hello", "name"},
        {"soft hyphen", "Messages", "", "News", "from Ro&shy;bin Va\xc2\xadle", "name"},
        {"no-break space", "Messages", "", "Robin\xc2\xa0Vale", "hello", "name"},
        {"narrow space", "Messages", "", "Robin\xe2\x80\xafVale", "hello", "name"},
        {"two spaces and a line", "Messages", "", "News", "from Robin \n Vale", "name"},
        {"over two lines", "Messages", "", "News", "from Robin<br/>Vale", "name"},
        {"entities by number", "Messages", "", "News", "from &#82;obin&#x20;&#x56;ale", "name"},
        {"bold letters of the first name", "Messages", "", "News", "<b>R</b>obin <i>Vale</i>",
                "name"},
        {"a flag beside it", "Messages", "", "\xf0\x9f\x8c\xb8Robin Vale\xf0\x9f\x8c\xb8", "hello",
                "name"},
        {"an escaped title", "Messages", "", "Robin&nbsp;Vale", "hello", "name"},
        {"a title with markup", "Messages", "", "<b>Robin</b> Vale", "hello", "name"},
        {"the alias alone", "Messages", "", "Robin", "hello", "name"},
        {"the alias alone with a flower", "Messages", "", "Robin \xf0\x9f\x8c\xb8", "hello",
                "name"},
        {"the handle with its sign", "News", "", "Mention", "@robin_vale liked it", "handle"},
        {"the number with dots", "Phone", "", "Call", "555.010.0199 called", "phone"},
        {"the number in a tel: address", "Phone", "", "Call",
                "<a href=\"tel:+15550100199\">+1 (555) 010-0199</a>", "phone"},
        {"the address in a link", "Mail", "", "New",
                "<a href=\"mailto:robin@vale.example\">robin@vale.example</a>", "email"},
        {"among others", "Calendar", "", "Walk at nine",
                "Kim Park, Sam Roe, Robin Vale and 3 others", "name"},
};

/* --- what does not --------------------------------------------------------------------------- */

static const Shape passing[] = {
        /* what a messenger was told to hide */
        {"Telegram, hidden", "Telegram Desktop", "org.telegram.desktop", "Telegram Desktop",
                "You have a new message", NULL},
        {"Signal, hidden", "Signal", "signal", "Signal", "New message", NULL},
        {"Geary, many", "Geary", "org.gnome.Geary", "Geary", "5 new messages", NULL},
        {"Evolution, many", "evolution-mail-notification", "org.gnome.Evolution",
                "New email in Evolution", "You have received 4 new messages.", NULL},
        /* others */
        {"a bird", "Telegram Desktop", "org.telegram.desktop", "Kim Park",
                "a robin sat on the sill", NULL},
        {"another Robin", "Messages", "", "Robin Hill", "hello", NULL},
        {"another Vale", "Messages", "", "Kim Vale", "hello", NULL},
        {"a longer name", "Messages", "", "Robin Valentine", "hello", NULL},
        {"a longer first name", "Messages", "", "Robina Vale", "hello", NULL},
        {"the plural", "Messages", "", "The Robins Vales", "hello", NULL},
        {"letters before it", "Messages", "", "Corobin Vale", "hello", NULL},
        {"words between", "Messages", "", "Robin of the Vale", "hello", NULL},
        {"first name here, surname there", "Messages", "", "The robin", "in the vale", NULL},
        {"a group that mentions another", "Telegram Desktop", "", "Walking Group",
                "<b>Kim Park</b>\nSam Roe comes too", NULL},
        {"another number with the same ending", "Phone", "", "+1 555 011 0199", "hello", NULL},
        {"a longer number", "Phone", "", "+1 555 010 01990", "hello", NULL},
        {"another land's number", "Phone", "", "+44 555 010 0199", "hello", NULL},
        {"a price with the same digits", "Shop", "", "Invoice 15550", "Total 10,0199", NULL},
        {"another address, same beginning", "Mail", "", "robin@vale.example.org", "", NULL},
        {"another address, same end", "Mail", "", "not.robin@vale.example", "", NULL},
        {"another handle, longer", "discord", "", "robin_vale2", "hello", NULL},
        {"another handle, longer in front", "discord", "", "x_robin_vale", "hello", NULL},
        {"a handle with a dot", "discord", "", "robin_vale.fan", "hello", NULL},
        {"within an attribute alone", "News", "", "News",
                "<img src=\"https://img.example/robin-vale-1.png\" alt=\"\"/>a picture", NULL},
        {"nothing", "", "", "", "", NULL},
        {"no UTF-8", "Messages", "", "\xff\xfe\xfd", "\xc3\x28", NULL},
};

/* --- the person ------------------------------------------------------------------------------ */

static const char *const identities[][2] = {
        {"name", "Robin"},
        {"phone", "+15550100199"},
        {"email", "robin@vale.example"},
        {"handle", "instagram:robin_vale"},
};

/* The rules as the relay has them: from a snapshot of the state. */
static int rules_setup(void **state) {
        _cleanup_free_ char *text = NULL;
        State *s, *read;
        Rules *rules;

        assert_int_equal(state_new(&s), 0);
        (void)story_tell(s, EVENT_PERSON_ADDED, ALEX, NOON,
                json_pack("{s:s, s:s}", "name", "Robin Vale", "mode", "full"));
        story_begin(s, ALEX, NOON, 30);
        for (size_t i = 0; i < ARRAY_LEN(identities); i++)
                (void)story_tell(s, EVENT_IDENTITY_ADDED, ALEX, NOON,
                        identity_data(identities[i][0], identities[i][1]));
        assert_int_equal(snapshot_write(s, NULL, &text), 0);
        state_free(s);
        assert_int_equal(snapshot_read(text, strlen(text), &read), 0);
        assert_int_equal(rules_new(read, &rules), 0);
        state_free(read);
        *state = rules;
        return 0;
}

static int rules_teardown(void **state) {
        rules_free(*state);
        return 0;
}

/* Prints what is wrong; returns how many rows are. */
static unsigned wrong(const Rules *rules, const Shape *shapes, size_t n) {
        unsigned bad = 0;

        for (size_t i = 0; i < n; i++) {
                const Shape *s = &shapes[i];
                Notice notice = {s->app, s->desktop_entry, s->summary, s->body};
                Verdict v = {0};
                int r = judge_notice(rules, &notice, NOON, (LocalTime){NOON, 0}, &v);
                bool right = s->via ? r == 1 && v.hold && streq(v.via, s->via) : r == 0;

                if (!right)
                        print_message("# %s: %d %s\n", s->what, r, r == 1 ? v.via : "");
                bad += !right;
                verdict_done(&v);
        }
        return bad;
}

static void test_messengers_and_calls_are_held(void **state) {
        assert_int_equal(wrong(*state, messengers, ARRAY_LEN(messengers)), 0);
}

static void test_mail_is_held(void **state) {
        assert_int_equal(wrong(*state, mail, ARRAY_LEN(mail)), 0);
}

static void test_what_a_phone_tells_is_held(void **state) {
        assert_int_equal(wrong(*state, phones, ARRAY_LEN(phones)), 0);
}

static void test_no_spelling_hides_the_name(void **state) {
        assert_int_equal(wrong(*state, hidden, ARRAY_LEN(hidden)), 0);
}

static void test_what_is_only_alike_passes(void **state) {
        assert_int_equal(wrong(*state, passing, ARRAY_LEN(passing)), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_messengers_and_calls_are_held),
                cmocka_unit_test(test_mail_is_held),
                cmocka_unit_test(test_what_a_phone_tells_is_held),
                cmocka_unit_test(test_no_spelling_hides_the_name),
                cmocka_unit_test(test_what_is_only_alike_passes),
        };

        return cmocka_run_group_tests(tests, rules_setup, rules_teardown);
}
