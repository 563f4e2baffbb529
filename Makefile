# One command each: `make run` serves the demo, `make test` proves it. Both set up what they need.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NODE_BIN := $(VENV)/node-bin
# Where there is no PATH at all, the one that shells fall back to.
export PATH := $(CURDIR)/$(NODE_BIN):$(or $(PATH),/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)

DEMO_SOURCES := $(shell find web-demo -type f -not -path '*/node_modules/*' 2>/dev/null)
DEMO := crdt_server/web/static/index.html
# An editor that the browser tests need and the demo does not have.
BLOCKNOTE_SOURCES := $(shell find tests/browser/blocknote -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)
BLOCKNOTE := tests/browser/blocknote/dist/index.html

.PHONY: help run test check wheel bench clean lock setup setup-dev compiled

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

run: setup compiled $(DEMO) ## Set up, build the demo, serve it on http://127.0.0.1:8000
	@mkdir -p data
	exec $(BIN)/crdt-server serve

# Coverage sees plain Python only; then the same tests run with the rest on what was compiled.
test: setup-dev compiled $(DEMO) $(BLOCKNOTE) check ## Set up and run every check and every test
	CRDT_PURE_PYTHON=1 $(BIN)/coverage run -m pytest -q tests/protocol tests/core
	$(BIN)/coverage report
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: setup-dev ## Lint, types, import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

wheel: setup $(DEMO) ## Build the wheel, demo included, into dist/
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation -w dist .

bench: setup-dev compiled ## Run the benchmarks (see `python -m bench --help`)
	$(BIN)/python -m bench $(BENCH_ARGS)

clean: ## Remove everything that set-up and build made (not ./data)
	rm -rf $(VENV) web-demo/node_modules tests/interop/node_modules crdt_server/web/static crdt_server/_compiled build dist .coverage
	rm -rf tests/browser/blocknote/node_modules tests/browser/blocknote/dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

lock: ## Resolve the lock files again (needs uv)
	uv pip compile pyproject.toml --group build --universal --python-version 3.11 --upgrade \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements/run.lock
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 -c requirements/run.lock \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate -o requirements/dev.lock

setup: $(VENV)/run.stamp
setup-dev: $(VENV)/dev.stamp tests/interop/node_modules/.stamp $(VENV)/chromium.stamp

# Looks at the sources itself and does nothing where they are compiled; without a C compiler it says so.
compiled: setup
	@$(BIN)/python scripts/compile_modules.py

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "Python's venv module is needed: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/run.stamp: requirements/run.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.lock $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@

$(VENV)/node.stamp: requirements/node.lock scripts/ensure-node | $(VENV)/bin/python
	scripts/ensure-node $(VENV) $(NODE_BIN)
	@touch $@

$(VENV)/chromium.stamp: scripts/ensure-chromium | $(VENV)/bin/python
	scripts/ensure-chromium
	@touch $@

$(DEMO): $(DEMO_SOURCES) $(VENV)/node.stamp
	cd web-demo && npm ci --no-audit --no-fund --loglevel=error && npm run build
	@touch $@

$(BLOCKNOTE): $(BLOCKNOTE_SOURCES) $(VENV)/node.stamp
	cd tests/browser/blocknote && npm ci --no-audit --no-fund --loglevel=error && npm run build
	@touch $@

tests/interop/node_modules/.stamp: tests/interop/package-lock.json $(VENV)/node.stamp
	cd tests/interop && npm ci --no-audit --no-fund --loglevel=error
	@touch $@
