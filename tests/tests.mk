# The test suites. `tests/run` runs what it is given, counts TAP lines and closes with one figure.

.PHONY: check-unit
check-unit: $(UNIT_TESTS) ## unit and property tests of each module
	tests/run $(UNIT_TESTS)

# Real browsers on a virtual screen; see tests/browser/lab.sh. LAB_OUTPUT keeps screenshots and logs.
.PHONY: check-browser
check-browser: $(PROGRAMS) ## real Firefox and Chromium visit pages; the nudge is seen on the screen
	NOCONTACT_BUILD=$(BUILD) tests/run -t 1800 $(sort $(wildcard tests/browser/test-*.sh))

# Debian, booted with systemd as its first process; see tests/system/boot.sh. Needs root.
.PHONY: check-system
check-system: $(PROGRAMS) ## an installed nocontact in a booted Debian with systemd
	tests/run -t 1800 $(sort $(wildcard tests/system/test-*.sh))
