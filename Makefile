# Everything runs in the project's own virtual environment, built from the lock file.
.DEFAULT_GOAL := help
.PHONY: help install-tests run up down status plugin test test-all test-debian test-images test-postgres release check deb lock bench bench-install bench-quick bench-report bench-history bench-dashboard bench-scaling bench-profile bench-observability drill drill-cluster cluster cluster-down pictures install clean
PYTHON := .venv/bin/python
# Tests wait more than they compute, so two cores do for three.
WORKERS ?= 3
# Where it is set, each process of the tests would compile every module anew.
test test-all: export PYTHONDONTWRITEBYTECODE :=

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-19s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## install what is missing: Debian packages (as root), Python dependencies from the lock file
	@sh deploy/local/install.sh
	@sh deploy/local/venv.sh

install-tests: ## the same, and the packages for checks and tests
	@sh deploy/local/install.sh tests
	@sh deploy/local/venv.sh tests
	@sh deploy/local/vnu.sh
	@sh deploy/local/kubernetes_models.sh

run: install ## start the stack, book an appointment, show its e-mail and notification, stay until Ctrl-C
	@exec $(PYTHON) -m deploy.local run

up: install ## the same stack in the background; writes .local/stack.env
	@exec $(PYTHON) -m deploy.local up

down: ## end the stack and nothing else; its data stay
	@[ ! -x $(PYTHON) ] || exec $(PYTHON) -m deploy.local down

status: ## list the stack's processes and their state
	@[ -x $(PYTHON) ] || { echo "Nothing of this stack runs; \`make up\` starts it."; exit 0; }; exec $(PYTHON) -m deploy.local status

plugin: install ## fetch the delayed-message plugin for the stack's RabbitMQ (3.10 to 4.2), and check its file
	@exec $(PYTHON) -m deploy.local plugin

test: install-tests ## the tests, on private servers; WORKERS at once, each with servers of its own
	@exec $(PYTHON) -m pytest -q -m "not slow" -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test-all: install-tests ## the tests, the long ones included
	@exec $(PYTHON) -m pytest -q --hypothesis-profile exploring

check: install-tests ## format, lint, types, import rules, declared dependencies, alert rules
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports --no-cache
	@.venv/bin/deptry api_service notifier_service shared # whatever the services import is no development dependency
	@.venv/bin/deptry --ignore DEP004 .
	@sh deploy/prometheus/check.sh

test-debian: ## unit tests, demo, broker tests and broker drills on another release (SUITE=trixie or forky); as root
	@sh tests/debian/root.sh $(or $(SUITE),trixie) $(STEPS)

test-postgres: install-tests ## migrations, jobs and bookings on another PostgreSQL (VERSION=13 to 18), fetched with npm
	@POSTGRES_BIN=$$(sh tests/postgres.sh $(or $(VERSION),13)) exec $(PYTHON) -m pytest -q tests/integration/migrations tests/integration/jobs tests/acceptance/test_booking.py

test-images: install-tests ## build both images with buildah, compare two builds, run them as containers do; as root
	@exec $(PYTHON) -m tests.images

release: install ## build sdist, wheel, contexts of the images, bill of materials and notes into dist/VERSION, and try the wheel
	@exec $(PYTHON) -m deploy.release

deb: install ## a Debian package of both services, for the release that builds it (dist/*.deb)
	@sh deploy/debian/build.sh

lock: ## resolve pyproject.toml anew into the lock files of requirements/
	@sh deploy/lock.sh

clean: down ## end the stack and remove its data, the virtual environment and caches
	@rm -rf .local .venv .venv.lock .mypy_cache .ruff_cache .pytest_cache .hypothesis

bench-install: install-tests
	@$(PYTHON) -m pip install -q --disable-pip-version-check --require-hashes -r requirements/bench.txt

BENCH_OPTIONS = $(if $(PHASES),--phases "$(PHASES)") $(if $(PEERS),--peers "$(PEERS)") $(if $(BESIDE),--beside "$(BESIDE)") $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(AGAIN),--again)

bench: bench-install ## compare Punctual with its peers, three rounds, an hour; goes on after an interruption (PHASES="post drain" PEERS=core ROUNDS=1 AGAIN=1)
	@exec $(PYTHON) -m tests.bench $(BENCH_OPTIONS)

bench-quick: bench-install ## the decisive figures beside two peers, one round, under four minutes (BESIDE=… measures another checkout, too)
	@exec $(PYTHON) -m tests.bench --quick $(BENCH_OPTIONS)

bench-report: bench-install ## write docs/benchmarks.md, .json and .svg from the results of make bench
	@exec $(PYTHON) -m tests.bench.report

bench-history: bench-install ## bookings with one and ten million finished jobs in the tables, beside none; half an hour, 12 GB of disk
	@exec $(PYTHON) -m tests.bench --phases "history history10" $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(AGAIN),--again)

bench-scaling: bench-install ## measure the gain of more processes; ten minutes
	@exec $(PYTHON) -m tests.bench.scaling

bench-dashboard: bench-install ## measure every page and list of operators with ten million jobs; half an hour, 12 GB of disk
	@exec $(PYTHON) -m tests.bench.dashboard --write

bench-profile: bench-install ## the most expensive lines of both services
	@exec $(PYTHON) -m tests.bench.profiling

bench-observability: bench-install ## measure the share of metrics in a booking's CPU time
	@exec $(PYTHON) -m tests.bench.observability

pictures: install-tests ## take the documentation's pictures again (docs/pictures)
	@exec $(PYTHON) -m tests.pictures

drill-cluster: install-tests ## the drills on twelve machines in network namespaces, and their control; as root, twelve minutes
	@sh deploy/cluster/install.sh
	@exec $(PYTHON) -m tests.drills --only cluster cluster-primary-lost "no synchronous standby" $(if $(SEED),--seed $(SEED))

cluster: install ## three RabbitMQ, two PostgreSQL, two APIs, three notifiers and HAProxy, each in a network namespace; as root
	@sh deploy/cluster/install.sh
	@exec $(PYTHON) -m deploy.cluster run $(if $(SHARDS),--shards $(SHARDS))

cluster-down: ## end the cluster, and remove what killed clusters have left behind; as root
	@[ ! -x $(PYTHON) ] || exec $(PYTHON) -m deploy.cluster down

drill: install-tests ## fault drills on the real processes (SEED=1 repeats a run, DRILL="upgrade rollback" runs some)
	@exec $(PYTHON) -m tests.drills $(if $(SEED),--seed $(SEED)) $(if $(DRILL),--only $(DRILL))
