# `make run` and `make test`; they need Python 3.11 or newer with venv, and nothing else prepared.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check
# The pins are complete, and what is never imported needs no compiling: 14 s of CPU instead of 26.
PINNED := $(PIP) --require-hashes --no-deps --no-compile

# Where it is set, each process compiles everything anew: 1.3 s for its imports instead of 0.7 s, and
# 9 MB more.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-sqlite test-postgresql check guards changed-guards audit foreign pins digests

# Everything, until Ctrl-C.
run: .venv/run
	@exec $(BIN)/python manage.py run

# Every check and every test, on both databases; first installs what they need.
test: .venv/test
	@.ci/install
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory changed-guards
	@$(MAKE) --no-print-directory --jobs --output-sync=target test-sqlite test-postgresql

# Side by side: each waits for its own servers and processes two thirds of the time.
test-sqlite test-postgresql: test-%:
	TEST_DATABASE=$* $(BIN)/python -m pytest

check: .venv/test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy manage.py chatsite routing billing tests
	$(BIN)/lint-imports
	VAR_DIR=$$(mktemp -d) $(BIN)/python manage.py makemigrations --check

# Does each promise have a test that fails without its guard? All of them take half an hour.
guards: .venv/test
	TEST_DATABASE=sqlite $(BIN)/python -m tests.guards

# Those of what the newest commits changed, as many as 40 seconds allow.
changed-guards: .venv/test
	TEST_DATABASE=sqlite $(BIN)/python -m tests.guards --changed --seconds 40

# Known vulnerabilities of the pinned packages, where the list of them can be reached.
audit:
	@.ci/audit

# Docker's images by digest, as lines for `.env`: what runs is then what was tried.
IMAGES := CADDY_IMAGE=caddy:2 POSTGRES_IMAGE=postgres:16 PYTHON_IMAGE=python:3.11-slim REDIS_IMAGE=redis:7
digests:
	@set -e; for each in $(IMAGES); do \
		docker pull --quiet "$${each#*=}" >&2; \
		digest=$$(docker image inspect --format '{{index .RepoDigests 0}}' "$${each#*=}"); \
		echo "$${each%%=*}=$$digest"; \
	done

# Against LiteLLM's proxy, in an environment of its own: 757 MB, so no part of `make test`.
foreign: .venv/test
	test -x var/peers/litellm/bin/litellm || $(PYTHON) -m venv var/peers/litellm
	var/peers/litellm/bin/pip install -q --disable-pip-version-check -r tests/load/peers/litellm.txt
	LITELLM=$(CURDIR)/var/peers/litellm/bin/litellm TEST_DATABASE=sqlite \
		$(BIN)/python -m pytest tests/foreign

# The newest versions that requirements*.in allow, with the hashes of their files for every
# platform. The index is pip's own; `UV_DEFAULT_INDEX=... make pins` asks another.
COMPILE := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links
pins: .venv/run
	$(PIP) uv
	$(COMPILE) requirements.in --output-file requirements.txt
	$(COMPILE) requirements.in requirements-dev.in --constraints requirements.txt \
		--output-file requirements-dev.txt

# The files mark an installation as finished, and as old once the pins are newer.
.venv/run: requirements.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	@echo "Installing into .venv ..."
	@$(PYTHON) -m venv .venv
	@$(PINNED) -r requirements.txt
	@touch $@

.venv/test: requirements-dev.txt .venv/run
	@$(PINNED) -r requirements-dev.txt
	@touch $@
