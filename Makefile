# Every recipe is the one program it runs (exec), so that a signal to make reaches it.

PYTHON := .venv/bin/python
PYTHONS := python3 python3.13 python3.12 python3.11
NEW_ENOUGH = $${python:-$(PYTHON)} -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
export PORT RESET KILLS

.DEFAULT_GOAL := help
.PHONY: help demo test faults check bench audit screenshots

help:
	@echo "make demo          everything on this machine: site, mail, editors' logins (PORT=9000, RESET=1 starts over)"
	@echo "make test          the tests, on a PostgreSQL and a Redis of their own (ARGS=\"-k archive\")"
	@echo "make faults        kills, outages and lost answers at 2,000 readers: the table in docs/sending.md (KILLS=1000)"
	@echo "make check         style, types, migrations, Django's own checks for production"
	@echo "make bench         what is promised about speed, measured: a table and var/bench.json (ARGS=search)"
	@echo "make audit         axe, the Nu HTML checker and Lighthouse on every kind of page, letter and desk screen"
	@echo "make screenshots   the README's pictures, taken anew"

demo: .venv/.installed
	@exec $(PYTHON) -m config.launch

test: .venv/.installed
	@exec $(PYTHON) -m pytest $(ARGS)

faults: export FAULTS = full
faults: .venv/.installed
	@exec $(PYTHON) -m pytest tests/faults tests/mailings/test_state_machine.py $(ARGS)

# An environment as in production, and a database that cannot answer: no check may touch a real one.
check: export READ_DOT_ENV = no
check: export DJANGO_SETTINGS_MODULE = config.settings
check: export DATABASE_URL = postgresql://nobody@127.0.0.1:1/none
check: export REDIS_URL = redis://127.0.0.1:1/0
check: export EMAIL_URL = submission://nobody:nothing@relay.example.org:587
check: export SITE_URL = https://bulletin.example.org
check: export ALLOWED_HOSTS = bulletin.example.org
check: export SECRET_KEY = only-for-the-checks-0123456789-abcdefghijklmnopqrstuvwxyz
check: export SUPPRESSION_KEY = only-for-the-checks-9876543210-zyxwvutsrqponmlk
check: export DEMO = 0
check: .venv/.installed
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -W 'ignore:Got an error checking' manage.py makemigrations --check --dry-run
	$(PYTHON) manage.py check --deploy --fail-level WARNING

bench: .venv/.installed
	@exec $(PYTHON) -m tests.bench $(ARGS)

audit: .venv/.installed
	@exec $(PYTHON) -m tests.browser.audit $(ARGS)

screenshots: .venv/.installed
	@exec $(PYTHON) -m tests.browser.screenshots

.venv/.installed: requirements.txt
	@set -e; \
	echo "Installing what requirements.txt names into .venv ..."; \
	if ! $(NEW_ENOUGH); then \
	  for python in $(PYTHONS) none; do if $(NEW_ENOUGH); then break; fi; done; \
	  if [ $$python = none ]; then \
	    echo "Python 3.11 or newer is needed: install one and start again." >&2; exit 1; \
	  fi; \
	  if ! $$python -m venv --clear .venv; then \
	    rm -rf .venv; \
	    echo "$$python lacks its module venv: install it (on Debian and Ubuntu the package python3-venv)." >&2; exit 1; \
	  fi; \
	fi; \
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt; \
	touch $@
