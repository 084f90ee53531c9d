# Everything runs in the locked environment in .venv. uv makes it; where the machine has no uv, it is put into .uv.
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
PYTHON := .venv/bin/python
export RASA_TELEMETRY_ENABLED = false
export TF_CPP_MIN_LOG_LEVEL = 3

.PHONY: help run test env check lint bench eval eval-check weigh eval-public staff browser
help:  ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 14

run: env  ## install, train and start everything, then print the addresses
	@$(PYTHON) -m bot serve

test: env browser  ## run all tests, two at a time
	@$(PYTHON) -m bot train --if-needed
	@$(PYTHON) -m pytest -n 2 --dist loadfile

check: lint test eval-check  ## what CI runs, and the form of the code

lint: env  ## check the code's form
	@$(PYTHON) -m ruff check .

bench: env  ## measure speed and memory beside a stock Rasa bot; writes docs/benchmark.md
	@$(PYTHON) -m bot train --if-needed
	@$(PYTHON) -m bench.bench

eval: env  ## measure understanding and safety on the held-out sets; writes docs/evaluation.md
	@$(PYTHON) -m bot train --if-needed
	@$(PYTHON) -m bot eval

eval-check: env  ## fail when understanding or safety fell since the committed report
	@$(PYTHON) -m bot train --if-needed
	@$(PYTHON) -m bot eval --check

weigh: env  ## fit anew how an answer is told from a question
	@$(PYTHON) -m bot train --if-needed
	@$(PYTHON) -m bench.weigh

eval-public: env  ## train the pipeline on public data: make eval-public DATA=<dir>
	@$(PYTHON) -m bench.eval_public $(DATA)

staff: env  ## add a staff user: make staff EMAIL=nurse@example.org
	@$(PYTHON) -m bot staff add $(EMAIL)

env: .venv/.locked
.venv/.locked: uv.lock pyproject.toml .python-version
	@deploy/ensure-uv.sh
	@echo "Installing the locked environment (some minutes the first time) ..."
	@$(UV) sync --frozen --quiet
	@touch $@

browser:  ## make sure that a Chromium for the browser tests is there
	@deploy/ensure-browser.sh
