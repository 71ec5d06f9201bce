# Two commands on a fresh machine with Python 3.11, make and nothing else: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test test-all lint bench docs clean

demo: $(STAMP)
	@$(BIN)/regen demo

test: $(STAMP)
	$(BIN)/python -m pytest

test-all: $(STAMP)
	$(BIN)/python -m pytest -m ""

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)
	$(BIN)/python -m pytest bench -m "" --benchmark-only

docs: $(STAMP)
	$(BIN)/python -m regen.config.reference > docs/configuration.md
	$(BIN)/python -m regen.hooks.reference > docs/hooks.md

clean:
	rm -rf $(VENV)

# pip 25.1 is the first that knows dependency groups.
$(STAMP): pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $(STAMP)
