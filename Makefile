# Everything a fresh machine with Python 3.11+ needs: `make demo`, `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: setup browser demo test lint types check bench faults lock messages wheel clean

setup: $(STAMP) browser

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "cxscout needs Python 3.11 or newer; set PYTHON=python3.x")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

# An installed Chrome or Chromium, else Playwright's own download, else the system's package.
browser: $(STAMP)
	@BIN=$(BIN) sh .ci/browser

demo: setup
	@$(BIN)/cxscout demo

test: setup
	$(BIN)/pytest

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

check: lint types test

bench: setup
	$(BIN)/python -m benchmarks.crawl
	$(BIN)/python -m benchmarks.extract
	$(BIN)/python -m benchmarks.analysis
	$(BIN)/python -m benchmarks.reports

# Kills at random moments, flipped bits, full and failing disks: make faults N=200
faults: setup
	$(BIN)/python -m benchmarks.faults $(or $(N),20)
	$(BIN)/python -m benchmarks.rot $(or $(N),200)
	$(BIN)/python -m benchmarks.schedules
	$(BIN)/python -m benchmarks.history

# After a change of a sentence in a report: gathers messages, updates reports/locales/*.po.
messages: setup
	$(BIN)/python -m reports.messages

# After a change of dependencies in pyproject.toml; needs uv.
lock:
	uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate \
	  --custom-compile-command "make lock" --quiet --output-file requirements.lock

wheel: setup
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

clean:
	rm -rf $(VENV) dist cxscout-demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
