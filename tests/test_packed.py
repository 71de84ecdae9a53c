"""Packed weights multiply as they did before, and a reader that has them is saved with those it was loaded with."""

import pytest
import torch

import docqa.reading.packed as packing
from docqa.reading.packed import PackedLinear, packs_weights, use_packed_weights
from docqa.reading.reader import Reader
from tiny_reader import save_tiny_bert

PACKS = packs_weights()
needs_packing = pytest.mark.skipif(not PACKS, reason="this torch does not pack weights")


@needs_packing
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", [(1, 48), (37, 48), (2, 64, 48), (3, 1, 48)])
def test_products_are_the_same_to_the_last_bit(shape, bias):
    generator = torch.Generator().manual_seed(len(shape))
    linear = torch.nn.Linear(48, 80, bias=bias).to(torch.bfloat16)
    inputs = torch.randn(*shape, generator=generator).to(torch.bfloat16)
    with torch.inference_mode():
        assert torch.equal(PackedLinear(linear)(inputs), linear(inputs))


@needs_packing
def test_the_weights_are_saved_under_their_names_as_they_were():
    model = torch.nn.Sequential(torch.nn.Linear(24, 40), torch.nn.GELU(), torch.nn.Linear(40, 2)).to(torch.bfloat16)
    before = {name: weights.clone() for name, weights in model.state_dict().items()}
    use_packed_weights(model, but=model[2])
    assert type(model[0]) is PackedLinear
    assert type(model[2]) is torch.nn.Linear
    after = model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_reader_in_bfloat16_that_was_saved_reads_as_before(tmp_path):
    reader = Reader.load(save_tiny_bert(tmp_path / "tiny"), arithmetic="bfloat16")
    reader.save(tmp_path / "saved")
    again = Reader.load(str(tmp_path / "saved"), arithmetic="bfloat16")
    texts = ["The pilot is paid in silver.", "Nobody knows the harbour."]
    assert reader.read("Who is paid?", texts) == again.read("Who is paid?", texts)


def test_a_torch_that_packs_nothing_reads_with_the_weights_as_they_are(monkeypatch):
    def missing(*_):
        raise RuntimeError("no such operation")

    monkeypatch.setattr(packing.PackedLinear, "forward", missing)
    model = torch.nn.Sequential(torch.nn.Linear(8, 4))
    use_packed_weights(model, but=model)
    assert not packs_weights()
    assert type(model[0]) is torch.nn.Linear


def test_looking_whether_weights_can_be_packed_draws_nothing_from_the_shared_generator():
    before = torch.random.get_rng_state()
    packs_weights()
    assert torch.equal(before, torch.random.get_rng_state())
