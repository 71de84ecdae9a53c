"""Matrix products in whole numbers: exact weights, activations of two digits, and the answers of float32."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from docqa.reading import two_digits as whole_numbers
from docqa.reading.arithmetic import choose_arithmetic
from docqa.reading.eight_bit import quantize_rows, restore_rows
from docqa.reading.reader import Reader
from docqa.reading.two_digits import LARGEST, SECOND, ZERO, TwoDigitLinear, multiplies_bytes, two_digits

needs_bytes = pytest.mark.skipif(not multiplies_bytes(), reason="this CPU does not multiply bytes exactly")


@settings(deadline=None)
@given(arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(1, 9)), elements=st.floats(-1e6, 1e6, width=32)))
def test_two_digits_lose_less_than_a_thirty_thousandth_of_a_rows_largest_number(values):
    rows = torch.from_numpy(values)
    both = two_digits(rows)
    first, second = (both.digits.double() - ZERO).chunk(2)
    assert first.abs().max() <= LARGEST
    restored = (first * SECOND + second) * both.scales.double()
    assert ((restored - rows).abs() <= rows.abs().amax(1, keepdim=True).double() / 30_000 + 1e-30).all()


@needs_bytes
@pytest.mark.parametrize("bias", [True, False])
def test_a_layer_gives_what_its_stored_weights_give_in_float64(bias):
    torch.manual_seed(3)
    linear = torch.nn.Linear(96, 40, bias=bias)
    inputs = torch.randn(2, 7, 96) * torch.tensor([1.0, 50.0, 0.01, 0.0, 3.0, 1.0, 1.0])[:, None]
    with torch.inference_mode():
        outputs = TwoDigitLinear(linear)(inputs)
        weights = restore_rows(*quantize_rows(linear.weight)).double()
        wanted = torch.nn.functional.linear(inputs.double(), weights, linear.bias.double() if bias else None)
    room = inputs.abs().amax(-1, keepdim=True) * weights.abs().sum(1).float() / 30_000 + 1e-6
    assert ((outputs - wanted).abs() <= room).all()


@needs_bytes
def test_whole_numbers_find_the_answers_of_float32():
    exact, whole = (Reader.load("docqa-small", arithmetic=name) for name in ("float32", "int8"))
    texts = [
        "The harbour was built in 1871 by Ada Kerr. It took nine years and 40 ships.",
        "Nobody lives on the island in winter, except the keeper of the light, who is paid by the council.",
        "The treaty of Marlow was signed on 3 May 1902 in the town hall, before the two mayors.",
    ]
    for question in ("Who built the harbour?", "Who pays the keeper?", "Where was the treaty signed?", "When?"):
        ours, theirs = whole.read(question, texts), exact.read(question, texts)
        assert [answer.text for answer in ours] == [answer.text for answer in theirs]
        assert [answer.score for answer in ours] == pytest.approx([answer.score for answer in theirs], abs=0.02)


def test_a_machine_that_multiplies_no_bytes_computes_in_float32(monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    monkeypatch.setattr(whole_numbers.platform, "machine", lambda: "aarch64")
    assert choose_arithmetic(torch.device("cpu"), eight_bit=True) == "float32"


def test_products_that_overflow_are_noticed(monkeypatch):
    def overflowing(rows, packed, scales, zeros):
        return torch.full((32, 32), 32767.0)

    monkeypatch.setattr(whole_numbers, "_product", overflowing)
    assert not multiplies_bytes()


@needs_bytes
def test_without_bfloat16_readers_of_8_bits_compute_in_whole_numbers_and_others_in_float32(monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    assert choose_arithmetic(torch.device("cpu"), eight_bit=True) == "int8"
    assert choose_arithmetic(torch.device("cpu"), eight_bit=False) == "float32"
