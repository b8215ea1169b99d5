# Every command that a developer or CI runs. `make` alone lists them.
PYTHON ?= python3
HOST ?= embedded
BIN := .venv/bin
INFRA := .local/infra
export PYTHONUNBUFFERED := 1

.PHONY: help setup demo up test test-quick test-slow test-infra chromium pictures bench check check-connection schema lint format clean

help:  ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup: .venv/.ready .local/azurite/.ready  ## install everything into .venv and .local (the other commands run this when they need it)

demo: setup  ## run the samples through a local app, print how each ended, and stop
	@$(BIN)/python -m local demo

up: setup  ## start the app, storage and an F&O emulator until Ctrl-C (HOST=func uses Azure Functions Core Tools)
	@$(BIN)/python -m local up --host $(HOST)

test: lint test-quick  ## check style and types, then run the quick tests

test-quick: setup chromium  ## run the quick tests only
	$(BIN)/python -m pytest -n 6 --dist loadfile -m "not slow"

test-slow: setup chromium  ## run the slow tests
	$(BIN)/python -m pytest -n 2 --dist loadfile -m slow

test-infra: .local/infra/.ready  ## check infra/ and the code's security without Azure (installs half a gigabyte of tools)
	$(INFRA)/venv/bin/python -m pytest -c tests/infra/pytest.ini -n 2 --dist loadfile tests/infra

chromium:  # the browser tests need it; without it they are skipped, and in CI they fail
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "Installing chromium" \
	  && apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium >/dev/null; } \
	  || echo "chromium is not installed: the browser tests are skipped"

pictures: setup chromium  ## take the pictures in docs/pictures again
	@$(BIN)/python -m tests.browser.pictures

bench: setup  ## measure speed and memory: the local host, 1 GiB packages, long lists, the emulator
	@$(BIN)/python -m tests.host.benchmark
	@$(BIN)/python -m pytest -q tests/bench

check: .venv/.ready  ## list the mistakes in landfall.yaml with their lines, and the app settings that it needs
	@$(BIN)/python -m landfall.cli.check

check-connection: .venv/.ready  ## test the connection to F&O and storage step by step, with the settings in this shell
	@$(BIN)/python -m landfall.cli.check_connection

schema: .venv/.ready  ## regenerate landfall.schema.json and docs/configuration.md from the settings' models
	@$(BIN)/python -m landfall.cli.schema

lint: .venv/.ready  ## check style and types with ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/.ready  ## format the code and fix what ruff can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:  ## delete everything installed here, and all local state
	rm -rf .venv .local

.venv/.ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	  || { echo "Landfall needs Python 3.11, 3.12 or 3.13. Name one: make PYTHON=python3.12"; exit 1; }
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
