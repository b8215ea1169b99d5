# Every command a developer or CI runs. `make` alone lists them.
PYTHON ?= python3
HOST ?= embedded
BIN := .venv/bin
INFRA := .local/infra
export PYTHONUNBUFFERED := 1

.PHONY: help setup demo up test test-slow test-infra chromium pictures bench check check-connection schema lint format clean

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/.ready .local/azurite/.ready  ## set up .venv and Azurite (the other commands do it by themselves)

demo: setup  ## run the samples through all three ways in, print the outcome, stop
	@$(BIN)/python -m local demo

up: setup  ## start storage, F&O emulator and app, and leave them up (HOST=func for Azure Functions Core Tools)
	@$(BIN)/python -m local up --host $(HOST)

test: setup chromium lint  ## check style and types, run the quick tests
	$(BIN)/python -m pytest -n 4 --dist loadfile -m "not slow"

test-slow: setup chromium  ## run the tests that take long
	$(BIN)/python -m pytest -n 2 --dist loadfile -m slow

test-infra: .local/infra/.ready  ## check infra/ and the code's security, without Azure (its tools are large)
	$(INFRA)/venv/bin/python -m pytest -c tests/infra/pytest.ini -n 2 --dist loadfile tests/infra

chromium:  # for the browser tests: installed where it is missing and can be, else they are skipped (in CI they fail)
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "Installing chromium" \
	  && apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium >/dev/null; } \
	  || echo "There is no chromium: the browser tests cannot run"

pictures: setup chromium  ## take the pictures of docs/operating.md anew
	@$(BIN)/python -m tests.browser.pictures

bench: setup  ## measure the embedded host, packages of 1 GiB on both roads, a list of many runs, and the emulator
	@$(BIN)/python -m tests.host.benchmark
	@$(BIN)/python -m pytest -q tests/bench

check: .venv/.ready  ## name every mistake in landfall.yaml, with its line
	@$(BIN)/python -m landfall.cli.check

check-connection: .venv/.ready  ## walk the way to F&O and storage with the settings of this shell, and say which step fails
	@$(BIN)/python -m landfall.cli.check_connection

schema: .venv/.ready  ## write landfall.schema.json and docs/configuration.md anew, from the settings' models
	@$(BIN)/python -m landfall.cli.schema

lint: .venv/.ready  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/.ready  ## put the code in the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## remove everything set up and every local state
	rm -rf .venv .local

.venv/.ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	  || { echo "Landfall needs Python 3.11, 3.12 or 3.13; name one with make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --requirement requirements.txt --group dev
	@touch $@

.local/infra/.ready: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(INFRA)/venv
	$(PYTHON) -m venv $(INFRA)/checkov
	$(INFRA)/venv/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(INFRA)/checkov/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(INFRA)/venv/bin/python -m pip install --quiet --requirement requirements.txt --group infra
	$(INFRA)/checkov/bin/python -m pip install --quiet --group checkov
	@touch $@

.local/azurite/.ready: local/azurite/package.json local/azurite/package-lock.json | .venv/.ready
	$(BIN)/python -m local.azurite install
	@touch $@
