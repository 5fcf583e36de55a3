# Tanhui's commands. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PORT ?= 8080
GATEWAY_PORT ?= 0
STAGE ?= dev
VIA ?= chalice
WORKERS ?= 2
QUEUE ?= jobs
FIND_PYTHON = for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v "$$p"; break; }; done
PYTHON ?= $(shell $(FIND_PYTHON))
DEV := .venv/bin/python

.PHONY: help run stop reset test test-fast years check format package deploy openapi audit import job forecast redrive bench policies python dev stack

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|'

run: python ## install what is needed, start everything on http://localhost:8080 (PORT=8090 for another port)
	@"$(PYTHON)" -m infra.bootstrap node dev stack h5
	@exec $(DEV) -m infra.run serve --port $(PORT) --gateway-port $(GATEWAY_PORT)

stop: dev ## stop what `make run` started, from another terminal
	@$(DEV) -m infra.run stop

reset: ## forget all local data
	@if [ -x $(DEV) ] && $(DEV) -m infra.run status >/dev/null 2>&1; then \
		echo "Tanhui is running; stop it first (Ctrl-C there, or make stop)." >&2; exit 1; fi
	@rm -rf .local && echo "Local data cleared."

test: python ## run all tests
	@"$(PYTHON)" -m infra.bootstrap node dev stack h5
	@$(DEV) -m pytest -n $(WORKERS) --dist loadfile

years: dev stack ## let a thousand residents live through three years in both cities (an hour)
	@TANHUI_YEARS_RESIDENTS=1000 $(DEV) -m pytest tests/e2e/test_years.py

test-fast: dev ## run the tests that need neither a package nor the local stack
	@$(DEV) -m pytest -m 'not slow and not e2e'

check: dev ## check format, rules, types, fast tests, the package and its templates
	@$(DEV) -m ruff format --check .
	@$(DEV) -m ruff check .
	@$(DEV) -m mypy
	@$(DEV) -m pytest -q -m 'not slow and not e2e'
	@$(DEV) -m infra.package --stage $(STAGE)

format: dev ## put the code into its format
	@$(DEV) -m ruff format . && $(DEV) -m ruff check --fix .

package: dev ## build the deployment package and its template, and check both (STAGE=dev)
	@$(DEV) -m infra.package --stage $(STAGE)

deploy: dev ## deploy to AWS (STAGE=dev, VIA=chalice or cloudformation)
	@$(DEV) -m infra.deploy --stage $(STAGE) --via $(VIA)

policies: dev ## write the IAM policies again after a change in infra/policies.py
	@$(DEV) -m infra.policies

openapi: dev ## write the OpenAPI document and the mini-app's types of it again after a change in the API
	@$(DEV) -m infra.openapi
	@$(DEV) -m infra.frontend gen:api

audit: dev ## check every stored balance and sheet against the journal
	@$(DEV) -m infra.audit

import: dev ## import a partner's file (FILE=taps.csv PARTNER=partner-id)
	@test -n "$(FILE)" -a -n "$(PARTNER)" || { echo "usage: make import FILE=taps.csv PARTNER=partner-id" >&2; exit 2; }
	@$(DEV) -m infra.import_file "$(FILE)" --partner "$(PARTNER)"

job: dev ## run a scheduled job (NAME=expire, on demonstrations AT=2027-01-01T18:40:00Z); without NAME list them
	@$(DEV) -m infra.job "$(NAME)" --at "$(AT)"

forecast: dev ## what will expire before the year ends, by day, vintage and community
	@$(DEV) -m infra.forecast

redrive: dev ## put dead letters into their queue again (QUEUE=jobs, imports or deliveries)
	@$(DEV) -m infra.redrive $(QUEUE)

bench: dev stack ## measure speed
	@$(DEV) -m tests.bench

dev: python
	@"$(PYTHON)" -m infra.bootstrap dev

stack: python
	@"$(PYTHON)" -m infra.bootstrap stack

python:
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Tanhui needs Python 3.11 or newer, and none was found. Install one from https://www.python.org (or your" \
		"system's packages), or name it: make run PYTHON=/path/to/python3.12" >&2; exit 1; }
