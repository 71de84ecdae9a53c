"""Matrix products in whole numbers: exact weights, activations of one digit or two, and the answers of float32."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from docqa.answers.close_calls import settle
from docqa.errors import UsageError
from docqa.reading import whole_numbers
from docqa.reading.arithmetic import choose_arithmetic, exact_arithmetic
from docqa.reading.eight_bit import quantize_rows, restore_rows
from docqa.reading.reader import Reader
from docqa.reading.whole_numbers import (
    DIGITS,
    LARGEST,
    SECOND,
    ZERO,
    WholeNumberLinear,
    multiplies_bytes,
    one_digit,
    two_digits,
)

needs_bytes = pytest.mark.skipif(not multiplies_bytes(), reason="this CPU does not multiply bytes exactly")


rows_of_numbers = arrays(
    np.float32, st.tuples(st.integers(1, 5), st.integers(1, 9)), elements=st.floats(-1e6, 1e6, width=32)
)
#: The share of a row's largest number that its digits can miss a number by: half of the last digit, and a little.
MISSED = {"int8": 1 / 250, "int16": 1 / 60_000}


@settings(deadline=None)
@given(rows_of_numbers)
def test_one_digit_loses_at_most_half_of_a_hundred_and_twenty_seventh_of_a_rows_largest_number(values):
    rows = torch.from_numpy(values)
    one = one_digit(rows)
    digits = one.digits.double() - ZERO
    assert digits.abs().max() <= LARGEST
    room = rows.abs().amax(1, keepdim=True).double() * MISSED["int8"] + 1e-30
    assert ((digits * one.scales.double() - rows).abs() <= room).all()


@settings(deadline=None)
@given(rows_of_numbers)
def test_two_digits_lose_less_than_a_sixty_thousandth_of_a_rows_largest_number(values):
    rows = torch.from_numpy(values)
    both = two_digits(rows)
    first, second = (both.digits.double() - ZERO).chunk(2)
    assert first.abs().max() <= LARGEST
    restored = (first * SECOND + second) * both.scales.double()
    room = rows.abs().amax(1, keepdim=True).double() * MISSED["int16"] + 1e-30
    assert ((restored - rows).abs() <= room).all()


@needs_bytes
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("arithmetic", ["int8", "int16"])
def test_a_layer_gives_what_its_stored_weights_give_in_float64(arithmetic, bias):
    torch.manual_seed(3)
    linear = torch.nn.Linear(96, 40, bias=bias)
    inputs = torch.randn(2, 7, 96) * torch.tensor([1.0, 50.0, 0.01, 0.0, 3.0, 1.0, 1.0])[:, None]
    with torch.inference_mode():
        outputs = WholeNumberLinear(linear, DIGITS[arithmetic])(inputs)
        weights = restore_rows(*quantize_rows(linear.weight)).double()
        wanted = torch.nn.functional.linear(inputs.double(), weights, linear.bias.double() if bias else None)
    room = inputs.abs().amax(-1, keepdim=True) * weights.abs().sum(1).float() * MISSED[arithmetic] + 1e-6
    assert ((outputs - wanted).abs() <= room).all()


TEXTS = [
    "The harbour was built in 1871 by Ada Kerr. It took nine years and 40 ships.",
    "Nobody lives on the island in winter, except the keeper of the light, who is paid by the council.",
    "The treaty of Marlow was signed on 3 May 1902 in the town hall, before the two mayors.",
]
QUESTIONS = ("Who built the harbour?", "Who pays the keeper?", "Where was the treaty signed?", "When?")


@needs_bytes
def test_two_digits_find_the_answers_of_float32():
    exact, whole = (Reader.load("docqa-small", arithmetic=name) for name in ("float32", "int16"))
    for question in QUESTIONS:
        ours, theirs = whole.read(question, TEXTS), exact.read(question, TEXTS)
        assert [answer.text for answer in ours] == [answer.text for answer in theirs]
        assert [answer.score for answer in ours] == pytest.approx([answer.score for answer in theirs], abs=0.02)


@needs_bytes
def test_one_digit_reads_close_calls_again_with_two():
    exact, rough = (Reader.load("docqa-small", arithmetic=name) for name in ("float32", "int8"))
    assert rough.close == rough.settings.close_int8 > rough.settings.close
    everywhere = Reader(replace(rough._loaded, settings=replace(rough.settings, close_int8=1000.0)))
    for question in QUESTIONS:
        once = rough.read_paragraphs(question, TEXTS, spans=1)
        totals = [reading.spans[0].score for reading in once]
        again = settle(everywhere, question, TEXTS, once, totals, spans=1)
        wanted = exact.read_paragraphs(question, TEXTS, spans=1)
        assert totals != [reading.spans[0].score for reading in again]
        for ours, theirs in zip(again, wanted, strict=True):
            assert (ours.spans[0].start, ours.spans[0].end) == (theirs.spans[0].start, theirs.spans[0].end)
            assert ours.spans[0].score == pytest.approx(theirs.spans[0].score, abs=0.02)


def test_a_machine_that_multiplies_no_bytes_computes_in_float32(monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    monkeypatch.setattr(whole_numbers.platform, "machine", lambda: "aarch64")
    assert choose_arithmetic(torch.device("cpu"), eight_bit=True, mended=True) == "float32"


@pytest.mark.parametrize("arithmetic", ["int8", "int16"])
def test_whole_numbers_are_refused_where_products_of_bytes_are_not_exact(monkeypatch, arithmetic):
    monkeypatch.setattr(whole_numbers, "multiplies_bytes", lambda: False)
    with pytest.raises(UsageError, match=f"cannot compute in {arithmetic}.*ask for float32"):
        Reader.load("docqa-small", arithmetic=arithmetic)


def test_beside_a_gpu_close_calls_are_read_again_in_float32(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    assert exact_arithmetic(eight_bit=True) == "float32"
    assert choose_arithmetic(torch.device("cuda"), eight_bit=True, mended=True) == "bfloat16"


def test_products_that_overflow_are_noticed(monkeypatch):
    def overflowing(rows, packed, scales, zeros):
        return torch.full((32, 32), 32767.0)

    monkeypatch.setattr(whole_numbers, "_product", overflowing)
    assert not multiplies_bytes()


@needs_bytes
def test_without_bfloat16_readers_of_8_bits_compute_in_whole_numbers_and_others_in_float32(monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    assert choose_arithmetic(torch.device("cpu"), eight_bit=True, mended=True) == "int8"
    assert choose_arithmetic(torch.device("cpu"), eight_bit=True, mended=False) == "int16"
    assert choose_arithmetic(torch.device("cpu"), eight_bit=False, mended=False) == "float32"
