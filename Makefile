# make run · make test · make check · make bench · make soak · make fuzz: each does its own set-up.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# uv: the one on PATH, else one of our own in .tools/, so that a fresh machine needs Python and nothing else.
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := $(UV) run --no-sync
CRATE := postroom/extractor
SHADOW := build/shadow
# The default sizes of the shadow set are 95 MB, 500 MB and 2 GB; a run divides them unless FULL=1.
DIVIDE := $(if $(FULL),1,20)

.PHONY: help setup system-packages run run-postgres test soak check format bench fuzz docs clean

help: ## what each target does
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

.tools/bin/uv:
	python3 -m venv .tools
	.tools/bin/python -m pip install --quiet 'uv>=0.9'

setup: $(if $(findstring .tools,$(UV)),.tools/bin/uv) ## Python environment and the two Rust programs
	@command -v cargo >/dev/null || { \
	  echo "cargo is missing: the extractor is a Rust program and is built here."; \
	  echo "  help: install Rust 1.89 or newer (https://rustup.rs, or your system's package 'cargo'), then repeat."; \
	  exit 3; }
	$(UV) sync --all-packages --quiet

system-packages: ## Debian packages that some tests need, where we may install them
	@bash tests/system-packages.sh

run: setup ## the mail service cut over from v1 to v2, compressed; or PST=file.pst … through both, one GO or NO-GO
ifdef PST
	$(RUN) postroom shadow $(PST) --home $(SHADOW)
else
	$(RUN) python runbooks/pst_v2/demo.py --folder build/run --divide $(DIVIDE)
endif

run-postgres: setup ## a source moved from SQLite to PostgreSQL under writes, compressed; FAULT=carry goes back by itself (exit 4)
	$(RUN) python runbooks/postgres_primary/demo.py --folder build/postgres $(if $(FAULT),--fault $(FAULT))

test: setup system-packages ## every test, with the long ones at a tenth of their counts
	cd $(CRATE) && cargo test --quiet
	$(RUN) pytest -n 2

soak: setup system-packages ## the same tests with their full counts
	cd $(CRATE) && SOAK=1 cargo test --quiet --release
	SOAK=1 $(RUN) pytest -n 2

check: setup ## formatters, linters, types, imports, pages
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(RUN) pyright --warnings
	$(RUN) lint-imports
	NO_MKDOCS_2_WARNING=1 $(RUN) mkdocs build --strict --quiet
	cd $(CRATE) && cargo fmt --check && cargo clippy --quiet --all-targets -- -D warnings

format: setup ## let the formatters write
	$(RUN) ruff format .
	$(RUN) ruff check --fix .
	cd $(CRATE) && cargo fmt

bench: setup ## our ratios beside our peers, printed and written to bench/results/
	@bash tests/system-packages.sh bench
	$(RUN) python bench/run.py

fuzz: setup ## coverage-guided fuzzing of every layer of the extractor
	bash $(CRATE)/fuzz/run.sh

docs: setup ## the pages as a site, strict
	$(RUN) mkdocs build --strict

clean: ## drop what was built, keep the environment
	rm -rf build site
