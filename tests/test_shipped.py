"""The readers that ship: complete, small enough, calibrated, and able to answer."""

import re
from pathlib import Path

import pytest

import docqa
from docqa.reading.loading import DEFAULT_READER, READERS_FOLDER, shipped_readers
from docqa.reading.settings import load_settings

ROOT = Path(__file__).resolve().parent.parent
#: Bytes that a reader may take on disk.
LARGEST = {"docqa-base": 115_000_000, "docqa-small": 25_000_000}
#: Hosts of code refuse larger files.
LARGEST_FILE = 95_000_000

TEXTS = [
    "The lighthouse was built in 1858 by the engineer Anna Maas and burned rape oil.",
    "The bridge over the Leie was opened in 1911; Jan Claes designed it.",
    "Every winter the council pays the pilot forty crowns in silver.",
]


def test_both_readers_ship_and_the_accurate_one_is_the_default():
    assert shipped_readers() == sorted(LARGEST)
    assert DEFAULT_READER == "docqa-base"


@pytest.mark.parametrize("name", sorted(LARGEST))
def test_a_shipped_reader_is_small_enough_and_has_card_and_calibration(name):
    files = [file for file in (READERS_FOLDER / name).rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= LARGEST[name]
    assert max(file.stat().st_size for file in files) <= LARGEST_FILE
    card = (READERS_FOLDER / name / "README.md").read_text(encoding="utf-8")
    assert card.startswith(f"# {name}\n")
    assert "licence" in card
    assert "{{" not in card
    settings = load_settings(READERS_FOLDER / name)
    assert settings.calibration is not None
    assert 0 < settings.threshold < 1


@pytest.mark.parametrize("name", sorted(LARGEST))
def test_a_shipped_reader_chooses_the_right_paragraph_and_words(name):
    reader = docqa.Reader.load(name)
    asked = {
        "When was the lighthouse built?": (0, "1858"),
        "Who designed the bridge over the Leie?": (1, "Jan Claes"),
        "How many crowns does the pilot get?": (2, "forty"),
    }
    for question, (paragraph, words) in asked.items():
        best = reader.read(question, TEXTS, top_k=1)[0]
        assert (best.paragraph, best.text) == (paragraph, words)


@pytest.mark.parametrize("name", sorted(LARGEST))
def test_a_shipped_reader_refuses_what_the_documents_do_not_say(name, tmp_path):
    (tmp_path / "facts.txt").write_text("\n\n".join(TEXTS), encoding="utf-8")
    with docqa.open(tmp_path / "facts.db", reader=name) as corpus:
        corpus.index(tmp_path / "facts.txt")
        assert corpus.ask("When was the lighthouse built?").best.text == "1858"
        unanswered = corpus.ask("Who sank the ferry at the mole?")
    assert unanswered.best is None
    assert unanswered.no_answer_probability is None or unanswered.no_answer_probability > 0.5


def test_the_answer_in_the_readme_is_what_the_shipped_reader_says(tmp_path, monkeypatch):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(
        r'\$ docqa ask "(?P<question>.+)" --top-k 1\n.+\n\n +(?P<answer>.+?)   (?P<percent>\d+)%\n', readme
    )
    monkeypatch.chdir(tmp_path)
    with docqa.open("docqa.db") as corpus:
        corpus.index(ROOT / "data" / "sample")
        best = corpus.ask(shown["question"]).best
    assert best.text == shown["answer"]
    # Arithmetic differs a little from one processor to another.
    assert 100 * best.probability == pytest.approx(int(shown["percent"]), abs=2)
