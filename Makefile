# The commands of a developer; `make help` lists them.

PYTHON ?= python3
# `make bundle PYTHON=3.11` names a version, everything else a program.
PROGRAM = $(patsubst 3.%,python3.%,$(PYTHON))
VENV = .venv
BIN = $(VENV)/bin

# For `make serve`: said on the command line, as in `make serve PORT=5123 DATA=some/folder`.
DATA = data
HOST =
PORT =
PASSWORD =

# For `make test`: NO_SKIP=1 makes every skipped test a failure; TESTS chooses files or folders, PYTEST_ARGS adds options.
NO_SKIP =
# For `make soak`: how many requests.
SOAK = 100000
# For `make bundle`: linux-x86_64, linux-aarch64, macos-arm64, macos-x86_64 or windows-x86_64.
PLATFORM = linux-x86_64
# For `make locks`: 1 takes the newest versions.
UPGRADE =
TESTS = tests
PYTEST_ARGS = -n auto
# What the database matters to: on each engine, and everything that asks it at full size.
DATABASE_TESTS = tests/services tests/functional/test_first_day.py tests/functional/test_settings_of_a_repository.py tests/functional/test_administering_people.py tests/functional/test_groups.py tests/doors/test_signing_in.py tests/clients/test_reader_cannot_push.py tests/clients/test_writer_can_push_and_is_recorded.py

.DEFAULT_GOAL := help
.PHONY: help serve front-end test test-databases test-all soak lint screenshots settings wheel bundle locks clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '%-18s %s\n' "$$name" "$$text"; done

serve: export KALLITHEA_PASSWORD = $(value PASSWORD)
serve: $(VENV)/.installed front-end ## Serve an instance in DATA=data at HOST and PORT; the first run makes it and prints the PASSWORD
	@$(BIN)/kallithea-cli instance-create --require-free-port --data "$(DATA)" $(if $(HOST),--host "$(HOST)") $(if $(PORT),--port "$(PORT)")
	@exec env -u KALLITHEA_PASSWORD -u PASSWORD -u MAKEFLAGS $(BIN)/gearbox serve -c "$(DATA)/kallithea.ini"

front-end: $(VENV)/.installed ## Build style sheets and scripts if their sources changed
	@$(BIN)/kallithea-cli front-end-build --only-when-stale

test: $(VENV)/.installed-test front-end node_modules/axe-core/axe.min.js node_modules/oidc-provider/package.json ## Run the tests (NO_SKIP=1: a skipped test fails; TESTS=tests/lib; PYTEST_ARGS=…)
	@KALLITHEA_NO_SKIP=$(NO_SKIP) $(BIN)/python -m pytest $(PYTEST_ARGS) $(TESTS)

test-all: lint ## Run the checks of the code, and all tests with nothing skipped, servers and clients killed at hundreds of moments, transfers of 1 GB, and 200 clients for five minutes
	@KALLITHEA_KILLS=100 KALLITHEA_FULL_SIZE=1 $(MAKE) --no-print-directory test NO_SKIP=1
	@$(MAKE) --no-print-directory test-databases NO_SKIP=1 DATABASE_TESTS="tests/functional tests/services tests/sign_in tests/doors/test_bad_requests.py tests/doors/test_signing_in.py"
	$(BIN)/python -m benchmarks.load_mixed --clients 200 --seconds 300
	$(BIN)/python -m benchmarks.load_mixed --clients 200 --seconds 300 --server gunicorn

soak: $(VENV)/.installed-test front-end ## See whether a server's memory stays flat over SOAK=100000 mixed requests
	@$(BIN)/python -m benchmarks.memory --requests $(SOAK)

test-databases: $(VENV)/.installed-test front-end ## Run what the database matters to on PostgreSQL and MariaDB, which it starts itself
	@KALLITHEA_NO_SKIP=$(NO_SKIP) KALLITHEA_TEST_DATABASE=postgresql $(BIN)/python -m pytest $(PYTEST_ARGS) $(DATABASE_TESTS)
	@KALLITHEA_NO_SKIP=$(NO_SKIP) KALLITHEA_TEST_DATABASE=mariadb $(BIN)/python -m pytest $(PYTEST_ARGS) $(DATABASE_TESTS)

lint: $(VENV)/.installed-test ## Check style, types and who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

screenshots: $(VENV)/.installed-test front-end ## Make the pictures in docs/screenshots anew (needs Chromium)
	@$(BIN)/python -m tests.browser.screenshots docs/screenshots

settings: $(VENV)/.installed ## Write development.ini.tmpl and docs/settings.md from the declared settings
	@$(BIN)/python -m kallithea.config.template

bundle: $(VENV)/.installed-test front-end ## Make the one file for PLATFORM=linux-x86_64 (or sources) in dist/ (PYTHON=3.11: only for that one)
	@$(BIN)/python -m bundling $(PLATFORM) $(addprefix --python ,$(filter 3.%,$(PYTHON)))

locks: $(VENV)/.installed-test ## Write which versions bundles are made of into bundling/locks, keeping those there (UPGRADE=1: the newest)
	@$(BIN)/python -m bundling.locks $(if $(UPGRADE),--upgrade)

wheel: ## Build a wheel with the built front end into dist/
	rm -rf build
	$(PROGRAM) -m pip wheel --no-deps --wheel-dir dist .

clean: ## Remove what was built and installed; instances stay
	rm -rf $(VENV) node_modules build dist kallithea.egg-info kallithea/public .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(BIN)/python:
	@$(PROGRAM) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "error: Kallithea needs Python 3.10 or newer.\nhint: make PYTHON=/path/to/python3 ...")'
	@$(PROGRAM) -m venv $(VENV) || { rm -rf $(VENV); echo 'hint: on Debian and Ubuntu, install the package python3-venv.' >&2; exit 1; }

$(VENV)/.installed: setup.py pyproject.toml | $(BIN)/python
	@echo 'Installing Kallithea and what it needs into $(VENV) ...'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.installed-test: setup.py pyproject.toml | $(VENV)/.installed
	@echo 'Installing what the tests need into $(VENV) ...'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

# Tests need them; building the front end installs them too, but only where something has to be built.
node_modules/axe-core/axe.min.js node_modules/oidc-provider/package.json: | front-end
	@npm ci --no-audit --no-fund --loglevel=error
