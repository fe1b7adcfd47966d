# `make demo` runs the complete loop on the built-in demo data; `make test` runs the tests, `make test-slow` those
# that kill processes, train for long, or run whole scripts; `make test-anywhere` runs both as on other machines;
# `make campaign` attacks the program with kills, failing writes, and damaged files. All set up what they need.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

# One thread for each of the processes, so that they do not wait for each other.
PYTEST := OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} $(BIN)/python -m pytest -n auto --dist loadscope --no-loadscope-reorder

# How long `make campaign` attacks the program.
MINUTES ?= 20

.PHONY: demo test test-slow test-anywhere campaign lint clean

demo: $(STAMP)
	@if [ -t 0 ] && [ -t 1 ]; then \
		$(BIN)/alc session new --dataset demo --noise 0.5; \
	else \
		$(BIN)/alc session new --dataset demo --noise 0.5 --no-label && $(BIN)/alc session replay --oracle gt; \
	fi

test: $(STAMP) lint
	$(PYTEST) -m "not slow"

test-slow: $(STAMP)
	$(PYTEST) -m slow

test-anywhere: $(STAMP)
	$(BIN)/python -m tests.anywhere

campaign: $(STAMP)
	OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} $(BIN)/python -m tests.campaign --minutes $(MINUTES)

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info < (3, 14)) and "alc needs Python 3.11 to 3.13: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

clean:
	rm -rf .venv *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
