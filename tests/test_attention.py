"""Attention by products: what torch's kernel gives, whichever windows share a row, and the kernel itself where it cannot."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from docqa.reading import attention
from docqa.reading.arithmetic import choose_arithmetic
from docqa.reading.attention import Place, attend_by_kernel, attend_by_products, attention_in, in_blocks

HEADS, SIZE = 4, 8


def windows_of(lengths, *, biased, dtype=torch.float32, largest=1.0):
    """Query, key and value of windows of these lengths, in whole blocks, and their places."""
    generator = torch.Generator().manual_seed(sum(lengths))
    tokens = sum(map(in_blocks, lengths))
    parts = [
        (largest * torch.randn(tokens, HEADS * SIZE, generator=generator)).to(dtype) for _ in ("query", "key", "value")
    ]
    longest = in_blocks(max(lengths))
    bias = torch.randn(HEADS, longest, longest, generator=generator).to(dtype) if biased else None
    places, begin = [], 0
    for length in lengths:
        whole = in_blocks(length)
        places.append(Place(begin, length, None if bias is None else bias[:, :whole, :whole], dtype))
        begin += whole
    return parts, places


def own(place):
    """The tokens of a window without those that fill it up."""
    return slice(place.begin, place.begin + place.length)


def by_formula(query, key, value, place):
    """softmax(q k' / sqrt(d) + bias) v of one window (Vaswani et al. 2017), in double precision."""
    query, key, value = (
        part[own(place)].double().view(place.length, HEADS, SIZE).transpose(0, 1) for part in (query, key, value)
    )
    scores = query @ key.transpose(1, 2) / math.sqrt(SIZE)
    if place.bias is not None:
        scores += place.bias[:, : place.length, : place.length].double()
    return (scores.softmax(-1) @ value).transpose(0, 1).flatten(1)


@pytest.mark.parametrize("attend", [attend_by_kernel, attend_by_products])
@settings(deadline=None)
@given(lengths=st.lists(st.integers(1, 100), min_size=1, max_size=6), biased=st.booleans())
def test_each_window_attends_to_itself_alone(attend, lengths, biased):
    parts, places = windows_of(lengths, biased=biased)
    attended = attend(*parts, HEADS, places)
    for place in places:
        torch.testing.assert_close(attended[own(place)].double(), by_formula(*parts, place), atol=1e-5, rtol=1e-4)


def test_in_bfloat16_products_differ_from_the_formula_by_rounding_alone():
    parts, places = windows_of([70, 33, 64], biased=True, dtype=torch.bfloat16)
    attended = attend_by_products(*parts, HEADS, places)
    for place in places:
        expected = by_formula(*parts, place)
        assert (attended[own(place)].double() - expected).abs().mean() < 0.01 * expected.std()


@pytest.mark.parametrize("bias", [-75.0, 84.0])
def test_sums_too_small_or_too_large_to_be_exact_go_to_the_kernel(bias):
    (query, key, value), (plain,) = windows_of([32], biased=False, dtype=torch.bfloat16)
    place = Place(0, 32, torch.full((HEADS, 32, 32), bias, dtype=torch.bfloat16), torch.bfloat16)
    assert torch.equal(
        attend_by_products(query, key, value * 100, HEADS, [place]),
        attend_by_kernel(query, key, value * 100, HEADS, [place]),
    )
    expected = by_formula(query, key, value, plain)
    assert (attend_by_products(query, key, value, HEADS, [place]).double() - expected).abs().mean() < expected.std() / 5


@pytest.mark.parametrize("largest", [40.0, 1000.0])
def test_scores_too_large_for_an_exponential_go_to_the_kernel(monkeypatch, largest):
    parts, places = windows_of([20, 40], biased=False, largest=largest)
    asked = []

    def watched(*arguments):
        asked.append(1)
        return attend_by_kernel(*arguments)

    monkeypatch.setattr(attention, "attend_by_kernel", watched)
    attended = attend_by_products(*parts, HEADS, places)
    assert asked
    for place in places:
        torch.testing.assert_close(
            attended[own(place)].double(), by_formula(*parts, place), atol=1e-3 * largest, rtol=1e-3
        )


def on_a_cpu(monkeypatch, *, instructions, units):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: instructions)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: units)


def test_products_are_chosen_where_bfloat16_has_instructions_and_no_units(monkeypatch):
    on_a_cpu(monkeypatch, instructions=True, units=False)
    for arithmetic in ("bfloat16", "int8"):
        assert attention_in(arithmetic).attend is attend_by_products
        assert attention_in(arithmetic).dtype is torch.bfloat16
    for arithmetic in ("float32", "int16"):
        assert attention_in(arithmetic).attend is attend_by_kernel
    on_a_cpu(monkeypatch, instructions=True, units=True)
    assert attention_in("bfloat16").attend is attend_by_kernel
    on_a_cpu(monkeypatch, instructions=False, units=False)
    assert attention_in("int8").attend is attend_by_kernel


@pytest.mark.parametrize("units", [False, True])
def test_bfloat16_is_chosen_before_bytes(monkeypatch, units):
    on_a_cpu(monkeypatch, instructions=True, units=units)
    assert choose_arithmetic(torch.device("cpu"), eight_bit=True, mended=True) == "bfloat16"
