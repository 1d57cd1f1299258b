# Every verb makes the virtual environment it needs: python3 (3.11 to 3.13), make and git suffice.
PYTHON ?= python3
PYTHON311 ?= $(shell for p in $(PYTHON) python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && echo $$p && break; done)
PYTEST_ARGS ?=
DEMO ?= edge_runtime/samples

export PIP_DISABLE_PIP_VERSION_CHECK = 1

.SECONDARY:
.PHONY: help install demo test test-light test-tflite test-arm baseline-arm baselines check check-models baseline fmt wheel offline-bundle results lock clean python

help:
	@echo "make demo        read the sample lines (light environment, no TensorFlow)"
	@echo "make install     everything for training, conversion and development into .venv"
	@echo "make check       formatting, lint and types"
	@echo "make test        all tests"
	@echo "make test-light  the tests that need no TensorFlow, in an environment without it"
	@echo "make test-arm    the wheel, models and tests on emulated boards; baseline-arm renews the counts"
	@echo "make check-models  the shipped model against budgets and baseline; make baseline renews it, make baselines all"
	@echo "make results     measure the shipped model on DATA=folder and rewrite its card"
	@echo "make offline-bundle BOARD=pi4   one archive for a board that has no network"
	@echo "make fmt | wheel | lock | clean"

# $(call environment,FOLDER,INTERPRETER,LOCKS): a fresh environment with exactly the locked
# packages. Compiling on all cores halves the time; without it every start would be slow where
# PYTHONDONTWRITEBYTECODE is set. The stamp comes last: what was cut short is redone.
define environment
	rm -rf $(1)
	@$(2) -m venv $(1) || { echo "Error: '$(2) -m venv' failed; on Debian: apt install python3-venv" >&2; exit 1; }
	$(1)/bin/python -m pip install --quiet --no-compile --require-hashes $(3:%=-r requirements/%.txt)
	-@$(1)/bin/python -m compileall -q -j 0 $(1)/lib
	touch $@
endef

python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
		echo "Error: edge-htr needs Python 3.11 to 3.13, but '$(PYTHON)' is not one; say make PYTHON=python3.13" >&2; exit 1; }

.venv/packages: requirements/dev.txt | python
	$(call environment,.venv,$(PYTHON),dev)

.venv-demo/packages: requirements/base.txt requirements/build.txt | python
	$(call environment,.venv-demo,$(PYTHON),base build)

.venv-light/packages: requirements/light.txt | python
	$(call environment,.venv-light,$(PYTHON),light)

.venv-tflite/packages: requirements/tflite.txt
	$(call environment,.venv-tflite,$(PYTHON311),tflite)

# This checkout, in place: changes of the code need no new installation.
%/installed: %/packages pyproject.toml
	$*/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

.venv-lock/installed: | python
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet uv
	touch $@

install: .venv/installed
	@echo "Installed. Now: .venv/bin/edge-htr --help"

demo: .venv-demo/installed
	.venv-demo/bin/edge-htr run $(DEMO)

test: test-tflite .venv/installed
	.venv/bin/python -m pytest $(PYTEST_ARGS)

test-light: .venv-light/installed
	.venv-light/bin/python -m pytest -m "not desktop" $(PYTEST_ARGS)

# The runtime of 32-bit boards has wheels for Linux and Python up to 3.11 only.
ifeq ($(and $(PYTHON311),$(filter Linux,$(shell uname -s))),)
test-tflite:
	@echo "test-tflite skipped: tflite-runtime 2.14.0 needs Linux and a python3.11 on the path" >&2
else
test-tflite: .venv-tflite/installed
	.venv-tflite/bin/python -m pytest tests/edge_runtime -m "not desktop" $(PYTEST_ARGS)
endif

# Emulated boards, in cache/arm (EMULATION_CACHE): what was fetched and unpacked stays there. Where
# there is no qemu it fails as skipped; EMULATION_MAY_SKIP=1 lets it pass, as loudly.
test-arm: .venv-light/installed
	.venv-light/bin/python -m emulation.verify

baseline-arm: .venv-light/installed
	.venv-light/bin/python -m emulation.instructions

baselines: baseline baseline-arm

check: .venv/installed
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy

fmt: .venv/installed
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

wheel: .venv/installed
	.venv/bin/python -m hatchling build -t wheel
	@ls -l dist

# BOARD is an id of `edge-htr devices`; BUNDLE_ARGS go along, e.g. --python 3.11 or --model FILE.
BOARD ?= pi4
offline-bundle: .venv-light/installed
	.venv-light/bin/python -m deploy.offline_bundle $(BOARD) -o dist $(BUNDLE_ARGS)

# The gate of docs/ci.md on ourselves.
GATE = .venv-demo/bin/edge-htr check vi-line --data edge_runtime/samples --baseline tests/baselines/vi-line.json \
	--device pi4 --device pi5 --device pi-zero-2w --device host
check-models: .venv-demo/installed
	$(GATE)

baseline: .venv-demo/installed
	$(GATE) --update-baseline

# Every figure of the model card. DATA holds kalapa/training_data, cinnamon/train and cinnamon/test.
DATA ?= data
MODEL ?= edge_runtime/models/vi-line
CHECKPOINT = train/checkpoints/$(notdir $(MODEL)).keras
results: .venv/installed
	mkdir -p build/results
	.venv/bin/edge-htr eval $(MODEL).tflite $(DATA)/kalapa/training_data --part dev-writers --json build/results/1.json
	.venv/bin/edge-htr eval $(MODEL).tflite $(DATA)/kalapa/training_data --part dev-lines --json build/results/2.json
	.venv/bin/edge-htr eval $(MODEL).tflite $(DATA)/cinnamon/train --part dev-lines --json build/results/3.json
	.venv/bin/edge-htr eval $(MODEL).tflite $(DATA)/cinnamon/test --json build/results/4.json
	.venv/bin/edge-htr eval $(CHECKPOINT) $(DATA)/kalapa/training_data --part dev-writers --json build/results/5.json
	.venv/bin/edge-htr eval $(CHECKPOINT) $(DATA)/cinnamon/test --json build/results/6.json
	.venv/bin/edge-htr eval $(MODEL).tflite $(DATA)/kalapa/training_data --part dev-writers --lexicon builtin --json build/results/7.json
	.venv/bin/edge-htr eval $(MODEL).tflite $(DATA)/cinnamon/test --lexicon builtin --json build/results/8.json
	.venv/bin/python -m train.model_card $(MODEL).tflite $(foreach n,1 2 3 4 5 6 7 8,--eval build/results/$(n).json) \
		--origin train/checkpoints/ORIGIN.md --summary docs/results/$(notdir $(MODEL)).json -o $(MODEL).md

# Newest versions that fit together, with hashes and without the address they came from. The
# other locks take their versions from dev.txt: what is installed is what was tested.
COMPILE = .venv-lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header
SAME = --constraints requirements/dev.txt

lock: .venv-lock/installed
	$(COMPILE) pyproject.toml --extra desktop --group dev -o requirements/dev.txt
	$(COMPILE) pyproject.toml --extra desktop $(SAME) -o requirements/desktop.txt
	$(COMPILE) pyproject.toml $(SAME) -o requirements/base.txt
	$(COMPILE) pyproject.toml --group light $(SAME) -o requirements/light.txt
	$(COMPILE) --group build $(SAME) -o requirements/build.txt
	$(COMPILE:--universal=--python-platform linux) --group tflite -o requirements/tflite.txt

clean:
	rm -rf .venv .venv-demo .venv-light .venv-tflite .venv-lock build dist \
		.mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
