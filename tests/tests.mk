# The test suites. `tests/run` runs what it is given, counts TAP lines and closes with one figure; `make
# check` adds the figures of all suites up.

.PHONY: check
check: ## install what is missing, build, run every suite; closes with "N passed, N failed"
	tests/check-all

.PHONY: check-house
check-house: ## floors, style, scripts and manual pages
	tests/run tests/check-layers tests/check-style tests/check-docs

.PHONY: check-layers
check-layers: ## the floors of the house, by include paths
	tests/run tests/check-layers

.PHONY: check-unit
check-unit: $(UNIT_TESTS) $(BUILD)/tests/tools/hosts-apply $(BUILD)/tests/tools/policy-apply $(BUILD)/tests/tools/spool-put ## unit and property tests of each module
	NOCONTACT_BUILD=$(BUILD) tests/run $(UNIT_TESTS) $(sort $(wildcard tests/unit/test-*.sh))

.PHONY: check-asan
check-asan: ## unit and bus tests under AddressSanitizer and UBSan
	$(MAKE) --no-print-directory VARIANT=asan check-unit check-bus

BUS_TESTS := $(patsubst tests/bus/%.c,$(BUILD)/tests/bus/%,$(wildcard tests/bus/test-*.c))

# Those that are quick there; ASan has them all.
VALGRIND_TESTS := $(filter $(addprefix %/test-,buffer commitment event file identity judge phone \
                  records rules table url uuid),$(UNIT_TESTS))

.PHONY: check-valgrind
check-valgrind: $(PROGRAMS) $(VALGRIND_TESTS) $(BUS_TESTS) ## the daemon and the modules under valgrind
	TESTS_WRAP='valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite' \
		tests/run $(VALGRIND_TESTS)
	NOCONTACT_BUILD=$(BUILD) tests/run tests/check-valgrind

.PHONY: check-tidy
check-tidy: ## clang-tidy finds nothing
	tests/run -t 1800 tests/check-tidy

.PHONY: lint-webext
lint-webext: ## Mozilla's linter finds nothing in the extension; WEB_EXT names it
	WEB_EXT=$(WEB_EXT) tests/run tests/lint-webext

# The real daemon on a real dbus-daemon of the test's own.

.PHONY: check-bus
check-bus: $(PROGRAMS) $(BUS_TESTS) $(TEST_TOOLS) ## daemon and command line on a private bus
	NOCONTACT_BUILD=$(BUILD) tests/run $(BUS_TESTS) $(sort $(wildcard tests/bus/test-*.sh))

# Real notification servers on virtual screens; see tests/desktop/notify-lab.sh. LAB_OUTPUT keeps logs.
.PHONY: check-desktop
check-desktop: $(PROGRAMS) $(TEST_TOOLS) ## the nudge and the gate in real notification servers
	NOCONTACT_BUILD=$(BUILD) tests/run $(sort $(wildcard tests/desktop/test-*.sh))

# Real browsers on a virtual screen; see tests/browser/lab.sh. LAB_OUTPUT keeps screenshots and logs.
.PHONY: check-browser
check-browser: $(PROGRAMS) $(addprefix $(BUILD)/tests/tools/,browser-drive profiles-add catalogue-urls ledger-age) ## real Firefox and Chromium visit pages; the nudge is seen on the screen
	NOCONTACT_BUILD=$(BUILD) tests/run -t 1800 $(sort $(wildcard tests/browser/test-*.sh))

# Debian, booted with systemd as its first process; see tests/system/boot.sh. Needs root.
.PHONY: check-system
check-system: $(PROGRAMS) ## an installed nocontact in a booted Debian with systemd
	NOCONTACT_BUILD=$(BUILD) tests/run -t 1800 $(sort $(wildcard tests/system/test-*.sh))

# --- fuzzing ---------------------------------------------------------------------------------------

# Each target runs over its corpus and then FUZZ_SECONDS more of what libFuzzer makes of it.
FUZZ_SECONDS ?= 12
FUZZERS      := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/fuzz-*.c))
FUZZ_SUBJECTS := $(wildcard src/common/*.c src/core/*.c) src/daemon/pictures.c src/daemon/sensors/browser-profiles.c src/daemon/sensors/firefox-prefs.c src/daemon/sensors/sinkhole-request.c src/daemon/sensors/sway-message.c src/enforcer/hosts.c src/enforcer/lease.c src/webext/message.c $(patsubst %,src/relay/%.c,address filter notification parcel sasl wire)

build/fuzz/%: tests/fuzz/%.c $(FUZZ_SUBJECTS)
	@mkdir -p $(@D)
	$(call say,FUZZ)
	$(Q)clang -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -std=gnu17 \
		$(ALL_CPPFLAGS) $(CFLAGS_PKGS) $(CFLAGS_RELAY) -o $@ $< $(FUZZ_SUBJECTS) $(LIBS_DAEMON) $(LIBS_RELAY)

.PHONY: check-fuzz
check-fuzz: $(FUZZERS) ## fuzz every parser of foreign bytes for FUZZ_SECONDS each
	FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run tests/fuzz/run

# --- timings and the demonstration -----------------------------------------------------------------

.PHONY: bench
bench: ## timings as ratios within one run; decides nothing
	contrib/deps build test
	$(MAKE) --no-print-directory all $(BENCHES) $(TEST_TOOLS)
	NOCONTACT_BUILD=$(BUILD) tests/bench/run

.PHONY: demo
demo: ## the whole story on real browsers; pictures under build/demo/
	contrib/deps build demo
	$(MAKE) --no-print-directory -j2 all $(BUILD)/tests/tools/ledger-age
	NOCONTACT_BUILD=$(BUILD) contrib/demo
