"""Windows read as one row of tokens: every window once, and the scores that transformers gives each alone."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import (
    BertConfig,
    BertForQuestionAnswering,
    DistilBertConfig,
    DistilBertForQuestionAnswering,
    ElectraConfig,
    ElectraForQuestionAnswering,
    MPNetConfig,
    MPNetForQuestionAnswering,
    RobertaConfig,
    RobertaForQuestionAnswering,
)

from docqa.reading.attention import Attention, attend_by_kernel, attend_by_products
from docqa.reading.batches import LENGTH_STEP, STEPS, BatchSize, filled_up, token_rows
from docqa.reading.packed import packs_weights, use_packed_weights
from docqa.reading.reader import Reader
from docqa.reading.unpadded import unpadded
from docqa.reading.whole_numbers import multiplies_bytes, two_digits, use_whole_numbers
from docqa.reading.windows import Window

SMALL = {"vocab_size": 60, "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 48}
KINDS = {
    "bert": (BertForQuestionAnswering, BertConfig(**SMALL)),
    "electra": (ElectraForQuestionAnswering, ElectraConfig(**SMALL, embedding_size=16)),
    "roberta": (RobertaForQuestionAnswering, RobertaConfig(**SMALL, type_vocab_size=1, max_position_embeddings=514)),
    "mpnet": (MPNetForQuestionAnswering, MPNetConfig(**SMALL)),
}


def windows_of(lengths):
    """Windows of so many tokens each, in two segments, as no tokenizer made them."""
    draw = np.random.default_rng(len(lengths))
    return [
        Window(0, draw.integers(5, 60, n), (np.arange(n) >= n // 3).astype(np.int64), 0, np.zeros((0, 2), np.int32), 0)
        for n in lengths
    ]


def model_of(kind):
    """A random model of that kind whose weights are so large that places, segments and distances count."""
    torch.manual_seed(3)
    make, config = KINDS[kind]
    model = make(config).eval()
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if "LayerNorm" not in name:
                weights.mul_(8)
    return model


def alone(model, window):
    """The scores of one window by transformers."""
    segmented = model.config.model_type in {"bert", "electra"}
    segments = {"token_type_ids": torch.from_numpy(window.segment_ids)[None]} if segmented else {}
    output = model(input_ids=torch.from_numpy(window.input_ids)[None], **segments)
    return torch.stack([output.start_logits[0], output.end_logits[0]]).float()


def in_rows(model, windows, size, attend=attend_by_kernel):
    """The scores of all windows in rows of that size."""
    scores = {}
    for row in token_rows(windows, 1, size):
        both = torch.stack(unpadded(model, Attention(attend))(row))
        for number, (begin, length) in zip(row.numbers, row.windows, strict=True):
            scores[number] = both[:, begin : begin + length]
    return [scores[number] for number in range(len(windows))]


@given(st.lists(st.integers(1, 384), max_size=30), st.sampled_from([96, 384, 2048, 0]), st.integers(1, 16))
def test_rows_hold_every_window_once(lengths, tokens, rows):
    windows = windows_of(lengths)
    seen = []
    for row in token_rows(windows, 1, BatchSize(rows, tokens)):
        held = 0
        for number, (begin, length) in zip(row.numbers, row.windows, strict=True):
            window = windows[number]
            assert (begin, length) == (held, len(window))
            place = slice(begin, begin + length)
            assert row.input_ids[place].tolist() == window.input_ids.tolist()
            assert row.segment_ids[place].tolist() == window.segment_ids.tolist()
            assert row.positions[place].tolist() == list(range(len(window)))
            held += length
        assert held <= len(row.input_ids)
        assert 1 <= len(row.numbers) <= rows
        assert not tokens or held <= tokens or len(row.numbers) == 1
        assert len(row.input_ids) == filled_up(held)
        seen += row.numbers
    assert sorted(seen) == list(range(len(windows)))


def test_what_fills_a_row_up_is_little_and_lengths_are_few():
    lengths = {tokens: filled_up(tokens) for tokens in range(1, 2049)}
    assert all(0 <= length - tokens < max(LENGTH_STEP, 2 * tokens / STEPS) for tokens, length in lengths.items())
    assert len(set(lengths.values())) == 2 * STEPS


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [BatchSize(16, 384), BatchSize(1), BatchSize(3)])
@pytest.mark.parametrize("attend", [attend_by_kernel, attend_by_products])
def test_scores_are_those_of_each_window_alone(kind, size, attend):
    model, windows = model_of(kind).double(), windows_of([64, 1, 7, 33, 200, 96, 130])
    with torch.inference_mode():
        for ours, window in zip(in_rows(model, windows, size, attend), windows, strict=True):
            torch.testing.assert_close(ours, alone(model, window), atol=1e-5, rtol=1e-5)


@pytest.mark.skipif(not packs_weights(), reason="this torch packs no weights")
@pytest.mark.parametrize("kind", ["bert", "mpnet"])
def test_packed_weights_change_scores_by_rounding_alone(kind):
    model, windows = model_of(kind).bfloat16(), windows_of([64, 33, 200])
    with torch.inference_mode():
        plain = in_rows(model, windows, BatchSize(16, 384))
        use_packed_weights(model, but=model.qa_outputs)
        packed = in_rows(model, windows, BatchSize(16, 384))
    for one, other in zip(plain, packed, strict=True):
        assert (one - other).abs().mean() < 0.02 * one.std()


@pytest.mark.skipif(not multiplies_bytes(), reason="this CPU does not multiply bytes exactly")
@pytest.mark.parametrize("kind", ["bert", "mpnet"])
def test_two_digits_shared_by_several_layers_are_those_of_each(kind):
    model, windows = model_of(kind), windows_of([64, 33, 200])
    use_whole_numbers(model, two_digits, but=model.qa_outputs)
    with torch.inference_mode():
        for ours, window in zip(in_rows(model, windows, BatchSize(16, 384)), windows, strict=True):
            torch.testing.assert_close(ours, alone(model, window), atol=2e-2, rtol=2e-3)


def test_a_kind_that_is_not_known_is_read_with_padding():
    config = DistilBertConfig(vocab_size=60, dim=32, n_layers=2, n_heads=4, hidden_dim=48)
    assert unpadded(DistilBertForQuestionAnswering(config), Attention(attend_by_kernel)) is None


@pytest.mark.parametrize("name", ["docqa-base", "docqa-small"])
def test_readers_that_ship_read_without_padding(name):
    assert Reader.load(name)._loaded.unpadded is not None
