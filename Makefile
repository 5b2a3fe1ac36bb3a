# make book   builds the site into _build/html
# make test   runs every test, browser tests included (builds the site first)
# make serve  serves the built site on http://localhost:8000
# make lab    opens the chapters as notebooks in JupyterLab
# make bench  measures speeds and page weights
# make validation  measures how far the models agree with libRoadRunner, the browser and the papers, for the book's page
# make editions  writes a student's and an instructor's notebook of each chapter, assignments for otter-grader, and the question bank, into dist/editions
# make offline  packs the built site into one zip that opens by a double click, dist/soluble-signals-offline.zip (without solutions: EDITION=course)
# make pdf    prints the whole book as dist/soluble-signals.pdf (needs Chrome or Chromium)
# make course  builds the site without any solution, for a course, into _build/course/_build/html
# Each of them sets up .venv by itself; Python 3.11 to 3.13 is all that has to be there.

SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
PORT ?= 8000
READY := $(VENV)/.ready
PYTEST_ARGS ?=
SLOW ?= 1
CHAPTERS ?=
LAB_ARGS ?=

.PHONY: book test serve lab bench validation web figures editions course offline pdf requirements clean
.DEFAULT_GOAL := book

$(READY): requirements.txt requirements-test.txt pyproject.toml
	@base=$$(for p in $(PYTHON) python3.13 python3.12 python3.11 python3 python; do \
	  command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && { echo $$p; break; }; done); \
	if [ -z "$$base" ]; then echo "Python 3.11, 3.12 or 3.13 is needed and none was found. Install one, or name it: make PYTHON=/path/to/python book" >&2; exit 1; fi; \
	echo "Setting up $(VENV) with $$($$base --version) (once; takes two or three minutes)"; \
	$$base -m venv $(VENV) || { echo "Python's venv module does not work here. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "  installing the pinned packages"
	@$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-test.txt
	@echo "  installing the package soluble"
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

book: $(READY)
	@$(PY) -m soluble.sphinxext.build

test: book
	@SOLUBLE_SLOW=$(SLOW) $(PY) -m pytest --numprocesses auto --dist worksteal $(PYTEST_ARGS)

serve: book
	@echo "http://localhost:$(PORT)/  (stop with Ctrl+C)"
	@$(PY) -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

LAB_SETTINGS := $(VENV)/share/jupyter/lab/settings
lab: $(READY)
	@mkdir -p $(LAB_SETTINGS)
	@cp binder/overrides.json $(LAB_SETTINGS)/overrides.json
	@$(PY) -m jupyter lab --LabApp.default_url=/lab/tree/chapters/03-il6.md $(LAB_ARGS)

# What the page "How the models were checked" shows; the tests write it here, and compare with it everywhere else.
validation: $(READY)
	@SOLUBLE_VALIDATION=write $(PY) -m pytest -q tests/test_independence.py tests/test_fuzz.py tests/test_explorer_browser.py tests/test_simulate.py \
	  -k "same_runs or finishes_or_says or browser_gives_scipys or published_results"

bench: book
	@$(PY) -m bench

course: $(READY)
	@$(PY) -m soluble.sphinxext.build course

editions: $(READY)
	@$(PY) -m soluble.editions dist/editions $(CHAPTERS)

ifeq ($(EDITION),course)
BUILT := course
TAKEN := soluble-signals-course
SITE := _build/course/_build/html
else
BUILT := book
TAKEN := soluble-signals
SITE := _build/html
endif

offline: $(BUILT)
	@$(PY) -m soluble.sphinxext.offline dist/$(TAKEN)-offline.zip $(SITE)

pdf: $(BUILT)
	@$(PY) -m soluble.sphinxext.pdf dist/$(TAKEN).pdf $(SITE)

web: $(READY)
	@$(PY) soluble/web/build.py

figures: $(READY)
	@for f in figures/*.py; do echo "$$f"; $(PY) $$f || exit 1; done

requirements: $(READY)
	@$(PY) -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@$(PY) -m uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command "make requirements" \
	  --extra book pyproject.toml --output-file requirements.txt
	@$(PY) -m uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command "make requirements" \
	  --extra book --extra ensemble --extra grade --extra pdf --extra test --constraint requirements.txt pyproject.toml --output-file requirements-test.txt

clean:
	rm -rf _build
