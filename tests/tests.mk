# The test suites. `tests/run` runs what it is given, counts TAP lines and closes with one figure.

.PHONY: check-unit
check-unit: $(UNIT_TESTS) ## unit and property tests of each module
	tests/run $(UNIT_TESTS)
