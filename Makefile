# Weir. `make demo` and `make test` are all that most people need; `make help` lists the rest.

SWIFT ?= swift
SOURCES = Package.swift Sources Tests Benchmarks
export PKG_CONFIG_PATH := /usr/local/lib/pkgconfig:$(PKG_CONFIG_PATH)

.PHONY: help deps build release demo test lint format bench clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## Install what is missing (Debian: apt and PyPI; macOS: Homebrew, untested)
	@scripts/install-dependencies

build: deps ## Build for debugging
	$(SWIFT) build

release: deps ## Build the optimised program
	@echo '==> building weir for release'
	$(SWIFT) build -c release --product weir

demo: release ## Run the demo: live in a terminal, headless without one
	@if [ -t 0 ] && [ -t 1 ]; then \
	  exec .build/release/weir demo; \
	else \
	  exec .build/release/weir demo --headless --seconds 15 --size 120x40 --format text; \
	fi

lint: ## Check the formatting
	@echo '==> checking the formatting'
	@$(SWIFT) format lint --strict --recursive --parallel $(SOURCES) || \
	  { echo 'lint: run `make format`'; exit 1; }

format: ## Format the sources in place
	$(SWIFT) format --in-place --recursive --parallel $(SOURCES)

test: deps lint ## Lint, build and run every test
	@echo '==> building the tests'
	$(SWIFT) build --build-tests
	@echo '==> running the tests'
	$(SWIFT) test --skip-build

bench: release ## Measure Weir beside its peers
	Benchmarks/run

clean: ## Remove what was built
	rm -rf .build
