# Everything lives in .venv; a target that finds its work done costs nothing.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check install --quiet --constraint constraints.txt

.PHONY: help run setup test check format bench docs clean
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: .venv/.run ## set up what is missing, then serve on http://localhost:8000
	@$(BIN)/parley serve $(ARGS)

setup: .venv/.dev tests/js/node_modules/.done ## everything for development; JavaScript too where npm is installed

test: .venv/.dev tests/js/node_modules/.done ## the whole suite; prints which groups were skipped, and why
	@$(BIN)/python -m pytest $(ARGS)

check: .venv/.dev ## lint, types, import rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: .venv/.dev ## lay out the code as `make check` wants it
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: .venv/.dev tests/js/node_modules/.done bench/node_modules/.done ## side by side with other servers: prints ratios of CPU (ARGS="--help")
	@$(BIN)/python -m bench $(ARGS)

docs: .venv/.dev ## write the reference pages and the Postman collection from the code
	@$(BIN)/python -m docs.generate

clean: ## remove what was set up and built
	rm -rf .venv tests/js/node_modules bench/node_modules bench/build .pytest_cache .mypy_cache .ruff_cache .hypothesis

# A half-made environment would look finished the next time, so it goes.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Parley needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	@echo "Making the environment .venv: takes about a minute, once"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/.run: pyproject.toml constraints.txt | .venv/bin/python
	@$(PIP) --editable .
	@touch $@

.venv/.dev: pyproject.toml constraints.txt | .venv/bin/python
	@$(PIP) --editable ".[dev]"
	@touch $@ .venv/.run

tests/js/node_modules/.done: tests/js/package-lock.json
	@if command -v npm >/dev/null 2>&1; then \
	  cd tests/js && npm ci --silent --no-audit --no-fund && touch node_modules/.done; \
	else echo "npm is not installed: tests that need JavaScript will be skipped"; fi

bench/node_modules/.done: bench/package-lock.json
	@if command -v npm >/dev/null 2>&1; then \
	  cd bench && npm ci --silent --no-audit --no-fund && touch node_modules/.done \
	  || echo "better-sqlite3 could not be installed: the bench goes without the durable Node server"; \
	fi
