# Everything runs in the project's own virtual environment, built from the lock file.
.DEFAULT_GOAL := help
.PHONY: help install-tests run up down status test test-all check lock bench bench-install bench-reminders bench-observability drill install clean
PYTHON := .venv/bin/python

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## install what is missing: Debian packages (as root), Python dependencies from the lock file
	@sh deploy/local/install.sh
	@sh deploy/local/venv.sh

install-tests: ## the same, and what only checks and tests need
	@sh deploy/local/install.sh tests
	@sh deploy/local/venv.sh

run: install ## start the stack, book an appointment, show what comes of it, stay until Ctrl-C
	@exec $(PYTHON) -m deploy.local run

up: install ## the same stack in the background; writes .local/stack.env
	@exec $(PYTHON) -m deploy.local up

down: ## end the stack and nothing else; its data stay
	@[ ! -x $(PYTHON) ] || exec $(PYTHON) -m deploy.local down

status: ## what of the stack runs
	@exec $(PYTHON) -m deploy.local status

test: install-tests ## the tests, on private servers; under ten minutes
	@exec $(PYTHON) -m pytest -q -m "not slow"

test-all: install-tests ## the tests, and those that take longer
	@exec $(PYTHON) -m pytest -q --hypothesis-profile exploring

check: install-tests ## format, lint, types, import rules, alert rules
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports --no-cache
	@sh deploy/prometheus/check.sh

lock: ## resolve pyproject.toml anew into the lock files of requirements/
	@sh deploy/lock.sh

clean: down ## end the stack and remove its data, the virtual environment and caches
	@rm -rf .local .venv .venv.lock .mypy_cache .ruff_cache .pytest_cache .hypothesis

bench-install: install
	@$(PYTHON) -m pip install -q --disable-pip-version-check --require-hashes -r requirements/bench.txt

bench: bench-reminders bench-observability ## all benchmarks there are

bench-reminders: bench-install ## how late reminders are, beside Celery and procrastinate; about ten minutes
	@exec $(PYTHON) -m tests.bench.reminders --write docs/benchmarks.md

bench-observability: install ## what metrics cost of a booking's CPU time
	@exec $(PYTHON) -m tests.bench.observability

drill: install ## fault drills on the real processes; the seed is printed (make drill SEED=1 repeats one)
	@exec $(PYTHON) -m tests.drills $(if $(SEED),--seed $(SEED))
