# nocontact: build, test, install. `make help` lists the targets.
#
# The lists below are the architecture: a program is main.c, the faces, the owner, its doors to the
# outside world, and the pure core underneath. `make check-layers` holds the floors.

VERSION := 0.1.0

PREFIX      ?= /usr/local
DESTDIR     ?=
BINDIR      ?= $(PREFIX)/bin
DATADIR     ?= $(PREFIX)/share
MANDIR      ?= $(DATADIR)/man
USERUNITDIR ?= $(PREFIX)/lib/systemd/user
DBUSDIR     ?= $(DATADIR)/dbus-1/services
# what root's program needs
LIBEXECDIR    ?= $(PREFIX)/libexec
SYSTEMUNITDIR ?= $(PREFIX)/lib/systemd/system
SYSTEMBUSDIR  ?= $(DATADIR)/dbus-1/system-services
BUSPOLICYDIR  ?= $(DATADIR)/dbus-1/system.d
POLKITDIR     ?= $(DATADIR)/polkit-1/actions
# where browsers look for what a package brings
SYSCONFDIR    ?= $(if $(filter /usr,$(PREFIX)),/etc,$(PREFIX)/etc)
CHROMIUMDIR   ?= $(DATADIR)/chromium/extensions
FIREFOXDIR    ?= $(DATADIR)/mozilla/extensions/{ec8030f7-c20a-464f-9b0e-13a3a9e97384}
CHROMIUMHOSTS ?= $(SYSCONFDIR)/chromium/native-messaging-hosts
FIREFOXHOSTS  ?= $(PREFIX)/lib/mozilla/native-messaging-hosts
FIREFOXPREFS  ?= $(SYSCONFDIR)/firefox-esr

# VARIANT=asan builds with AddressSanitizer and UBSan, apart from the plain build.
VARIANT ?= plain
BUILD   := build/$(VARIANT)

# --- what each program is made of ------------------------------------------------------------------

COMMON := array buffer digest elapsed file host-name log sock-diag table time url-pattern uuid

CORE := event tag identity state state-json streak commitment quota judge rules \
        url url-index page-pattern shape catalogue catalogue-hosts catalogue-platforms catalogue-sites profile \
        text markup word automaton spelling matcher phone phone-index holding client-hello touches \
        snapshot held utf8 hours review title

NUDGE := nudge nudge-texts digest notifier opener support-person unsent

# in front of the notification server
GATE := gate probe servers wiring process transient

DAEMON := main \
          bus manager-bus person-bus ledger-bus review-bus support-bus regime-bus holds-bus bus-util \
          manager parts/clock parts/layers parts/encounters parts/enforcement parts/notifications promise-clock \
          people changes records regime readings visits hints holds passes ledger refusal \
          store rules-file kept pictures sensors/spool enforcer-client enforcer-plan addresses key \
          sensors/sinkhole sensors/sinkhole-http sensors/sinkhole-request sensors/sinkhole-tls \
          sensors/titles sensors/titles-x11 sensors/titles-sway sensors/sway-message sensors/window-browser \
          sensors/browser-settings sensors/firefox-settings sensors/chromium-settings \
          sensors/settings-file sensors/firefox-prefs sensors/guards sensors/process-age \
          own-words pause-page pause-template policies leaks sensors/notification-monitor responders/sweeper \
          $(addprefix gate/,$(GATE)) \
          sensors/clock-set sensors/history sensors/browser-profiles sensors/history-copy sensors/history-rows sensors/folder-watch \
          $(addprefix responders/,$(NUDGE))

CLI := main \
       commands/begin commands/people commands/record commands/status commands/lists \
       commands/support commands/regime commands/limited commands/holds commands/browsers commands/policies commands/doctor \
       commands/report report/page report/calendar report/charts report/html report/style \
       $(addprefix client/,call people daemon regime ledger held support) \
       command shapes connector evidence opener output printable

# root's program: its own folder and common/, and nothing else
ENFORCER := main \
            enforcer-bus network-bus call polkit \
            enforcer \
            hosts hosts-file lease lease-file listen policy policy-file

