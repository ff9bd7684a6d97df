# Credit City. Needs Python 3.11 or newer, make and sh; everything else is installed into this folder.
#   make run [PORT=8000]   set up and serve, with demo data     make test    set up and run the tests
#   make setup             set up only                          make lint    style, types, floors
#   make bench             measure (docs: benchmarks/README.md)
#   make clean             stop the embedded database, remove .venv and var with all data

.PHONY: help run setup setup-dev test lint bench clean
.DEFAULT_GOAL := help

PYTHON ?=
SCALE ?= small
ONLY ?=
BIN := .venv/bin/python

# The first Python that is new enough; one that merely has the name (a version manager's stand-in) does not count.
define bootstrap
@for python in $(PYTHON) python3.11 python3.12 python3.13 python3.14 python3 python; do \
	if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		exec "$$python" -m credit_city.bootstrap $(1); \
	fi; \
done; \
echo 'error: Python 3.11 or newer was not found: install it, or name it: make PYTHON=/path/to/python3 ...' >&2; exit 1
endef

help:
	@sed -n '2,5s/^# *//p' Makefile

run:
	$(call bootstrap,requirements.txt)
	@exec $(BIN) -m credit_city.run

setup:
	$(call bootstrap,requirements.txt)

setup-dev:
	$(call bootstrap,requirements-dev.txt)

test: setup-dev
	@$(BIN) manage.py compile_translations
	@$(BIN) -m pytest -n 2 --dist worksteal --ignore=tests/browser -q

lint: setup-dev
	$(BIN) -m ruff check .
	$(BIN) -m ruff format --check .
	$(BIN) -m mypy
	.venv/bin/lint-imports

bench: setup-dev
	SCALE=$(SCALE) $(BIN) -m benchmarks.run $(ONLY)

clean:
	$(call bootstrap,clean)
