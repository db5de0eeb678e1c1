# Each target does its own set-up. `make` alone lists them.
#
#   PYTHON   the interpreter that .venv is made with
#   ARGS     handed to the command that the target ends with:  make demo ARGS="--dir /tmp/x"   make test ARGS="-k handling"

PYTHON ?= python3
ARGS ?=
PY := .venv/bin/python
SETUP := $(PYTHON) tools/bootstrap.py
# Every test's folders lie in memory where the machine has room for it: every write is made durable, and a disk is slow at that.
IN_MEMORY := $(shell test "$$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 {print $$4}')" -gt 6000000 2>/dev/null && echo /dev/shm)
PYTEST = PYTEST_DEBUG_TEMPROOT=$(IN_MEMORY) $(PY) -m pytest -n 2
POSTGRES_TESTS := tests/unit/store tests/contract/test_store_contract.py tests/unit/exchange tests/unit/web
CHECKED_TESTS := $(wildcard tests/unit tests/contract tests/arch)

export UV_NO_PROGRESS ?= 1
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help demo test test-postgres check fix merge bench bench-exchange deep tour docs lock fuzz clean sbom mutants sabotage \
	check-lint check-types check-tests check-licences check-dependencies check-wheel

help: ## list the targets
	@awk 'BEGIN {FS = ": *##? "} /^[a-z-]+:.*##/ {split($$0, part, ":.*## "); printf "  make %-13s %s\n", part[1], part[2]}' Makefile

demo: ## run the exercise: three nodes, end to end, in about two minutes
	@$(SETUP) run
	@.venv/bin/headwater demo $(ARGS)

test: ## run every test that a merge needs, the exercise included
	@$(SETUP) dev
	@PYTHONHASHSEED=$${PYTHONHASHSEED:-$$(date +%s)} $(PYTEST) --dist loadfile $(ARGS)

test-postgres: ## run the suites of store, exchange and page with every store in a PostgreSQL server of their own
	@$(SETUP) dev
	@$(PYTEST) --postgres --dist loadfile $(ARGS) $(POSTGRES_TESTS)

check: ## run linters, types, import contracts, docstrings, unit, contract and docs tests; under a minute
	@$(SETUP) dev
	@$(MAKE) -j2 --output-sync=target check-lint check-types check-tests

check-lint:
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/lint-imports --no-logo
	@.venv/bin/interrogate --quiet src

check-types:
	@.venv/bin/mypy

# One order of sets for both workers, or they would not agree on the names of the tests; `make test` has another each time.
check-tests:
	@PYTHONHASHSEED=0 $(PYTEST) -q -m "not deep and not e2e and not slow" $(CHECKED_TESTS)

fix: ## format the code and repair what the linter can repair
	@$(SETUP) dev
	@.venv/bin/ruff check --fix --exit-zero
	@.venv/bin/ruff format

merge: check ## run what every merge needs within ten minutes: check, dependencies, licences, wheel, each promise; then `make test`
	@$(MAKE) check-dependencies check-licences
	@PYTEST_DEBUG_TEMPROOT=$(IN_MEMORY) $(PY) -m tools.promises merge $(ARGS)

check-dependencies:
	@.venv/bin/deptry .

check-licences:
	@.venv/bin/pip-licenses --packages $$(sed -nE 's/^([a-z0-9-]+)==.*/\1/p' requirements/all.txt | sort -u) >/dev/null

check-wheel:
	@$(PY) -m tools.wheel_check

bench: ## run all benchmarks and write docs/explain/performance.md; some:  make bench ARGS="store match --write"  or  make bench-store
	@$(SETUP) dev
	@$(PY) bench/run.py $(or $(ARGS),--write)

bench-exchange: # the exchange, and proofs out of its log
	@$(MAKE) bench ARGS="exchange ledger $(ARGS)"

bench-%:
	@$(MAKE) bench ARGS="$* $(ARGS)"

deep: ## run the night's work, a line for each promise:  ARGS="--scale 0.01" tries it, ARGS=--resume goes on with it
	@$(SETUP) dev
	@$(PY) -m tools.promises deep $(ARGS)

sbom: ## write dist/headwater.cdx.json, the bill of materials of what ships
	@$(SETUP) dev
	@$(PY) tools/sbom.py

mutants: ## change the code and see that a test fails:  make mutants ARGS="policy --sample 100"
	@$(SETUP) dev
	@$(PY) -m tools.mutants $(ARGS)

sabotage: ## plant faults and see that the suites notice
	@$(SETUP) dev
	@$(PY) -m tools.sabotage $(ARGS)

fuzz: ## fuzz the readers:  make fuzz ARGS="--reader un-xml --seconds 60"
	@$(SETUP) dev
	@$(PY) tests/fuzz/fuzz_formats.py $(ARGS)

tour: ## make a picture of every page, and write down what each weighs:  make tour
	@$(SETUP) dev
	@mkdir -p tour && PAGE_SCREENS="$(CURDIR)/tour" $(PY) -m pytest -q tests/e2e/test_page_tour.py && echo "look at tour/index.html"

docs: ## write the reference pages from the code, check every link, command and picture, and build the site
	@$(SETUP) docs
	@$(PY) tools/reference.py
	@$(PY) -m pytest -q tests/arch/test_docs.py
	@.venv/bin/zensical build --clean --strict

lock: ## renew uv.lock and requirements/ after a change in pyproject.toml;  UPGRADE=1 moves every pin
	@$(SETUP) tools
	@UPGRADE=$(UPGRADE) sh tools/lock.sh

clean: ## remove the environment and all that was made from the source
	@rm -rf .venv .tools .hypothesis .mypy_cache .ruff_cache .pytest_cache .import_linter_cache dist site bench/out
	@find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} +
