# make demo     the whole of Vilina on this machine, with a simulated square; Ctrl-C ends it
# make test     everything that can be tested here, with real brokers, stores and browsers
# make test-faults  the same failures as in make test, the full numbers of them: about half an hour
# make fuzz     bytes that no counter would send, for FUZZ_S=60 seconds
# make check    style, types and the direction of imports
# make bench    every figure, as a table and in build/bench/
# make lock     renew requirements.lock from pyproject.toml

PYTHON ?= python3
FUZZ_S ?= 60
# Tests are shared by a process for each core, file by file, so that what a file has set up serves all its tests.
SHARED ?= --numprocesses=auto --maxprocesses=4 --dist=loadfile
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup demo test test-faults fuzz check bench bench-edge bench-scenes bench-stream bench-ingest bench-staffing \
    bench-roster bench-forecast bench-site-forecast lock clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml deploy/setup.sh
	PYTHON="$(PYTHON)" sh deploy/setup.sh $(VENV)
	touch $@

demo: setup
	$(BIN)/vilina demo $(if $(VIDEO),--video "$(VIDEO)") $(DEMO)

test: setup
	sh deploy/test_packages.sh
	$(BIN)/pytest $(SHARED) $(TEST)

test-faults: setup
	VILINA_FAULTS=long $(BIN)/pytest $(or $(TEST),tests/faults)

fuzz: setup
	FUZZ_S=$(FUZZ_S) $(BIN)/python -m tests.fuzz.messages

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/deploy/test_import_direction.py

bench: bench-edge bench-scenes bench-stream bench-ingest bench-staffing bench-roster bench-forecast bench-site-forecast

bench-edge: setup
	$(BIN)/python -m tests.bench.edge

bench-scenes: setup
	$(BIN)/python -m tests.bench.scenes $(VIEW)

bench-stream: setup
	$(BIN)/python -m tests.bench.stream

bench-ingest: setup
	$(BIN)/python -m tests.bench.ingest $(PART)

bench-staffing: setup
	$(BIN)/python -m tests.bench.staffing

bench-roster: setup
	$(BIN)/python -m tests.bench.roster $(WEEKS)

bench-forecast: setup
	$(BIN)/python -m tests.bench.forecast

bench-site-forecast: setup
	$(BIN)/python -m tests.bench.site_forecast

lock: setup
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet -o requirements.lock

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
