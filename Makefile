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
	@echo "make bench  measure everything, beside peers too; tables and pictures in bench/results (docs/benchmarks.md)"
	@echo "make clean  remove the environment and what was built"

# torch first and by itself: its exact version is the CPU build; a plain 'torch' would bring gigabytes of CUDA.
$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$(TORCH)" --constraint constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --constraint constraints.txt
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		pypdfium2 lxml python-docx python-pptx watchfiles pytesseract pytest hypothesis ruff mypy build jsonschema
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
	MYPYPATH=benchmarks/fuzzing $(BIN)/mypy benchmarks/*.py

wheel: $(VENV)/installed-dev
	$(BIN)/python -m build --wheel --outdir dist

check: lint types test wheel

# Everything that docs/benchmarks.md shows, measured on this machine: half an hour on two cores, and some more the
# first time, when the peers' environments are built. QA=FILE names questions in SQuAD format and DOCS=FOLDER real PDFs;
# without them those beside the checkout are taken, or text and questions made of data/sample (benchmarks/sample_text.py).
# PARAGRAPHS=1000000 goes up to a million. bench/ keeps environments and indexes; remove it to begin anew.
QUESTIONS ?= 40
PARAGRAPHS ?= 100000
ROUNDS ?= 2
FILES ?= 100 1000 10000
ENVIRONMENTS ?= bench
RESULTS ?= bench/results
QUESTION_FILE := $(or $(QA),$(wildcard ../shared/data/qa/dev/squad_v1.1_dev_a.json),bench/sample_text.json)
PDF_FOLDER := $(or $(DOCS),$(wildcard ../shared/data/docs),data/sample)
# Indexes of other questions are other indexes. Peers hold theirs in memory, so they get no more than 100,000 paragraphs.
INDEXES := bench/$(basename $(notdir $(QUESTION_FILE)))
BESIDE_PEERS = $(INDEXES)/paragraphs-$(shell echo $$(($(PARAGRAPHS) < 100000 ? $(PARAGRAPHS) : 100000)))/docqa.db
MEASURE := $(BIN)/python benchmarks

bench: $(VENV)/installed-bench $(QUESTION_FILE)
	$(MEASURE)/start.py --runs 5 --json $(RESULTS)/start.json
	$(MEASURE)/shapes.py --json $(RESULTS)/shapes.json
	$(MEASURE)/peak.py --json $(RESULTS)/peak.json
	$(MEASURE)/arithmetic.py --qa $(QUESTION_FILE) --reader docqa-base --json $(RESULTS)/arithmetic-base.json
	$(MEASURE)/arithmetic.py --qa $(QUESTION_FILE) --reader docqa-small --json $(RESULTS)/arithmetic-small.json
	$(MEASURE)/stopping.py --qa $(QUESTION_FILE) --json $(RESULTS)/stopping.json
	$(MEASURE)/large_model.py --json $(RESULTS)/large_model.json
	$(MEASURE)/ingestion.py $(PDF_FOLDER) --files $(FILES) --json $(RESULTS)/ingestion.json
	$(MEASURE)/scale.py --qa $(QUESTION_FILE) --paragraphs $(PARAGRAPHS) \
		--folder $(INDEXES)/paragraphs-$(PARAGRAPHS) --json $(RESULTS)/scale.json
	$(MEASURE)/growth.py --qa $(QUESTION_FILE) --paragraphs $(PARAGRAPHS) --questions $(QUESTIONS) \
		--folder $(INDEXES) --json $(RESULTS)/growth.json
	$(MEASURE)/retrieval_peers.py --qa $(QUESTION_FILE) --index $(BESIDE_PEERS) \
		--environments $(ENVIRONMENTS) --json $(RESULTS)/retrieval_peers.json
	$(MEASURE)/peers.py --qa $(QUESTION_FILE) --questions $(QUESTIONS) --rounds $(ROUNDS) \
		--environments $(ENVIRONMENTS) --json $(RESULTS)/peers.json
	$(MEASURE)/report.py $(RESULTS)

bench/sample_text.json: $(VENV)/installed-bench
	$(MEASURE)/sample_text.py --out $@

$(VENV)/installed-bench: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		pypdfium2 "matplotlib==3.11.2"
	touch $@

clean:
	rm -rf $(VENV) dist build demo.db*
