# make run and make test are all that a fresh machine needs: Python 3.11 or newer with venv, and make.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test lint format perf perf-search perf-worst eval-search month house pictures translations lock clean

# The first Python that is new enough.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
HOST ?= 127.0.0.1
PORT ?= 8000
# How many processes run the tests.
JOBS ?= 2
# Handed on by `make test` to pytest (ARGS=tests/house) and by `make perf` (ARGS=--write).
ARGS ?=
LOCK := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-header --no-emit-index-url
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: $(VENV)/base.stamp  ## the site with demo data on this machine; HOST= and PORT= choose the address
	@$(BIN)/campus-service run --demo --host $(HOST) --port $(PORT)

test: $(VENV)/dev.stamp $(VENV)/outside/stamp lint  ## everything: style, types, and all tests on both databases with coverage
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal --cov --cov-report=term:skip-covered --cov-fail-under=90 $(ARGS)

lint: $(VENV)/dev.stamp  ## style and types alone
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check . >/dev/null || { echo 'not formatted: make format'; exit 1; }
	@$(BIN)/mypy

format: $(VENV)/dev.stamp  ## format the code
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --fix --quiet .

perf: $(VENV)/dev.stamp  ## measure beside a bare page; ARGS=--write puts the table into docs/performance.md
	@$(BIN)/python -m bench $(ARGS)

perf-search: $(VENV)/dev.stamp $(VENV)/bench/stamp  ## both search engines beside others; ARGS=--write puts the tables into docs/search.md
	@PYTHONPATH=$(VENV)/bench $(BIN)/python -m bench.search $(ARGS)

perf-worst: $(VENV)/dev.stamp  ## the slowest that one can ask of the search; ARGS=--write puts the table into docs/search.md
	@$(BIN)/python -m bench.worst $(ARGS)

eval-search: $(VENV)/dev.stamp  ## how well search finds, per engine; ARGS=--write puts the table into docs/search.md
	@$(BIN)/python -m bench.judged $(ARGS)

month: $(VENV)/dev.stamp  ## a month of 5,000 cases in fast time, every clock checked; ARGS="--cases 500" for fewer
	@$(BIN)/python -m bench.month $(ARGS)

house: $(VENV)/dev.stamp  ## sizes of files and functions
	@$(BIN)/python scripts/house.py

pictures: $(VENV)/dev.stamp  ## photograph the site into docs/img; needs Chromium; ARGS="home" takes that one alone
	@$(BIN)/python scripts/pictures.py $(ARGS)

translations: $(VENV)/dev.stamp  ## gather new messages into messages.po, compile it; run it again after translating
	@$(BIN)/pybabel -q extract -F babel.cfg -k lazy -k marked --no-location --sort-output \
		-o $(VENV)/messages.pot campus_service templates
	@$(BIN)/pybabel -q update -i $(VENV)/messages.pot -d campus_service/translations -w 100 \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@$(BIN)/pybabel -q compile -d campus_service/translations

lock: $(VENV)/dev.stamp  ## pin the newest releases that pyproject.toml and requirements/*.in allow
	@$(LOCK) pyproject.toml -o requirements/base.txt
	@$(LOCK) requirements/build.in -c requirements/base.txt -o requirements/build.txt
	@$(LOCK) requirements/bench.in -o requirements/bench.txt
	@$(LOCK) --no-strip-extras requirements/dev.in -c requirements/base.txt -c requirements/build.txt -o requirements/dev.txt

clean:  ## remove what was made, but not the data in instance/
	@rm -rf $(VENV) dist build .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find campus_service tests bench scripts -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 or newer is needed: apt-get install python3 python3-venv'; exit 1; }
	@echo 'Making $(VENV) with $(PYTHON) …'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/base.stamp: requirements/base.txt requirements/build.txt pyproject.toml | $(VENV)/bin/python
	@echo 'Installing what the site needs …'
	@$(INSTALL) -r requirements/base.txt -r requirements/build.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/base.stamp
	@echo 'Installing what the tests need …'
	@$(INSTALL) -r requirements/dev.txt
	@touch $@

# What only a measurement compares with; nothing else of the project sees it.
$(VENV)/bench/stamp: requirements/bench.txt $(VENV)/dev.stamp
	@echo 'Installing what the measurement compares with …'
	@$(INSTALL) --upgrade --target $(VENV)/bench -r requirements/bench.txt
	@touch $@

# Checkers from npm, pinned by hash; a machine without npm goes without them, and the tests say so.
$(VENV)/outside/stamp: tests/outside/package-lock.json $(VENV)/dev.stamp
	@mkdir -p $(VENV)/outside
	@cp tests/outside/package.json tests/outside/package-lock.json $(VENV)/outside/
	@if command -v npm >/dev/null; then \
		echo 'Installing the checkers of the tests …'; \
		npm ci --prefix $(VENV)/outside --ignore-scripts --no-audit --no-fund --silent && touch $@; \
	else echo 'npm is missing: some tests are left out'; fi