# between the notification server and the bus
RELAY := main \
         server link filter parcel sasl wire notification address \
         name-gate takeover shell shell-call clients dbus-loop \
         keeper spooler rules-watch

# the browsers' child, between the extension and the daemon
WEBEXT := main bridge message browser

PROGRAMS := $(BUILD)/nocontactd $(BUILD)/nocontact $(BUILD)/nocontact-relay $(BUILD)/nocontact-webext-host $(if $(wildcard src/enforcer/main.c),$(BUILD)/nocontact-enforcer)

# --- tools and flags -------------------------------------------------------------------------------

CC         ?= cc
PKG_CONFIG ?= pkg-config

WARNINGS := -Wall -Wextra -Werror -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes \
            -Wmissing-prototypes -Wold-style-definition -Wformat=2 -Wpointer-arith -Wcast-align \
            -Wwrite-strings -Wundef -Wvla -Wimplicit-fallthrough -Wnull-dereference

CFLAGS   ?= -O2 -g
# fortify and stack protector need optimisation; a sanitizer does their work better
HARDEN   := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
HARDENLD := -pie -Wl,-z,relro,-z,now
ifeq ($(VARIANT),asan)
CFLAGS   := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
HARDEN   := -fPIE
HARDENLD := -pie -fsanitize=address,undefined
endif

PKGS_DAEMON := libsystemd sqlite3 libutf8proc libidn2 jansson libmicrohttpd libcrypt nettle dbus-1 xcb
PKGS_CLI    := libsystemd jansson nettle
PKGS_ENFORCER := libsystemd
# what core/ needs besides, and libdbus, which takes messages apart
PKGS_RELAY  := libsystemd dbus-1 libutf8proc libidn2 jansson
PKGS_WEBEXT := libsystemd jansson
PKGS_TEST   := cmocka $(PKGS_DAEMON)

# asked once each, and not at all by targets such as `help` and `deps`
pkg = $(if $(1),$(shell $(PKG_CONFIG) $(2) $(1)))
CFLAGS_PKGS = $(eval CFLAGS_PKGS := $(call pkg,$(PKGS_DAEMON),--cflags))$(CFLAGS_PKGS)
CFLAGS_RELAY = $(eval CFLAGS_RELAY := $(call pkg,$(PKGS_RELAY),--cflags))$(CFLAGS_RELAY)
CFLAGS_TEST = $(eval CFLAGS_TEST := $(call pkg,$(PKGS_TEST),--cflags))$(CFLAGS_TEST)
LIBS_DAEMON = $(eval LIBS_DAEMON := $(call pkg,$(PKGS_DAEMON),--libs) -lm)$(LIBS_DAEMON)
LIBS_ENFORCER = $(eval LIBS_ENFORCER := $(call pkg,$(PKGS_ENFORCER),--libs))$(LIBS_ENFORCER)
LIBS_RELAY  = $(eval LIBS_RELAY := $(call pkg,$(PKGS_RELAY),--libs) -lm)$(LIBS_RELAY)
LIBS_WEBEXT = $(eval LIBS_WEBEXT := $(call pkg,$(PKGS_WEBEXT),--libs))$(LIBS_WEBEXT)
LIBS_CLI    = $(eval LIBS_CLI := $(call pkg,$(PKGS_CLI),--libs) -lm)$(LIBS_CLI)
LIBS_TEST   = $(eval LIBS_TEST := $(call pkg,$(PKGS_TEST),--libs) -lm)$(LIBS_TEST)

ALL_CPPFLAGS = -Isrc -Iinclude -D_GNU_SOURCE -DNOCONTACT_VERSION='"$(VERSION)"' $(CPPFLAGS)
ALL_CFLAGS   = -std=gnu17 $(WARNINGS) $(HARDEN) $(CFLAGS) $(CFLAGS_PKGS)
ALL_LDFLAGS  = $(HARDENLD) -Wl,--as-needed $(LDFLAGS)

# `make V=1` shows the commands
Q   := $(if $(V),,@)
say  = $(if $(V),,@echo "  $(1) $(patsubst $(BUILD)/%,%,$@)")

