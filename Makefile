# Segmentry. `make demo` shows everything, `make test` proves it. Needs git, make and Python 3.11 to 3.13.
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
SHELL := /bin/bash

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
UV_VERSION := 0.13.9
UV := .uv-bootstrap/bin/uv

# The first interpreter that fits; name another with PYTHON=...
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
PYTHON ?= $(shell for p in python3.12 python3.11 python3.13 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c '$(FITS)' 2>/dev/null && { command -v $$p; break; }; done)

# Options of the demo: make demo SCALE=0.1 SEED=8
SCALE ?= 1
SEED ?= 7
# A rule of a segment that changed since this revision needs a new version
BASE ?= $(shell git rev-parse --quiet --verify HEAD^ || echo HEAD)
# two files at a time, since dbt alone keeps one core busy; in the order of their folders: the long ones first, units fill the rest
PYTEST_ARGS ?= -n 2 --dist loadfile --no-loadscope-reorder
PORT ?= 3000
VIEWER ?=
EXPLORER_PORT ?= 8050

export UV_NO_PROGRESS ?= 1
export UV_PYTHON_DOWNLOADS := never
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export NO_MKDOCS_2_WARNING := 1

.PHONY: spark-up spark-down help dagster explore install demo test test-long lint format lock clean docs docs-build docs-dbt

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1	\2/' | expand -t 18

install: $(INSTALLED) ## Install everything into .venv, from the lock file with its hashes

demo: install ## Make the demo company, build and publish its marts, show the headline figures
	@$(BIN)/segmentry demo --scale $(SCALE) --seed $(SEED)

dagster: install ## Start Dagster on http://127.0.0.1:3000 (PORT=3001; VIEWER=1 for a read-only one)
	@$(BIN)/python -m orchestration.serve --port $(PORT) $(if $(VIEWER),--viewer)

explore: install ## Open the published marts as web pages on http://127.0.0.1:8050 (EXPLORER_PORT=8051)
	@$(BIN)/segmentry explore --port $(EXPLORER_PORT)

test: install ## Run every test (PYTEST_ARGS="-k publish" for some of them)
	@start=$$(date +%s); $(BIN)/python -m pytest $(PYTEST_ARGS); code=$$?; \
	echo "make test: $$(( $$(date +%s) - start )) s, exit code $$code"; exit $$code

test-long: install ## Run the long property and fault runs in full; `make test` runs a small share of each
	SEGMENTRY_LONG_TESTS=1 $(BIN)/python -m pytest -m long $(PYTEST_ARGS)

spark-up: install ## Start a small Spark cluster on loopback for `segmentry build --target spark` (needs Java 17)
	@$(BIN)/segmentry spark up

spark-down: install ## Stop it
	@$(BIN)/segmentry spark down

docs: docs-dbt ## Serve the documentation on http://127.0.0.1:8000
	@$(BIN)/mkdocs serve --dev-addr 127.0.0.1:8000

docs-build: docs-dbt ## Write the documentation to site/; a broken link or a stale reference page fails
	@$(BIN)/python -m segmentry.reference --check
	@$(BIN)/mkdocs build --strict --clean

docs-dbt: install
	@$(BIN)/dbt --quiet parse --target memory --target-path target/docs
	@$(BIN)/dbt --quiet docs generate --static --no-compile --empty-catalog --target memory --target-path target/docs

lint: install ## Check style and types of Python and SQL, and the definitions of segments
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/segmentry definitions compile --check
	$(BIN)/segmentry segments lint --base $(BASE)
	@# two at a time, since each keeps one process busy; a preset's models exist only under their preset
	{ echo sqlfluff lint --processes 1 models/marts; \
		echo sqlfluff lint --processes 1 models/intermediate models/staging models/semantic tests/dbt; \
		for preset in models/staging/*/.sqlfluff; do echo sqlfluff lint --processes 1 --config $$preset $${preset%/*}; done; \
		echo mypy; } | xargs -P 2 -L 1 sh -c '$(BIN)/"$$0" "$$@"'

format: install ## Let ruff and sqlfluff mend what they can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix models tests/dbt

lock: $(UV) ## Resolve the dependencies anew (versions and hashes, no registry addresses)
	$(UV) pip compile --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --all-extras \
		--python-version 3.11 --upgrade --quiet pyproject.toml -o requirements.lock

clean: ## Remove what make installed and what tools left behind; data/ stays
	rm -rf $(VENV) .uv-bootstrap target logs site .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info

define need_python
@if [ -z "$(PYTHON)" ] || ! "$(PYTHON)" -c '$(FITS)'; then echo "Error: no Python 3.11, 3.12 or 3.13 found." >&2; \
	echo "What to do: install one, or name it: make install PYTHON=/path/to/python3.12" >&2; exit 2; fi
endef

$(UV):
	$(need_python)
	@echo "Bootstrapping uv $(UV_VERSION) with $(PYTHON)"
	@$(PYTHON) -m venv .uv-bootstrap || { rm -rf .uv-bootstrap; \
		echo "What to do: install the venv module of this Python (Debian: apt-get install python3-venv)" >&2; exit 2; }
	@.uv-bootstrap/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(INSTALLED): requirements.lock pyproject.toml | $(UV)
	$(need_python)
	@[ -x $(BIN)/python ] || $(UV) venv --quiet --python "$(PYTHON)" $(VENV)
	@echo "Installing the locked packages into $(VENV)"
	@# compiled now, because dbt starts in half the time and a read-only environment may never compile it
	@$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@
