# Three commands for a fresh machine: `make demo`, `make test` and `make docs`. Needs Python ≥ 3.11 and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# A worker per core, but no more than memory has room for. Each takes whole files, so that fixtures are made once.
PYTEST := $(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile

.PHONY: demo test quick reference check docs notebooks format bench bench-before clean

demo: $(VENV)/.installed
	$(BIN)/emotopy demo --out demo-results --force

test: $(VENV)/.installed-test
	$(PYTEST)

# While you work: all but the tests that take more than a few seconds.
quick: $(VENV)/.installed-test
	$(PYTEST) -m 'not slow'

# Tests of fast functions, with the loops that define them in their place: see docs/find-your-room.md.
reference: $(VENV)/.installed-test
	EMOTOPY_REFERENCE=1 $(PYTEST) -m fast_path tests

check: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

# The documentation site, in docs/_build/html; a warning is an error. No network is asked, nothing else is written.
docs: $(VENV)/.installed-docs
	$(BIN)/python docs/site/build.py

# The notebooks of docs/tutorials, executed anew; a second run writes the same bytes.
notebooks: $(VENV)/.installed-test
	$(BIN)/python docs/tutorials/execute.py

# All tables of docs/performance.md, beside the build in BEFORE where it is there. Takes hours; nothing else should run.
BEFORE ?= ../emotopy-before
BEFORE_COMMIT ?= df4b171
bench: $(VENV)/.installed-test
	$(BIN)/python tests/benchmarks/bench.py $(if $(wildcard $(BEFORE)),--before $(BEFORE)) --out docs/performance.md \
		--json benchmarks.json $(BENCH)

bench-before:
	git worktree add --detach $(BEFORE) $(BEFORE_COMMIT)
	$(MAKE) -C $(BEFORE) $(VENV)/.installed

format: $(VENV)/.installed-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(VENV)-infinity demo-results build dist docs/_build

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "emotopy needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.installed-docs: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "emotopy needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	touch $(VENV)/.installed $@

$(VENV)/.installed-test: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "emotopy needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	touch $(VENV)/.installed $(VENV)/.installed-docs $@
