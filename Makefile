# Everything lives in .venv; a target that finds its work done costs nothing.
PYTHON ?= python3
BIN := .venv/bin
# Of the whole suite; a part runs in one process.
SPREAD := --numprocesses auto --maxprocesses 4
PIP := $(BIN)/pip --disable-pip-version-check install --quiet --constraint constraints.txt

# What the web client is made of: it is built anew when one of these changes.
WEB := $(shell find clients/js/src web/src web/public -type f) web/index.html web/vite.config.ts web/package.json package-lock.json

.PHONY: help run setup test check format bench docs clean
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: .venv/.run src/parley/web/index.html ## set up what is missing, then serve on http://localhost:8000
	@$(BIN)/parley serve $(ARGS)

setup: .venv/.dev tests/js/node_modules/.done node_modules/.done src/parley/web/index.html ## everything for development; JavaScript too where npm is installed

test: .venv/.dev tests/js/node_modules/.done node_modules/.done src/parley/web/index.html ## the whole suite; prints which groups were skipped, and why
	@$(BIN)/python -m pytest $(or $(ARGS),$(SPREAD))

check: .venv/.dev node_modules/.done ## lint, types, import rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@if [ -e node_modules/.done ]; then npm run --silent check; \
	else echo "npm is not installed: JavaScript is not checked"; fi

format: .venv/.dev ## lay out the code as `make check` wants it
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@if [ -e node_modules/.done ]; then npm run --silent format; fi

bench: .venv/.dev tests/js/node_modules/.done bench/node_modules/.done ## side by side with other servers: prints ratios of CPU (ARGS="--help")
	@$(BIN)/python -m bench $(ARGS)

docs: .venv/.dev ## write the reference pages and the Postman collection from the code
	@$(BIN)/python -m docs.generate

clean: ## remove what was set up and built
	rm -rf .venv .node node_modules clients/js/build clients/js/dist src/parley/web tests/js/node_modules bench/node_modules bench/build .pytest_cache .mypy_cache .ruff_cache .hypothesis

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

node_modules/.done: package-lock.json
	@if command -v npm >/dev/null 2>&1; then \
	  npm ci --silent --no-audit --no-fund && touch node_modules/.done; \
	else echo "npm is not installed: the JavaScript client and the web client are neither checked nor tested"; fi

# Without npm nothing is made, which costs nothing the next time either.
src/parley/web/index.html: $(WEB)
	@web/build.sh

bench/node_modules/.done: bench/package-lock.json
	@if command -v npm >/dev/null 2>&1; then \
	  cd bench && npm ci --silent --no-audit --no-fund && touch node_modules/.done \
	  || echo "better-sqlite3 could not be installed: the bench goes without the durable Node server"; \
	fi