objects = $(patsubst %,$(BUILD)/$(1)/%.o,$(2))

# --- build -----------------------------------------------------------------------------------------

.DEFAULT_GOAL := all
.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: all
all: $(PROGRAMS) ## build every program

have = $(foreach m,$(2),$(if $(wildcard src/$(1)/$(m).c),$(m)))
$(BUILD)/libcommon.a: $(call objects,common,$(call have,common,$(COMMON)))
$(BUILD)/libcore.a: $(call objects,core,$(call have,core,$(CORE)))
$(BUILD)/lib%.a:
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/nocontactd: $(call objects,daemon,$(call have,daemon,$(DAEMON))) $(BUILD)/libcore.a $(BUILD)/libcommon.a
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_DAEMON)

$(BUILD)/nocontact: $(call objects,cli,$(CLI)) $(BUILD)/libcommon.a
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_CLI)

$(BUILD)/nocontact-enforcer: $(call objects,enforcer,$(ENFORCER)) $(BUILD)/libcommon.a
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_ENFORCER)

$(BUILD)/nocontact-relay: $(call objects,relay,$(RELAY)) $(BUILD)/libcore.a $(BUILD)/libcommon.a
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_RELAY)

$(BUILD)/nocontact-webext-host: $(call objects,webext,$(WEBEXT)) $(BUILD)/libcommon.a
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_WEBEXT)

# the sinkhole's page is the extension's
$(BUILD)/daemon/pause-template.o: contrib/webext/pause.html contrib/webext/pause.css

$(BUILD)/relay/%.o: src/relay/%.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(CFLAGS_RELAY) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: src/%.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# A test links its subject: the archives give it no more than what it calls. Subjects above core/ are
# named here, one line each.
$(BUILD)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CPPFLAGS) -Itests $(ALL_CFLAGS) $(CFLAGS_TEST) -MMD -MP -c -o $@ $<

# tools are no tests: they build with what the programs need
$(BUILD)/tests/tools/%.o: tests/tools/%.c
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CPPFLAGS) -Itests $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test-*.c))

