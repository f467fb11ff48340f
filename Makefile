# The few commands of daily work. `make` alone lists them.

swift := scripts/swift
folders := $(wildcard Sources Tests Benchmarks Package.swift)

.DEFAULT_GOAL := help
.PHONY: help deps build release test lint format demo bench clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s  %s\n", $$1, $$2 }' Makefile

deps: ## install what is missing: DuckDB, libpq, ncurses, SQLite, PostgreSQL, tmux
	@scripts/install-dependencies

build: deps ## build everything, for debugging
	@scripts/timed build $(swift) build

release: deps ## build weir as it is to be used, in .build/release/weir
	@scripts/timed release $(swift) build -c release --product weir

lint: ## check that the code is formatted as swift format leaves it
	@scripts/timed lint $(swift) format lint --strict --parallel -r $(folders) || \
	  { echo "lint: 'make format' formats the code" >&2; exit 1; }

format: ## format the code in place
	@$(swift) format -i --parallel -r $(folders)

# So many tests run side by side: enough to keep two cores busy, and few enough that none waits
# past its limits.
tests_at_once := 12

# The last line is the summary of swift test, with its own time.
test: deps lint ## check the format, build, and run every test
	@scripts/timed 'build of the tests' $(swift) build --build-tests
	@SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=$(tests_at_once) \
	  $(swift) test --skip-build --disable-xctest

demo: release ## run the demo: full screen on a terminal, else 15 seconds and a report
	@if [ -t 0 ] && [ -t 1 ]; then \
	  exec .build/release/weir demo; \
	else \
	  exec .build/release/weir demo --headless --seconds 15 --size 120x40 --format text; \
	fi

bench: release ## measure Weir beside its peers
	@Benchmarks/run

clean: ## remove what was built; what was installed stays
	@rm -rf .build
