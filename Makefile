# make app: set everything up and start tokapp.   make test: set everything up and run every check.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
DATA ?= ../shared/data
export PYTHON

.PHONY: app test lint types unit evaluate build-models clean \
	bench-import bench-bulk bench-engine bench-explain bench-editor bench-train bench-people bench-warm bench-reasons \
	bench-long_texts bench-retrain bench-steps

app: $(VENV)/.installed
	@$(BIN)/tokapp run

$(VENV)/.installed: pyproject.toml constraints.txt scripts/environment
	@sh scripts/environment $(VENV)
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt scripts/environment
	@sh scripts/environment $(VENV) dev
	@touch $(VENV)/.installed $@

node_modules/.installed: package-lock.json scripts/type-checker
	@sh scripts/type-checker
	@touch $@

test: lint types unit

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .

types: $(VENV)/.installed-dev node_modules/.installed
	$(BIN)/mypy
	node_modules/.bin/tsc -p jsconfig.json

unit: $(VENV)/.installed-dev
	@sh scripts/test-tools
	$(BIN)/python -m pytest -n 2 --dist loadfile --junit-xml=build/tests.xml

evaluate: $(VENV)/.installed
	@$(BIN)/tokapp build-models --evaluate --data $(DATA)

build-models: $(VENV)/.installed
	$(BIN)/tokapp build-models --data $(DATA)

bench-bulk bench-engine bench-explain bench-editor bench-train bench-people bench-warm bench-long_texts bench-retrain bench-steps: bench-%: $(VENV)/.installed-dev
	@$(BIN)/python -m benchmarks.$* $(ARGS)

bench-reasons: $(VENV)/.installed-dev
	@$(BIN)/python -m benchmarks.right_reasons $(ARGS)

bench-import: $(VENV)/.installed-dev
	@$(BIN)/python -m benchmarks.import_rows $(ARGS)

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