$(BUILD)/tests/unit/test-store: $(call objects,daemon,store)
$(BUILD)/tests/unit/test-store-faults: $(call objects,daemon,store)
$(BUILD)/tests/unit/test-ledger: $(call objects,daemon,ledger store)
$(BUILD)/tests/unit/test-people: $(call objects,daemon,people changes refusal ledger store)
$(BUILD)/tests/unit/test-people-promise: $(call objects,daemon,people changes refusal ledger store)
$(BUILD)/tests/unit/test-people-hours: $(call objects,daemon,people changes refusal ledger store)
$(BUILD)/tests/unit/test-key: $(call objects,daemon,key)
$(BUILD)/tests/unit/test-promise-clock: $(call objects,daemon,promise-clock)
$(BUILD)/tests/unit/test-regime $(BUILD)/tests/unit/test-regime-properties: $(call objects,daemon,regime key people changes refusal ledger store)
$(BUILD)/tests/unit/test-regime-properties: $(call objects,daemon,passes holds records)
$(BUILD)/tests/unit/test-records: $(call objects,daemon,records refusal ledger store)
$(BUILD)/tests/unit/test-visits $(BUILD)/tests/unit/test-visits-properties: $(call objects,daemon,visits records refusal ledger store)
$(BUILD)/tests/unit/test-rules-file: $(call objects,daemon,rules-file)
$(BUILD)/tests/unit/test-holds: $(call objects,daemon,holds refusal ledger store)
$(BUILD)/tests/unit/test-passes: $(call objects,daemon,passes holds records changes refusal ledger store)
$(BUILD)/tests/unit/test-kept: $(call objects,daemon,kept pictures)
$(BUILD)/tests/unit/test-spool: $(call objects,daemon/sensors,spool folder-watch)
$(BUILD)/tests/unit/test-wiring: $(call objects,daemon/gate,wiring servers)
TITLES := $(call objects,daemon/sensors,titles titles-x11 titles-sway sway-message window-browser)
$(BUILD)/tests/unit/test-titles: $(TITLES)
$(BUILD)/tests/unit/test-sway-message: $(call objects,daemon/sensors,sway-message)
$(BUILD)/tests/unit/test-hints: $(call objects,daemon,hints)
$(BUILD)/tests/unit/test-policies: $(call objects,daemon,policies)
$(BUILD)/tests/unit/test-process-age: $(call objects,daemon/sensors,process-age)
$(BUILD)/tests/unit/test-leaks: $(call objects,daemon,leaks)
HISTORY := $(call objects,daemon/sensors,history browser-profiles history-copy history-rows folder-watch)
$(BUILD)/tests/unit/test-history: $(HISTORY)
$(BUILD)/tests/unit/test-history-copy: $(call objects,daemon/sensors,history-copy)
$(BUILD)/tests/unit/test-history-rows: $(call objects,daemon/sensors,history-rows)
$(BUILD)/tests/unit/test-history $(BUILD)/tests/unit/test-history-copy $(BUILD)/tests/unit/test-history-rows: $(BUILD)/tests/unit/browser-db.o
$(BUILD)/tests/tools/history-watch: $(HISTORY)
$(BUILD)/tests/tools/history-bench: $(HISTORY) $(BUILD)/tests/unit/browser-db.o
$(BUILD)/tests/unit/test-browser-profiles: $(call objects,daemon/sensors,browser-profiles)
SETTINGS := browser-settings firefox-settings chromium-settings settings-file firefox-prefs
$(BUILD)/tests/unit/test-browser-settings: $(call objects,daemon/sensors,$(SETTINGS) browser-profiles)
$(BUILD)/tests/unit/test-firefox-prefs: $(call objects,daemon/sensors,firefox-prefs)
SINKHOLE := $(call objects,daemon/sensors,sinkhole sinkhole-http sinkhole-request sinkhole-tls)
$(BUILD)/tests/unit/test-sinkhole: $(SINKHOLE) $(call objects,daemon,pause-page pause-template)
$(BUILD)/tests/unit/test-pause-page: $(call objects,daemon,pause-page pause-template)
$(BUILD)/tests/unit/test-own-words: $(call objects,daemon,own-words pause-page pause-template ledger store)
$(BUILD)/tests/unit/test-enforcer: $(call objects,enforcer,enforcer hosts hosts-file lease lease-file policy policy-file)
$(BUILD)/tests/unit/test-policy: $(call objects,enforcer,policy)
$(BUILD)/tests/unit/test-policy-file $(BUILD)/tests/tools/policy-apply: $(call objects,enforcer,policy policy-file)
$(BUILD)/tests/unit/test-evidence: $(call objects,cli,evidence)
$(BUILD)/tests/unit/test-connector: $(call objects,cli,connector)
$(BUILD)/tests/unit/test-report-page: $(call objects,cli,report/page report/calendar report/charts report/html report/style output printable)
$(BUILD)/tests/unit/test-printable: $(call objects,cli,printable)
HOSTS_FILE := $(call objects,enforcer,hosts hosts-file)
$(BUILD)/tests/unit/test-hosts: $(call objects,enforcer,hosts)
$(BUILD)/tests/unit/test-lease $(BUILD)/tests/unit/test-lease-clock: $(call objects,enforcer,lease)
$(BUILD)/tests/unit/test-lease-file: $(call objects,enforcer,lease lease-file)
$(BUILD)/tests/unit/test-catalogue: | $(BUILD)/webext/sites.js $(BUILD)/webext/manifest.firefox.json
$(BUILD)/tests/unit/test-hosts-file $(BUILD)/tests/tools/hosts-apply $(BUILD)/tests/bench/bench-hosts: $(HOSTS_FILE)
$(BUILD)/tests/unit/test-addresses: $(call objects,daemon,addresses) $(BUILD)/tests/unit/alone.o
$(BUILD)/tests/unit/test-enforcer-plan: $(call objects,daemon,enforcer-plan) $(call objects,enforcer,lease)

