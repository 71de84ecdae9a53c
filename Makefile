# Everything runs in .venv, which the first target that needs it makes.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
TORCH := torch==2.13.0

.PHONY: help demo test lint types wheel check bench clean

help:
	@echo "make demo   index data/sample and ask it some questions"
	@echo "make test   run all tests"
	@echo "make check  linter, type checker, tests and a build of the wheel"
	@echo "make bench  measure beside peers; QA=FILE names questions in SQuAD format (builds peers' environments in bench/)"
	@echo "make clean  remove the environment and what was built"

# torch first and by itself: its exact version is the CPU build; a plain 'torch' would bring gigabytes of CUDA.
$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$(TORCH)" --constraint constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --constraint constraints.txt
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		pypdfium2 pytest hypothesis ruff mypy build jsonschema
	touch $@

demo: $(VENV)/installed
	$(BIN)/docqa index data/sample --index demo.db
	$(BIN)/docqa ask - --index demo.db --top-k 1 < data/demo-questions.txt

test: $(VENV)/installed-dev
	$(BIN)/python -m pytest -q

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed-dev
	$(BIN)/mypy

wheel: $(VENV)/installed-dev
	$(BIN)/python -m build --wheel --outdir dist

check: lint types test wheel

# What docs/benchmarks.md shows, on this machine.
bench: $(VENV)/installed-dev
	@test -n "$(QA)" || { echo "make bench needs questions: make bench QA=squad_v1.1_dev_a.json"; exit 2; }
	mkdir -p bench/scale
	$(BIN)/python benchmarks/start.py
	$(BIN)/python benchmarks/shapes.py
	$(BIN)/python benchmarks/peers.py --environments bench --qa $(QA)
	$(BIN)/python benchmarks/scale.py --qa $(QA) --folder bench/scale
	$(BIN)/python benchmarks/retrieval_peers.py --environments bench --index bench/scale/docqa.db --qa $(QA)

clean:
	rm -rf $(VENV) dist build demo.db*
