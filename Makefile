# One command for each thing one does here. CONTRIBUTING.md explains them.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PORT ?= 8000
# Two processes suit the smallest machine; give more where there are more cores.
WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --custom-compile-command 'make lock'

.DEFAULT_GOAL := help
.PHONY: help run install test coverage test-services lint format check pictures lock clean

help: ## Say what each target does
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{printf "make %-15s %s\n", $$1, $$2}'

run: install ## Set up all and serve the app with a demo workspace (PORT=8000)
	@exec $(BIN)/python manage.py up --demo --port "$(PORT)"

install: $(STAMP) ## Make the virtual environment .venv with the pinned packages

$(STAMP): requirements-dev.txt bin/install
	@sh bin/install "$(VENV)"

test: install ## Run all tests on SQLite; browser tests run where a Chromium is found
	@$(PYTEST) $(ARGS)

coverage: install ## Measure which lines of deals and outreach the tests run: 95 of 100 at least
	@$(PYTEST) --cov --cov-report= $(ARGS)
	@$(BIN)/coverage report --include='deals/*,outreach/*' --fail-under=95

test-services: install ## Run all tests on PostgreSQL and Redis (DATABASE_URL, REDIS_URL)
	@sh bin/require-services
	@CELERY_BROKER_URL="$${CELERY_BROKER_URL:-$$REDIS_URL}" $(PYTEST) $(ARGS)

lint: install ## Check style, types, imports between apps and templates
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/djlint --lint --quiet templates
	@$(BIN)/djhtml --check templates

format: install ## Rewrite Python and templates in the house format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/djhtml templates

check: install ## Check settings, migrations and the deployment checklist
	@$(BIN)/python manage.py check
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@sh bin/check-deploy

pictures: install ## Take the pictures of the README again (needs a Chromium)
	@$(BIN)/python -m docs.take_pictures $(ARGS)

lock: install ## Renew requirements*.txt from requirements*.in (needs the network)
	@$(BIN)/python -m pip install --quiet uv
	@$(UV_COMPILE) $(ARGS) requirements.in -o requirements.txt
	@$(UV_COMPILE) $(ARGS) -c requirements.txt requirements-dev.in -o requirements-dev.txt

clean: ## Remove what can be made again; your data in var/ stays
	@rm -rf "$(VENV)" .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov staticfiles
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