$(BUILD)/tests/unit/test-message: $(call objects,webext,message)
$(BUILD)/tests/unit/test-browser: $(call objects,webext,browser)

KEEPER := $(call objects,relay,keeper spooler)
$(BUILD)/tests/unit/test-spooler $(BUILD)/tests/tools/spool-put: $(call objects,relay,spooler)
$(BUILD)/tests/unit/test-keeper: $(KEEPER)
$(BUILD)/tests/unit/test-wire: $(call objects,relay,wire)
$(BUILD)/tests/unit/test-sasl: $(call objects,relay,sasl)
$(BUILD)/tests/unit/test-address: $(call objects,relay,address)
$(BUILD)/tests/unit/test-notification: $(call objects,relay,notification wire)
$(BUILD)/tests/unit/test-rules-watch: $(call objects,relay,rules-watch)
$(BUILD)/tests/unit/test-clients: $(call objects,relay,clients)
$(BUILD)/tests/unit/test-shell-call: $(call objects,relay,shell-call)
FILTER := $(call objects,relay,filter parcel sasl wire notification)
$(BUILD)/tests/unit/test-filter: $(FILTER)
$(BUILD)/tests/unit/test-link: $(FILTER) $(call objects,relay,link)

$(BUILD)/tests/unit/test-nudge $(BUILD)/tests/tools/nudge-show $(BUILD)/tests/tools/nudge-open: $(call objects,daemon/responders,$(NUDGE))

$(BUILD)/tests/tools/ledger-story $(BUILD)/tests/tools/profiles-add: $(call objects,daemon,ledger store)
$(BUILD)/tests/tools/lease-age: $(call objects,enforcer,lease lease-file)
$(BUILD)/tests/tools/%: $(BUILD)/tests/tools/%.o $(BUILD)/libcore.a $(BUILD)/libcommon.a
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS_DAEMON)

# preloaded into a program, so that no sanitizer is linked into it
$(BUILD)/tests/tools/%.so: tests/tools/%.c
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(ALL_CPPFLAGS) -std=gnu17 $(WARNINGS) -O2 -fPIC -shared -o $@ $<

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/libcore.a $(BUILD)/libcommon.a
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS_TEST)

$(BUILD)/tests/bus/test-kill: $(BUILD)/tests/unit/browser-db.o
$(BUILD)/tests/bus/test-kill-holds: $(BUILD)/libcore.a
$(BUILD)/tests/bus/test-enforcer-client: $(call objects,daemon,enforcer-client enforcer-plan addresses) \
	$(call objects,enforcer,lease lease-file) $(BUILD)/tests/unit/alone.o $(BUILD)/libcore.a | $(BUILD)/nocontact-enforcer
$(BUILD)/tests/bus/test-relay: $(BUILD)/tests/bus/relay-fixture.o $(call objects,relay,wire) $(BUILD)/libcore.a | $(BUILD)/nocontact-relay
$(BUILD)/tests/bus/test-webext-host: $(call objects,webext,message) | $(BUILD)/nocontact-webext-host
$(BUILD)/tests/bus/test-name-gate: $(BUILD)/tests/bus/relay-fixture.o $(BUILD)/libcore.a | $(BUILD)/nocontact-relay
# tests on the bus share a session of their own
$(BUILD)/tests/bus/test-%: $(BUILD)/tests/bus/test-%.o $(BUILD)/tests/bus/session.o $(BUILD)/libcommon.a
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS_TEST)

BENCHES := $(patsubst tests/bench/%.c,$(BUILD)/tests/bench/%,$(wildcard tests/bench/bench-*.c))

$(BUILD)/tests/bench/bench-visit $(BUILD)/tests/bench/bench-hold $(BUILD)/tests/bench/bench-match: $(BUILD)/tests/bench/series.o
$(BUILD)/tests/bench/bench-match: BENCH_LIBS := -lpcre2-8
$(BUILD)/tests/bench/bench-hold: $(BUILD)/tests/bus/session.o
$(BUILD)/tests/bench/bench-visit: $(BUILD)/tests/bus/session.o $(BUILD)/tests/unit/browser-db.o
$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o $(BUILD)/libcore.a $(BUILD)/libcommon.a
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS_TEST) $(BENCH_LIBS)

