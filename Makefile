# Two commands need nothing but Python >= 3.11 on a bare clone: `make run` and `make test`.
# Each makes .venv and finds or brings PostgreSQL and Valkey/Redis by itself.

.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
PY := .venv/bin/python
ARGS ?=

# $(call set_up,run) or $(call set_up,dev): instant when nothing has changed.
define set_up
@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: apt install python3 python3-venv" >&2; exit 1; }
@$(PYTHON) -I workers/bootstrap.py $(1)
endef

.PHONY: help
help: ## Show these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: ## Start everything on this machine (HECTIS_HTTP_PORT=8000 HECTIS_MLLP_PORT=2575 HECTIS_DATA_DIR=.data)
	$(call set_up,run)
	@exec $(PY) -u -m workers.run

.PHONY: test
test: lint ## Lint, then the whole suite on real servers of its own (ARGS="-k name -x")
	@$(PYTHON) -I workers/browser.py
	@mkdir -p .cache; $(PY) -m pytest -n 3 --dist worksteal $(ARGS); code=$$?; echo $$code > .cache/pytest-exit; exit $$code

.PHONY: lint
lint: ## Style, format, types and import directions
	$(call set_up,dev)
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --quiet --check . || { echo "Not formatted: make format" >&2; exit 1; }
	@.venv/bin/mypy --no-error-summary hectis_flow workers config wsgi.py
	@.venv/bin/lint-imports --no-logo >.cache/lint-imports.log 2>&1 || { cat .cache/lint-imports.log >&2; exit 1; }

.PHONY: format
format: ## Put the code into its one format
	$(call set_up,dev)
	@.venv/bin/ruff format --quiet .
	@.venv/bin/ruff check --quiet --fix .

.PHONY: sure
sure: test audit ## All that must hold before a change is sent: lint, suite, audit

.PHONY: bootstrap
bootstrap: ## Only make .venv with everything a developer needs
	$(call set_up,dev)

.PHONY: bench
bench: ## Measure every figure beside its peer (one of them: make target ID=P1)
	$(call set_up,dev)
	@$(PY) -m bench.targets measure

.PHONY: audit
audit: ## Known faults in packages, risky code, secrets left in files
	$(call set_up,dev)
	@$(PY) -m bench.s18_audit

.PHONY: migrate
migrate: ## Bring the running system's database (or DATABASE_URL) up to date
	$(call set_up,run)
	@$(PY) -m hectis_flow.cli database upgrade

.PHONY: corpus
corpus: ## Read a folder of HL7 files beside python-hl7 and compare (DIR=folder)
	$(call set_up,dev)
	@test -n "$(DIR)" || { echo "Name the folder: make corpus DIR=path" >&2; exit 2; }
	@$(PY) -m bench.corpus "$(DIR)"

.PHONY: practice-check
practice-check: ## Play a practice month at scale 1 and count it against its own record (ARGS="--days 7")
	$(call set_up,dev)
	@$(PY) -m bench.practice_month $(ARGS)

.PHONY: practice-year
practice-year: ## Play a practice year at scale 0.02 with its people, and count the road again (ARGS="--days 60")
	$(call set_up,dev)
	@$(PY) -m bench.practice_year $(ARGS)

.PHONY: screenshots
screenshots: ## Pictures of every room from a played practice province, into docs/screens (needs Chromium)
	$(call set_up,dev)
	@$(PYTHON) -I workers/browser.py
	@$(PY) -m bench.screens $(ARGS)

.PHONY: drill-kill
drill-kill: ## Kill processes at random instruction points, production values, full counts
	$(call set_up,dev)
	@$(PY) -m pytest tests/drills/test_kill_drills.py -m drill --timeout 0 $(ARGS)

.PHONY: drill-fuzz
drill-fuzz: ## Read 100,000 spoilt messages, and 20,000 sound ones beside python-hl7
	$(call set_up,dev)
	@$(PY) -m pytest tests/feeds/test_hl7v2_fuzz.py -m drill --timeout 0 $(ARGS)
	@$(PY) -m pytest tests/feeds/test_hl7v2_differential.py -m drill --timeout 0 $(ARGS)

.PHONY: drill-stories
drill-stories: ## Tell 1,500 drawn visits in any order, doubled, in batches, to two workers
	$(call set_up,dev)
	@$(PY) -m pytest tests/journeys/test_any_order.py -m drill --timeout 0 $(ARGS)

.PHONY: drill-redis
drill-redis: ## Redis stopped for 5 min, frozen, emptied, full, with another password, under intake (10 min)
	$(call set_up,dev)
	@$(PY) -m pytest tests/drills/test_redis_troubles.py -m drill --timeout 0 $(ARGS)

.PHONY: drill-postgres
drill-postgres: ## PostgreSQL restarted 20 times, in its quick way and as if the power had gone, under intake
	$(call set_up,dev)
	@$(PY) -m pytest tests/drills/test_restarts.py -m drill --timeout 0 $(ARGS)

.PHONY: drill-disk
drill-disk: ## The disk under PostgreSQL's messages full for two minutes (needs the right to mount)
	$(call set_up,dev)
	@$(PY) -m pytest tests/drills/test_full_disk.py -m drill --timeout 0 $(ARGS)

.PHONY: drill-loris
drill-loris: ## 1,000 slow senders, split messages and a storm of reconnects beside a sound sender
	$(call set_up,dev)
	@$(PY) -m pytest tests/drills/test_loris.py -m drill --timeout 0 $(ARGS)

.PHONY: drill-keys
drill-keys: ## Keys rotated over 20,000 messages while workers are killed
	$(call set_up,dev)
	@$(PY) -m pytest tests/drills/test_rekeying.py -m drill --timeout 0 $(ARGS)

.PHONY: drill-races
drill-races: ## 5,000 races of answer, sweep and cancellation on the same cases
	$(call set_up,dev)
	@$(PY) -m pytest tests/drills/test_races.py -m drill --timeout 0 $(ARGS)

.PHONY: drill-road
drill-road: ## 10,000 random moves of 50 seeds, and what must hold after them (DRILL_STEPS=10000 DRILL_SEEDS=50 DRILL_FIRST=1)
	$(call set_up,dev)
	@$(PY) -m pytest tests/drills/test_long_walks.py -m drill --timeout 0 $(ARGS)

.PHONY: drill-audit
drill-audit: ## 100 misses of 6 kinds among 1,000,000 cases, found by the auditor (DRILL_CASES=1000000)
	$(call set_up,dev)
	@$(PY) -m pytest tests/drills/test_auditor_million.py -m drill --timeout 0 $(ARGS)

.PHONY: drill-ledger
drill-ledger: ## 1,000 tamperings, 50 writers of 2,000 entries, and 1,000,000 rows verified and balanced (DRILL_ROWS=1000000)
	$(call set_up,dev)
	@$(PY) -m pytest tests/drills/test_ledger_full.py -m drill --timeout 0 $(ARGS)

.PHONY: targets
targets: ## Every figure to reach, and what shows it
	$(call set_up,dev)
	@$(PY) -m bench.targets list

.PHONY: target
target: ## Run what shows one figure (ID=R3)
	$(call set_up,dev)
	@$(PY) -m bench.targets show "$(ID)"
