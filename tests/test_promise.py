"""Reading less: when candidates are left unread, and what that changes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import docqa
from docqa.answers.promise import STEP, read_candidates, score_to_beat
from docqa.errors import DataFileError
from docqa.fitting.cases import ReadCase
from docqa.fitting.stopping import fit_stop, stopping
from docqa.reading.reader import ParagraphReading, Span
from docqa.reading.settings import Ranking
from tiny_reader import exact_reader, note_texts, save_tiny_bert, text_of

TEXTS = [text_of(40, seed) for seed in range(7)]
SCORES = [9.0, 8.0, 7.5, 5.0, 4.0, 2.0, 1.0]
QUESTION = "Who signed the treaty?"


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    return exact_reader(save_tiny_bert(tmp_path_factory.mktemp("tiny")))


def reading(score, null=0.0):
    return ParagraphReading((Span(0, 4, score),), null, score)


def case(scores, retriever, *, given=False):
    """A question whose paragraphs have one span each, of other words."""
    texts = tuple(f"w{number:03}" for number in range(len(scores)))
    readings = tuple(reading(score) for score in scores)
    return ReadCase("?", (texts[0],), True, given, texts, tuple(retriever), readings)


def test_without_a_stop_every_candidate_is_read(reader):
    read = read_candidates(reader, QUESTION, TEXTS, SCORES, spans=3, stop=None)
    assert read == reader.read_paragraphs(QUESTION, TEXTS, spans=3)


def test_a_stop_that_nothing_reaches_changes_nothing(reader):
    read = read_candidates(reader, QUESTION, TEXTS, SCORES, spans=3, stop=math.inf)
    assert read == reader.read_paragraphs(QUESTION, TEXTS, spans=3)


def test_reading_stops_at_the_first_look_at_which_the_score_to_beat_is_reached(reader):
    everything = reader.read_paragraphs(QUESTION, TEXTS, spans=3)
    looks = range(STEP, len(TEXTS), STEP)
    needed = [score_to_beat(everything[:count], SCORES, reader.settings.ranking) for count in looks]
    for stop in (-math.inf, *needed, max(needed) + 1):
        read = read_candidates(reader, QUESTION, TEXTS, SCORES, spans=3, stop=stop)
        enough = [count for count, at in zip(looks, needed, strict=True) if at >= stop]
        assert read == everything[: enough[0] if enough else len(TEXTS)]


def test_equal_paragraphs_are_read_once(reader, monkeypatch):
    given_texts = note_texts(reader, monkeypatch)
    doubled = [TEXTS[0], TEXTS[1], TEXTS[0], TEXTS[2], TEXTS[1]]
    read = read_candidates(reader, QUESTION, doubled, SCORES[:5], spans=3, stop=math.inf)
    assert sorted(given_texts) == sorted(TEXTS[:3])
    assert read == reader.read_paragraphs(QUESTION, doubled, spans=3)


@pytest.mark.parametrize("stop", [None, 0.0])
def test_no_candidates_give_no_readings(reader, stop):
    assert read_candidates(reader, QUESTION, [], [], spans=3, stop=stop) == []


@given(
    st.lists(st.tuples(st.floats(-20, 20), st.floats(-20, 20), st.floats(0, 40)), min_size=2, max_size=12),
    st.floats(-1, 0),
    st.floats(0, 1),
)
def test_the_score_to_beat_only_rises_and_a_candidate_below_it_does_not_come_first(entries, null, retriever):
    ranking = Ranking(null, retriever)
    readings = [reading(score, nothing) for score, nothing, _ in entries]
    scores = sorted((score for _, _, score in entries), reverse=True)
    needed = [score_to_beat(readings[:count], scores, ranking) for count in range(1, len(entries))]
    assert needed == sorted(needed)
    best = max(one.spans[0].score + null * one.null + retriever * at for one, at in zip(readings, scores, strict=True))
    for count, at in enumerate(needed, start=1):
        if all(one.spans[0].score + null * one.null < at - 1e-6 for one in readings[count:]):
            first = zip(readings[:count], scores, strict=False)
            assert max(one.spans[0].score + null * one.null + retriever * bm25 for one, bm25 in first) == best


def test_a_stop_keeps_the_answers_of_the_share_asked_for_and_no_more_is_read_than_needed():
    # In 300 questions the first candidate is the best, with 10 to beat; in 2 the last one overtakes a first one of 6.
    cases = [case([10.0, 1.0, 2.0, 1.0], [0.0] * 4)] * 300 + [case([6.0, 1.0, 2.0, 8.0], [0.0] * 4)] * 2
    ranking = Ranking(0.0, 0.3)
    everyone = fit_stop(cases, ranking, kept=1.0)
    assert 6.0 < everyone < 6.001
    assert stopping(cases, ranking, everyone).same == 1.0
    assert stopping(cases, ranking, everyone).read == pytest.approx((300 / 4 + 2) / 302)
    nearly = stopping(cases, ranking, fit_stop(cases, ranking, kept=0.99))
    assert (nearly.same, nearly.read) == (300 / 302, 1 / 4)


def test_questions_given_their_paragraph_say_nothing_about_stopping():
    with pytest.raises(DataFileError, match="At least 100 questions"):
        fit_stop([case([1.0, 2.0], [1.0, 0.5], given=True)] * 500, Ranking())


def test_a_question_asked_again_is_answered_from_memory_until_the_index_changes(tmp_path, monkeypatch, reader):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("The treaty was signed by the keeper of the harbour.\n", encoding="utf-8")
    with docqa.open("docqa.db", reader=reader) as corpus:
        corpus.index("a.txt", workers=1)
        first = corpus.ask(QUESTION)
        calls = []
        straight = reader.read_paragraphs
        monkeypatch.setattr(reader, "read_paragraphs", lambda *a, **o: calls.append(a) or straight(*a, **o))
        again = corpus.ask(f" {QUESTION} ")
        assert (again.answers, again.index, calls) == (first.answers, first.index, [])
        assert (again.timings.read_ms, again.timings.retrieve_ms) == (0.0, 0.0)
        corpus.ask(QUESTION, docqa.AskOptions(exhaustive=True))
        assert len(calls) == 1
        (tmp_path / "b.txt").write_text("The pilot signed the treaty.\n", encoding="utf-8")
        corpus.index("b.txt", workers=1)
        assert corpus.ask(QUESTION).candidates == 2
        assert len(calls) == 2