-include $(shell find $(BUILD) -name '*.d' -type f 2>/dev/null)

TEST_TOOLS := $(addprefix $(BUILD)/tests/tools/,catalogue-urls json-check ledger-age ledger-story lease-age nudge-show nudge-open history-watch wall-clock.so \
              notify-null notify-rules notify-send-many screen-witness browser-drive profiles-add url-match)

include tests/tests.mk

# --- install ---------------------------------------------------------------------------------------

# made anew each time: they hold where the programs go, which the command line may change
.PHONY: FORCE
FORCE:

fill = mkdir -p $(@D) && sed 's|@BINDIR@|$(BINDIR)|g; s|@LIBEXECDIR@|$(LIBEXECDIR)|g' $< > $@

$(BUILD)/%.service: systemd/%.service.in FORCE
	$(call say,GEN)
	$(Q)$(fill)

$(BUILD)/%.conf: systemd/%.conf.in FORCE
	$(call say,GEN)
	$(Q)$(fill)

$(BUILD)/dbus/%.service: dbus/%.service.in FORCE
	$(call say,GEN)
	$(Q)$(fill)

USER_UNITS := $(addprefix $(BUILD)/,nocontactd.service nocontact-relay.service nocontact-name-gate.service)
ACTIVATE := $(BUILD)/dbus/org.nocontact.Daemon1.service
INSTALL  ?= install

# root's program, its units and what the system bus and polkit read
ROOT_PROGRAM  := $(filter %/nocontact-enforcer,$(PROGRAMS))
RELAY_PROGRAM := $(filter %/nocontact-relay,$(PROGRAMS))
# what the user's other programs start
HELPERS       := $(RELAY_PROGRAM) $(filter %/nocontact-webext-host,$(PROGRAMS))
USER_PROGRAMS := $(filter-out $(ROOT_PROGRAM) $(HELPERS),$(PROGRAMS))
ROOT_UNITS    := $(addprefix $(BUILD)/nocontact-enforcer,.service -reconcile.service -network.service)
# those of them that write the hosts file
ROOT_WRITERS  := nocontact-enforcer.service nocontact-enforcer-reconcile.service
ROOT_SANDBOX  := $(BUILD)/nocontact-.service.d/sandbox.conf
ROOT_WATCHERS := systemd/nocontact-enforcer.path systemd/nocontact-enforcer-policies.path systemd/nocontact-enforcer.timer
ROOT_ACTIVATE := $(addprefix $(BUILD)/dbus/org.nocontact.Enforcer,1.service Network1.service)

# one source, and a manifest for each family of browsers
EXTENSION      := $(addprefix contrib/webext/,background.js browser.js host.js visits.js scripts.js cover.js only-sites.js \
                  exposure.js pause.html pause.css pause.js icon.svg icon-48.png icon-128.png)
EXTENSION_DIRS := $(CHROMIUMDIR)/nocontact $(FIREFOXDIR)/nocontact@nocontact.org
SITES          := $(BUILD)/webext/sites.js
FIREFOX_MANIFEST := $(BUILD)/webext/manifest.firefox.json
HOST_MANIFESTS := $(BUILD)/webext/host.chromium.json $(BUILD)/webext/host.firefox.json

# "instagram.com", "google.*" for any ending, "invidious" for a word in any name
sites = sed -n 's/^ *{"\([^"]*\)", .*/\1/p' src/core/catalogue-hosts.c

# the extension asks about pages of the catalogue's sites
$(SITES): contrib/webext/sites.js.in src/core/catalogue-hosts.c
	$(call say,GEN)
	$(Q)mkdir -p $(@D)
	$(Q)list=$$($(sites) | paste -s -d " ") && sed "s/@SITES@/$$list/" $< >$@

