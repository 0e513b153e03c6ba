# `make report` and `make test` do all set-up themselves; everything else is listed by `make help`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SPARK := $(VENV)/.spark
BENCH := .venv-bench
PEERS := $(BENCH)/.ready
HAVE := numpy pandas pyarrow python-dateutil tzdata typing-extensions pyyaml
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
RESOLVE := uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
  --no-header --no-annotate --no-emit-index-url --no-emit-find-links
NOTEBOOKS := $(sort $(wildcard notebooks/*.ipynb))

.PHONY: help setup spark report test test-all check format notebooks normalise golden lab lock sample bench clean
.DEFAULT_GOAL := help

help:  ## list what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

setup: $(READY)  ## make .venv from requirements.lock (nothing happens if it is up to date)

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 14) else f"Python 3.11, 3.12 or 3.13 is needed, {sys.executable} is {v[0]}.{v[1]}. Name another one: make setup PYTHON=python3.12")'
	@echo "Setting up $(VENV) from requirements.lock: about two minutes, once."
	@$(PYTHON) -m venv --clear $(VENV)
	@if command -v uv >/dev/null 2>&1; then \
	  uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock && \
	  uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .; \
	else \
	  $(PIP) --require-hashes -r requirements.lock && \
	  $(PIP) --no-deps --no-build-isolation -e .; \
	fi
	@touch $@

spark: $(SPARK)  ## add Spark to .venv, for crm run --engine spark://... and its tests

$(SPARK): $(READY) requirements-spark.lock requirements-spark-client.lock
	@if command -v java >/dev/null 2>&1; then \
	  echo "Adding Spark to $(VENV): about a minute, once."; \
	  $(PIP) --no-build-isolation --no-deps --require-hashes -r requirements-spark.lock && \
	  rm -rf $(VENV)/pyspark-client && \
	  $(PIP) --no-build-isolation --no-deps --require-hashes -r requirements-spark-client.lock \
	    --target $(VENV)/pyspark-client; \
	else \
	  echo "There is no Java here: what needs Spark is skipped."; \
	fi
	@touch $@

report: $(READY)  ## one iteration: data, notebooks, HTML and PDF report
	@$(BIN)/crm run

test: $(READY) $(SPARK)  ## the tests that CI runs
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not slow"

test-all: $(READY) $(SPARK)  ## all tests, those that take minutes too
	@$(BIN)/python -m pytest -n 2 --dist loadgroup --hypothesis-profile=default

check: $(READY)  ## lint code and notebooks, types, stored form of the notebooks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/crm notebooks --check

format: $(READY)  ## format code and notebooks
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

notebooks: $(READY)  ## run the notebooks with their defaults and compare with what is stored
	@$(BIN)/python -m pytest tests/notebooks -m "notebooks"

normalise: $(READY)  ## run the notebooks with their defaults and store them in normal form
	@$(BIN)/crm notebooks --write

golden: $(READY)  ## write the golden tables of the sample run anew (read the diff with care)
	@$(BIN)/python -m tests.golden

lab: $(READY)  ## open JupyterLab
	@$(BIN)/jupyter lab notebooks

lock: $(READY)  ## resolve pyproject.toml anew into the lock files
	@$(RESOLVE) --upgrade --extra dev --extra fonts --extra sql -o requirements.lock pyproject.toml
	@for extra in spark spark-client; do \
	  $(BIN)/python -c 'import sys, tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"][sys.argv[1]], sep="\n")' $$extra | \
	  $(RESOLVE) --upgrade $(HAVE:%=--no-emit-package %) -c requirements.lock -o requirements-$$extra.lock -; \
	done
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["bench"], sep="\n")' | \
	  $(RESOLVE) --upgrade -o requirements-bench.lock -

model: $(READY)  ## write the page of the data model and the example files anew
	@$(BIN)/python -m crmlib.schema.documentation

sample: $(READY)  ## write the simulated shop in data/sample anew
	@$(BIN)/python -m crmlib.simulation.sample data/sample

bench: $(READY) $(PEERS)  ## times and memory, as ratios to what one would use instead (PART=name: one)
	@CRM_BENCH_PYTHON=$(CURDIR)/$(BENCH)/bin/python $(BIN)/python -m tests.benchmarks $(PART)

$(PEERS): requirements-bench.lock
	@$(PYTHON) -m venv --clear $(BENCH)
	@$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

clean:  ## remove what was installed and cached, keep data and reports
	rm -rf $(VENV) $(BENCH) .pytest_cache .ruff_cache .mypy_cache .hypothesis build *.egg-info
