"""Close calls: read again in the arithmetic of the reference, and nothing else is."""

from dataclasses import replace

import numpy as np
import pytest

from docqa.answers.cascade import read_promising
from docqa.answers.close_calls import settle_each
from docqa.reading.reader import Reader
from docqa.reading.spans import second_highest
from tiny_reader import note_texts, save_tiny_bert, text_of

TEXTS = [text_of(40, seed) for seed in range(5)]
SCORES = [9.0, 8.0, 7.5, 5.0, 4.0]
QUESTION = "Who signed the treaty?"
#: Every total is closer than that to the highest.
EVERYTHING = 1e9


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_tiny_bert(tmp_path_factory.mktemp("close") / "tiny")


@pytest.fixture
def coarse(folder):
    """A reader in bfloat16, on any CPU."""
    return Reader.load(str(folder), arithmetic="bfloat16")


def with_margin(reader, margin):
    reader.settings = replace(reader.settings, close=margin)
    return reader


def test_all_that_is_closer_than_the_margin_is_what_the_reference_reads(coarse, folder):
    read = read_promising(with_margin(coarse, EVERYTHING), QUESTION, TEXTS, SCORES, spans=3)
    exact = Reader.load(str(folder), arithmetic="float32").read_paragraphs(QUESTION, TEXTS, spans=3)
    assert [reading.spans for reading in read.readings] == [reading.spans for reading in exact]


def test_without_a_margin_nothing_is_read_again(coarse):
    read = read_promising(coarse, QUESTION, TEXTS, SCORES, spans=3)
    assert list(read.readings) == coarse.read_paragraphs(QUESTION, TEXTS, spans=3)
    assert "exact" not in vars(coarse)


def test_only_paragraphs_near_the_best_are_read_again(coarse, monkeypatch):
    # The retriever's scores alone tell the paragraphs apart here.
    coarse.settings = replace(coarse.settings, close=3.0, ranking=replace(coarse.settings.ranking, retriever=100.0))
    again = note_texts(coarse.exact, monkeypatch)
    read_promising(coarse, QUESTION, TEXTS, [90.0, 90.0, 10.0, 9.0, 1.0], spans=3)
    assert again == TEXTS[:2]


def test_equal_paragraphs_are_no_rivals_of_each_other(coarse, monkeypatch):
    [reading] = coarse.read_paragraphs(QUESTION, TEXTS[:1], spans=1)
    gap = reading.spans[0].score - reading.runner_up
    assert gap > 0
    again = note_texts(with_margin(coarse, gap / 2).exact, monkeypatch)
    read_promising(coarse, QUESTION, [TEXTS[0], TEXTS[0]], [9.0, 9.0], spans=3)
    assert again == []


def test_a_pair_is_read_again_when_another_span_of_its_paragraph_is_as_near(coarse, folder):
    questions = [QUESTION] * len(TEXTS)
    rough = coarse.read_pairs(questions, TEXTS, spans=2)
    gaps = [reading.spans[0].score - reading.runner_up for reading in rough]
    settled = settle_each(with_margin(coarse, sorted(gaps)[2]), questions, TEXTS, rough, spans=2)
    exact = Reader.load(str(folder), arithmetic="float32").read_pairs(questions, TEXTS, spans=2)
    wanted = [exact[n] if gap < sorted(gaps)[2] else rough[n] for n, gap in enumerate(gaps)]
    assert [reading.spans for reading in settled] == [reading.spans for reading in wanted]


def test_a_reader_in_the_arithmetic_of_the_reference_settles_nothing(folder):
    reader = with_margin(Reader.load(str(folder), arithmetic="float32"), EVERYTHING)
    assert reader.exact is None
    read = read_promising(reader, QUESTION, TEXTS, SCORES, spans=3)
    assert list(read.readings) == reader.read_paragraphs(QUESTION, TEXTS, spans=3)


def test_the_second_highest_score_counts_spans_that_overlap_the_best(coarse):
    [reading] = coarse.read_paragraphs(QUESTION, TEXTS[:1], spans=2)
    assert reading.spans[1].score <= reading.runner_up <= reading.spans[0].score


def test_a_band_of_one_span_has_no_second_highest():
    assert second_highest(np.zeros((1, 1), np.float32)) == float("-inf")