# and in Firefox only those with a name in full hold a script of it from the start: whatever is in the manifest
# costs each page that has a process of its own
$(FIREFOX_MANIFEST): contrib/webext/manifest.firefox.json.in src/core/catalogue-hosts.c
	$(call say,GEN)
	$(Q)mkdir -p $(@D)
	$(Q)list=$$($(sites) | sed -n '/\.[^*]/s|.*|"*://*.&/*"|p' | paste -s -d ,) && sed "s|@SITES@|$$list|" $< >$@

$(BUILD)/webext/%.json: contrib/webext/%.json.in FORCE
	$(call say,GEN)
	$(Q)$(fill)

.PHONY: install
install: all $(USER_UNITS) $(ACTIVATE) install-enforcer install-extension ## install below PREFIX (and DESTDIR)
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(USERUNITDIR) $(DESTDIR)$(DBUSDIR) \
		$(DESTDIR)$(DATADIR)/dbus-1/interfaces $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man5 \
		$(DESTDIR)$(MANDIR)/man8 $(DESTDIR)$(DATADIR)/bash-completion/completions \
		$(DESTDIR)$(DATADIR)/zsh/site-functions $(DESTDIR)$(DATADIR)/fish/vendor_completions.d
	$(INSTALL) -m 0755 $(USER_PROGRAMS) $(DESTDIR)$(BINDIR)
	$(INSTALL) -m 0755 $(HELPERS) $(DESTDIR)$(LIBEXECDIR)
	$(INSTALL) -m 0644 $(USER_UNITS) $(DESTDIR)$(USERUNITDIR)
	$(INSTALL) -m 0644 $(ACTIVATE) $(DESTDIR)$(DBUSDIR)
	$(INSTALL) -m 0644 dbus/*.xml $(DESTDIR)$(DATADIR)/dbus-1/interfaces
	$(INSTALL) -m 0644 contrib/man/*.1 $(DESTDIR)$(MANDIR)/man1
	$(INSTALL) -m 0644 contrib/man/*.5 $(DESTDIR)$(MANDIR)/man5
	$(INSTALL) -m 0644 contrib/man/*.8 $(DESTDIR)$(MANDIR)/man8
	$(INSTALL) -m 0644 contrib/completions/nocontact.bash \
		$(DESTDIR)$(DATADIR)/bash-completion/completions/nocontact
	$(INSTALL) -m 0644 contrib/completions/_nocontact $(DESTDIR)$(DATADIR)/zsh/site-functions
	$(INSTALL) -m 0644 contrib/completions/nocontact.fish $(DESTDIR)$(DATADIR)/fish/vendor_completions.d

.PHONY: install-extension
install-extension: $(HOST_MANIFESTS) $(SITES) $(FIREFOX_MANIFEST)
	for dir in $(foreach d,$(EXTENSION_DIRS),'$(DESTDIR)$(d)'); do \
		$(INSTALL) -d "$$dir" && $(INSTALL) -m 0644 $(EXTENSION) $(SITES) "$$dir" || exit; \
	done
	$(INSTALL) -m 0644 contrib/webext/manifest.json '$(DESTDIR)$(CHROMIUMDIR)/nocontact/manifest.json'
	$(INSTALL) -m 0644 $(FIREFOX_MANIFEST) \
		'$(DESTDIR)$(FIREFOXDIR)/nocontact@nocontact.org/manifest.json'
	$(INSTALL) -D -m 0644 $(BUILD)/webext/host.chromium.json $(DESTDIR)$(CHROMIUMHOSTS)/org.nocontact.host.json
	$(INSTALL) -D -m 0644 $(BUILD)/webext/host.firefox.json $(DESTDIR)$(FIREFOXHOSTS)/org.nocontact.host.json
	$(INSTALL) -D -m 0644 contrib/webext/firefox-prefs.js $(DESTDIR)$(FIREFOXPREFS)/nocontact.js

.PHONY: install-enforcer
install-enforcer: $(ROOT_PROGRAM) $(ROOT_UNITS) $(ROOT_SANDBOX) $(ROOT_ACTIVATE)
	$(INSTALL) -d $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(SYSTEMUNITDIR)/nocontact-.service.d \
		$(DESTDIR)$(SYSTEMBUSDIR) $(DESTDIR)$(BUSPOLICYDIR) $(DESTDIR)$(POLKITDIR)
	$(INSTALL) -m 0755 $(ROOT_PROGRAM) $(DESTDIR)$(LIBEXECDIR)
	$(INSTALL) -m 0644 $(ROOT_UNITS) $(ROOT_WATCHERS) $(DESTDIR)$(SYSTEMUNITDIR)
	$(INSTALL) -m 0644 $(ROOT_SANDBOX) $(DESTDIR)$(SYSTEMUNITDIR)/nocontact-.service.d
	for unit in $(ROOT_WRITERS); do \
		$(INSTALL) -D -m 0644 systemd/files.conf $(DESTDIR)$(SYSTEMUNITDIR)/$$unit.d/files.conf || exit; \
	done
	$(INSTALL) -m 0644 $(ROOT_ACTIVATE) $(DESTDIR)$(SYSTEMBUSDIR)
	$(INSTALL) -m 0644 dbus/org.nocontact.Enforcer1.conf $(DESTDIR)$(BUSPOLICYDIR)
	$(INSTALL) -m 0644 dbus/org.nocontact.enforcer.policy $(DESTDIR)$(POLKITDIR)

.PHONY: uninstall
uninstall: ## remove what install put there; the ledger stays
	rm -f $(patsubst $(BUILD)/%,$(DESTDIR)$(BINDIR)/%,$(USER_PROGRAMS)) \
		$(patsubst $(BUILD)/%,$(DESTDIR)$(LIBEXECDIR)/%,$(ROOT_PROGRAM) $(HELPERS)) \
		$(addprefix $(DESTDIR)$(SYSTEMUNITDIR)/,$(notdir $(ROOT_UNITS) $(ROOT_WATCHERS)) nocontact-.service.d/sandbox.conf $(addsuffix .d/files.conf,$(ROOT_WRITERS))) \
		$(addprefix $(DESTDIR)$(SYSTEMBUSDIR)/,$(notdir $(ROOT_ACTIVATE))) \
		$(DESTDIR)$(BUSPOLICYDIR)/org.nocontact.Enforcer1.conf \
		$(DESTDIR)$(POLKITDIR)/org.nocontact.enforcer.policy \
		$(addprefix $(DESTDIR)$(USERUNITDIR)/,$(notdir $(USER_UNITS))) $(DESTDIR)$(DBUSDIR)/org.nocontact.Daemon1.service \
		$(patsubst dbus/%,$(DESTDIR)$(DATADIR)/dbus-1/interfaces/%,$(wildcard dbus/*.xml)) \
		$(foreach n,1 5 8,$(patsubst contrib/man/%,$(DESTDIR)$(MANDIR)/man$(n)/%,$(wildcard contrib/man/*.$(n)))) \
		$(DESTDIR)$(DATADIR)/bash-completion/completions/nocontact \
		$(DESTDIR)$(DATADIR)/zsh/site-functions/_nocontact \
		$(DESTDIR)$(DATADIR)/fish/vendor_completions.d/nocontact.fish \
		$(DESTDIR)$(CHROMIUMHOSTS)/org.nocontact.host.json $(DESTDIR)$(FIREFOXHOSTS)/org.nocontact.host.json \
		$(DESTDIR)$(FIREFOXPREFS)/nocontact.js
	rm -rf $(foreach d,$(EXTENSION_DIRS),'$(DESTDIR)$(d)')

# A Debian package of what `make install` puts; DEBDIR says where.
DEBDIR ?= build

.PHONY: deb
deb: all ## one Debian package, nocontact_VERSION_ARCH.deb, in build/
	$(Q)stage=$$(mktemp -d) && trap 'rm -rf "$$stage"' EXIT && \
		$(MAKE) --no-print-directory install DESTDIR="$$stage" PREFIX=/usr >/dev/null && \
		contrib/packaging/deb/build "$$stage" $(VERSION) $(DEBDIR)

.PHONY: clean
clean: ## remove everything that was built
	rm -rf build

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
