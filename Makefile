# Two commands matter: make run, make test. Both prepare everything they need first.
.PHONY: run test slow check lock screenshots clean

PYTHON := .venv/bin/python
PYTEST := QT_QPA_PLATFORM=offscreen $(PYTHON) -m pytest
# Whole files go to one worker each, so that what a file shares is made once.
# A worker that crashes ends the run: starting another one can hang for ever.
SIDE_BY_SIDE := -n logical --maxprocesses=4 --dist=loadfile --max-worker-restart=0
# Other work on the machine can make a test miss its time: what failed is run once more, alone, and told.
ONCE_MORE := --last-failed --last-failed-no-failures none

run:
	@packaging/setup.sh run
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname -s)" != Linux ]; then $(PYTHON) -m slmdesk; else $(PYTHON) -m slmdesk demo; fi

# The measurements run apart from the rest and alone: counting covered lines distorts their ratios.
test: check
	$(PYTEST) -m "not slow and not perf" $(SIDE_BY_SIDE) --cov=slmdesk --cov-report=term:skip-covered || \
		$(PYTEST) -m "not slow and not perf" $(ONCE_MORE) -v
	$(PYTEST) -m "perf and not slow" -s || $(PYTEST) -m "perf and not slow" $(ONCE_MORE) -s

check:
	@packaging/setup.sh test
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports

# The long tests: thousands of kills, fuzzed frames and documents.
slow:
	@packaging/setup.sh test
	$(PYTEST) -m slow --timeout=3600

screenshots:
	@packaging/setup.sh run
	$(PYTHON) -m slmdesk demo --screenshots out/screenshots
	cp out/screenshots/*.png resources/screenshots/

# Needs uv. Run it after the dependencies in pyproject.toml have changed.
COMPILE := uv pip compile -q --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 pyproject.toml
lock:
	$(COMPILE) --group build -o packaging/requirements.lock
	$(COMPILE) --group build --group test -c packaging/requirements.lock -o packaging/requirements-test.lock

clean:
	rm -rf .venv .bootstrap .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist out
