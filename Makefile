# Everything runs in .venv, which make builds with plain Python and pip and rebuilds when pyproject.toml changes.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed

.PHONY: verify test latex kernels notebooks bench soak faults lint format clean

# A refuted formula in a note is a finding (status 1); only status 2, a fault, fails here.
verify: $(STAMP)
	@$(PY) -m derivations || test $$? -eq 1

test: $(STAMP)
	$(PY) -m pytest -n 2 --dist worksteal

latex: $(STAMP)
	@mkdir -p latex-out
	@set -e; for name in $$($(PY) -m symbolic list | cut -d' ' -f1); do \
		$(PY) -m symbolic derive $$name --format latex -o latex-out/$$name.tex; echo latex-out/$$name.tex; \
	done

kernels: $(STAMP)
	@mkdir -p kernels-out
	@set -e; for name in $$($(PY) -m symbolic list | cut -d' ' -f1); do \
		$(PY) -m symbolic kernel $$name -o kernels-out/$$name.py; echo kernels-out/$$name.py; \
	done

# Runs the notebooks in docs/ and the commands in README.md, and stores what they show; the tests compare.
notebooks: $(STAMP)
	$(PY) tools/notebooks.py
	$(PY) tools/readme.py

bench: $(STAMP)
	$(PY) benchmarks/layers.py
	$(PY) benchmarks/reading.py
	$(PY) benchmarks/kernels.py
	$(PY) benchmarks/repairs.py --jobs $(JOBS)

# The tests that try more here (tests/conftest.py): 10,000 random examples of each property, but 5,000 of dear terms and 2,000 notes read
# each way; 2,000 notes judged; eight hash seeds.  Then many more mutants, rewritings and pairs of the two routes: about 75 minutes
# on two cores.
MUTANTS ?= 20000
REWRITINGS ?= 10000
PAIRS ?= 20000
FIRST ?= 0
JOBS ?= 2
soak: $(STAMP)
	HYPOTHESIS_PROFILE=soak $(PY) -m pytest -n 2 --dist worksteal -m soak tests
	$(PY) tests/soundness/soak.py mutants --count $(MUTANTS) --jobs $(JOBS)
	$(PY) tests/soundness/soak.py rewritings --count $(REWRITINGS) --jobs $(JOBS)
	$(PY) tests/soundness/soak.py pairs --first $(FIRST) --count $(PAIRS) --jobs $(JOBS)

# Plants faults into a copy of the checker, one at a time: the tests must notice every one.
faults: $(STAMP)
	$(PY) tests/soundness/faults.py

lint: $(STAMP)
	$(PY) -m ruff check .
	$(PY) -m mypy

format: $(STAMP)
	$(PY) -m ruff check --fix .

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --upgrade pip
	$(PY) -m pip install --quiet --editable '.[dev]'
	$(PY) -m pip install --quiet --only-binary python-flint --editable '.[fast]' || echo "no python-flint for this Python: its tests are skipped"
	@touch $@

clean:
	rm -rf $(VENV) latex-out kernels-out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
