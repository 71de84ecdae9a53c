"""A scout that looks ahead: what is read then, what that changes, and how it is fitted."""

import json
from dataclasses import replace

import pytest

import docqa
from docqa.answers.cascade import expected_total, read_promising
from docqa.answers.promise import STEP
from docqa.answers.ranking import best_total
from docqa.errors import DataFileError
from docqa.fitting.cases import ReadCase
from docqa.fitting.scouting import Scouted, fit_scout, scouting
from docqa.reading.loading import READERS_FOLDER
from docqa.reading.reader import ParagraphReading, Reader, Span
from docqa.reading.settings import Ranking, ReaderSettings, Scout, load_settings, save_settings
from tiny_reader import exact_reader, note_texts, save_tiny_bert, text_of

TEXTS = [text_of(40, seed) for seed in range(7)]
SCORES = [9.0, 8.0, 7.5, 5.0, 4.0, 2.0, 1.0]
QUESTION = "Who signed the treaty?"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return [save_tiny_bert(tmp_path_factory.mktemp(name) / "tiny", seed=seed) for seed, name in enumerate("ab")]


@pytest.fixture
def reader(folders, monkeypatch):
    """A reader whose scout is another one of the same size."""
    reader, scout = map(exact_reader, folders)
    reader.settings = replace(reader.settings, stop=1e9, scout=Scout("other", 0.0, 1.0, 0.0, 0.0, 1e9))
    monkeypatch.setitem(reader.__dict__, "scout", scout)
    return reader


def margin(reader, value):
    reader.settings = replace(reader.settings, scout=replace(reader.settings.scout, margin=value))


def test_a_margin_that_nothing_reaches_changes_nothing(reader):
    read = read_promising(reader, QUESTION, TEXTS, SCORES, spans=3)
    assert read.numbers == tuple(range(len(TEXTS)))
    assert list(read.readings) == reader.read_paragraphs(QUESTION, TEXTS, spans=3)


def test_a_margin_that_everything_reaches_leaves_the_first_candidates(reader):
    margin(reader, -1e9)
    read = read_promising(reader, QUESTION, TEXTS, SCORES, spans=3)
    assert read.numbers == tuple(range(STEP))


def test_the_candidate_that_the_scout_likes_best_is_read_next(reader):
    seen = reader.scout.read_paragraphs(QUESTION, TEXTS, spans=1)
    expected = {
        number: expected_total(seen[number], SCORES[number], reader.settings.scout) for number in range(STEP, 7)
    }
    wanted = max(expected, key=lambda number: expected[number])
    first = reader.read_paragraphs(QUESTION, TEXTS[:STEP], spans=3)
    best = max(best_total(one, score, reader.settings.ranking) for one, score in zip(first, SCORES, strict=False))
    margin(reader, best - expected[wanted] + 1e-6)
    read = read_promising(reader, QUESTION, TEXTS, SCORES, spans=3)
    assert set(read.numbers) >= {0, 1, wanted}
    margin(reader, best - expected[wanted])
    assert read_promising(reader, QUESTION, TEXTS, SCORES, spans=3).numbers == (0, 1)


def test_a_question_that_the_first_candidates_settle_needs_no_scout(reader, monkeypatch):
    reader.settings = replace(reader.settings, stop=-1e9)
    monkeypatch.setattr(reader.scout, "read_paragraphs", None)
    assert read_promising(reader, QUESTION, TEXTS, SCORES, spans=3).numbers == (0, 1)


def test_reading_everything_asks_no_scout(reader, monkeypatch):
    margin(reader, -1e9)
    monkeypatch.setattr(reader.scout, "read_paragraphs", None)
    read = read_promising(reader, QUESTION, TEXTS, SCORES, spans=3, exhaustive=True)
    assert read.numbers == tuple(range(len(TEXTS)))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_candidates_are_all_read(reader, count):
    margin(reader, -1e9)
    assert read_promising(reader, QUESTION, TEXTS[:count], SCORES[:count], spans=3).numbers == tuple(range(count))


def test_equal_paragraphs_are_read_once(reader, monkeypatch):
    given_texts = note_texts(reader, monkeypatch)
    doubled = [TEXTS[0], TEXTS[1], TEXTS[0], TEXTS[2], TEXTS[2]]
    read = read_promising(reader, QUESTION, doubled, SCORES[:5], spans=3)
    assert sorted(given_texts) == sorted(TEXTS[:3])
    assert list(read.readings) == reader.read_paragraphs(QUESTION, doubled, spans=3)


