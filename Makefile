# The front door. `make` or `make help` lists what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# The system's own Python first: distributions build theirs optimised by profile, and version managers
# by default do not, which costs a fifth more CPU a page. Another: make PYTHON=…
PYTHON ?= $(shell for one in /usr/bin/python3.11 python3.11 python3; do \
  "$$one" -c 'import ensurepip' 2>/dev/null && echo "$$one" && break; done)
BIN := .venv/bin
STAMP := .venv/.installed
LOCALE := src/doorward/locale
BIND ?= 127.0.0.1:8000
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_WARN_SCRIPT_LOCATION := 1
# What is compiled is kept: the tests start hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list what make can do
	@grep -hE '^[a-z][a-z-]*:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /|/' | awk -F'|' '{printf "  make %-15s %s\n", $$1, $$2}'

# --- what everything else stands on ------------------------------------------------------------------

$(STAMP): requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" \
	  || { echo "Doorward needs Python 3.11 or newer that can make environments (Debian: python3-venv); none was found." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Doorward needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1)." >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@# What is imported is compiled then; all of it beforehand took some twenty seconds, and most of it is never used.
	$(BIN)/python -m pip install --quiet --no-compile --require-hashes -r requirements/dev.txt \
	  || { echo "What requirements/dev.txt names could not be installed: pip says why above." >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv: $(STAMP) ## build the virtual environment from the lock file

# Compiled translations are not committed; they are made wherever they are needed, and only when stale.
CATALOGUES := $(wildcard $(LOCALE)/*/LC_MESSAGES/django.po)
COMPILED := $(CATALOGUES:.po=.mo)
$(COMPILED): %.mo: %.po $(STAMP)
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@ 2>&1 | { grep -v '^compiling catalog' || true; }

.PHONY: ready
ready: $(STAMP) $(COMPILED)

# --- to use it ---------------------------------------------------------------------------------------

.PHONY: demo run code
demo: ready ## a portal full of believable people, on this machine only (BIND=127.0.0.1:8000)
	@exec $(BIN)/doorward demo --bind $(BIND)

run: ready ## the portal on its own data folder, ./doorward-data (BIND=127.0.0.1:8000)
	@exec $(BIN)/doorward run --bind $(BIND)

code: ready ## the current code of a demo administrator: make code EMAIL=… (PORT=… where several demos run)
	@test -n "$(EMAIL)" || { echo "Say whose: make code EMAIL=somebody@example.com" >&2; exit 2; }
	@$(BIN)/doorward demo-code "$(EMAIL)" $(if $(PORT),--port $(PORT))

# --- to work on it -----------------------------------------------------------------------------------

.PHONY: test faults quick fix lint types system-packages
test: system-packages ready ## all that CI checks: lint, types, SQLite, PostgreSQL, browser
	@scripts/test

FAULTS := .venv/.faults
$(FAULTS): requirements/faults.txt $(STAMP)
	@$(BIN)/python -m pip install --quiet --no-compile --require-hashes -r requirements/faults.txt
	@touch $@

faults: system-packages ready $(FAULTS) ## 200 kills with -9 on each database and 40 of the worker amid ticks and mails, 100 power cuts at a start and a change of keys, 20,000 odd requests, 500 slow senders and readers of each kind, the state machine six times as long, 300 rehearsals that come true, each guard taken out once, the version before beside this one, and the rest of what make test shows in short
	@CHROMIUM_WITH_KEYS=$$(scripts/chromium-with-keys) && export CHROMIUM_WITH_KEYS && $(BIN)/pytest -q -m at_length --ignore=tests/faults
	@FAULTS_KILLS=200 FAULTS_CUTS=50 FAULTS_REQUESTS=20000 FAULTS_ROUNDS=30 FAULTS_HELD=500 FAULTS_REHEARSALS=300 FAULTS_MANY_SECONDS=300 FAULTS_MANY_PEOPLE=50 $(BIN)/pytest -q -s tests/faults tests/whole/test_machine.py tests/whole/test_helping.py tests/whole/test_rehearsed.py tests/threats/test_slow_senders.py
	@TEST_DATABASE=postgresql $(BIN)/pytest -q -m 'at_length and both_databases' --ignore=tests/faults
	@FAULTS_KILLS=200 FAULTS_REQUESTS=20000 TEST_DATABASE=postgresql $(BIN)/pytest -q -s tests/faults --ignore=tests/faults/test_guards.py

quick: ready ## seconds: lint, types, core and service tests
	@scripts/quick

lint: ready ## ruff, import-linter, djlint, translations
	@scripts/lint

types: ready ## mypy, strict
	@scripts/types

fix: ready ## put right what the tools can put right
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .
	@$(BIN)/djlint src/doorward --reformat --quiet || true

system-packages:
	@scripts/system-packages

.PHONY: wheel
wheel: $(STAMP) ## what is installed elsewhere, in dist/: the wheel, and the lock that it was tried with
	@scripts/wheel

.PHONY: bench bench-sizes bench-adoption bench-rehearsal bench-reminders bench-importing bench-exports docs film messages lock
bench: ready ## what is claimed about speed, measured
	@$(BIN)/python -m benchmarks.sign_in
	@$(BIN)/python -m benchmarks.signon

bench-sizes: ready ## every page with 50,000 people in one customer, and with 100,000 customers, on both databases (an hour)
	@$(BIN)/python -m benchmarks.sizes

bench-adoption: ready ## adoption of 100,000 customers: every page for every scope, a round of the worker, on both databases (half an hour)
	@$(BIN)/python -m benchmarks.adoption

bench-rehearsal: ready ## a rehearsal for 50,000 people: its CPU, its queries
	@$(BIN)/python -m benchmarks.rehearsal

bench-reminders: ready ## reminding 100,000 people: its memory, its CPU
	@$(BIN)/python -m benchmarks.reminders

bench-importing: ready ## moving 100,000 people in: its seconds, its CPU, its memory (some minutes)
	@$(BIN)/python -m benchmarks.importing

bench-exports: ready ## an export and an evidence pack of 50,000 people and 600,000 events: seconds, CPU, memory (some minutes)
	@$(BIN)/python -m benchmarks.exports

.PHONY: files
files: $(STAMP) ## every file in one line: what it holds (ROOM=recovery: of one room)
	@scripts/files $(ROOM)

docs: ready ## the pictures and tables in docs/ that are made from the code
	@scripts/docs

film: ready ## the guide's film, recorded from a running demonstration (some minutes; then look at it)
	@command -v ffmpeg >/dev/null || { echo "The film wants ffmpeg: sudo apt-get install --no-install-recommends ffmpeg." >&2; exit 1; }
	@scripts/film

messages: $(STAMP) ## extract texts, bring the catalogues up to date, compile them
	@scripts/messages

lock: $(STAMP) ## resolve the dependencies again and lock them with hashes (UPGRADE=--upgrade)
	@scripts/lock $(UPGRADE)
