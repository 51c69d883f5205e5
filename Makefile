# `make` lists the targets. Everything runs in .venv, which `make install` creates.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
# Many small matrices on few cores: more than one BLAS thread a process only gets in the way of the others.
ONE_THREAD := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
WARP_TESTS := tests/engines/test_warp.py tests/contract/test_engines.py tests/tasks/test_scripts.py tests/envs/test_unwatched.py

.DEFAULT_GOAL := help
.PHONY: help install page demo test test-all test-warp check check-security check-lowest check-package format bench
.PHONY: screenshots film docs clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

install: $(STAMP) ## create .venv with the armchair command in it; quick when nothing changed

# PyTorch comes first and by itself: on Linux its usual build for GPUs weighs gigabytes and the CPU build
# is all that is needed, so whichever build of this version your pip is set up to prefer is taken, and what
# follows finds it in place. The extra `bullet` installs nothing on Python 3.12 and newer.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "armchair needs Python 3.11 or newer: make PYTHON=python3.12 install")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/pip install -q -c constraints.txt torch==2.13.0
	$(BIN)/pip install -q -c constraints.txt -e '.[dev,bullet]'
	@touch $@

page: ## bundle the labelling page (needs Node.js 20 or newer); `make install` does it too
	cd src/armchair/web/frontend && npm ci --no-audit --no-fund && npm run build

demo: install ## teach reach with a simulated teacher: summary, plot and film in demo/reach-NNN
	$(BIN)/armchair teach reach --teacher oracle --runs demo

test: install ## the quick tests
	$(ONE_THREAD) $(BIN)/pytest -q -n 2 --dist worksteal -m "not slow"

test-all: install ## all tests, the long ones too
	$(ONE_THREAD) $(BIN)/pytest -q -n 2 --dist worksteal

check: install ## format, lint, types, layers, declared dependencies
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/deptry src/armchair

# Tools of their own environment: nothing that armchair runs on depends on them. The audit asks the
# package index's vulnerability service.
test-warp: install ## the tests of the engine warp, on its CPU backend: adds 0.4 GB to .venv, compiles kernels once
	$(BIN)/pip install -q -c constraints.txt -e '.[warp]'
	$(ONE_THREAD) $(BIN)/pytest -q $(WARP_TESTS) -k warp

check-security: .venv-security/.installed ## bandit over the code, pip-audit over constraints.txt (needs the network)
	.venv-security/bin/bandit -q -c pyproject.toml -r src/armchair --severity-level medium
	.ci/audit .venv-security/bin/pip-audit

.venv-security/.installed: Makefile
	test -x .venv-security/bin/python || $(PYTHON) -m venv .venv-security
	.venv-security/bin/pip install -q bandit==1.9.4 pip-audit==2.10.1
	@touch $@

# The lowest versions that pyproject.toml allows of what it names, everything else as new as goes with them.
# On Linux the lowest PyTorch is a build for GPUs: gigabytes.
EXTRAS := clips dashboard gym hub judge minari onnx parquet plots postgres sweep tensorboard track
LOWEST := .venv-lowest/bin
LOWEST_TESTS := tests/test_init.py tests/test_video.py tests/agents tests/engines tests/envs/gym tests/exchange tests/judging \
	tests/package tests/playback tests/reports tests/rollout tests/runs tests/store tests/web \
	tests/cli/test_envs.py tests/cli/test_main.py tests/cli/test_play.py tests/cli/test_serve.py

check-lowest: .venv-lowest/.installed ## the tests of all that packages are used for, with their lowest versions
	$(ONE_THREAD) $(LOWEST)/python -m pytest -q -n 2 -m "not slow and not browser" $(LOWEST_TESTS) \
		--ignore tests/web/test_schema.py # schemathesis itself asks for newer ones

.venv-lowest/.installed: pyproject.toml constraints.txt Makefile
	rm -rf .venv-lowest
	$(PYTHON) -m venv .venv-lowest
	$(LOWEST)/pip install -q uv==0.13.9
	$(LOWEST)/uv pip compile -q --resolution lowest-direct --python $(LOWEST)/python pyproject.toml \
		$(addprefix --extra ,$(EXTRAS)) -o .venv-lowest/lowest.txt
	grep -E '^(httpx|hypothesis|psutil|pytest|pytest-xdist)==' constraints.txt > .venv-lowest/tools.txt
	echo stable_baselines3 >> .venv-lowest/tools.txt # whichever goes with that PyTorch
	$(LOWEST)/uv pip install -q --python $(LOWEST)/python -r .venv-lowest/lowest.txt
	$(LOWEST)/uv pip install -q --python $(LOWEST)/python -c .venv-lowest/lowest.txt -r .venv-lowest/tools.txt
	$(LOWEST)/uv pip install -q --python $(LOWEST)/python --no-deps -e .
	@touch $@

check-package: ## build wheel and sdist, install each by itself, teach, label and play with it (needs the network)
	.ci/package --python $(PYTHON)

format: install ## rewrite the code in the house format
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: install ## speed on this machine
	$(ONE_THREAD) $(BIN)/armchair bench

screenshots: install ## the pictures of the pages in docs/images, from a run of its own; needs Chromium
	$(ONE_THREAD) $(BIN)/python docs/screenshots.py
	$(ONE_THREAD) $(BIN)/python docs/screenshots_wishes.py

film: install ## the film of the documentation, from a run of its own; needs Chromium
	$(ONE_THREAD) $(BIN)/python docs/film.py

# In .venv, since it imports armchair for the reference and runs a notebook: an environment of its own would need a
# second PyTorch, Sphinx and its friends are 0.14 GB. Its other checks are in `make test`, tests/docs among them.
docs: install ## the documentation's site, in docs/_build/html; a warning is an error
	$(ONE_THREAD) $(BIN)/sphinx-build -n -W --keep-going -q -b html -d docs/_build/trees docs docs/_build/html

clean: ## remove what can be made again, .venv too
	rm -rf .venv .venv-security .venv-lowest demo dist docs/_build .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