def test_answers_cite_the_candidates_that_were_read(tmp_path, monkeypatch, reader):
    monkeypatch.chdir(tmp_path)
    for number, text in enumerate(TEXTS):
        (tmp_path / f"{number}.txt").write_text(f"treaty {text}\n", encoding="utf-8")
    with docqa.open("docqa.db", reader=reader) as corpus:
        corpus.index(".", workers=1)
        answers = corpus.ask(QUESTION)
        assert (answers.candidates, answers.read) == (7, 7)
        assert (
            answers.to_dict()["answers"] == corpus.ask(QUESTION, docqa.AskOptions(exhaustive=True)).to_dict()["answers"]
        )
        margin(reader, -1e9)
        fewer = corpus.ask(QUESTION, docqa.AskOptions(top_k=1, candidates=6))
        assert (fewer.candidates, fewer.read) == (6, STEP)
        (source, *_) = fewer.best.sources
        page = (tmp_path / source.path).read_text(encoding="utf-8")
        assert page[source.start : source.end] == fewer.best.text


def reading(score, null=0.0):
    return ParagraphReading((Span(0, 4, score),), null, score)


def entry(scores, seen):
    texts = tuple(f"w{number:03}" for number in range(len(scores)))
    case = ReadCase("?", (texts[0],), True, False, texts, (0.0,) * len(scores), tuple(map(reading, scores)))
    return Scouted(case, tuple(reading(score) for score in seen))


def test_a_scout_that_sees_what_the_reader_sees_lets_only_the_first_candidates_and_the_best_be_read():
    cases = [entry([1.0, 2.0, 0.0, 3.0, 9.0, 1.5], [1.0, 2.0, 0.0, 3.0, 9.0, 1.5])] * 120
    settings = ReaderSettings(ranking=Ranking(0.0, 0.0), stop=100.0)
    scout = fit_scout(cases, settings, "docqa-small")
    assert (scout.constant, scout.score) == (pytest.approx(0.0, abs=1e-3), pytest.approx(1.0, abs=1e-3))
    did = scouting(cases, replace(settings, scout=scout))
    assert (did.same, did.read, did.scouted) == pytest.approx((1.0, 3 / 6, 4 / 6))


def test_the_margin_keeps_the_answers_of_the_share_asked_for():
    # The scout sees the best candidate of every tenth question as 4 lower than it is.
    seen = [1.0, 2.0, 5.0, 0.0, 0.0, 0.0]
    good, bad = (
        entry([1.0, 2.0, 5.0, 0.0, 0.0, 0.0], seen),
        entry([1.0, 2.0, 5.0, 6.0, 0.0, 0.0], [*seen[:3], 2.0, 0, 0]),
    )
    settings = ReaderSettings(ranking=Ranking(0.0, 0.0), stop=100.0)
    for kept in (0.9, 1.0):
        scout = fit_scout([good] * 180 + [bad] * 20, settings, "docqa-small", kept)
        did = scouting([good] * 180 + [bad] * 20, replace(settings, scout=scout))
        assert did.same == pytest.approx(kept)


def test_too_few_questions_fit_no_scout():
    with pytest.raises(DataFileError, match="At least 100 questions"):
        fit_scout([entry([1.0, 2.0], [1.0, 2.0])], ReaderSettings(), "docqa-small")


def test_settings_with_a_scout_are_read_back(tmp_path):
    settings = ReaderSettings(scout=Scout("docqa-small", 0.1, 0.2, 0.3, 0.4, 5.0))
    save_settings(settings, tmp_path)
    assert load_settings(tmp_path) == settings


@pytest.mark.parametrize("name", ["../elsewhere", "somebody/model", "docqa-large"])
def test_settings_that_travel_with_a_reader_make_it_load_no_other_reader_than_one_that_ships(folders, tmp_path, name):
    import shutil

    folder = tmp_path / "tiny"
    shutil.copytree(folders[0], folder)
    stored = load_settings(READERS_FOLDER / "docqa-small").to_dict()
    stored["scout"] = {"reader": name, "constant": 0, "score": 1, "null": 0, "retriever": 0, "margin": 1}
    (folder / "docqa.json").write_text(json.dumps(stored), encoding="utf-8")
    assert Reader.load(str(folder)).scout is None
