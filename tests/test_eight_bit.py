"""Weights of 8 bits: what is lost, what is refused, and that the answers stay."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import docqa
from docqa.reading import eight_bit
from docqa.reading.eight_bit import eight_bit_files, load_eight_bit, quantize_rows, restore_rows, save_eight_bit
from docqa.reading.loading import load_for_training
from tiny_reader import save_tiny_bert, text_of


@settings(deadline=None)
@given(arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(1, 9)), elements=st.floats(-1e4, 1e4, width=32)))
def test_to_the_nearest_no_weight_moves_by_more_than_half_a_step_of_its_row(weights):
    matrix = torch.from_numpy(weights)
    numbers, scales = quantize_rows(matrix)
    assert numbers.dtype == torch.int8
    moved = (restore_rows(numbers, scales) - matrix).abs()
    assert (moved <= scales[:, None] * 0.5001 + 1e-30).all()


def test_what_a_stored_model_learned_since_is_kept_on_average_however_small_its_steps(tmp_path):
    generator = torch.Generator().manual_seed(3)
    before = restore_rows(*quantize_rows(torch.randn(64, 512, generator=generator)))
    # A tenth of a step each way: to the nearest, every weight would go back to where it was.
    learned = torch.randn(64, 512, generator=generator).sign() * before.abs().amax(dim=1, keepdim=True) / 127 * 0.1
    learned[before.abs() == before.abs().amax(dim=1, keepdim=True)] = 0.0
    save_eight_bit({"layer.weight": before + learned}, tmp_path)
    moved = load_eight_bit(tmp_path)["layer.weight"] - before
    assert 0.85 < (moved * learned).sum() / (learned * learned).sum() < 1.15
    nearest = restore_rows(*quantize_rows(before + learned)) - before
    assert nearest.abs().max() < 1e-6


def test_a_model_is_stored_in_the_same_bytes_each_time_and_what_was_stored_stays(tmp_path):
    state = {"layer.weight": torch.randn(32, 64, generator=torch.Generator().manual_seed(5))}
    for name in ("one", "other"):
        save_eight_bit(state, tmp_path / name)
    (one,), (other,) = (eight_bit_files(tmp_path / name) for name in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()
    stored = load_eight_bit(tmp_path / "one")
    save_eight_bit({name: weights.half() for name, weights in stored.items()}, tmp_path / "again")
    again = load_eight_bit(tmp_path / "again")["layer.weight"]
    step = stored["layer.weight"].abs().amax(dim=1, keepdim=True) / 127
    # Half precision moves a weight by up to a thirtieth of a step.
    assert ((again - stored["layer.weight"]).abs() > 0.5 * step).float().mean() < 0.03


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A tiny reader with float weights."""
    return save_tiny_bert(tmp_path_factory.mktemp("whole") / "tiny")


@pytest.fixture
def packed(whole, tmp_path):
    """The same with 8 bits a weight, without its first weights."""
    model, tokenizer = load_for_training(whole)
    folder = tmp_path / "packed"
    tokenizer.save_pretrained(folder)
    model.config.save_pretrained(folder)
    save_eight_bit(model.state_dict(), folder)
    return folder


def test_a_reader_of_8_bits_computes_with_exactly_the_restored_weights(whole, packed):
    model, tokenizer = load_for_training(whole)
    model.load_state_dict(load_eight_bit(packed))
    loaded, _ = load_for_training(packed)
    inputs = tokenizer("who is paid by the council", text_of(60, 1), return_tensors="pt")
    with torch.inference_mode():
        before, after = model.eval()(**inputs), loaded.eval()(**inputs)
    assert torch.equal(before.start_logits, after.start_logits)
    assert torch.equal(before.end_logits, after.end_logits)
    assert docqa.Reader.load(str(packed)).read("who is paid", ["the pilot is paid by the council"])


def test_8_bits_take_little_more_than_a_quarter_of_32(whole, packed):
    size = sum(file.stat().st_size for file in eight_bit_files(packed))
    assert size < 0.35 * sum(file.stat().st_size for file in whole.glob("*.safetensors"))


def test_large_weights_are_split_over_files_and_found_again(whole, tmp_path, monkeypatch):
    state = load_for_training(whole)[0].state_dict()
    save_eight_bit(state, tmp_path)
    one = load_eight_bit(tmp_path)
    monkeypatch.setattr(eight_bit, "LARGEST_FILE", 2_000)
    files = save_eight_bit(state, tmp_path)
    assert len(files) > 2
    assert eight_bit_files(tmp_path) == sorted(files)
    several = load_eight_bit(tmp_path)
    assert one.keys() == several.keys() == {name for name, tensor in state.items() if tensor.is_floating_point()}
    assert all(torch.equal(one[name], several[name]) for name in one)


def test_the_start_and_end_vectors_stay_exact(whole, packed):
    state = load_for_training(whole)[0].state_dict()
    stored = load_eight_bit(packed)
    assert torch.equal(stored["qa_outputs.weight"], state["qa_outputs.weight"])


def test_a_missing_or_damaged_file_is_said(packed, whole, tmp_path, monkeypatch):
    monkeypatch.setattr(eight_bit, "LARGEST_FILE", 2_000)
    save_eight_bit(load_for_training(whole)[0].state_dict(), packed)
    eight_bit_files(packed)[0].unlink()
    with pytest.raises(docqa.ReaderError, match="of its"):
        docqa.Reader.load(str(packed))
    monkeypatch.undo()
    save_eight_bit(load_for_training(whole)[0].state_dict(), packed)
    eight_bit_files(packed)[0].write_bytes(b"nonsense")
    with pytest.raises(docqa.ReaderError, match="cannot be loaded"):
        docqa.Reader.load(str(packed))


def test_training_goes_on_from_a_reader_of_8_bits(packed):
    model, _ = load_for_training(packed)
    assert all(parameter.dtype == torch.float32 and parameter.requires_grad for parameter in model.parameters())
