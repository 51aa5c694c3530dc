# `make run` and `make test` are all a fresh machine needs: Python 3.11 or newer, pip, make and git.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PORT ?= 8000
export PYTHONDONTWRITEBYTECODE ?= 1

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-20s %s\n", $$1, $$2}'

$(READY): requirements-dev.txt layers/deps/requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Assent needs Python 3.11 or newer on the PATH."; exit 1; }
	@echo "Setting up $(VENV) with the pinned packages (once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.PHONY: dev lock
dev: $(READY) ## Set up the virtual environment with exactly the pins that ship

lock: $(READY) ## Compile the pins anew
	@$(BIN)/pip install --quiet --disable-pip-version-check uv==0.13.9
	@for set in layers/deps/requirements requirements-dev; do $(BIN)/uv pip compile --quiet --no-header --no-annotate \
		--universal --python-version 3.11 --exclude-newer "$$(date -ud '7 days ago' +%F)" $$set.in -o $$set.txt; done

# --- Use -----------------------------------------------------------------------------------------
.PHONY: run demo
run: $(READY) ## Start the whole system on http://127.0.0.1:8000 (PORT= to change)
	@exec $(BIN)/python -m infra.local --port $(PORT)

demo: $(READY) ## Replay a morning of sign-ups, a campaign and STOPs, and check the promises
	@$(BIN)/python -m infra.demo

# --- Test ----------------------------------------------------------------------------------------
.PHONY: test test-fast browser fuzz fuzz-verify contracts-dynamodb bench openapi simulate simulate-mutants
test: $(READY) ## Run the tests
	@$(BIN)/python -m pytest -n auto --dist loadfile --cov --cov-report=term:skip-covered --cov-fail-under=85

test-fast: $(READY) ## Run the unit tests only
	@$(BIN)/python -m pytest tests/unit

browser: $(READY) ## Run the three users' stories in a real browser (needs Chromium and npm)
	@BROWSER_TESTS=1 $(BIN)/python -m pytest tests/browser

fuzz: $(READY) ## Try the consent machine with 20,000 programs that nobody has seen before
	@HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest tests/unit/consent -k "of_one_number or instant"

SEEDS ?= 100
simulate: $(READY) ## Run the shipped functions under faults, SEEDS= times, and print a seed that breaks a promise
	@PYTHONHASHSEED=0 $(BIN)/python -m tests.simulation --seeds $(SEEDS)

simulate-mutants: $(READY) ## Count the seeds that it takes to tell each broken product from the shipped one
	@PYTHONHASHSEED=0 $(BIN)/python -m tests.simulation --mutants --seeds $(SEEDS)

fuzz-verify: $(READY) ## Try every byte of a bundle and thousands of forgeries on `assent verify`
	@$(BIN)/python -m tests.unit.evidence.fuzz_verify

contracts-dynamodb: $(READY) ## Run the store contracts and the races on DynamoDB Local (needs Java and Node)
	@$(BIN)/python -m tests.contracts.dynamodb_local $(BIN)/python -m pytest -n 2 -k "aws or races" tests/contracts

openapi: $(READY) ## Write the OpenAPI document anew
	@$(BIN)/python -m assent.http.openapi

bench: $(READY) ## Measure cost, CPU, pace, planning and import time as ratios to a floor (ONLY= for some parts)
	@$(BIN)/python -m tests.benchmarks $(ONLY)

.PHONY: build
build: ## Build what would be deployed and prove that it imports (needs python3.13)
	@$(PYTHON) infra/build.py

# --- Check ---------------------------------------------------------------------------------------
.PHONY: check fmt fmt-check lint types imports template
check: fmt-check lint types imports test template ## Everything that CI runs

fmt: $(READY) ## Format the code
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

fmt-check: $(READY)
	@$(BIN)/ruff format --check .

lint: $(READY) ## Lint the code
	@$(BIN)/ruff check .

types: $(READY) ## Check the types, strictly
	@$(BIN)/mypy

imports: $(READY) ## Check that imports point down
	@mkdir -p build
	@$(BIN)/lint-imports --no-cache > build/imports.txt 2>&1 || { cat build/imports.txt; exit 1; }

template: $(READY) ## Lint template.yaml
	@$(BIN)/cfn-lint template.yaml
